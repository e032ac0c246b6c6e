//! Read-only views over all slices, for those who take the numbers away.
//!
//! A report is one file of the `catalogue`: its name, its titles, its columns, its parameters, its query. What the rows
//! become is one file of the `formats`. All between is the same for all.

pub mod api;
mod at_server;
mod catalogue;
pub mod certificate;
mod columns;
mod export;
mod formats;
pub mod jobs;
mod model;
mod report;
pub mod schedules;
pub mod statistics;
mod store;
mod words;

pub use at_server::{NotWritten, Place, write};
pub use catalogue::REPORTS;
pub use export::workshop;
pub use model::{Cell, Column, Format, Head, Kind, Tail, Tongue};
pub use report::Report;
