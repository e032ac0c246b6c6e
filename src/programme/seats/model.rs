//! Seats, those who wait for one, and what can be had. Pure.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use crate::ids::{AccountId, MemberId, SeatId, SessionId, WaitingGroupId};
use crate::page::Version;
use crate::text::{ParticipantCode, Reason, choices};

/// How seats are given in this ceremony.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeatRules {
    /// How many a delegation has beside its head's.
    pub beside_head: u16,
    /// How long a seat is kept for whom it is offered to.
    pub offer_minutes: u16,
}

impl SeatRules {
    /// How many seats of a session a delegation has at most.
    #[must_use]
    pub fn quota(self) -> i32 {
        1 + i32::from(self.beside_head)
    }

    /// When an offer lapses that is made now.
    #[must_use]
    pub fn offer_ends(self, now: DateTime<Utc>) -> DateTime<Utc> {
        now + TimeDelta::minutes(self.offer_minutes.into())
    }
}

/// How many seats a session has, and how many are gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seating {
    /// How many there are.
    pub places: i32,
    /// How many somebody has, or are offered to somebody.
    pub taken: i32,
    /// How many groups wait.
    pub waiting: i32,
    /// When the first offer lapses that stands.
    pub offer_ends_at: Option<DateTime<Utc>>,
}

/// Why a delegation gets no seats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoSeat {
    /// It would have more than its share.
    #[error("a delegation has at most {limit} seats of a session")]
    Quota {
        /// Its share.
        limit: i32,
        /// How many it has, waits for and was offered.
        count: i32,
    },
    /// There are not so many.
    #[error("only {free} seats are free")]
    Full {
        /// How many there are.
        free: i32,
    },
    /// Others have asked before.
    #[error("others wait for a seat")]
    OthersWait,
}

impl Seating {
    /// How many nobody has.
    #[must_use]
    pub fn free(&self) -> i32 {
        self.places - self.taken
    }

    /// Whether an offer has lapsed that nobody has taken back yet.
    #[must_use]
    pub fn has_lapsed(&self, now: DateTime<Utc>) -> bool {
        self.offer_ends_at.is_some_and(|ends| ends <= now)
    }

    /// Whether a delegation can have so many more at once: all of them or none, and not before those who wait.
    pub fn gives(&self, rules: SeatRules, count: i32, wanted: i32) -> Result<(), NoSeat> {
        within(rules, count, wanted)?;
        if self.waiting > 0 {
            return Err(NoSeat::OthersWait);
        }
        let free = self.free();
        if wanted > free { Err(NoSeat::Full { free }) } else { Ok(()) }
    }

    /// Whether so many could ever be had at once. A group that is larger would keep all behind it waiting for ever.
    pub fn may_hold(&self, wanted: i32) -> Result<(), NoSeat> {
        if wanted > self.places { Err(NoSeat::Full { free: self.free() }) } else { Ok(()) }
    }
}

/// Whether a delegation that has so many, or waits for them, may have more.
pub fn within(rules: SeatRules, count: i32, wanted: i32) -> Result<(), NoSeat> {
    let limit = rules.quota();
    if count + wanted > limit { Err(NoSeat::Quota { limit, count }) } else { Ok(()) }
}

/// A seat that a delegation has or had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    /// Its identity.
    pub id: SeatId,
    /// Of which session.
    pub session: SessionId,
    /// Whose.
    pub participant: ParticipantCode,
    /// Who sits on it; nobody yet.
    pub member: Option<MemberId>,
    /// When it was taken.
    pub taken_at: DateTime<Utc>,
    /// When it was given back.
    pub given_back_at: Option<DateTime<Utc>>,
    /// Counts its changes.
    pub version: Version,
}

impl Seat {
    /// A seat that was nobody's.
    #[must_use]
    pub fn taken(
        session: SessionId,
        code: &ParticipantCode,
        member: Option<MemberId>,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            id: SeatId::fresh(),
            session,
            participant: code.clone(),
            member,
            taken_at: now,
            given_back_at: None,
            version: Version(1),
        }
    }
}

choices! {
    /// Where a group that waits stands.
    WaitingState {
        /// It waits.
        Waiting = "waiting",
        /// Its seats are kept for it.
        Offered = "offered",
        /// It has them.
        Taken = "taken",
        /// It did not take them in time.
        Lapsed = "lapsed",
        /// It does not want them any more.
        Withdrawn = "withdrawn",
    }
}

impl WaitingState {
    /// What can be done next.
    #[must_use]
    pub fn allowed(self) -> &'static [&'static str] {
        match self {
            Self::Waiting => &["withdraw", "move"],
            Self::Offered => &["accept", "withdraw"],
            Self::Taken | Self::Lapsed | Self::Withdrawn => &[],
        }
    }
}

/// That somebody moved a group in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Who.
    pub by: AccountId,
    /// When.
    pub at: DateTime<Utc>,
    /// Why.
    pub because: Reason,
}

/// A delegation that waits for seats of a session: for all of them or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its identity.
    pub id: WaitingGroupId,
    /// Of which session.
    pub session: SessionId,
    /// Who.
    pub participant: ParticipantCode,
    /// How many.
    pub seats: i32,
    /// Where it stands.
    pub state: WaitingState,
    /// The lowest is offered first.
    pub position: i64,
    /// Since when it waits.
    pub joined_at: DateTime<Utc>,
    /// Until when its seats are kept for it.
    pub offer_ends_at: Option<DateTime<Utc>>,
    /// When it was over.
    pub settled_at: Option<DateTime<Utc>>,
    /// That an officer gave it another place.
    pub moved: Option<Moved>,
    /// Counts its changes.
    pub version: Version,
}

/// The group does not know the step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a group that is {0} cannot take this step")]
pub struct WrongWait(pub WaitingState);

impl Group {
    /// A group that begins to wait.
    #[must_use]
    pub fn joined(
        session: SessionId,
        code: &ParticipantCode,
        seats: i32,
        position: i64,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            id: WaitingGroupId::fresh(),
            session,
            participant: code.clone(),
            seats,
            state: WaitingState::Waiting,
            position,
            joined_at: now,
            offer_ends_at: None,
            settled_at: None,
            moved: None,
            version: Version(1),
        }
    }

    /// Keeps its seats for it.
    pub fn offer(self, until: DateTime<Utc>) -> Result<Self, WrongWait> {
        self.only(WaitingState::Waiting)
            .map(|group| Self { offer_ends_at: Some(until), ..group.to(WaitingState::Offered) })
    }

    /// It takes them: in time.
    pub fn take(self, now: DateTime<Utc>) -> Result<Self, WrongWait> {
        let group = self.only(WaitingState::Offered)?;
        if group.offer_ends_at.is_some_and(|ends| ends <= now) {
            return Err(WrongWait(WaitingState::Lapsed));
        }
        Ok(group.settled(WaitingState::Taken, now))
    }

    /// It did not take them in time.
    pub fn lapse(self, now: DateTime<Utc>) -> Result<Self, WrongWait> {
        self.only(WaitingState::Offered).map(|group| group.settled(WaitingState::Lapsed, now))
    }

    /// It does not want them any more.
    pub fn withdraw(self, now: DateTime<Utc>) -> Result<Self, WrongWait> {
        match self.state {
            WaitingState::Waiting | WaitingState::Offered => {
                Ok(self.settled(WaitingState::Withdrawn, now))
            }
            state => Err(WrongWait(state)),
        }
    }

    /// An officer gives it another place.
    pub fn place(self, position: i64, moved: Option<Moved>) -> Result<Self, WrongWait> {
        let version = self.version.next();
        let moved = moved.or_else(|| self.moved.clone());
        self.only(WaitingState::Waiting).map(|group| Self { position, moved, version, ..group })
    }

    fn only(self, state: WaitingState) -> Result<Self, WrongWait> {
        if self.state == state { Ok(self) } else { Err(WrongWait(self.state)) }
    }

    fn to(self, state: WaitingState) -> Self {
        Self { state, version: self.version.next(), ..self }
    }

    fn settled(self, state: WaitingState, now: DateTime<Utc>) -> Self {
        Self { settled_at: Some(now), ..self.to(state) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: SeatRules = SeatRules { beside_head: 2, offer_minutes: 30 };

    fn at(hour: &str) -> DateTime<Utc> {
        format!("2025-10-25T{hour}:00Z").parse().unwrap()
    }

    #[test]
    fn r48_seats_are_given_within_the_share_and_not_before_those_who_wait() {
        let seating = Seating { places: 10, taken: 8, waiting: 0, offer_ends_at: None };
        assert_eq!(seating.gives(RULES, 0, 2), Ok(()));
        assert_eq!(seating.gives(RULES, 0, 3), Err(NoSeat::Full { free: 2 }), "all or none");
        assert_eq!(seating.gives(RULES, 2, 2), Err(NoSeat::Quota { limit: 3, count: 2 }));
        let crowded = Seating { waiting: 1, ..seating };
        assert_eq!(crowded.gives(RULES, 0, 1), Err(NoSeat::OthersWait));
        let few = Seating { places: 2, taken: 2, ..crowded };
        assert_eq!((few.may_hold(2), few.may_hold(3)), (Ok(()), Err(NoSeat::Full { free: 0 })));
    }

    #[test]
    fn r48_an_offer_is_taken_in_time_or_lapses() {
        let france = ParticipantCode::parse("FRA").unwrap();
        let waiting = Group::joined(SessionId::fresh(), &france, 2, 7, at("09:00"));
        assert_eq!(waiting.clone().take(at("09:01")), Err(WrongWait(WaitingState::Waiting)));
        let offered = waiting.clone().offer(RULES.offer_ends(at("10:00"))).unwrap();
        assert_eq!(offered.clone().take(at("10:29")).unwrap().state, WaitingState::Taken);
        assert_eq!(offered.clone().take(at("10:30")), Err(WrongWait(WaitingState::Lapsed)));
        let lapsed = offered.clone().lapse(at("10:30")).unwrap();
        assert_eq!((lapsed.state, lapsed.settled_at), (WaitingState::Lapsed, Some(at("10:30"))));
        for over in [lapsed, offered.withdraw(at("10:10")).unwrap()] {
            assert!(over.clone().withdraw(at("11:00")).is_err() && over.place(3, None).is_err());
        }
        assert_eq!(waiting.place(3, None).unwrap().position, 3);
    }
}
