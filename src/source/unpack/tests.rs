//! Tests of unpacking: whatever the steps in which bytes come.

use proptest::prelude::*;

use super::*;

fn run(kind: Kind, bytes: &[u8], step: usize) -> (String, Vec<String>) {
    let mut u = kind.unpacker();
    let mut out = Vec::new();
    for part in bytes.chunks(step.max(1)) {
        u.push(part, &mut out);
    }
    u.end(&mut out);
    (String::from_utf8_lossy(&out).into_owned(), u.warnings())
}

fn lines(kind: Kind, bytes: &[u8]) -> Vec<String> {
    let (whole, _) = run(kind, bytes, bytes.len());
    for step in [1, 2, 7] {
        assert_eq!(run(kind, bytes, step).0, whole, "in steps of {step}");
    }
    whole.lines().map(str::to_owned).collect()
}

#[test]
fn kinds_by_their_beginning() {
    let is = |head: &str| Kind::of(head.as_bytes());
    assert_eq!(is("[{\"a\":1}]"), Told::Is(Kind::Array));
    assert_eq!(is("\u{feff} [\n  {"), Told::Is(Kind::Array));
    assert_eq!(is("{ \"Records\" : [ {"), Told::Is(Kind::Array));
    for more in [
        "",
        "[",
        "{",
        "{\"Rec",
        "{\"value\":",
        "{\"value\":[",
        "__CUR",
        "ElfFile",
        "{\"a\":[{",
        "{}",
        "{\"a\":\"}{\"",
        "{\"a\":1} ",
    ] {
        assert_eq!(is(more), Told::More, "{more}");
    }
    for lines in [
        "{\"Records\":1}\n",
        "{\"Records\":[1\n",
        "{}\n{}",
        "{\"a\":\"}{\"}\r\n{}",
        "{\"a\":1}, 5",
        "[Mon Nov",
        "[]",
        "__X y",
        "Elf\n",
        "a",
        "A=1\nb",
        "A=1\nB=2\nC=3\nD=4\n_TRANSPORT=x\n",
    ] {
        assert_eq!(is(lines), Told::Lines, "{lines}");
    }
    assert_eq!(is("{ \r\n\t\"a\""), Told::Is(Kind::Array));
    assert_eq!(is("{\"a\":{\"b\":\"}\\\"\"}}{\"a\""), Told::Is(Kind::Array), "no newline between them");
    assert_eq!(is("{\"a\":1}\t {"), Told::Is(Kind::Array));
    assert_eq!(is(&format!("{{\"a\":\"{}", "x".repeat(HEAD))), Told::Lines);
    assert_eq!(is("__REALTIME_TIMESTAMP=1\n"), Told::Is(Kind::Export));
    for head in ["PRIORITY=6\nMESSAGE=a b\n_TRANSPORT=syslog\n", "MESSAGE=a\nSYSLOG_IDENTIFIER=x"] {
        assert_eq!(is(head), Told::Is(Kind::Export), "{head}");
    }
    assert_eq!(is("PRIORITY=6\nMESS"), Told::More);
    assert_eq!(is("ElfFile\0"), Told::Is(Kind::Evtx));
    assert_eq!(is(&" ".repeat(HEAD)), Told::Lines);
}

#[test]
fn arrays() {
    let got = lines(
        Kind::Array,
        b"\xef\xbb\xbf[\n {\"a\": [1, {\"b\":\"]}\\\"\"}],\r\n  \"c\":2},\n{} , 5,\"x\" ]\n{\"d\":1}\n[{\"e\":0}]",
    );
    assert_eq!(got, ["{\"a\": [1, {\"b\":\"]}\\\"\"}],    \"c\":2}", "{}", "5", "\"x\"", "{\"d\":1}", "{\"e\":0}"]);
}

#[test]
fn envelopes() {
    let text =
        b"{\"Records\":[{\"a\":1},\n{\"a\":\"x\ny\"}],\"nextToken\":\"]}\"}\n{\"Records\":[]}{\"value\": [ {\"b\":2}]}";
    assert_eq!(lines(Kind::Array, text), ["{\"a\":1}", "{\"a\":\"x\\ny\"}", "{\"Records\":[]}", "{\"b\":2}"]);
    let (_, warnings) = run(Kind::Array, text, 3);
    assert_eq!(warnings, ["17 bytes beside its array of records are not shown"]);
    let (out, warnings) = run(Kind::Array, b"[{\"a\":1},{\"b\":", 5);
    assert_eq!((out.as_str(), warnings.len()), ("{\"a\":1}\n{\"b\":\n", 1));
}

#[test]
fn members_before_the_records() {
    let text = b"{\"kind\":\"EventList\",\"apiVersion\":\"audit.k8s.io/v1\",\"metadata\":{\"a\":[\"}\"]},\n\"items\":[{\"a\":1},{\"a\":2}]}\n{\"kind\":\"Event\",\"level\":1}";
    assert_eq!(Kind::of(text), Told::Is(Kind::Array));
    assert_eq!(lines(Kind::Array, text), ["{\"a\":1}", "{\"a\":2}", "{\"kind\":\"Event\",\"level\":1}"]);
    let text = b"{\"@odata.context\": \"https://x/$metadata#y\", \"@odata.count\": 2, \"value\": [{\"b\":1}]}";
    assert_eq!((Kind::of(text), lines(Kind::Array, text)), (Told::Is(Kind::Array), vec!["{\"b\":1}".to_owned()]));
    for line in [
        "{\"kind\":\"Event\",\"level\":1}",
        "{\"kind\":\"List\",\"items\":[]}",
        "{\"kind\":1}",
        "{\"metadata\":{\"items\":[{}]},\"x\":2}",
    ] {
        assert_eq!(Kind::of(format!("{line}\n").as_bytes()), Told::Lines, "{line}");
    }
}

#[test]
fn the_journal() {
    let mut text = b"__CURSOR=s=1\nMESSAGE=a=b\nX=1\nX=2\nBIN\n".to_vec();
    text.extend_from_slice(&5u64.to_le_bytes());
    text.extend_from_slice(b"a\n\nb\xff\n\n\n__CURSOR=2\nEMPTY\n");
    text.extend_from_slice(&0u64.to_le_bytes());
    text.extend_from_slice(b"\nLAST=\"q\"");
    assert_eq!(
        lines(Kind::Export, &text),
        [
            "{\"__CURSOR\":\"s=1\",\"MESSAGE\":\"a=b\",\"X\":[\"1\",\"2\"],\"BIN\":\"a\\n\\nb\u{fffd}\"}",
            "{\"__CURSOR\":\"2\",\"EMPTY\":\"\",\"LAST\":\"\\\"q\\\"\"}"
        ]
    );
}

#[test]
fn an_entry_without_its_empty_line_is_cut_short() {
    for (text, cut) in [
        ("__CURSOR=1\nA=b\n\n", false),
        ("__CURSOR=1\nA=b\n\n\n", false),
        ("__CURSOR=1\nA=b\n", true),
        ("__CURSOR=1\nA=b\n\n__CURSOR=2\nA", true),
    ] {
        assert_eq!(!run(Kind::Export, text.as_bytes(), 3).1.is_empty(), cut, "{text:?}");
    }
}

#[test]
fn objects_without_newlines_between_them() {
    let text = b"{\"a\":\"}{\"}{\"b\":[1,{}]} {\"Records\":1}{\"c\":2}";
    assert_eq!(Kind::of(text), Told::Is(Kind::Array));
    assert_eq!(lines(Kind::Array, text), ["{\"a\":\"}{\"}", "{\"b\":[1,{}]}", "{\"Records\":1}", "{\"c\":2}"]);
}

#[test]
fn entries_without_bounds_are_bounded() {
    let mut text = b"A=".to_vec();
    text.resize(3 << 20, b'x');
    text.extend_from_slice(b"\nB\n");
    text.extend_from_slice(&u64::MAX.to_le_bytes());
    text.resize(6 << 20, b'y');
    let (out, warnings) = run(Kind::Export, &text, 60_000);
    assert!(out.len() < 1 << 20, "{}", out.len());
    assert_eq!(warnings.len(), 2, "{warnings:?}");
}

#[test]
fn event_logs_that_are_none() {
    let mut bytes = vec![0; 4096 + 3 * 65_536 + 9];
    bytes[..8].copy_from_slice(b"ElfFile\0");
    assert_eq!(run(Kind::Evtx, &bytes, 5000), (String::new(), vec![]));
    bytes[4096..4104].copy_from_slice(b"ElfChnk\0");
    bytes[4096 + 65_536] = 7;
    let (out, warnings) = run(Kind::Evtx, &bytes, 5000);
    assert!(out.is_empty() && !warnings.is_empty(), "{warnings:?}");
}

proptest! {
    #[test]
    fn any_bytes_in_any_steps(bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'"'), Just(b'{'), Just(b'}'), Just(b'['), Just(b']'), Just(b'\n'), Just(b'='), Just(b'\\')], 0..300), step in 1usize..40) {
        for kind in [Kind::Array, Kind::Export, Kind::Evtx] {
            prop_assert_eq!(run(kind, &bytes, step), run(kind, &bytes, bytes.len().max(1)));
        }
        let _ = Kind::of(&bytes);
    }

    #[test]
    fn elements_come_out_as_they_went_in(n in 0usize..8, text in "\\PC{0,12}", pretty in any::<bool>(), step in 1usize..9) {
        let element = serde_json::json!({ "a": text, "b": [{ "c": [1, 2, {}] }], "n": n });
        let all = serde_json::Value::Array(vec![element.clone(); n]);
        let bytes = if pretty { serde_json::to_vec_pretty(&all) } else { serde_json::to_vec(&all) }.unwrap();
        let (out, warnings) = run(Kind::Array, &bytes, step);
        let got: Vec<serde_json::Value> = out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        prop_assert_eq!(got, vec![element; n]);
        prop_assert!(warnings.is_empty());
    }
}
