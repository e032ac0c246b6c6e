//! What one process remembers of doors that are shut, so that a flood costs the database nothing. It only ever refuses what
//! the database has refused; what it does not remember, the database judges.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Duration, Utc};

use super::model::{Door, Mark, Marks, Wait};

/// Past so many, no more are remembered until some are past.
const ENTRIES_MAX: usize = 20_000;

/// For so long the database is not asked again: what another replica undoes, counts soon.
const REMEMBERED: Duration = Duration::seconds(60);

/// A door that is shut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shut {
    /// Until when.
    pub opens_at: DateTime<Utc>,
    /// For whom it is not: of somebody, the networks in which they are known; of a network, those who are known in it.
    pub but: HashSet<Mark>,
}

/// A network waits at every door, and who is excepted has a mark for each: so each door is remembered by itself.
#[derive(Default)]
pub(super) struct Memory(Mutex<HashMap<(Door, Mark), Remembered>>);

struct Remembered {
    shut: Shut,
    until: DateTime<Utc>,
}

impl Memory {
    /// Whether an attempt is known to be refused.
    pub(super) fn check(&self, marks: &Marks, now: DateTime<Utc>) -> Result<(), Wait> {
        let known = self.known();
        let shut = |mark: &Mark, asks: Option<&Mark>| {
            let remembered = known.get(&(marks.door, *mark));
            let remembered = remembered.filter(|remembered| now < remembered.until)?;
            let is_excepted = asks.is_some_and(|asks| remembered.shut.but.contains(asks));
            (!is_excepted).then_some(remembered.shut.opens_at)
        };
        let whose = marks.whose.as_ref();
        let opens_at = whose
            .and_then(|whose| shut(&whose.elsewhere, Some(&marks.network)))
            .or_else(|| whose.and_then(|whose| shut(&whose.here, None)))
            .or_else(|| shut(&marks.network, whose.map(|whose| &whose.elsewhere)));
        opens_at.map_or(Ok(()), |opens_at| Err(Wait::until(opens_at, now)))
    }

    /// Remembers what the database has refused.
    pub(super) fn keep(&self, door: Door, mark: Mark, shut: Shut, now: DateTime<Utc>) {
        let mut known = self.known();
        if known.len() >= ENTRIES_MAX {
            known.retain(|_, remembered| now < remembered.until);
        }
        if known.len() < ENTRIES_MAX {
            let until = shut.opens_at.min(now + REMEMBERED);
            known.insert((door, mark), Remembered { shut, until });
        }
    }

    /// Forgets a door that was opened.
    pub(super) fn forget(&self, door: Door, mark: Mark) {
        self.known().remove(&(door, mark));
    }

    fn known(&self) -> MutexGuard<'_, HashMap<(Door, Mark), Remembered>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::Whose;
    use super::*;

    fn marks(whose: u8, network: u8) -> Marks {
        let here = [whose * 16 + network; 32];
        let whose = Some(Whose { elsewhere: [whose; 32], here });
        Marks { door: Door::LogIn, whose, network: [network; 32] }
    }

    #[test]
    fn a_door_is_shut_for_all_but_who_is_known_and_for_a_minute() {
        let now: DateTime<Utc> = "2025-10-26T10:00:00Z".parse().unwrap();
        let (opens_at, shut_out) = (now + Duration::seconds(300), Err(Wait { seconds: 300 }));
        let memory = Memory::default();
        let (somebody, else_where, another) = (marks(5, 1), marks(5, 2), marks(6, 2));
        let but = |mark| Shut { opens_at, but: HashSet::from([mark]) };
        memory.keep(Door::LogIn, [5; 32], but([1; 32]), now);
        assert_eq!(memory.check(&else_where, now), shut_out);
        assert_eq!(memory.check(&somebody, now), Ok(()), "known there");
        assert_eq!(memory.check(&another, now), Ok(()), "another's door");
        assert_eq!(memory.check(&else_where, now + REMEMBERED), Ok(()), "asked anew");

        memory.keep(Door::LogIn, [2; 32], but([6; 32]), now);
        assert_eq!(memory.check(&another, now), Ok(()), "known in that network");
        assert_eq!(memory.check(&marks(7, 2), now), shut_out, "not known in it");
        let nobody = Marks { whose: None, ..another };
        assert_eq!(memory.check(&nobody, now), shut_out);
        let at_another_door = Marks { door: Door::Invitation, ..nobody };
        assert_eq!(
            memory.check(&at_another_door, now),
            Ok(()),
            "who is excepted there is not known"
        );

        let here = somebody.whose.unwrap().here;
        memory.keep(Door::LogIn, here, Shut { opens_at, but: HashSet::new() }, now);
        assert_eq!(memory.check(&somebody, now), shut_out, "too many failed here, too");
        memory.forget(Door::LogIn, here);
        assert_eq!(memory.check(&somebody, now), Ok(()));
    }

    #[test]
    fn its_size_is_bounded_and_what_is_past_makes_room() {
        let now: DateTime<Utc> = "2025-10-26T10:00:00Z".parse().unwrap();
        let memory = Memory::default();
        let shut =
            |seconds| Shut { opens_at: now + Duration::seconds(seconds), but: HashSet::new() };
        for number in 0..ENTRIES_MAX + 10 {
            let mut mark = [0; 32];
            mark[..8].copy_from_slice(&number.to_be_bytes());
            memory.keep(Door::LogIn, mark, shut(10), now);
        }
        assert_eq!(memory.known().len(), ENTRIES_MAX);
        memory.keep(Door::LogIn, [9; 32], shut(20), now + Duration::seconds(10));
        assert_eq!(memory.known().len(), 1);
    }
}
