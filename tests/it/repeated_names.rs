//! One name with several values: every value is written, matched, filtered by and shown.

use serde_json::json;

use crate::program::Home;

const LOG: &str = r#"{"product":"shop","timestamp":"2026-03-01T00:00:00Z","a":[{"b":{"c":1}},{"b":{"c":2}}],"d":[{"e":"x","f":[3]},{"e":"y","f":[]}]}
{"product":"shop","timestamp":"2026-03-01T00:00:01Z","a":[{"b":{"c":1}}],"h.i":1,"h":{"i":2},"one":{"of":"these"}}
{"product":"shop","timestamp":"2026-03-01T00:00:02Z","a":{"b":{"c":1}},"twice":1,"twice":2}
"#;

const PAIRS: &str = "time=2026-03-01T00:00:03Z level=info msg=x k=1 k=2\n";

#[test]
fn every_value_is_written() {
    let home = Home::new();
    let (log, pairs) = (home.write("x.json", LOG), home.write("x.log", PAIRS));
    home.run(&["replay", "--no-store", &log, &pairs, "--events", "e.jsonl"]).says(0, &["4 records"]);
    let fields: Vec<_> = home.objects("e.jsonl").iter().map(|e| e["fields"].clone()).collect();
    assert_eq!(fields[0]["a.b.c"], json!([1, 2]));
    assert_eq!((&fields[0]["d.e"], &fields[0]["d.f"]), (&json!(["x", "y"]), &json!([3, null])));
    // In an array one is one of several: what reads them need not look at how many there are.
    assert_eq!((&fields[1]["a.b.c"], &fields[2]["a.b.c"]), (&json!([1]), &json!(1)));
    assert_eq!((&fields[1]["h.i"], &fields[1]["one.of"]), (&json!([1, 2]), &json!("these")));
    assert_eq!(fields[2]["twice"], 2, "a key that comes twice in one object has its last value");
    assert_eq!(fields[3]["k"], json!([1, 2]));
    // CSV holds the same.
    home.run(&["replay", "--no-store", &log, &pairs, "--events", "e.csv"]).says(0, &[]);
    let mut csv = csv::Reader::from_path(home.path("e.csv")).unwrap();
    let at = csv.headers().unwrap().iter().position(|h| h == "fields").unwrap();
    let cells: Vec<serde_json::Value> = csv.records().map(|r| serde_json::from_str(&r.unwrap()[at]).unwrap()).collect();
    assert_eq!(cells, fields);
}

#[test]
fn every_value_is_found() {
    let home = Home::new();
    let (log, pairs) = (home.write("x.json", LOG), home.write("x.log", PAIRS));
    for (field, value, lines) in [
        ("a.b.c", "1", vec![1, 2, 3]),
        ("a.b.c", "2", vec![1]),
        ("d.e", "x", vec![1]),
        ("d.e", "y", vec![1]),
        ("h.i", "1", vec![2]),
        ("h.i", "2", vec![2]),
        ("k", "1", vec![1]),
        ("k", "2", vec![1]),
    ] {
        let input = if field == "k" { &pairs } else { &log };
        let rule = format!(
            "title: t\nid: 5d1c7a52-6f0e-4e0b-9c58-3f1d2a9be001\nlogsource: {{product: shop}}\ndetection:\n  s: {{{field}: '{value}'}}\n  condition: s\nlevel: high\n"
        );
        let rule = home.write("r.yml", rule);
        let filter = format!("{field}={value}");
        let args = ["replay", "--no-store", input, "--rules", &rule, "--filter", &filter, "--events", "e.jsonl"];
        home.run(&args).says(0, &[]);
        let found: Vec<_> = home.objects("e.jsonl").iter().map(|e| e["line"].as_u64().unwrap()).collect();
        assert_eq!(found, lines, "{filter}");
        if field != "k" {
            home.run(&["replay", "--no-store", "--format", "json", input, "--rules", &rule, "--matches", "m.jsonl"])
                .says(0, &[]);
            let matched: Vec<_> = home.objects("m.jsonl").iter().map(|e| e["line"].as_u64().unwrap()).collect();
            assert_eq!(matched, lines, "{filter}");
        }
    }
}
