//! Letters to people: what they say, in which language, and how they leave the house.
//!
//! Whoever changes something says in its event that a letter goes with it; the door for writes stores both, or neither.
//! `outbox/` sends what is stored. Only what a file goes with, which would not fit there, `reports/schedules/` sends itself.

mod compose;
mod letter;
mod notices;
mod post;
mod template;
mod texts;
mod transport;

pub use compose::{Enclosed, Unwritable};
pub use letter::{Letter, LetterKind, LetterLanguage, Mail, Opening, Reader};
pub use notices::notice_of;
pub use post::{Addressee, Post, PostFault};
pub use template::Placeholder;
pub use texts::{LetterFiles, Letters, Written};
pub use transport::Trouble;
