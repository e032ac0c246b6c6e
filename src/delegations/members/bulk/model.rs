//! How each operation of a batch is judged: by the rules that hold for it alone, on what the operations before it
//! have left. Pure.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::super::model::{Calendar, Identity, Member};
use super::super::status::{Lost, StatusName, Step};
use crate::access::Denied;
use crate::delegations::checklist::{Checklists, Facts, Line};
use crate::delegations::model::{Delegation, WrongState};
use crate::delegations::quotas::{Full, Places, Quotas, Seat};
use crate::ids::MemberId;
use crate::input::Faults;
use crate::page::{IfMatch, Stale};
use crate::text::ParticipantCode;

/// One step of one member.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Whose delegation.
    pub participant: ParticipantCode,
    /// Of which member.
    pub member: MemberId,
    /// Which version the client means, where it says.
    pub if_match: Option<IfMatch>,
    /// What is to be done.
    pub step: Step,
}

/// A step that was taken.
#[derive(Debug, Clone)]
pub struct Done {
    /// Where the member stood.
    pub was: StatusName,
    /// The member since.
    pub member: Member,
    /// What ended with the step.
    pub lost: Option<Lost>,
}

/// Why a step was not taken.
#[derive(Debug, Clone)]
pub enum Refusal {
    /// The policy says no, or there is nothing.
    Denied(Denied),
    /// Somebody changed the member in the meantime, in this batch or elsewhere.
    Stale(Stale),
    /// The rules know no such step from here.
    WrongState(WrongState),
    /// Something is missing of the person.
    Faults(Faults),
    /// Papers are missing.
    Gaps(Vec<Line>),
    /// There is no place left.
    Full(Full),
    /// Nothing was wrong with it, but with another operation of a batch that was to be done as a whole.
    Another,
}

macro_rules! refusals {
    ($($name:ident($type:ty),)+) => {$(
        impl From<$type> for Refusal {
            fn from(refusal: $type) -> Self {
                Self::$name(refusal)
            }
        }
    )+};
}
refusals! {
    Denied(Denied),
    Stale(Stale),
    WrongState(WrongState),
    Faults(Faults),
    Full(Full),
}

/// What became of an operation.
pub type Outcome = Result<Done, Refusal>;

/// Everything that the operations of a batch are judged by, as it stands while they follow one another.
pub struct Bench<'a> {
    /// The delegations, by whose they are.
    pub delegations: BTreeMap<ParticipantCode, Delegation>,
    /// The members that are named and may be seen.
    pub members: BTreeMap<MemberId, Member>,
    /// What is sealed of those who are to be submitted.
    pub identities: BTreeMap<MemberId, Identity>,
    /// How many of an exempt rank stand in each delegation.
    pub exempt: BTreeMap<ParticipantCode, i64>,
    /// The papers that are there, where some are required.
    pub papers: BTreeMap<ParticipantCode, Facts>,
    /// Which papers are required.
    pub checklists: &'a Checklists,
    /// Which places are taken, where they are limited.
    pub places: Places,
    /// How many places there are.
    pub quotas: &'a Quotas,
    /// The days by which dates are judged.
    pub calendar: Calendar,
    /// Who is not as they were.
    pub changed: BTreeSet<MemberId>,
}

impl Bench<'_> {
    /// Judges one operation, and takes its step where nothing is against it.
    pub fn take(&mut self, operation: &Operation, now: DateTime<Utc>) -> Outcome {
        let Operation { participant: code, member: id, if_match, step } = operation;
        if step.is_forward() {
            let delegation = self.delegations.get(code).ok_or(Denied::Invisible)?;
            delegation.must_be_open(step.verb())?;
        }
        let before = self.members.get(id).filter(|member| member.participant == *code);
        let before = before.ok_or(Denied::Invisible)?.clone();
        if let Some(if_match) = if_match {
            if_match.check(before.version)?;
        }
        let was = before.status.name();
        let (member, lost) = before.clone().go(step.clone(), now)?;
        if matches!(step, Step::Submit(_)) {
            self.must_be_complete(&member)?;
            self.places.must_fit(self.quotas, code, None, Seat::of(&member.person))?;
        }
        if let (Some(step), Some(facts)) = (step.checked(), self.papers.get(code)) {
            let gaps = facts.keeps_from(self.checklists, *id, step);
            if !gaps.is_empty() {
                return Err(Refusal::Gaps(gaps));
            }
        }
        self.settle(&before, &member);
        Ok(Done { was, member, lost })
    }

    /// R36: everything that must be known before others look at an entry.
    fn must_be_complete(&self, member: &Member) -> Result<(), Faults> {
        let identity = self.identities.get(&member.id).cloned().unwrap_or_default();
        let accompanies_exempt =
            self.exempt.get(&member.participant).is_some_and(|count| *count > 0);
        let mut faults = Faults::default();
        member.person.missing(&identity, accompanies_exempt, &mut faults);
        self.calendar.judge(identity.date_of_birth, identity.passport_expires_on, &mut faults);
        faults.none_or()
    }

    /// Lets what follows see what was done.
    fn settle(&mut self, before: &Member, after: &Member) {
        let (code, seat) = (&after.participant, Seat::of(&after.person));
        match (before.status.takes_a_place(), after.status.takes_a_place()) {
            (false, true) => self.places.take(code, seat),
            (true, false) => self.places.free(code, seat),
            (true, true) | (false, false) => {}
        }
        if before.status.stands() && !after.status.stands() && after.person.rank.is_exempt() {
            self.exempt.entry(code.clone()).and_modify(|count| *count -= 1);
        }
        self.changed.insert(after.id);
        self.members.insert(after.id, after.clone());
    }
}
