//! Arguments: the words that scripts rely on.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// The security analyst's workbench in a terminal.
#[derive(Debug, Parser)]
#[command(name = "secstream", version, about, propagate_version = true, max_term_width = 100)]
#[command(
    after_help = "Examples:\n  secstream demo\n  secstream tui /var/log/auth.log\n  secstream replay auth.log access.log.gz --alerts alerts.jsonl\n  secstream rules check --rules my-rules/\n  secstream cases export IR-2026-001 --out case.json\n\nExit codes: 0 done, 1 findings in a check, 2 wrong usage or configuration, 3 input or output failed,\n130 interrupted."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Open the workbench on a generated incident; without a terminal, print its summary
    Demo(DemoArgs),
    /// Open the workbench on files, directories, standard input, or the case store alone
    Tui(TuiArgs),
    /// Analyze logs without a screen and write what is asked for
    Replay(ReplayArgs),
    /// Make realistic logs with embedded attacks and their ground truth
    Generate(super::generate::GenerateArgs),
    /// List, show, check, test, backtest and explain rules
    #[command(
        subcommand,
        after_help = "Examples:\n  secstream rules list --for auth.log access.log\n  secstream rules show ssh_distributed_guessing.yml\n  secstream rules check my-rules/ --strict\n  secstream rules test --rules my-rules/\n  secstream rules backtest my-rules/ssh.yml --input auth.log\n  secstream rules explain auth.log:120 ssh_guessing_source\n  secstream rules coverage --navigator layer.json"
    )]
    Rules(super::rules::RulesCommand),
    /// List, show, export and verify cases
    Cases(super::cases::CasesCmd),
    /// Show the configuration in force and where each value comes from
    #[command(
        subcommand,
        after_help = "Examples:\n  secstream config show\n  secstream config show --json | jq .\n  secstream config docs > config.md\n  secstream config keys > keys.md"
    )]
    Config(ConfigCommand),
    /// Check the installation: terminal, cache, store, rules, custom formats
    Doctor(DoctorArgs),
    /// Print a completion script for a shell
    #[command(
        after_help = "Examples:\n  secstream completions bash > ~/.local/share/bash-completion/completions/secstream\n  secstream completions zsh > ~/.zfunc/_secstream"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print a manual page, or write all of them into a directory
    #[command(
        after_help = "Examples:\n  secstream man | man -l -\n  secstream man rules check\n  secstream man --dir ~/.local/share/man/man1"
    )]
    Man {
        /// The command it is about (default: all in short)
        #[arg(value_name = "COMMAND", conflicts_with = "dir")]
        of: Vec<String>,
        /// Write one file for each command into this directory
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
}

/// A detector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Stage {
    /// Sigma rules and correlations
    Rules,
}

/// Which rules.
#[derive(Debug, Clone, Default, Args)]
pub struct RuleOptions {
    /// Use these rules instead of the shipped ones (repeatable)
    #[arg(long, value_name = "DIR", global = true)]
    pub rules: Vec<PathBuf>,
    /// Use these rules beside the others (repeatable)
    #[arg(long, value_name = "DIR", global = true)]
    pub add_rules: Vec<PathBuf>,
    /// Change the rules with this processing pipeline (pySigma's YAML form; repeatable)
    #[arg(long = "pipeline", value_name = "FILE", global = true)]
    pub pipelines: Vec<PathBuf>,
}

/// Options that `tui` and `replay` share.
#[derive(Debug, Clone, Default, Args)]
pub struct Common {
    /// Which rules
    #[command(flatten)]
    pub rules: RuleOptions,
    /// Format of the input instead of detection
    #[arg(long, value_name = "NAME", default_value = "auto")]
    pub format: String,
    /// TOML files that define custom formats (repeatable)
    #[arg(long, value_name = "FILE")]
    pub formats: Vec<PathBuf>,
    /// Time zone of lines that name none (IANA name)
    #[arg(long, value_name = "TZ")]
    pub timezone: Option<String>,
    /// Year of a log's first line, where lines name none; those after New Year are of the next
    #[arg(long, value_name = "Y", value_parser = clap::value_parser!(i32).range(1970..=9998))]
    pub year: Option<i32>,
    /// The case store
    #[arg(long, value_name = "FILE", conflicts_with = "no_store")]
    pub db: Option<PathBuf>,
    /// Keep nothing in a case store
    #[arg(long)]
    pub no_store: bool,
    /// Name that triage is recorded under
    #[arg(long, value_name = "NAME")]
    pub analyst: Option<String>,
    /// Run only these detectors
    #[arg(long, value_name = "STAGE", value_delimiter = ',')]
    pub only: Vec<Stage>,
    /// Only events from this time on (RFC 3339, YYYY-MM-DD, -2h)
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    pub from: Option<String>,
    /// Only events before this time
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    pub to: Option<String>,
    /// Only events that match a query, e.g. 'src_ip=10.0.0.0/8 and severity>=medium'
    #[arg(long, value_name = "QUERY")]
    pub filter: Option<String>,
    /// Threads that read, parse and match (default: one per core)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(0..=256))]
    pub threads: Option<u64>,
}

/// `secstream replay`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  secstream replay /evidence/auth.log\n  secstream replay logs/ --alerts alerts.jsonl --events events.csv\n  zcat old.gz | secstream replay - --json\n  secstream replay --follow /var/log/auth.log --matches -\n  secstream replay auth.log --from 2026-03-02T06:00 --to 2026-03-02T08:00 --filter 'user=root'\n  secstream replay auth.log --report report.html --templates templates.csv"
)]
pub struct ReplayArgs {
    /// Files, directories, globs, or - for standard input
    #[arg(required = true, value_name = "INPUT")]
    pub inputs: Vec<OsString>,
    /// Shared options
    #[command(flatten)]
    pub common: Common,
    /// Go on reading as files grow, across rotation, until interrupted
    #[arg(long)]
    pub follow: bool,
    /// Write each normalized event (JSON lines, CSV for .csv, - for standard output)
    #[arg(long, value_name = "PATH")]
    pub events: Option<String>,
    /// Write each rule match before grouping
    #[arg(long, value_name = "PATH")]
    pub matches: Option<String>,
    /// Write alerts in their closed state, sorted by time and id
    #[arg(long, value_name = "PATH")]
    pub alerts: Option<String>,
    /// Write the log templates: what records have in common, with counts
    #[arg(long, value_name = "PATH")]
    pub templates: Option<String>,
    /// Write each record as its template and its parameters
    #[arg(long, value_name = "PATH")]
    pub structured: Option<String>,
    /// Write one self-contained HTML page: timeline, top entities, alerts with evidence
    #[arg(long, value_name = "FILE.html")]
    pub report: Option<String>,
    /// Print the summary as one JSON document on standard output
    #[arg(long)]
    pub json: bool,
    /// No progress, no summary; what failed is still said
    #[arg(long, short)]
    pub quiet: bool,
}

impl ReplayArgs {
    /// The outputs: flag and path.
    pub fn outputs(&self) -> impl Iterator<Item = (&'static str, &String)> {
        [
            ("--events", &self.events),
            ("--matches", &self.matches),
            ("--alerts", &self.alerts),
            ("--templates", &self.templates),
            ("--structured", &self.structured),
            ("--report", &self.report),
        ]
        .into_iter()
        .filter_map(|(flag, path)| Some((flag, path.as_ref()?)))
    }
}

/// `secstream tui`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  secstream tui                       # the case store alone\n  secstream tui /var/log/auth.log\n  secstream tui --follow /var/log/*.log\n  journalctl -o short-iso | secstream tui -\n  secstream tui --speed 60 auth.log   # the feed a minute a second: Space stops, { } the pace, @ a time"
)]
pub struct TuiArgs {
    /// Files, directories, globs, or - for standard input
    #[arg(value_name = "INPUT")]
    pub inputs: Vec<OsString>,
    /// Shared options
    #[command(flatten)]
    pub common: Common,
    /// Go on reading as files grow, across rotation
    #[arg(long)]
    pub follow: bool,
    /// Show the feed at this multiple of real time, or max
    #[arg(long, value_name = "N")]
    pub speed: Option<String>,
    /// auto, dark, light, ansi16, mono, NAME for ~/.config/secstream/themes/NAME.toml, or a file's path
    #[arg(long, value_name = "NAME")]
    pub theme: Option<String>,
    /// Fewest bytes over the line
    #[arg(long)]
    pub lean: bool,
    /// Draw with ASCII characters only (default: where the locale is not UTF-8)
    #[arg(long)]
    pub ascii: bool,
}

/// `secstream demo`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  secstream demo\n  secstream demo --theme light\n  secstream demo --json | jq .alerts_by_severity"
)]
pub struct DemoArgs {
    /// Print the summary as JSON instead of opening the workbench
    #[arg(long)]
    pub json: bool,
    /// Theme of the workbench
    #[arg(long, value_name = "NAME")]
    pub theme: Option<String>,
}

/// `secstream config …`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Each value with the place it came from
    #[command(after_help = "Examples:\n  secstream config show\n  secstream config show --json")]
    Show {
        /// One JSON document
        #[arg(long)]
        json: bool,
    },
    /// The reference of all keys, as Markdown
    #[command(after_help = "Examples:\n  secstream config docs > config.md")]
    Docs,
    /// The reference of all key bindings, as Markdown
    #[command(after_help = "Examples:\n  secstream config keys > keys.md")]
    Keys,
}

/// `secstream doctor`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  secstream doctor\n  secstream doctor --formats my-formats.toml --json")]
pub struct DoctorArgs {
    /// TOML files that define custom formats, to be tested on their samples
    #[arg(long, value_name = "FILE")]
    pub formats: Vec<PathBuf>,
    /// One JSON document
    #[arg(long)]
    pub json: bool,
}
