//! A turn as the database gives it, and as the model has it.

use chrono::{DateTime, FixedOffset, Utc};

use super::model::{Moved, Place, PlacedBy, Turn, TurnState};
use crate::collation::SortKey;
use crate::delegations::Rank;
use crate::ids::{AccountId, ActId, AppointmentId, FullPowersId};
use crate::page::Version;
use crate::text::{Label, ParticipantCode, PersonName, Reason};

/// A turn as the database gives it.
pub(super) struct TurnRow {
    pub(super) appointment: AppointmentId,
    pub(super) participant: ParticipantCode,
    pub(super) name: Label,
    pub(super) sort_key: SortKey,
    pub(super) full_powers: FullPowersId,
    pub(super) signer: PersonName,
    pub(super) office: Label,
    pub(super) rank: Rank,
    pub(super) requested_at: DateTime<Utc>,
    pub(super) signs_at: DateTime<Utc>,
    pub(super) signs_offset_minutes: i32,
    pub(super) state: Option<TurnState>,
    pub(super) since: Option<DateTime<Utc>>,
    pub(super) reason: Option<Reason>,
    pub(super) act: Option<ActId>,
    pub(super) position: Option<i32>,
    pub(super) placed_by: Option<PlacedBy>,
    pub(super) placed_value: Option<String>,
    pub(super) moved_from: Option<i32>,
    pub(super) moved_by: Option<AccountId>,
    pub(super) moved_at: Option<DateTime<Utc>>,
    pub(super) moved_because: Option<Reason>,
    pub(super) version: Option<Version>,
}

impl TryFrom<TurnRow> for Turn {
    type Error = sqlx::Error;

    fn try_from(row: TurnRow) -> Result<Self, sqlx::Error> {
        let offset = row.signs_offset_minutes.checked_mul(60).and_then(FixedOffset::east_opt);
        let offset = offset.ok_or_else(|| sqlx::Error::Decode("an offset of days".into()))?;
        let place = row.position.zip(row.placed_by).zip(row.placed_value);
        let moved = row.moved_from.zip(row.moved_by).zip(row.moved_at).zip(row.moved_because);
        Ok(Self {
            appointment: row.appointment,
            participant: row.participant,
            name: row.name,
            sort_key: row.sort_key,
            full_powers: row.full_powers,
            signer: row.signer,
            office: row.office,
            rank: row.rank,
            requested_at: row.requested_at,
            at: row.signs_at.with_timezone(&offset),
            state: row.state.unwrap_or(TurnState::Expected),
            since: row.since,
            reason: row.reason,
            act: row.act,
            place: place.map(|((position, by), value)| Place { position, by, value }),
            moved: moved.map(|(((from, by), at), because)| Moved { from, by, at, because }),
            version: row.version.unwrap_or(Version(0)),
        })
    }
}
