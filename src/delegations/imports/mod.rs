//! A delegation's list of members as a file: out as CSV or as an empty template, in as CSV or XLSX. What comes in is
//! seen first, row by row and cell by cell, then taken in whole or not at all, and can be taken back as a whole. And the photographs of its members, as one archive, by the same steps.

pub mod api;
mod columns;
mod commands;
mod differences;
mod model;
mod photos;
mod plan;
mod refused;
mod rollback;
mod sheet;
mod store;
mod template;

pub use commands::sweep;
pub use refused::{Refused, Why};
