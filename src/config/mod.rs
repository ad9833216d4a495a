//! Configuration: defaults, then `secstream.toml` (system, user, project), then
//! the environment, then flags. Every value knows where it came from.

mod keys;
mod load;
mod nearest;
mod text;

pub use keys::{KEYS, Key, Kind, config_markdown};
pub use load::{Config, ConfigError, Origin, Places, Setting};
pub use nearest::nearest;
pub use text::{line_column, place};
