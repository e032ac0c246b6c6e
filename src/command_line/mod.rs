//! Commands that have a page of their own.

pub mod ledger;
