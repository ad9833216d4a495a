//! `secstream man`: manual pages, made from the arguments.

use std::io::Write;
use std::path::Path;

use clap::Command;

use super::error::{DONE, Failure};
use super::words::count;

/// Prints the page of a command, or writes those of all into a directory.
pub(super) fn run(program: Command, of: &[String], dir: Option<&Path>, out: &mut dyn Write) -> Result<u8, Failure> {
    // `help` repeats what every page says
    let mut program = program.disable_help_subcommand(true);
    program.build();
    if let Some(dir) = dir {
        std::fs::create_dir_all(dir).map_err(|e| Failure::failed(format!("{}: {e}", dir.display())))?;
        let n = write_all(&program, dir)?;
        writeln!(out, "{} written to {}", count(n, "page"), dir.display())?;
        return Ok(DONE);
    }
    let mut command = &program;
    for name in of {
        command = command
            .find_subcommand(name)
            .ok_or_else(|| Failure::usage(format!("'{name}' is no command of {}", command.get_name())))?;
    }
    out.write_all(&page(command)?)?;
    Ok(DONE)
}

/// Name of a command's page, as `secstream-rules-check`.
fn name(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

fn page(command: &Command) -> Result<Vec<u8>, Failure> {
    let mut page = Vec::new();
    let version = concat!("secstream ", env!("CARGO_PKG_VERSION"));
    clap_mangen::Man::new(command.clone()).source(version).render(&mut page)?;
    Ok(page)
}

fn write_all(command: &Command, dir: &Path) -> Result<usize, Failure> {
    let path = dir.join(format!("{}.1", name(command)));
    std::fs::write(&path, page(command)?).map_err(|e| Failure::failed(format!("{}: {e}", path.display())))?;
    let mut n = 1;
    for sub in command.get_subcommands() {
        n += write_all(sub, dir)?;
    }
    Ok(n)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn print(of: &[&str]) -> Result<String, Failure> {
        let mut out = Vec::new();
        let of: Vec<String> = of.iter().map(|s| (*s).to_owned()).collect();
        run(crate::cli::Cli::command(), &of, None, &mut out).map(|_| String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_page_for_each_command() {
        let dir = tempfile::tempdir().unwrap();
        let to = dir.path().join("man1");
        let mut out = Vec::new();
        run(crate::cli::Cli::command(), &[], Some(&to), &mut out).unwrap();
        for name in
            ["secstream", "secstream-replay", "secstream-rules-check", "secstream-cases-verify", "secstream-man"]
        {
            let page = std::fs::read_to_string(to.join(format!("{name}.1"))).unwrap();
            assert!(page.contains(".SH SYNOPSIS"), "{name}");
        }
        assert!(!to.join("secstream-help.1").exists());
    }

    #[test]
    fn one_page() {
        assert!(print(&[]).unwrap().contains("secstream\\-replay(1)"));
        assert!(print(&["replay"]).unwrap().contains("\\-\\-alerts"));
        assert!(print(&["rules", "check"]).unwrap().contains("secstream\\-rules\\-check"));
        assert_eq!(print(&["rules", "chck"]).unwrap_err().code, crate::cli::error::USAGE);
    }
}
