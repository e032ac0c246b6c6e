//! What the audit trail is told of the record.

use serde_json::{Value as Json, json};

use super::model::{Act, Change, Entry};
use crate::db::Event;

/// What the audit trail keeps of an action: the person stands in the record itself.
pub fn facts(act: &Act) -> Json {
    let Entry::Action(action) = &act.entry else { return json!({ "kind": act.kind() }) };
    json!({
        "kind": action.kind,
        "place": action.place,
        "done_at": action.done_at,
        "legal_date": action.legal_date,
        "full_powers": action.full_powers,
        "ad_referendum": action.ad_referendum,
        "declarations": action.declarations.len(),
        "overrides": action.overrides.iter().map(|by| by.id).collect::<Vec<_>>(),
    })
}

/// What an entry says of an earlier one, and why.
pub fn because(event: Event, act: &Act) -> Event {
    let values = |value: fn(&Change) -> String, changes: &[Change]| -> Json {
        changes.iter().map(|change| (change.field().to_string(), json!(value(change)))).collect()
    };
    match &act.entry {
        Entry::Correction(correction) => event
            .changed(
                &values(|change| change.old().text(), &correction.changes),
                &values(|change| change.new_value().text(), &correction.changes),
            )
            .because(Some(&correction.reason)),
        Entry::Withdrawal { reason, .. } => {
            event.with(&json!({ "entry": act.id })).because(Some(reason))
        }
        Entry::Certification { .. } | Entry::Action(_) => event.with(&json!({ "entry": act.id })),
    }
}
