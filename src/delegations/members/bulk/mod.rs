//! Many steps of many members in one request (R40): whole or row by row, one result for each.

pub mod api;
mod commands;
mod model;
