//! The programme: rooms, what takes place in them, who sits there and who speaks (R44–R49).
//!
//! Officers plan a draft that nobody else sees. Whoever writes to it holds it alone for a moment, so that what does not
//! fit is judged on what there is; the database refuses what must never be, whatever the program does.

mod api;
pub mod calendar;
pub mod conflicts;
mod error;
mod frame;
mod load;
pub mod releases;
pub mod rooms;
pub mod seats;
pub mod sessions;
pub mod side_events;
pub mod speakers;
mod store;
mod words;

pub use error::Error;
pub use frame::{Frame, FrameSession, Slot};
pub use load::{Unbegun, load_programme};
