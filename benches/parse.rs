//! Cost of parsing and normalizing one line, by format.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use secstream::event::{Batch, Record, Schema, Span, Ts};
use secstream::parse::{Options, Parser, Scratch};

type Line = fn(usize) -> String;

const LINES: usize = 2000;

fn access(i: usize) -> String {
    format!(
        r#"198.51.100.{} - - [18/Nov/2026:09:{:02}:{:02} +0000] "GET /blog/2026/post-{i}?ref=feed&page={} HTTP/1.1" 200 {} "https://www.example.org/blog/index.html" "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0""#,
        i % 250,
        i / 60 % 60,
        i % 60,
        i % 9,
        500 + i
    )
}

fn encoded(i: usize) -> String {
    format!(
        r#"198.51.100.{} - - [18/Nov/2026:09:30:{:02} +0000] "GET /search?q=%27+UNION%20SELECT%2f%2a%2a%2fname+FROM+users%2d%2d&Page={i} HTTP/1.1" 404 {} "-" "curl/8.5.0""#,
        i % 250,
        i % 60,
        500 + i
    )
}

fn sshd(i: usize) -> String {
    format!(
        "Nov 18 09:{:02}:{:02} web{} sshd[{}]: Failed password for invalid user admin{} from 198.51.100.{} port {} ssh2",
        i / 60 % 60,
        i % 60,
        i % 5,
        1000 + i,
        i % 50,
        i % 250,
        20_000 + i
    )
}

fn flat_json(i: usize) -> String {
    let filler = "the quick brown fox jumps over the lazy dog ".repeat(9);
    format!(
        r#"{{"timestamp":"2026-11-18T09:30:{:02}.123Z","src_ip":"198.51.100.{}","src_port":{},"dest_ip":"192.0.2.7","dest_port":443,"user":"user{i}","event_type":"login","outcome":"failure","host":"app{}","severity":"low","session_id":"a81f{i}","bytes":{},"http_method":"POST","url":"/api/v1/session?next=%2Fhome","status_code":401,"user_agent":"Mozilla/5.0 (X11; Linux x86_64)","region":"eu-west-1","tenant":"acme","request_id":"6f1c9b0e-{i}","latency_ms":{},"cache":false,"note":"{filler}"}}"#,
        i % 60,
        i % 250,
        20_000 + i,
        i % 7,
        i * 13,
        i % 900
    )
}

fn windows(i: usize) -> String {
    format!(
        r#"{{"Provider_Name":"Microsoft-Windows-Sysmon","EventID":1,"Version":5,"Level":4,"Task":1,"Opcode":0,"Keywords":"0x8000000000000000","TimeCreated":"2026-11-18T09:30:{:02}.1234567Z","EventRecordID":{i},"Execution_ProcessID":2080,"Execution_ThreadID":4108,"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"ws{}.example.org","UtcTime":"2026-11-18 09:30:00.123","ProcessGuid":"{{b5a1-{i}}}","ProcessId":{},"Image":"C:\\Windows\\System32\\cmd.exe","FileVersion":"10.0","Description":"Windows Command Processor","Company":"Microsoft Corporation","CommandLine":"cmd.exe /c dir C:\\Users\\user{i}\\Documents","CurrentDirectory":"C:\\","User":"CORP\\user{i}","LogonId":"0x3e7","TerminalSessionId":1,"IntegrityLevel":"High","Hashes":"SHA256=9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08","ParentProcessId":4,"ParentImage":"C:\\Windows\\explorer.exe","ParentCommandLine":"explorer.exe"}}"#,
        i % 60,
        i % 9,
        1000 + i
    )
}

fn batch_of(line: Line) -> Batch {
    let mut batch = Batch::default();
    for i in 0..LINES {
        let l = line(i);
        batch.records.push(Record::new(Span::text(batch.text.len(), l.len()), 0, l.len() as u64, i as u64 + 1));
        batch.text.push_str(&l);
        batch.text.push('\n');
    }
    batch
}

fn parse(c: &mut Criterion) {
    let mut group = c.benchmark_group("parse");
    group.sample_size(30).measurement_time(std::time::Duration::from_secs(2));
    group.throughput(Throughput::Elements(LINES as u64));
    let formats: [(&str, Line); 5] = [
        ("access", access),
        ("access_encoded", encoded),
        ("sshd", sshd),
        ("json_flat_1kB", flat_json),
        ("windows", windows),
    ];
    let schema = Arc::new(Schema::base());
    for (name, line) in formats {
        let fresh = batch_of(line);
        let opts = Options::new(Ts::from_secs(1_790_000_000));
        let parser = Parser::for_source(name, fresh.text.get(..8000).unwrap_or("").as_bytes(), &opts, &schema);
        let mut batch = batch_of(line);
        let mut scratch = Scratch::default();
        group.bench_function(name, |b| {
            b.iter(|| {
                batch.arena.clear();
                batch.fields.clear();
                batch.records.clear();
                batch.records.extend_from_slice(&fresh.records);
                parser.parse_batch(black_box(&mut batch), &mut scratch);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, parse);
criterion_main!(benches);
