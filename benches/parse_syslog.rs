//! How fast syslog lines become events: header, program, time.
#![allow(missing_docs, reason = "the macros of criterion make undocumented items")]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use secstream::event::{Batch, Record, Schema, Span, Ts};
use secstream::parse::{Options, Parser, Scratch};

const LINES: usize = 2_000;

/// Writes the message of the n-th line.
type Message<'a> = &'a dyn Fn(usize) -> String;

/// A batch of lines with varying numbers, and the parser of its source.
fn batch(message: impl Fn(usize) -> String, zone: chrono_tz::Tz) -> (Batch, Parser) {
    let mut b = Batch::default();
    for i in 0..LINES {
        let at = b.text.len();
        let line = format!(
            "Jan {:2} {:02}:{:02}:{:02} web-{:02} {}",
            1 + i / 500,
            i / 3600 % 24,
            i / 60 % 60,
            i % 60,
            i % 20,
            message(i)
        );
        b.text.push_str(&line);
        b.text.push('\n');
        b.records.push(Record::new(Span::text(at, line.len()), at as u64, line.len() as u64, i as u64 + 1));
    }
    let mut options = Options::new(Ts(1_750_000_000_000_000));
    options.tz = zone;
    let sample = b.text.get(..20_000).unwrap_or(&b.text).to_owned();
    let parser = Parser::for_source("auth.log", sample.as_bytes(), &options, &Arc::new(Schema::base()));
    (b, parser)
}

fn bench(c: &mut Criterion) {
    let sshd = |i: usize| {
        let (a, p) = (i % 250, 1024 + i);
        match i % 4 {
            0 => format!("sshd[{p}]: Failed password for invalid user admin from 192.0.2.{a} port {p} ssh2"),
            1 => format!("sshd[{p}]: Invalid user admin from 192.0.2.{a} port {p}"),
            2 => format!(
                "sshd[{p}]: pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.{a}  user=root"
            ),
            _ => format!("sshd[{p}]: Connection closed by invalid user admin 192.0.2.{a} port {p} [preauth]"),
        }
    };
    let packets = |i: usize| {
        format!(
            "kernel: [UFW BLOCK] IN=eth0 OUT= MAC=00:11 SRC=192.0.2.{} DST=10.0.0.1 LEN=40 PROTO=TCP SPT={} DPT=22 SYN",
            i % 250,
            1024 + i
        )
    };
    let others = |i: usize| match i % 3 {
        0 => format!("sudo[{i}]:     bob : TTY=pts/0 ; PWD=/home/bob ; USER=root ; COMMAND=/bin/systemctl status x"),
        1 => format!("CRON[{i}]: (root) CMD (run-parts --report /etc/cron.hourly)"),
        _ => format!("systemd[1]: Started Session {i} of user bob."),
    };
    let mut group = c.benchmark_group("parse_syslog");
    group.throughput(Throughput::Elements(LINES as u64));
    let sets: [(&str, Message<'_>, chrono_tz::Tz); 4] = [
        ("sshd", &sshd, chrono_tz::Tz::UTC),
        ("sshd with a zone", &sshd, chrono_tz::Tz::Europe__Zurich),
        ("packets", &packets, chrono_tz::Tz::UTC),
        ("sudo, cron, systemd", &others, chrono_tz::Tz::UTC),
    ];
    for (name, message, zone) in sets {
        let (mut b, parser) = batch(message, zone);
        let fresh = b.records.clone();
        let mut scratch = Scratch::default();
        group.bench_function(name, |bench| {
            bench.iter(|| {
                b.arena.clear();
                b.fields.clear();
                b.records.clone_from(&fresh);
                parser.parse_batch(&mut b, &mut scratch);
                black_box(b.records.len())
            });
        });
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
