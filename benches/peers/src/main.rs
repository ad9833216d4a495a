//! Compares the engine with `rsigma-eval` on the same rules and events: how
//! fast (`speed`), and whether both find the same (`agree`).

mod agree;
mod data;
mod large;
mod made;
mod ours;
mod speed;
mod theirs;

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| args.get(at).and_then(|n| n.parse().ok());
    match args.first().map(String::as_str) {
        Some("speed") => speed::run(number(1).unwrap_or(5)),
        Some("ours") => {
            speed::ours_only(number(1).unwrap_or(1), number(2).unwrap_or(usize::MAX), args.get(3).is_some())
        },
        Some("agree") => agree::run(),
        Some("made") => {
            print!("{}", made::events(30_000, 11));
            Ok(())
        }
        _ => anyhow::bail!("usage: speed [ROUNDS] | ours [ROUNDS] [RULES] [made] | agree"),
    }
}
