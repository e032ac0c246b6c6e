//! An entry of the record as a row of the table.

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use sqlx::types::Json;

use super::model::{
    Act, ActKind, Action, ActionKind, Change, Correction, Declaration, Entry, Signatory,
};
use super::store::StoredChange;
use crate::ceremony::PlaceCode;
use crate::full_powers::{Basis, Lifted};
use crate::ids::{AccountId, ActId, FullPowersId};
use crate::text::{Fault, Label, ParticipantCode, PersonName, Reason};

/// A row of `act`, with what hangs on it.
pub struct ActRow {
    pub id: ActId,
    pub kind: ActKind,
    pub participant: ParticipantCode,
    pub place: Option<PlaceCode>,
    pub done_at: Option<DateTime<Utc>>,
    pub done_offset_minutes: Option<i32>,
    pub legal_date: Option<NaiveDate>,
    pub signatory_name: Option<PersonName>,
    pub signatory_office: Option<Label>,
    pub signatory_capacity: Option<Basis>,
    pub signatory_acting: Option<bool>,
    pub full_powers: Option<FullPowersId>,
    pub ad_referendum: Option<bool>,
    pub of: Option<ActId>,
    pub reason: Option<Reason>,
    pub recorded_by: AccountId,
    pub recorded_at: DateTime<Utc>,
    pub declarations: Option<Json<Vec<Declaration>>>,
    pub overrides: Option<Json<Vec<Lifted>>>,
    pub changes: Option<Json<Vec<StoredChange>>>,
}

impl TryFrom<ActRow> for Act {
    type Error = sqlx::Error;

    fn try_from(row: ActRow) -> Result<Self, sqlx::Error> {
        let (id, recorded_by, recorded_at) = (row.id, row.recorded_by, row.recorded_at);
        let entry = entry(row).map_err(|fault| sqlx::Error::Decode(fault.into()))?;
        Ok(Self { id, recorded_by, recorded_at, entry })
    }
}

fn entry(row: ActRow) -> Result<Entry, Fault> {
    let of = row.of.ok_or_else(impossible);
    let reason = row.reason.clone().ok_or_else(impossible);
    match row.kind {
        ActKind::Certification => Ok(Entry::Certification { of: of? }),
        ActKind::Withdrawal => Ok(Entry::Withdrawal { of: of?, reason: reason? }),
        ActKind::Correction => {
            let changes = row.changes.map(|Json(changes)| changes).unwrap_or_default();
            let parse = |c: StoredChange| Change::parse(c.field, &c.old, &c.new);
            let changes = changes.into_iter().map(parse).collect::<Result<_, _>>()?;
            Ok(Entry::Correction(Correction { of: of?, changes, reason: reason? }))
        }
        kind => action(row, ActionKind::parse(kind.as_str())?).map(Entry::Action),
    }
}

fn action(row: ActRow, kind: ActionKind) -> Result<Action, Fault> {
    let moment = || {
        let offset = FixedOffset::east_opt(row.done_offset_minutes?.checked_mul(60)?)?;
        Some(row.done_at?.with_timezone(&offset))
    };
    let signatory = || {
        Some(Signatory {
            name: row.signatory_name.clone()?,
            office: row.signatory_office.clone()?,
            capacity: row.signatory_capacity?,
            acting: row.signatory_acting?,
        })
    };
    Ok(Action {
        kind,
        done_at: moment().ok_or_else(impossible)?,
        signatory: signatory(),
        participant: row.participant,
        place: row.place.ok_or_else(impossible)?,
        legal_date: row.legal_date.ok_or_else(impossible)?,
        full_powers: row.full_powers,
        ad_referendum: row.ad_referendum.ok_or_else(impossible)?,
        declarations: row.declarations.map(|Json(declarations)| declarations).unwrap_or_default(),
        overrides: row.overrides.map(|Json(overrides)| overrides).unwrap_or_default(),
    })
}

fn impossible() -> Fault {
    Fault::new("impossible_entry", "no entry of the record has this form")
}
