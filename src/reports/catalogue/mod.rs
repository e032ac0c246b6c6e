//! Every report, each in a file of its own.

pub mod composition;
mod delegations;
mod missing_documents;
mod participants;

use super::report::Report;

/// All that can be asked for by name, in the order of their names.
pub const REPORTS: &[&Report] =
    &[&delegations::REPORT, &missing_documents::REPORT, &participants::REPORT];
