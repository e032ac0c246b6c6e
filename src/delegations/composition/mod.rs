//! Who makes up a delegation, now or at any moment that has passed (R39).

pub mod api;
mod model;
mod store;
mod view;

pub use model::{moment, statuses};
pub use store::{Composition, composed};
