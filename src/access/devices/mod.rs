//! Tokens of devices: the scanner at a gate is no person, and its token opens what its task needs and nothing else.

pub mod api;
mod commands;
mod model;
mod store;
mod view;

pub use model::Device;
pub(super) use model::PREFIX;
pub(super) use store::recognize;
pub(super) use view::DeviceView;
