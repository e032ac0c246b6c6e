//! The record and the status over HTTP.

pub mod acts;
mod problems;
mod sheet;
pub mod status;
mod view;
mod xml;
