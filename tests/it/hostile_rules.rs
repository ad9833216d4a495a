//! Hostile rules through the program: each is refused with its place and reason,
//! in memory and time that do not grow with what it would unfold to, and the
//! others are loaded.

use crate::program::Home;

fn rule(title: &str, detection: &str) -> String {
    format!("title: {title}\nlogsource: {{product: linux}}\ndetection:\n{detection}level: low\n")
}

/// File, and where and why it is refused.
fn hostile(home: &Home) -> Vec<(&'static str, &'static str)> {
    let of = "  condition: s\n";
    let put = |name: &str, text: String| {
        home.write(&format!("rules/{name}.yml"), text);
    };
    put("good", rule("good", &format!("  s: {{A: x}}\n{of}")));
    let terms: String = (0..10_000).map(|i| format!("      - 'term {i} of many'\n")).collect();
    put("terms", rule("terms", &format!("  s:\n    A|contains:\n{terms}{of}")));
    put("regex", rule("regex", &format!("  s: {{A|re: '((a{{1000}}){{1000}}){{100}}'}}\n{of}")));
    put("back", rule("back", &format!("  s: {{A|re: '(a)\\1'}}\n{of}")));
    let deep = format!("{}s{}", "(".repeat(2000), ")".repeat(2000));
    put("brackets", rule("brackets", &format!("  s: {{A: 1}}\n  condition: '{deep}'\n")));
    put("nested", format!("a: {}{}\n", "{b: ".repeat(5000), "}".repeat(5000)));
    put("flow", "[".repeat(100_000));
    put("big", "- x\n".repeat(50 << 18));
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    (1..30).for_each(|i| bomb += &format!("a{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 9].join(", ")));
    put("bomb", bomb);
    vec![
        ("regex.yml:4:7", "grows beyond"),
        ("back.yml:4:7", "backreferences"),
        ("brackets.yml:5:", "nested more than"),
        ("nested.yml:1:", "nested more than"),
        ("flow.yml:1:", "recursion limit"),
        ("big.yml", "50 MiB; a rule file has at most 16 MiB: split it"),
        ("bomb.yml:5:15", "write them out"),
    ]
}

#[test]
fn are_refused_and_the_others_loaded() {
    let home = Home::new();
    let want = hostile(&home);
    let log = home.write("a.log", "Mar  2 09:04:00 gw app[1]: x\n");
    let ran = home.run(&["replay", &log, "--no-store", "--rules", "rules"]);
    ran.says(0, &["2 rules loaded, 7 not"]);
    let check = home.run(&["rules", "check", "rules"]);
    assert_eq!(check.code, Some(1), "{}", check.err);
    for (place, reason) in want {
        for text in [&ran.err, &check.out] {
            let found = text.lines().any(|l| l.contains(place) && l.contains(reason));
            assert!(found, "{place}: {reason}\n{}", text.chars().take(4000).collect::<String>());
        }
    }
}
