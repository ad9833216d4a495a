//! Cost of one match in the windows: joining an open episode, waiting in a
//! window, counting distinct values, weighing attempts. CPU time, so that a
//! busy machine does not count.
#![allow(missing_docs, reason = "the macros of criterion make undocumented items")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use nix::time::{ClockId, clock_gettime};
use secstream::detect::state::{Observed, State, StateOptions};
use secstream::detect::{RuleFile, RuleIdx, RuleSet};
use secstream::event::{Batch, Ov, Record, RecordFlags, Span, TimeQuality, Ts};

const BASE: &str = "title: fail\nname: fail\nid: 6a3a1ad4-3a5f-4b7e-9a39-3f6ad0b0f001\nlogsource: {product: linux}\n\
                    detection: {a: {message: x}, condition: a}\nlevel: low\n---\n";

fn rules(body: &str) -> Arc<RuleSet> {
    let text = format!(
        "{BASE}title: c\nname: c\nid: 6a3a1ad4-3a5f-4b7e-9a39-3f6ad0b0f002\nlevel: high\ncorrelation:\n  rules: [fail]\n{body}"
    );
    let set = RuleSet::load(&[RuleFile::new("bench.yml", text)]);
    for r in set.rules() {
        assert!(r.loaded, "{:?}", r.reason);
    }
    Arc::new(set)
}

/// 4,096 failed log-ins, three lines each, from so many addresses.
fn batch(set: &RuleSet, addresses: usize, act: bool) -> Batch {
    let mut b = Batch::default();
    let mut values = Vec::new();
    for i in 0..4_096usize {
        let text = format!("Failed password for user{} from 10.1.{}.9 port 4242 ssh2", i % 7, (i / 3) % addresses);
        let start = b.text.len();
        b.text.push_str(&text);
        b.records.push(Record::new(Span::text(start, text.len()), start as u64, text.len() as u64, i as u64 + 1));
        values.push((format!("10.1.{}.9", (i / 3) % addresses), format!("user{}", i % 7), (i / 3).to_string(), i));
    }
    let mut next = values.iter();
    b.parse_with(&set.schema(), |_, d| {
        if let Some((ip, user, pid, i)) = next.next() {
            d.set(Ov::SrcIp, ip);
            d.set(Ov::User, user);
            d.set(Ov::Host, "web1");
            d.set(Ov::Process, "sshd");
            d.set(Ov::Pid, pid);
            d.time(Ts::from_secs(*i as i64), TimeQuality::Zoned);
            if act {
                d.flag([RecordFlags::ACT_NOTICE, RecordFlags::ACT_MODULE, RecordFlags::ACT_VERDICT][i % 3]);
            }
        }
    });
    b.schema = Some(set.schema());
    b
}

/// Time this thread has had a CPU, to the nanosecond: what the kernel writes into files is as of its last tick.
fn cpu_time() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).map_or(Duration::ZERO, Duration::from)
}

fn bench(c: &mut Criterion) {
    let mut g = c.benchmark_group("state");
    g.throughput(Throughput::Elements(4_096));
    let count = "  type: event_count\n  group-by: [src_ip]\n  timespan: 10m\n  condition: {gte: N}\n";
    let distinct = "  type: value_count\n  group-by: [src_ip]\n  timespan: 10m\n  condition: {field: user, gte: 50}\n";
    let cases = [
        ("join_open_episode", count.replace('N', "5"), 1, false),
        ("wait_in_window", count.replace('N', "100000"), 200, false),
        ("wait_in_window_acts", count.replace('N', "100000"), 200, true),
        ("distinct_values", distinct.to_owned(), 200, false),
    ];
    for (name, body, addresses, act) in cases {
        let set = rules(&body);
        let b = batch(&set, addresses, act);
        let mut state = State::new(Arc::clone(&set), StateOptions::default());
        let mut round = 0i64;
        let mut out = Vec::new();
        g.bench_function(name, |bench| {
            bench.iter_custom(|n| {
                let before = cpu_time();
                for _ in 0..n {
                    for e in b.events() {
                        let time = Ts(e.rec.time.0 / 64 + round * 64_000_000);
                        state.push(
                            e,
                            &[RuleIdx(0)],
                            Observed { time, known: true, order: time, late: false, epoch: 0 },
                        );
                    }
                    round += 1;
                    state.drain(&mut out);
                    out.clear();
                    black_box(&state);
                }
                cpu_time().saturating_sub(before)
            });
        });
    }
    g.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
