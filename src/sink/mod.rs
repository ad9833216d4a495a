//! Where results are written: files, standard output, JSON lines or CSV.
//!
//! What leaves here is safe to look at in a terminal: JSON strings escape every
//! control and bidirectional character, CSV cells cannot become formulas, and
//! text in a report's page cannot become markup.

mod alerts;
mod event_csv;
mod event_json;
mod json;
mod out;
mod report;
mod templates;

pub use alerts::{AlertWriter, MatchWriter, MatchedRule};
pub use event_csv::write_header as event_csv_header;
pub use event_csv::{csv_cell, write_event as write_event_csv};
pub use event_json::write_event as write_event_json;
pub use json::push_json_string;
pub use out::{Format, Out, SinkError, stdout_may_be_closed};
pub use report::{Report, ReportAlert, ReportInput, Top};
pub use templates::{StructuredRow, TemplateRow, TemplateWriter};
