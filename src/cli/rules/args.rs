//! Arguments of the rules' verbs.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::args::{Common, RuleOptions};

/// `secstream rules …`.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// What is loaded, and why the rest is not; with --for, which rules can fire on a log
    List(ListArgs),
    /// Show a rule by id, name, title or file
    #[command(
        after_help = "Examples:\n  secstream rules show ssh_distributed_guessing.yml\n  secstream rules show 'Distributed SSH password guessing'"
    )]
    Show {
        /// Id, title or file name
        rule: String,
        /// Which rules
        #[command(flatten)]
        rules: RuleOptions,
        /// One JSON document
        #[arg(long)]
        json: bool,
    },
    /// Lint rules: errors and warnings with places; exit code 1 if there are any errors
    Check(CheckArgs),
    /// Run the test events beside the rules; exit code 1 if any fails
    #[command(after_help = "Examples:\n  secstream rules test\n  secstream rules test --rules my-rules/")]
    Test {
        /// Files or directories (default: the rules in force)
        paths: Vec<PathBuf>,
        /// Which rules
        #[command(flatten)]
        rules: RuleOptions,
        /// One JSON document
        #[arg(long)]
        json: bool,
    },
    /// What rules find in a log, against the version before: matches and alerts gained and lost, and the cost
    Backtest(BacktestArgs),
    /// Why a rule matches an event or does not: logsource, condition, each value
    Explain(ExplainArgs),
    /// Which techniques of ATT&CK the rules look for; also as a layer for the Navigator
    Coverage(CoverageArgs),
    /// Turn the small YAML form of thresholds (type, match, threshold) into Sigma
    Import(ImportArgs),
    /// Print the JSON Schema of rule files, for editors
    #[command(after_help = "Examples:\n  secstream rules schema > rule.schema.json")]
    Schema,
}

/// `secstream rules list`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  secstream rules list\n  secstream rules list --for auth.log access.log\n  secstream rules list --add-rules my-rules/ --json | jq '.[] | select(.loaded | not)'"
)]
pub struct ListArgs {
    /// Read these logs and say which rules can fire on them, and why the others cannot
    #[arg(long = "for", num_args = 1.., value_name = "LOG")]
    pub logs: Vec<String>,
    /// One JSON document
    #[arg(long)]
    pub json: bool,
    /// Shared options
    #[command(flatten)]
    pub common: Common,
}

/// `secstream rules import`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  secstream rules import thresholds.yml --out my-rules/thresholds.yml\n\nA rule of the small form:\n  type: brute_force        # or unauthorized_access, traffic_spike, privilege_escalation\n  match: {event_type: ssh_login_failed}\n  group_by: src_ip\n  threshold: 5\n  window_seconds: 300\n  cooldown_seconds: 600"
)]
pub struct ImportArgs {
    /// The file; - for standard input
    #[arg(value_name = "FILE")]
    pub file: String,
    /// Where the Sigma rules are written (- for standard output)
    #[arg(long, value_name = "FILE", default_value = "-")]
    pub out: String,
    /// Overwrite the file
    #[arg(long)]
    pub force: bool,
}

/// `secstream rules coverage`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  secstream rules coverage\n  secstream rules coverage --rules sigma/rules --all\n  secstream rules coverage --navigator layer.json"
)]
pub struct CoverageArgs {
    /// Files or directories (default: the rules in force)
    pub paths: Vec<PathBuf>,
    /// Which rules
    #[command(flatten)]
    pub rules: RuleOptions,
    /// Write a layer for the ATT&CK Navigator (format 4.5; - for standard output, and nothing else)
    #[arg(long, value_name = "FILE")]
    pub navigator: Option<String>,
    /// Name of the layer
    #[arg(long, value_name = "NAME", default_value = "secstream rules")]
    pub name: String,
    /// List the techniques without a rule as well
    #[arg(long)]
    pub all: bool,
    /// One JSON document
    #[arg(long)]
    pub json: bool,
}

/// `secstream rules explain`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  secstream rules explain auth.log:120 ssh_guessing_source\n  secstream rules explain events.ndjson:7 my-rules/cmd.yml\n  secstream rules explain '{\"EventID\":1,\"Channel\":\"Security\"}' my.yml --json\n  tail -1 auth.log | secstream rules explain - ssh_guessing_source"
)]
pub struct ExplainArgs {
    /// FILE:LINE, a file (its first record), - for standard input, or the event's own text
    #[arg(value_name = "EVENT")]
    pub event: String,
    /// Id, name, title or file of the rule
    #[arg(value_name = "RULE")]
    pub rule: String,
    /// One JSON document
    #[arg(long)]
    pub json: bool,
    /// Shared options
    #[command(flatten)]
    pub common: Common,
}

/// `secstream rules check`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  secstream rules check my-rules/\n  secstream rules check - < my-rules/deploy.yml\n  secstream rules check my-rules/ --level warning --strict\n  secstream rules check my-rules/ --format sarif > rules.sarif"
)]
pub struct CheckArgs {
    /// Files or directories, - for standard input (default: the rules in force)
    pub paths: Vec<PathBuf>,
    /// Which rules
    #[command(flatten)]
    pub rules: RuleOptions,
    /// How findings are written
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    pub format: CheckFormat,
    /// The same as --format json
    #[arg(long)]
    pub json: bool,
    /// Only findings of at least this level
    #[arg(long, value_enum, default_value_t = CheckLevel::Info)]
    pub level: CheckLevel,
    /// Exit code 1 for warnings as well
    #[arg(long)]
    pub strict: bool,
}

/// How `rules check` writes findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum CheckFormat {
    /// A line each, as compilers write them
    Text,
    /// One JSON document
    Json,
    /// SARIF 2.1.0
    Sarif,
}

/// How much a finding matters at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum CheckLevel {
    /// All
    Info,
    /// Most likely not meant
    Warning,
    /// Not loaded, or never true
    Error,
}

/// `secstream rules backtest`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  secstream rules backtest my-rules/ssh.yml --input auth.log\n  secstream rules backtest new.yml --before old-rules/ --input logs/ --json\n  secstream rules backtest ssh.yml --input auth.log --fail-on lost\n\nThe version before is the rule of the same id in --before, else among the shipped rules; a rule without one is new.\nExit codes: 0 done, 1 a rule does not load or --fail-on applies, 2 wrong usage, 3 input or output failed."
)]
pub struct BacktestArgs {
    /// Rule files or directories to be tried
    #[arg(required = true, value_name = "RULES")]
    pub paths: Vec<PathBuf>,
    /// Logs: files, directories, globs, or - for standard input
    #[arg(long, required = true, num_args = 1.., value_name = "LOG")]
    pub input: Vec<String>,
    /// The rules as they were (default: the shipped ones)
    #[arg(long, value_name = "DIR")]
    pub before: Vec<PathBuf>,
    /// List at most this many gained and lost matches of each rule, and as many alerts
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
    /// Exit code 1 if matches or alerts were lost or gained
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    pub fail_on: Vec<FailOn>,
    /// One JSON document
    #[arg(long)]
    pub json: bool,
    /// Shared options
    #[command(flatten)]
    pub common: Common,
}

/// What `rules backtest` can be told to fail on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum FailOn {
    /// Matches or alerts that are no more
    Lost,
    /// Matches or alerts that are new
    Gained,
    /// Lost alerts that people have judged to be true
    LostTrue,
}
