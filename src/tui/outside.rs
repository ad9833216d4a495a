//! A text in the user's editor: in a file under the rule's name, in a folder of its own that
//! goes away afterwards. What was written there and cannot be taken stays and is named.

use std::io;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use super::launch::editor_command;
use super::state::source::MAX_BYTES;

/// An editor that is back sooner showed nobody anything: it opened a window of its own.
const AT_ONCE: Duration = Duration::from_millis(700);

/// Has a text written; `None` where nothing was changed.
///
/// # Errors
/// What to say where the editor failed, or what it wrote cannot be taken.
pub fn edited(
    path: &str,
    text: &str,
    line: usize,
    run: impl FnOnce(&mut Command) -> io::Result<ExitStatus>,
) -> Result<Option<String>, String> {
    let failed = |e: io::Error| format!("nothing to edit could be made: {e}");
    let folder = tempfile::Builder::new().prefix("secstream-").tempdir().map_err(failed)?;
    let name = Path::new(path).file_name().unwrap_or("rule.yml".as_ref());
    let file = folder.path().join(name);
    std::fs::write(&file, text).map_err(failed)?;
    let begun = Instant::now();
    let status = run(&mut editor_command(&file, line)).map_err(|e| format!("editor: {e}; set EDITOR"))?;
    let after = std::fs::read(&file);
    let same = after.as_ref().is_ok_and(|b| b == text.as_bytes());
    let kept = |why: String| {
        let _ = folder.keep();
        Err(format!("{why}; what you wrote is kept in {}", file.display()))
    };
    if !status.success() {
        let why = format!("editor ended with {status}: nothing is taken over");
        return if same { Err(why) } else { kept(why) };
    }
    let text = match after.map(String::from_utf8) {
        Ok(Ok(t)) => t,
        Ok(Err(_)) => return kept("the text is not UTF-8".to_owned()),
        Err(e) => return kept(format!("the file cannot be read: {e}")),
    };
    match (same, text.len() > MAX_BYTES) {
        (true, _) if begun.elapsed() < AT_ONCE => {
            Err("not changed: an editor in a window of its own must be told to wait, as EDITOR='code --wait'"
                .to_owned())
        }
        (true, _) => Ok(None),
        (_, true) => kept("too long: a rule has at most 1 MiB".to_owned()),
        _ => Ok(Some(text)),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use super::*;

    /// What comes of an editor that writes this and ends so.
    fn of(write: Option<&[u8]>, code: i32, wait: bool) -> Result<Option<String>, String> {
        edited("rules/a/b.yml", "title: x\n", 3, |c| {
            let file = c.get_args().last().expect("a file").to_owned();
            assert!(Path::new(&file).ends_with("b.yml"));
            assert_eq!(std::fs::read_to_string(&file)?, "title: x\n");
            if let Some(w) = write {
                std::fs::write(&file, w)?;
            }
            if wait {
                std::thread::sleep(AT_ONCE);
            }
            Ok(ExitStatus::from_raw(code << 8))
        })
    }

    #[test]
    fn what_was_written_is_taken_or_stays() {
        assert_eq!(of(Some(b"title: y\n"), 0, false), Ok(Some("title: y\n".to_owned())));
        assert_eq!(of(None, 0, true), Ok(None));
        assert!(of(None, 0, false).is_err_and(|e| e.contains("--wait")));
        assert!(of(None, 1, false).is_err_and(|e| e.contains("nothing is taken over") && !e.contains("kept in")));
        let long = "x".repeat(MAX_BYTES + 1);
        for (write, code) in [(&b"title: y\n"[..], 1), (b"\xff", 0), (long.as_bytes(), 0)] {
            let said = of(Some(write), code, false).expect_err("it is not taken");
            let (_, at) = said.split_once("kept in ").expect(&said);
            assert_eq!(std::fs::read(at).expect("there"), write);
            std::fs::remove_dir_all(Path::new(at).parent().expect("a folder")).expect("removed");
        }
    }
}
