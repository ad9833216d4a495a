//! Log templates: the constant words of records that were written by the same
//! statement of a program, with their parameters cut out.
//!
//! The method is Drain's (He et al., 2017): a tree of fixed depth leads a record
//! by its number of tokens and its first word to a few templates, of which the
//! most similar one takes it, words that differ become parameters. Masking
//! before that (`tokens`) takes out what is a parameter by its looks.
//!
//! Invariants: the same records in the same order give the same templates; a
//! record costs a bounded number of comparisons and allocates only when a
//! template is made or changed; at most [`MAX_TEMPLATES`] are kept, what finds
//! no room is counted under the template that is only a parameter.

mod tokens;
mod tree;

pub use tokens::{MAX_TOKENS, Token, tokens};
pub use tree::{MAX_TEMPLATES, Miner, Template};

/// What stands for a parameter.
pub const PARAMETER: &str = "<*>";
