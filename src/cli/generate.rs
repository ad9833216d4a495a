//! `secstream generate`: makes a log with attacks in it, and its truth.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;

use super::progress::Growing;
use super::words::count;
use crate::event::Ts;
use crate::generate::{
    Attacks, DEFAULT_START, FileSink, FolderSink, Format, GenerateOptions, LogSink, RecordSink, generate, stories,
};

/// Make a realistic log with embedded attacks, and the truth about them.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  secstream generate --duration 24h --rate 5 --out day.log --truth day.truth.jsonl
  secstream generate --seed 7 --format access --attacks web-sql-injection,web-request-flood --out -
  secstream generate --duration 7d --rate 50 --attacks none --out logs/     # one file per source
  secstream generate --list")]
pub struct GenerateArgs {
    /// Names the log: the same seed and options give the same bytes
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub seed: u64,
    /// Length of the log, as 90s, 30m, 24h or 7d
    #[arg(long, default_value = "24h", value_name = "TIME", value_parser = duration)]
    pub duration: i64,
    /// Honest records per second, on average
    #[arg(long, default_value_t = 5.0, value_name = "N", value_parser = rate)]
    pub rate: f64,
    /// Lines: syslog, access, json, windows or mixed
    #[arg(long, default_value_t = Format::Mixed, value_name = "NAME")]
    pub format: Format,
    /// Attacks: all, none, or names separated by commas (see --list)
    #[arg(long, default_value = "all", value_name = "NAMES")]
    pub attacks: Attacks,
    /// When the log begins, RFC 3339
    #[arg(long, default_value_t = DEFAULT_START, value_name = "TIME", value_parser = start)]
    pub start: Ts,
    /// Where the log goes: a file, a folder with one file per source (`PATH/`), or `-`
    #[arg(long, default_value = "-", value_name = "PATH")]
    pub out: String,
    /// Where the ground truth goes: a file or `-`
    #[arg(long, value_name = "PATH")]
    pub truth: Option<String>,
    /// List the attacks and stop
    #[arg(long)]
    pub list: bool,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

fn duration(text: &str) -> Result<i64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text.get(digits.len()..).unwrap_or_default() {
        "" | "s" => 1,
        "m" | "min" => 60,
        "h" => 3600,
        "d" => 86_400,
        "w" => 7 * 86_400,
        other => return Err(format!("unknown unit '{other}': s, m, h, d or w")),
    };
    let number: f64 = digits.parse().map_err(|_| format!("'{text}' is no duration: as 90s, 30m, 24h or 7d"))?;
    let seconds = number * f64::from(unit);
    if !(1.0..=3_200_000_000.0).contains(&seconds) {
        return Err("a duration is from one second to a hundred years".into());
    }
    Ok(seconds as i64)
}

fn rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().map_err(|_| format!("'{text}' is no number"))?;
    if (0.0..=10_000_000.0).contains(&rate) { Ok(rate) } else { Err("a rate is from 0 to 10000000".into()) }
}

fn start(text: &str) -> Result<Ts, String> {
    let time = Ts::parse_rfc3339(text).or_else(|| Ts::parse_rfc3339(&format!("{text}T00:00:00Z")));
    time.ok_or_else(|| format!("'{text}' is no time: as 2026-03-02 or 2026-03-02T00:00:00Z"))
}

/// Runs the command.
///
/// # Errors
/// Where a file cannot be written; a closed pipe at standard output is no
/// error.
pub fn run(args: &GenerateArgs) -> Result<ExitCode> {
    let done = if args.list { list(args.json) } else { make(args) };
    match done {
        Err(e) if e.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe) => {
            Ok(ExitCode::SUCCESS)
        }
        other => other.map(|()| ExitCode::SUCCESS),
    }
}

fn list(json: bool) -> Result<()> {
    let mut out = io::stdout().lock();
    if json {
        let all: Vec<_> = stories()
            .map(|s| serde_json::json!({"story": s.name, "technique": s.technique, "summary": s.summary}))
            .collect();
        writeln!(out, "{}", serde_json::Value::from(all))?;
        return Ok(());
    }
    for s in stories() {
        writeln!(out, "{:<26} {:<30} {}", s.name, s.technique.join(" "), s.summary)?;
    }
    Ok(())
}

fn make(args: &GenerateArgs) -> Result<()> {
    if args.out == "-" && args.truth.as_deref() == Some("-") {
        bail!("--out and --truth cannot both go to standard output");
    }
    let opts = GenerateOptions {
        seed: args.seed,
        duration: args.duration,
        rate: args.rate,
        format: args.format,
        attacks: args.attacks.clone(),
        start: args.start,
    };
    let began = std::time::Instant::now();
    let per_file = args.out.ends_with(['/', std::path::MAIN_SEPARATOR]);
    let mut sink: Box<dyn RecordSink> = match args.out.as_str() {
        "-" => Box::new(LogSink::new(io::stdout().lock())),
        folder if per_file => {
            Box::new(FolderSink::create(Path::new(folder)).with_context(|| format!("cannot make the folder {folder}"))?)
        }
        file => Box::new(FileSink::create(&PathBuf::from(file)).with_context(|| format!("cannot create {file}"))?),
    };
    let mut growing = Growing::new(sink.as_mut(), opts.start, opts.duration);
    let truth = generate(&opts, &mut growing)?;
    drop(growing);
    drop(sink);
    match args.truth.as_deref() {
        None => {}
        Some("-") => io::stdout().lock().write_all(truth.to_jsonl(per_file).as_bytes())?,
        Some(file) => std::fs::write(file, truth.to_jsonl(per_file)).with_context(|| format!("cannot write {file}"))?,
    }
    report(args, &truth, began.elapsed().as_secs_f64())
}

fn report(args: &GenerateArgs, truth: &crate::generate::Truth, seconds: f64) -> Result<()> {
    let attack: usize = truth.stories.iter().map(|s| s.lines.len()).sum();
    let mut err = io::stderr().lock();
    if args.json {
        let doc = serde_json::json!({
            "records": truth.records, "attack_records": attack, "stories": truth.stories.len(), "seconds": seconds,
            "left_out": truth.left_out.iter()
                .map(|s| serde_json::json!({"story": s.story, "reason": s.why})).collect::<Vec<_>>(),
        });
        if args.out == "-" || args.truth.as_deref() == Some("-") {
            writeln!(err, "{doc}")?;
        } else {
            writeln!(io::stdout().lock(), "{doc}")?;
        }
    } else {
        writeln!(
            err,
            "{}, {attack} of them of {}, in {seconds:.1} s",
            count(truth.records, "record"),
            count(truth.stories.len(), "attack")
        )?;
    }
    if !args.json {
        for s in &truth.left_out {
            writeln!(err, "left out: {}: {}", s.story, s.why)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        assert_eq!(duration("24h"), Ok(86_400));
        assert_eq!(duration("90"), Ok(90));
        assert_eq!(duration("1.5m"), Ok(90));
        assert!(duration("5y").is_err() && duration("0s").is_err() && duration("h").is_err());
        assert_eq!(start("2026-03-02"), Ok(DEFAULT_START));
        assert!(start("yesterday").is_err());
        assert!(rate("-1").is_err() && rate("NaN").is_err());
    }
}
