//! The desk: what may be added to the record (R1, R15, R32).
//!
//! To withdraw, certify or correct is to ask whether all others still stand: the record is then the whole one, and the
//! parties are all who occur in it.

use chrono::{DateTime, FixedOffset, Utc};

use super::{
    Act, ActState, Action, ActionKind, Change, Correction, Declaration, Entry, Parties, Record,
    Refusal, Signatory, Standing, StandingAction, Value,
};
use crate::ceremony::{PlaceCode, SigningWindow};
use crate::ids::{AccountId, ActId, FullPowersId};
use crate::text::{ParticipantCode, Reason};

/// An action as an officer types it: the legal date is not among the fields, for it follows from the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// What was done.
    pub kind: ActionKind,
    /// By whom.
    pub participant: ParticipantCode,
    /// Where.
    pub place: PlaceCode,
    /// The moment, with its offset.
    pub done_at: DateTime<FixedOffset>,
    /// Who signed, as the full powers name them.
    pub signatory: Option<Signatory>,
    /// What entitled them.
    pub full_powers: Option<FullPowersId>,
    /// Whether a signature is *ad referendum*.
    pub ad_referendum: bool,
    /// Declarations and reservations made with it.
    pub declarations: Vec<Declaration>,
}

/// Decides whether an action can be recorded, and dates it.
///
/// `standing` holds at least what stands of the participant and, for a regional organization, of its members;
/// `parties` at least the participant. Whether the signatory may sign is the full powers' own question.
pub fn decide(
    draft: Draft,
    standing: &Standing,
    parties: &Parties,
    windows: &[SigningWindow],
    now: DateTime<Utc>,
) -> Result<Action, Refusal> {
    let Draft {
        kind,
        participant,
        place,
        done_at,
        signatory,
        full_powers,
        ad_referendum,
        declarations,
    } = draft;
    let legal_date = window(windows, &place)?.local_day(done_at.to_utc());
    let action = Action {
        kind,
        participant,
        place,
        done_at,
        legal_date,
        signatory,
        full_powers,
        ad_referendum,
        declarations,
        overrides: Vec::new(),
    };
    standing.admits(None, &action, parties)?;
    in_time(&action, windows, now)?;
    Ok(action)
}

/// Takes back a recording that nobody has certified yet, and on which nothing relies (R32).
pub fn withdraw(
    record: &Record<'_>,
    parties: &Parties,
    of: ActId,
    by: AccountId,
    reason: Reason,
) -> Result<Entry, Refusal> {
    let act = open(record, of)?;
    if act.recorded_by != by {
        return Err(Refusal::NotTheRecorder);
    }
    if let Entry::Action(_) = act.entry {
        record.standing().without(of).holds_together(parties)?;
    }
    Ok(Entry::Withdrawal { of, reason })
}

/// A second officer finds that a recording is right (R32); a correction takes effect by it (R15).
pub fn certify(
    record: &Record<'_>,
    parties: &Parties,
    of: ActId,
    by: AccountId,
) -> Result<Entry, Refusal> {
    let act = open(record, of)?;
    if act.recorded_by == by {
        return Err(Refusal::SecondPersonRequired);
    }
    if let Entry::Correction(correction) = &act.entry {
        let stands = record.standing().find(correction.of).cloned().ok_or(Refusal::Withdrawn)?;
        let is_as_it_was =
            |change: &Change| stands.action.value(change.field()).as_ref() == Some(change.old());
        if !correction.changes.iter().all(is_as_it_was) {
            return Err(Refusal::Overtaken);
        }
        let changed = correction.changes.iter().map(Change::new_value);
        let action = changed.fold(stands.action, Action::with);
        check_replaced(record, parties, correction.of, action)?;
    }
    Ok(Entry::Certification { of })
}

/// Proposes a correction of an action that stands (R15). The legal date follows moment and place.
pub fn correct(
    record: &Record<'_>,
    parties: &Parties,
    windows: &[SigningWindow],
    now: DateTime<Utc>,
    of: ActId,
    values: &[Value],
    reason: Reason,
) -> Result<Entry, Refusal> {
    if record.state(of) == ActState::Withdrawn {
        return Err(Refusal::Withdrawn);
    }
    let stands = record.standing().find(of).cloned().ok_or(Refusal::NoSuchAct)?;
    let old = stands.action;
    let mut new = old.clone();
    for value in values {
        if !is_correctable(&old, value) {
            return Err(Refusal::NotCorrectable);
        }
        new = new.with(value);
    }
    new.legal_date = window(windows, &new.place)?.local_day(new.done_at.to_utc());
    let changes = old.changes_to(&new);
    if changes.is_empty() {
        return Err(Refusal::NothingToCorrect);
    }
    in_time(&new, windows, now)?;
    check_replaced(record, parties, of, new)?;
    Ok(Entry::Correction(Correction { of, changes, reason }))
}

fn is_correctable(action: &Action, value: &Value) -> bool {
    match value {
        Value::Kind(kind) => action.kind.is_consent() && kind.is_consent(),
        Value::LegalDate(_) => false,
        Value::AdReferendum(_) => action.kind == ActionKind::Signature,
        Value::SignatoryName(_) | Value::SignatoryOffice(_) => action.signatory.is_some(),
        Value::Place(_) | Value::DoneAt(_) => true,
    }
}

/// An entry that can still be withdrawn or certified.
fn open<'a>(record: &Record<'a>, of: ActId) -> Result<&'a Act, Refusal> {
    let act = record.find(of).ok_or(Refusal::NoSuchAct)?;
    match (&act.entry, record.state(of)) {
        (Entry::Withdrawal { .. } | Entry::Certification { .. }, _) => Err(Refusal::NoSuchAct),
        (_, ActState::Withdrawn) => Err(Refusal::Withdrawn),
        (_, ActState::Certified) => Err(Refusal::Certified),
        (_, ActState::Recorded) => Ok(act),
    }
}

/// The action in its new form must stand beside the others, and the others beside it.
fn check_replaced(
    record: &Record<'_>,
    parties: &Parties,
    of: ActId,
    action: Action,
) -> Result<(), Refusal> {
    let others = record.standing().without(of);
    others.admits(None, &action, parties)?;
    others.with(StandingAction { id: of, action, corrected_by: Vec::new() }).holds_together(parties)
}

fn in_time(action: &Action, windows: &[SigningWindow], now: DateTime<Utc>) -> Result<(), Refusal> {
    if action.done_at > now {
        return Err(Refusal::InFuture);
    }
    let is_open = window(windows, &action.place)?.is_open_on(action.legal_date);
    if action.kind == ActionKind::Signature && !is_open {
        return Err(Refusal::NotOpen { place: action.place.clone(), date: action.legal_date });
    }
    Ok(())
}

fn window<'a>(
    windows: &'a [SigningWindow],
    place: &PlaceCode,
) -> Result<&'a SigningWindow, Refusal> {
    windows.iter().find(|window| window.place == *place).ok_or(Refusal::UnknownPlace)
}

#[cfg(test)]
mod tests;
