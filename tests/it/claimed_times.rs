//! Times that a message claims for itself.

use crate::program::Home;

/// A line that anybody may write dates no log, and stays where the daemon received it.
#[test]
fn a_time_that_a_message_claims_dates_no_log() {
    let home = Home::new();
    let lines: String = (0..200)
        .map(|i| {
            format!(
                "May  4 01:{:02}:{:02} web1 sshd[9]: Failed password for root from 192.0.2.7 port 4 ssh2\n",
                i / 60,
                i % 60
            )
        })
        .collect();
    let span = |claim: &str| {
        home.write("auth.log", format!("May  4 01:00:00 web1 mallory: {claim}\n{lines}"));
        let file = std::fs::File::options().append(true).open(home.path("auth.log")).unwrap();
        // 1 June 2026
        file.set_modified(std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_780_272_000)).unwrap();
        home.summary(&["--no-store", "--events", "events.jsonl", "auth.log"]);
        let times: Vec<String> =
            home.objects("events.jsonl").iter().map(|e| e["timestamp"].as_str().unwrap()[..10].to_owned()).collect();
        let others = times.get(1..).unwrap_or_default();
        assert!(others.iter().all(|t| t == "2026-05-04"), "{claim}: {:?}", others.first());
        times[0].clone()
    };
    assert_eq!(span("hello"), "2026-05-04");
    for year in [2001, 2019, 2031] {
        assert_eq!(span(&format!("{{\"time\":\"{year}-01-01T00:00:00Z\"}}")), "2026-05-04");
        span(&format!("{{\"time\":\"{year}-05-04T01:00:00Z\"}}"));
    }
}
