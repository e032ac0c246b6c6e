//! Every report, each in a file of its own.

mod accounts;
mod audit_trail;
pub mod composition;
mod delegations;
mod full_powers;
mod levels;
pub mod missing_documents;
mod of_session;
mod participants;
mod programme;
mod running_order;
mod seating;
mod side_events;
pub mod signatories;
mod speakers;
mod still_held;
mod treaty_status;
mod vetting;

use super::report::Report;

/// All that can be asked for by name, in the order of their names.
pub const REPORTS: &[&Report] = &[
    &accounts::REPORT,
    &audit_trail::REPORT,
    &delegations::REPORT,
    &full_powers::REPORT,
    &levels::BY_DELEGATION,
    &levels::BY_GROUP,
    &missing_documents::REPORT,
    &participants::REPORT,
    &programme::REPORT,
    &running_order::REPORT,
    &seating::REPORT,
    &side_events::REPORT,
    &signatories::REPORT,
    &speakers::REPORT,
    &still_held::REPORT,
    &treaty_status::REPORT,
    &vetting::REPORT,
];
