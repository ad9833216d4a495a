//! `file_placeholders`: values from a file. Reading it is the caller's: this
//! layer touches no file.

use super::params::Params;
use super::values::compiled;
use crate::detect::sigma::yaml::{Node, YamlError};

/// Gives the text of a file that a pipeline names: (the pipeline's path, the name).
pub type ReadFile<'r> = dyn FnMut(&str, &str) -> Result<String, String> + 'r;

/// How a pipeline reaches the files that it names.
pub(super) struct Files<'r> {
    /// Path of the pipeline.
    pub path: &'r str,
    /// Gives their texts.
    pub read: &'r mut ReadFile<'r>,
    /// The texts that were read, for the pipelines' hash.
    pub texts: Vec<String>,
}

/// The values that a file lists.
pub(super) fn read(p: &mut Params<'_>, files: &mut Files<'_>) -> Result<Vec<String>, YamlError> {
    let at = p.need("path")?;
    let path = p.text("path")?;
    let format_at = p.take("format");
    let format = p.optional("format")?.unwrap_or_else(|| "plaintext".to_owned());
    let filter = p.take("filter").map(compiled).transpose()?;
    let column = p.take("csv_column");
    let header = p.take("csv_has_header").is_none_or(|n| n.bool() != Some(false));
    let text = (files.read)(files.path, &path).map_err(|m| YamlError::at(at, m))?;
    files.texts.push(text.clone());
    let wrong = |m: String| YamlError::at(format_at.unwrap_or(at), m);
    let all: Vec<String> = match format.as_str() {
        "plaintext" => text.lines().map(|l| l.trim().to_owned()).filter(|l| !l.is_empty()).collect(),
        "csv" => {
            let column = column.ok_or_else(|| wrong("csv needs 'csv_column': a name, or a number from 0".into()))?;
            cells(&text, column, header).map_err(|m| YamlError::at(column, m))?
        }
        "json" | "yaml" => {
            return Err(wrong(format!(
                "{format} is taken apart with jq, which secstream has not: use plaintext or csv"
            )));
        }
        other => return Err(wrong(format!("format is plaintext or csv, not '{other}'"))),
    };
    Ok(all.into_iter().filter(|v| filter.as_ref().is_none_or(|f| f.is_match(v))).collect())
}

/// The cells of one column.
fn cells(text: &str, column: &Node, header: bool) -> Result<Vec<String>, String> {
    let mut rows = rows(text).into_iter();
    let wanted = column.text().unwrap_or("");
    let first = if header { rows.next().unwrap_or_default() } else { Vec::new() };
    let at = match first.iter().position(|c| c == wanted) {
        Some(at) => at,
        None => wanted.parse().map_err(|_| {
            if header {
                format!("the file has no column '{wanted}'")
            } else {
                "a column without a header is a number".to_owned()
            }
        })?,
    };
    Ok(rows.filter_map(|r| r.into_iter().nth(at)).filter(|c| !c.is_empty()).collect())
}

/// Rows of cells; a cell in quotes may have commas, line ends, and quotes twice.
fn rows(text: &str) -> Vec<Vec<String>> {
    let mut out = Vec::new();
    let mut row: Vec<String> = Vec::new();
    let mut cell = String::new();
    let mut quoted = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() => quoted = true,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                out.push(std::mem::take(&mut row));
            }
            c => cell.push(c),
        }
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        out.push(row);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_cells() {
        assert_eq!(rows("a,\"b,\"\"c\n\"\r\nd,\n"), [["a", "b,\"c\n"], ["d", ""]]);
    }
}
