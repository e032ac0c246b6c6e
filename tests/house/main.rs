//! What no compiler checks: the style of the code, and the schema that the migrations make.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that meets a surprise fails"
)]

mod described;
mod migrations;
mod plan;
mod promises;
mod schema;
mod tidy;
mod tree;
