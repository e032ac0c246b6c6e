//! What missions send to ask for a change. Every fault is found at once (R54).

use deserr::Deserr;
use serde_json::Value;
use utoipa::ToSchema;

use crate::delegations::members::body::{self, MemberPatch};
use crate::delegations::members::model::Calendar;
use crate::input::Faults;
use crate::text::Reason;

/// A change that is asked for.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct NewChangeRequest {
    /// What is to change of the person (JSON Merge Patch).
    #[schema(value_type = MemberPatch)]
    changes: Value,
    /// What the mission says to it.
    #[deserr(default)]
    note: Option<Reason>,
}

/// Reads what is asked for.
pub fn read(sent: &Value, calendar: Calendar) -> Result<(MemberPatch, Option<Reason>), Faults> {
    let patch =
        |changes: &Value| body::read::<MemberPatch>(changes.clone(), calendar).map_err(within);
    match deserr::deserialize::<NewChangeRequest, _, Faults>(sent.clone()) {
        Ok(NewChangeRequest { changes, note }) => Ok((patch(&changes)?, note)),
        Err(mut faults) => {
            if let Some(Err(more)) = sent.get("changes").map(patch) {
                faults.0.extend(more.0);
            }
            Err(faults)
        }
    }
}

/// The same faults, where they are in what was sent.
pub fn within(Faults(mut faults): Faults) -> Faults {
    for fault in &mut faults {
        fault.pointer.insert_str(0, "/changes");
    }
    Faults(faults)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::input::Date;

    #[test]
    fn r54_the_faults_of_the_change_and_of_what_is_around_it_come_together() {
        let day = |day| Date::parse(day).unwrap().0;
        let calendar = Calendar { today: day("2025-10-01"), last_day: day("2025-10-26") };
        let sent = json!({
            "changes": { "rank": "king", "passport": { "expires_on": "2025-10-25" }, "colour": "red" },
            "note": "", "urgent": true,
        });
        let Faults(faults) = read(&sent, calendar).unwrap_err();
        let mut seen: Vec<_> = faults.iter().map(|f| (f.pointer.as_str(), f.code)).collect();
        seen.sort_unstable();
        assert_eq!(
            seen,
            [
                ("/changes/colour", "unknown_field"),
                ("/changes/passport/expires_on", "too_early"),
                ("/changes/rank", "unknown_value"),
                ("/note", "blank"),
                ("/urgent", "unknown_field"),
            ]
        );
        for sent in [json!({}), json!({ "changes": [] }), json!({ "changes": null })] {
            let Faults(faults) = read(&sent, calendar).unwrap_err();
            assert_eq!((faults.len(), faults[0].pointer.as_str()), (1, "/changes"), "{sent}");
        }
    }
}
