//! Entry into force (R20–R22): a plain calculation over instruments, free of time zones.

use std::collections::BTreeMap;

use chrono::{Days, Months, NaiveDate};
use serde::Serialize;

use super::{ActionKind, Standing};
use crate::ceremony::EntryIntoForce;
use crate::text::ParticipantCode;

/// One participant's consent to be bound, as deposited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instrument {
    /// Whose.
    pub participant: ParticipantCode,
    /// The day of deposit.
    pub deposited_on: NaiveDate,
    /// Whether it is counted: a regional organization's is not (R20).
    pub is_counted: bool,
    /// The day on which a denunciation was received.
    pub denounced_on: Option<NaiveDate>,
}

/// What is known of the entry into force on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Force {
    /// Instruments needed.
    pub needed: usize,
    /// Counted instruments that hold on the day asked for.
    pub counted: usize,
    /// The day of the deposit that completed the number.
    pub completed_on: Option<NaiveDate>,
    /// The day on which the treaty enters into force, also when it is still to come.
    pub enters_on: Option<NaiveDate>,
    /// Each participant that has deposited, in the order of deposit.
    pub parties: Vec<PartyForce>,
}

/// When the treaty is in force for one participant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PartyForce {
    /// Who.
    pub participant: ParticipantCode,
    /// The day of deposit.
    pub deposited_on: NaiveDate,
    /// Whether its instrument is counted.
    pub is_counted: bool,
    /// The first day, once it is certain; none where a denunciation takes effect before.
    pub from: Option<NaiveDate>,
    /// The day on which a denunciation takes effect (R22).
    pub until: Option<NaiveDate>,
}

impl Force {
    /// The line above the Depositary's table.
    #[must_use]
    pub fn line(&self, as_of: NaiveDate) -> String {
        match self.enters_on {
            None => format!("Not yet in force: {} of {} instruments", self.counted, self.needed),
            Some(day) if day <= as_of => {
                format!("Entered into force on {}", super::depositary_date(day))
            }
            Some(day) => format!("Enters into force on {}", super::depositary_date(day)),
        }
    }
}

/// The instruments among all that stands.
pub(super) fn instruments(
    standing: &Standing,
    is_counted: impl Fn(&ParticipantCode) -> bool,
) -> Vec<Instrument> {
    let denounced: BTreeMap<_, _> = standing
        .iter()
        .filter(|stands| stands.action.kind == ActionKind::Denunciation)
        .map(|stands| (&stands.action.participant, stands.action.legal_date))
        .collect();
    let consents = standing.iter().filter(|stands| stands.action.kind.is_consent());
    consents
        .map(|stands| {
            let participant = &stands.action.participant;
            Instrument {
                participant: participant.clone(),
                deposited_on: stands.action.legal_date,
                is_counted: is_counted(participant),
                denounced_on: denounced.get(participant).copied(),
            }
        })
        .collect()
}

/// When the treaty enters into force, and for whom, by what was deposited up to the day `as_of`.
#[must_use]
pub fn entry_into_force(
    clauses: &EntryIntoForce,
    instruments: &[Instrument],
    as_of: NaiveDate,
) -> Force {
    let needed = usize::from(clauses.instruments);
    let until = |instrument: &Instrument| {
        let received = instrument.denounced_on.filter(|received| *received <= as_of)?;
        let months = u32::from(clauses.denunciation_years).saturating_mul(12);
        received.checked_add_months(Months::new(months))
    };
    let mut deposited: Vec<(&Instrument, Option<NaiveDate>)> = instruments
        .iter()
        .filter(|instrument| instrument.deposited_on <= as_of)
        .map(|instrument| (instrument, until(instrument)))
        .collect();
    deposited.sort_by_key(|(instrument, _)| (instrument.deposited_on, &instrument.participant));

    let hold_on = |day: NaiveDate| {
        let holds = |(instrument, until): &&(&Instrument, Option<NaiveDate>)| {
            instrument.is_counted
                && instrument.deposited_on <= day
                && until.is_none_or(|until| until > day)
        };
        deposited.iter().filter(holds).count()
    };
    // The number can only be reached on a day of deposit; a denunciation that takes effect that day counts first, and
    // one that takes effect later changes nothing (R22).
    let mut days = deposited.iter().map(|(instrument, _)| instrument.deposited_on);
    let completed_on = days.find(|day| hold_on(*day) >= needed);
    let enters_on = completed_on.and_then(|day| after(day, clauses.days_after_last_instrument));

    let from = |instrument: &Instrument, until: Option<NaiveDate>| {
        let own = after(instrument.deposited_on, clauses.days_after_own_deposit)?;
        let is_later = completed_on.is_some_and(|completed| instrument.deposited_on > completed);
        let general = enters_on?;
        let from = if is_later { general.max(own) } else { general };
        until.is_none_or(|until| until > from).then_some(from)
    };
    let parties = deposited
        .iter()
        .map(|(instrument, until)| PartyForce {
            participant: instrument.participant.clone(),
            deposited_on: instrument.deposited_on,
            is_counted: instrument.is_counted,
            from: from(instrument, *until),
            until: *until,
        })
        .collect();
    Force { needed, counted: hold_on(as_of), completed_on, enters_on, parties }
}

fn after(day: NaiveDate, days: u16) -> Option<NaiveDate> {
    day.checked_add_days(Days::new(days.into()))
}

#[cfg(test)]
mod tests;
