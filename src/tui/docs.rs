//! `docs/keys.md`, generated from the table of actions.

use super::action::{ACTIONS, GROUPS, Places};

/// The document: every action with its keys, its name for `[keys]` and where it works.
#[must_use]
pub fn keys_markdown() -> String {
    let mut out = String::from(
        "# Keys\n\n\
         <!-- generated from src/tui/action.rs by `secstream config keys`; a test keeps it true -->\n\n\
         Every key can be changed in `secstream.toml`; two actions that want one key in one place refuse to load:\n\n\
         ```toml\n[keys]\npivot = [\"p\", \"F5\"]\ntop = [\"g g\"]   # a sequence\nsuspend = []      # no key\n```\n\n\
         No Alt chords, no destructive single chord, nothing on Ctrl-A, B, H, I, J, M, Q or S (tmux, screen, Tab,\n\
         Enter, Backspace, flow control). The same list is in the program: `?` for the keys of a place, `:` for all\n\
         commands by name.\n",
    );
    let mut rest = ACTIONS;
    for (group, n) in GROUPS {
        let (these, after) = rest.split_at((*n).min(rest.len()));
        rest = after;
        out.push_str(&format!("\n## {group}\n\n| keys | name | does | where |\n|---|---|---|---|\n"));
        for a in these {
            let keys: Vec<String> = a.keys.iter().map(|k| format!("`{}`", k.replace('|', "\\|"))).collect();
            let keys = if keys.is_empty() { "(palette)".to_owned() } else { keys.join(", ") };
            out.push_str(&format!("| {keys} | `{}` | {} | {} |\n", a.id, a.help, places(a.places)));
        }
    }
    out.push_str(
        "\n## While typing\n\n| keys | does |\n|---|---|\n\
         | `Enter`, `Esc` | done, give up |\n\
         | the first letter | takes the place of what stands in the line (it is shown selected); `Backspace` empties it |\n\
         | `Ctrl-u`, `Ctrl-w`, `Ctrl-k` | delete to the start, the word before, to the end |\n\
         | `Home`, `End`, arrows | move in it; then letters are put there |\n\
         | `Ctrl-d` or `Esc` in a note | save it; `Ctrl-c` drops it |\n\
         | `Tab`, `Ctrl-n`, `Ctrl-p` in a rule | take the word offered, or choose another |\n\
         | `Esc` in a rule | keys are commands again |\n\
         | `Ctrl-z`, `Ctrl-l` | suspend to the shell, draw the screen again, as elsewhere; what was typed stays |\n",
    );
    out
}

/// Every action that can be bound, with its keys in force.
#[must_use]
pub fn bindings(config: &crate::config::Config) -> Vec<(&'static str, Vec<String>)> {
    let (map, _) = super::keymap::Keymap::check(&config.keys);
    ACTIONS.iter().map(|a| (a.id, map.keys_of(a.act))).collect()
}

fn places(p: Places) -> String {
    if p == Places::ALL {
        return "everywhere".to_owned();
    }
    if p == Places::SCREENS {
        return "all screens".to_owned();
    }
    let names: Vec<&str> = Places::EACH.iter().filter(|(one, _)| p.meets(*one)).map(|(_, n)| *n).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_is_in_the_document() {
        let text = keys_markdown();
        for a in ACTIONS {
            assert!(text.contains(&format!("`{}`", a.id)), "{}", a.id);
        }
    }
}
