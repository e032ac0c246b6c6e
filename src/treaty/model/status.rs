//! The status of the treaty, as the Depositary's table shows it (R27–R29).

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use serde::Serialize;

use super::force::{self, Force, entry_into_force};
use super::{Action, ActionKind, Standing};
use crate::ceremony::EntryIntoForce;
use crate::full_powers::Bar;
use crate::participants::{ParticipantKind, RegionalGroup};
use crate::text::{Label, ParticipantCode};

/// A participant, as the status lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its code.
    pub code: ParticipantCode,
    /// Its name in the Depositary's tables.
    pub depositary_name: Label,
    /// What it is.
    pub kind: ParticipantKind,
    /// The regional group of a Member State.
    pub regional_group: Option<RegionalGroup>,
}

/// The status on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Status {
    /// The day: actions with a legal date up to it are counted.
    pub as_of: NaiveDate,
    /// How many have signed.
    pub signatories: usize,
    /// How many have expressed their consent to be bound and are not released from it.
    pub parties: usize,
    /// The line on the entry into force.
    pub entry_into_force: String,
    /// The calculation behind that line.
    pub force: Force,
    /// By kind of participant, kinds without any left out.
    pub by_kind: Vec<KindCount>,
    /// Signatures by date.
    pub by_date: Vec<DateCount>,
    /// Those who have done anything, in the Depositary's order.
    pub rows: Vec<StatusRow>,
}

/// How many of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct KindCount {
    /// The kind.
    pub kind: ParticipantKind,
    /// Of these, how many have signed.
    pub signatories: usize,
    /// Of these, how many are parties.
    pub parties: usize,
}

/// How many on a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct DateCount {
    /// The legal date.
    pub date: NaiveDate,
    /// How many signatures bear it.
    pub signatures: usize,
}

/// A line of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct StatusRow {
    /// Who.
    pub participant: ParticipantCode,
    /// The name in the Depositary's tables.
    pub name: Label,
    /// What it is.
    pub kind: ParticipantKind,
    /// The regional group of a Member State.
    pub regional_group: Option<RegionalGroup>,
    /// The column "Signature".
    pub signature: Option<SignatureCell>,
    /// The column "Ratification, Acceptance(A), Approval(AA), Accession(a)".
    pub consent: Option<ConsentCell>,
    /// The day of the notice of not intending to become a party; the signature stays (R21).
    pub no_intention_on: Option<NaiveDate>,
    /// The day on which a denunciation was received (R22).
    pub denounced_on: Option<NaiveDate>,
    /// The day on which it takes effect.
    pub released_on: Option<NaiveDate>,
}

/// Of whom a table is; of all where nothing is said.
#[derive(Debug, Clone, Copy, Default)]
pub struct Only<'a> {
    /// Of these regional groups.
    pub groups: Option<&'a [RegionalGroup]>,
    /// Of these kinds.
    pub kinds: Option<&'a [ParticipantKind]>,
}

impl Only<'_> {
    fn admits(&self, participant: &Listed) -> bool {
        let group = participant.regional_group;
        self.groups.is_none_or(|groups| group.is_some_and(|group| groups.contains(&group)))
            && self.kinds.is_none_or(|kinds| kinds.contains(&participant.kind))
    }
}

/// A signature in the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SignatureCell {
    /// The legal date.
    pub date: NaiveDate,
    /// As printed: `25 Oct 2025`.
    pub text: String,
    /// Whether it was *ad referendum*.
    pub ad_referendum: bool,
    /// The day on which a signature *ad referendum* was confirmed.
    pub confirmed_on: Option<NaiveDate>,
    /// What two officers have lifted for the signatory (R12).
    pub lifted: Vec<Bar>,
}

/// A consent to be bound in the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ConsentCell {
    /// The day of deposit.
    pub date: NaiveDate,
    /// What was deposited.
    pub kind: ActionKind,
    /// As printed: `12 Jan 2026 AA`.
    pub text: String,
}

/// A date as the Depositary writes it: `25 Oct 2025`.
#[must_use]
pub fn depositary_date(date: NaiveDate) -> String {
    date.format("%-d %b %Y").to_string()
}

/// The status on a day. `listed` names all participants in the Depositary's order; `standing` what stands as known.
///
/// The table and its counts are of those alone whom `only` admits; the entry into force is always that of the treaty.
#[must_use]
pub fn status(
    standing: Standing,
    listed: &[Listed],
    only: Only<'_>,
    clauses: &EntryIntoForce,
    as_of: NaiveDate,
) -> Status {
    let standing = standing.as_of(as_of);
    let force = force_of(&standing, listed, clauses, as_of);
    let is_wanted = |participant: &&Listed| only.admits(participant);
    let mut rows = rows(&standing, listed.iter().filter(is_wanted));
    for row in &mut rows {
        let of_row = force.parties.iter().find(|party| party.participant == row.participant);
        row.released_on = of_row.and_then(|party| party.until);
    }
    let parties: BTreeSet<&ParticipantCode> = force
        .parties
        .iter()
        .filter(|party| party.until.is_none_or(|until| until > as_of))
        .map(|party| &party.participant)
        .collect();

    let mut by_kind: BTreeMap<ParticipantKind, KindCount> = BTreeMap::new();
    let mut by_date: BTreeMap<NaiveDate, usize> = BTreeMap::new();
    for row in &rows {
        let of_kind = by_kind.entry(row.kind).or_insert(KindCount {
            kind: row.kind,
            signatories: 0,
            parties: 0,
        });
        of_kind.parties += usize::from(parties.contains(&row.participant));
        if let Some(signature) = &row.signature {
            of_kind.signatories += 1;
            *by_date.entry(signature.date).or_default() += 1;
        }
    }
    Status {
        as_of,
        signatories: by_kind.values().map(|count| count.signatories).sum(),
        parties: by_kind.values().map(|count| count.parties).sum(),
        entry_into_force: force.line(as_of),
        force,
        by_kind: by_kind.into_values().collect(),
        by_date: by_date
            .into_iter()
            .map(|(date, signatures)| DateCount { date, signatures })
            .collect(),
        rows,
    }
}

/// The entry into force by what stands, on a day.
#[must_use]
pub fn force_of(
    standing: &Standing,
    listed: &[Listed],
    clauses: &EntryIntoForce,
    as_of: NaiveDate,
) -> Force {
    let organizations: BTreeSet<&ParticipantCode> = listed
        .iter()
        .filter(|participant| participant.kind == ParticipantKind::RegionalOrganization)
        .map(|participant| &participant.code)
        .collect();
    let instruments = force::instruments(standing, |code| !organizations.contains(code));
    entry_into_force(clauses, &instruments, as_of)
}

fn rows<'a>(standing: &Standing, listed: impl Iterator<Item = &'a Listed>) -> Vec<StatusRow> {
    let mut actions: BTreeMap<&ParticipantCode, Vec<&Action>> = BTreeMap::new();
    for stands in standing.iter() {
        actions.entry(&stands.action.participant).or_default().push(&stands.action);
    }
    listed
        .filter_map(|participant| Some(row(participant, actions.get(&participant.code)?)))
        .collect()
}

fn row(participant: &Listed, actions: &[&Action]) -> StatusRow {
    let of = |kind| actions.iter().find(|action| action.kind == kind);
    let date_of = |kind| of(kind).map(|action| action.legal_date);
    let consent = actions.iter().find_map(|action| {
        let mark = action.kind.consent_mark()?;
        let date = action.legal_date;
        let text = format!("{} {mark}", depositary_date(date)).trim_end().to_owned();
        Some(ConsentCell { date, kind: action.kind, text })
    });
    StatusRow {
        participant: participant.code.clone(),
        name: participant.depositary_name.clone(),
        kind: participant.kind,
        regional_group: participant.regional_group,
        signature: of(ActionKind::Signature).map(|signed| SignatureCell {
            date: signed.legal_date,
            text: depositary_date(signed.legal_date),
            ad_referendum: signed.ad_referendum,
            confirmed_on: date_of(ActionKind::Confirmation),
            lifted: signed.overrides.iter().flat_map(|by| by.lifted.iter().copied()).collect(),
        }),
        consent,
        no_intention_on: date_of(ActionKind::NoIntention),
        denounced_on: date_of(ActionKind::Denunciation),
        released_on: None,
    }
}

#[cfg(test)]
mod tests;
