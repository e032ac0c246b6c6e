//! What an override lifts, and who may let it be in force (R12). Pure.

use serde::{Deserialize, Serialize};

use crate::full_powers::model::{Bar, FullPowers, Mark, Refusal, Stage, WrongStage};
use crate::ids::{AccountId, FullPowersId, OverrideId};
use crate::input::Faults;
use crate::page::Version;
use crate::text::{Fault, ParticipantCode, Reason};

/// Some bars that two officers lift from one set of full powers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// Its identity.
    pub id: OverrideId,
    /// From which full powers.
    pub full_powers: FullPowersId,
    /// Whose they are.
    pub participant: ParticipantCode,
    /// What is lifted; never empty.
    pub lifts: Vec<Bar>,
    /// Why.
    pub reason: Reason,
    /// The first officer.
    pub proposed: Mark,
    /// The second; in force from then on.
    pub approved: Option<Mark>,
    /// Who took it back before anybody approved it, and why; it is never in force.
    pub withdrawn: Option<(Mark, Reason)>,
}

/// What an override lifted for one act, as it stands beside the act for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OverrideOfAct)]
pub struct Lifted {
    /// The override.
    pub id: OverrideId,
    /// What would have kept the signatory from signing without it.
    pub lifted: Vec<Bar>,
    /// Why.
    pub reason: Reason,
    /// The first officer.
    pub proposed_by: AccountId,
    /// The second.
    pub approved_by: AccountId,
}

/// Why nobody proposes an override.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotProposed {
    /// Nothing is named, or something that nobody lifts.
    Faulty(Faults),
    /// Full powers that were refused or revoked are helped by nothing.
    Refused(Refusal),
}

impl Bar {
    /// Whether two officers can lift it: what is of R6–R9, the secretariat's own way of checking.
    #[must_use]
    pub fn can_be_lifted(self) -> bool {
        match self {
            Self::NotVerified
            | Self::NotConfirmed
            | Self::OriginalNotReceived
            | Self::OfficeNotHeld
            | Self::NoAppointment
            | Self::AppointedElsewhere => true,
            Self::Refused
            | Self::PaperRefused
            | Self::Revoked
            | Self::Expired
            | Self::IssuedLater
            | Self::OfAnotherParticipant
            | Self::NotOfDelegation
            | Self::DelegationNotStanding => false,
        }
    }
}

impl Override {
    /// A first officer proposes to lift some bars.
    pub fn propose(
        id: OverrideId,
        full_powers: &FullPowers,
        mut lifts: Vec<Bar>,
        reason: Reason,
        by: Mark,
    ) -> Result<Self, NotProposed> {
        let mut faults = Faults::default();
        if lifts.is_empty() {
            faults.add("/lifts", "blank", "at least one bar is expected");
        }
        for (place, bar) in lifts.iter().enumerate().filter(|(_, bar)| !bar.can_be_lifted()) {
            let detail = format!("nobody lifts {bar}");
            faults.add(format!("/lifts/{place}"), "cannot_be_lifted", detail);
        }
        faults.none_or().map_err(NotProposed::Faulty)?;
        still_of_use(full_powers, "override").map_err(NotProposed::Refused)?;
        lifts.sort_unstable();
        lifts.dedup();
        Ok(Self {
            id,
            full_powers: full_powers.id,
            participant: full_powers.application.participant.clone(),
            lifts,
            reason,
            proposed: by,
            approved: None,
            withdrawn: None,
        })
    }

    /// A second officer approves: from now on it is in force.
    pub fn approve(self, full_powers: &FullPowers, by: Mark) -> Result<Self, Refusal> {
        self.is_open("approve")?;
        if self.proposed.by == by.by {
            return Err(Refusal::SecondPersonRequired);
        }
        still_of_use(full_powers, "approve")?;
        Ok(Self { approved: Some(by), ..self })
    }

    /// An officer, the one who proposed it or another, takes it back: nobody approves it any more.
    pub fn withdraw(self, by: Mark, reason: Reason) -> Result<Self, Refusal> {
        self.is_open("withdraw")?;
        Ok(Self { withdrawn: Some((by, reason)), ..self })
    }

    /// Proposed, and neither approved nor withdrawn.
    fn is_open(&self, wanted: &'static str) -> Result<(), Refusal> {
        let current = match (&self.approved, &self.withdrawn) {
            (Some(_), _) => "approved",
            (None, Some(_)) => "withdrawn",
            (None, None) => return Ok(()),
        };
        Err(WrongStage { current, wanted, allowed: Vec::new() }.into())
    }

    /// Proposed, then approved or withdrawn.
    #[must_use]
    pub fn version(&self) -> Version {
        Version(1 + i64::from(self.approved.is_some() || self.withdrawn.is_some()))
    }

    /// Whether it is in force and lifts this.
    #[must_use]
    pub fn lifts(&self, bar: Bar) -> bool {
        self.approved.is_some() && self.lifts.contains(&bar)
    }
}

fn still_of_use(full_powers: &FullPowers, wanted: &'static str) -> Result<(), Refusal> {
    match full_powers.stage() {
        Stage::Refused { .. } | Stage::Revoked { .. } => {
            Err(full_powers.wrong_stage(wanted).into())
        }
        Stage::Lodged | Stage::Verified { .. } | Stage::Confirmed { .. } => Ok(()),
    }
}

/// What remains of these bars where overrides are in force, and what each override lifted of them.
#[must_use]
pub fn spare(bars: Vec<Bar>, overrides: &[Override]) -> (Vec<Bar>, Vec<Lifted>) {
    let lifted: Vec<Lifted> = overrides
        .iter()
        .filter_map(|made| {
            let approved = made.approved?;
            let of_use = |bar: &&Bar| made.lifts.contains(bar);
            let lifted: Vec<Bar> = bars.iter().filter(of_use).copied().collect();
            (!lifted.is_empty()).then(|| Lifted {
                id: made.id,
                lifted,
                reason: made.reason.clone(),
                proposed_by: made.proposed.by,
                approved_by: approved.by,
            })
        })
        .collect();
    let is_lifted = |bar: &Bar| lifted.iter().any(|by| by.lifted.contains(bar));
    let left = bars.into_iter().filter(|bar| !is_lifted(bar)).collect();
    (left, lifted)
}

/// What of an override cannot be read back as it was stored.
pub(super) fn check(lifts: &[Bar]) -> Result<(), Fault> {
    if !lifts.is_empty() && lifts.iter().all(|bar| bar.can_be_lifted()) {
        Ok(())
    } else {
        Err(Fault::new("impossible_override", "no override lifts this"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::full_powers::model::samples::{application, mark};

    fn lodged() -> FullPowers {
        FullPowers::lodge(FullPowersId::fresh(), application(), mark()).unwrap()
    }

    fn reason() -> Reason {
        Reason::parse("The original is in the bag that the airline lost").unwrap()
    }

    fn propose(lifts: &[Bar]) -> Result<Override, NotProposed> {
        Override::propose(OverrideId::fresh(), &lodged(), lifts.to_vec(), reason(), mark())
    }

    #[test]
    fn r12_what_is_not_of_r6_to_r9_nobody_lifts() {
        let liftable: Vec<_> = Bar::ALL.iter().copied().filter(|b| b.can_be_lifted()).collect();
        assert_eq!(propose(&liftable).unwrap().lifts, liftable);
        for bar in Bar::ALL.iter().filter(|bar| !bar.can_be_lifted()) {
            let Err(NotProposed::Faulty(Faults(faults))) = propose(&[Bar::NotConfirmed, *bar])
            else {
                panic!("{bar} was lifted")
            };
            assert_eq!(faults[0].pointer, "/lifts/1");
        }
        assert!(matches!(propose(&[]), Err(NotProposed::Faulty(_))));
    }

    #[test]
    fn r12_it_is_in_force_once_a_second_officer_approves() {
        let first = mark();
        let made = Override { proposed: first, ..propose(&[Bar::OriginalNotReceived]).unwrap() };
        let bars = || vec![Bar::OriginalNotReceived, Bar::NotConfirmed];
        assert_eq!(spare(bars(), std::slice::from_ref(&made)), (bars(), vec![]));
        let alone = made.clone().approve(&lodged(), first);
        assert_eq!(alone, Err(Refusal::SecondPersonRequired));
        let second = mark();
        let approved = made.approve(&lodged(), second).unwrap();
        let (left, lifted) = spare(bars(), std::slice::from_ref(&approved));
        assert_eq!(left, [Bar::NotConfirmed], "what it does not name stays");
        assert_eq!(lifted[0].lifted, [Bar::OriginalNotReceived]);
        assert_eq!((lifted[0].proposed_by, lifted[0].approved_by), (first.by, second.by));
        assert_eq!(spare(vec![], std::slice::from_ref(&approved)), (vec![], vec![]));
        assert!(approved.approve(&lodged(), mark()).is_err(), "once");
    }

    #[test]
    fn r12_what_was_taken_back_nobody_approves_and_what_is_in_force_nobody_takes_back() {
        let made = propose(&[Bar::OriginalNotReceived]).unwrap();
        let withdrawn = made.clone().withdraw(mark(), reason()).unwrap();
        assert_eq!(withdrawn.version(), Version(2));
        assert!(!withdrawn.lifts(Bar::OriginalNotReceived));
        assert!(withdrawn.clone().withdraw(mark(), reason()).is_err(), "once");
        assert!(withdrawn.approve(&lodged(), mark()).is_err());
        let approved = made.approve(&lodged(), mark()).unwrap();
        assert!(approved.withdraw(mark(), reason()).is_err());
    }

    #[test]
    fn r10_what_was_revoked_is_helped_by_no_override() {
        let made = propose(&[Bar::NotConfirmed]).unwrap();
        let revoked = lodged().revoke(mark(), reason()).unwrap();
        assert!(made.approve(&revoked, mark()).is_err());
        let late = Override::propose(
            OverrideId::fresh(),
            &revoked,
            vec![Bar::NotConfirmed],
            reason(),
            mark(),
        );
        assert!(matches!(late, Err(NotProposed::Refused(Refusal::WrongStage(_)))));
    }
}
