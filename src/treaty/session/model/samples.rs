//! Sample turns for the tests of this slice.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Turn, TurnState};
use crate::collation::SortKey;
use crate::delegations::Rank;
use crate::ids::{AppointmentId, FullPowersId};
use crate::page::Version;
use crate::text::{Label, ParticipantCode, PersonName};

/// An ambassador's turn, of which nothing has been said yet.
pub fn turn(code: &str, name: &str, at: &str) -> Turn {
    Turn {
        appointment: AppointmentId::fresh(),
        participant: ParticipantCode::parse(code).unwrap(),
        name: Label::parse(name).unwrap(),
        sort_key: SortKey::of(name),
        full_powers: FullPowersId::fresh(),
        signer: PersonName::parse("Claire Sample").unwrap(),
        office: Label::parse("Permanent Representative").unwrap(),
        rank: Rank::PermanentRepresentative,
        requested_at: "2025-10-01T00:00:00Z".parse::<DateTime<Utc>>().unwrap(),
        at: DateTime::parse_from_rfc3339(at).unwrap(),
        state: TurnState::Expected,
        since: None,
        reason: None,
        act: None,
        place: None,
        moved: None,
        version: Version(0),
    }
}

/// Viet Nam, the United States, Türkiye and France, appointed in this order; the American is a minister, and the later in
/// the list, the earlier they asked.
pub fn session() -> Vec<Turn> {
    let names = [
        ("VNM", "Viet Nam"),
        ("USA", "United States of America"),
        ("FRA", "France"),
        ("TUR", "Türkiye"),
    ];
    let turns = names.into_iter().zip(0..).map(|((code, name), hour)| {
        let mut turn = turn(code, name, &format!("2025-10-25T1{hour}:00:00+07:00"));
        turn.requested_at -= TimeDelta::hours(hour);
        turn.rank = if code == "USA" { Rank::Minister } else { turn.rank };
        turn
    });
    turns.collect()
}
