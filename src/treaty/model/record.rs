//! The record as known at a moment, and what stands by it (R15, R28, R32).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::{Act, ActState, Action, Correction, Entry, Standing, StandingAction};
use crate::ids::ActId;

/// All entries up to a moment, in the order of recording.
#[derive(Debug, Clone)]
pub struct Record<'a> {
    acts: Vec<&'a Act>,
    withdrawn: BTreeSet<ActId>,
    /// With the position of the certification in the record.
    certified: BTreeMap<ActId, usize>,
}

impl<'a> Record<'a> {
    /// What the record holds now.
    #[must_use]
    pub fn of(acts: &'a [Act]) -> Self {
        Self::taken(acts.iter().collect())
    }

    /// What the record held at a moment: exactly what could have been seen then (R28).
    #[must_use]
    pub fn known_at(acts: &'a [Act], moment: DateTime<Utc>) -> Self {
        Self::taken(acts.iter().filter(|act| act.recorded_at <= moment).collect())
    }

    fn taken(mut acts: Vec<&'a Act>) -> Self {
        // Identities rise with time, so that of two acts of one microsecond the first is the first.
        acts.sort_by_key(|act| (act.recorded_at, act.id));
        let mut withdrawn = BTreeSet::new();
        let mut certified = BTreeMap::new();
        for (position, act) in acts.iter().enumerate() {
            match &act.entry {
                Entry::Withdrawal { of, .. } => drop(withdrawn.insert(*of)),
                Entry::Certification { of } => drop(certified.insert(*of, position)),
                Entry::Action(_) | Entry::Correction(_) => {}
            }
        }
        Self { acts, withdrawn, certified }
    }

    /// The entries, in the order of recording.
    pub fn acts(&self) -> impl Iterator<Item = &'a Act> {
        self.acts.iter().copied()
    }

    /// One entry.
    #[must_use]
    pub fn find(&self, id: ActId) -> Option<&'a Act> {
        self.acts().find(|act| act.id == id)
    }

    /// Where an entry stands.
    #[must_use]
    pub fn state(&self, id: ActId) -> ActState {
        if self.withdrawn.contains(&id) {
            ActState::Withdrawn
        } else if self.certified.contains_key(&id) {
            ActState::Certified
        } else {
            ActState::Recorded
        }
    }

    /// The actions that stand, with their corrected values.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let corrections = self.corrections_in_effect();
        let stand = |act: &&Act| match &act.entry {
            Entry::Action(action) if self.state(act.id) != ActState::Withdrawn => {
                Some(corrected(act.id, action, &corrections))
            }
            _ => None,
        };
        Standing::from(self.acts.iter().filter_map(stand).collect::<Vec<_>>())
    }

    /// Certified corrections, in the order in which they took effect.
    fn corrections_in_effect(&self) -> Vec<(ActId, &'a Correction)> {
        let mut in_effect: Vec<_> = self
            .acts()
            .filter_map(|act| match &act.entry {
                Entry::Correction(correction) => {
                    let position = self.certified.get(&act.id)?;
                    Some((position, act.id, correction))
                }
                _ => None,
            })
            .collect();
        in_effect.sort_by_key(|(position, ..)| **position);
        in_effect.into_iter().map(|(_, id, correction)| (id, correction)).collect()
    }
}

fn corrected(id: ActId, action: &Action, corrections: &[(ActId, &Correction)]) -> StandingAction {
    let mut stands = StandingAction { id, action: action.clone(), corrected_by: Vec::new() };
    for (correction_id, correction) in corrections.iter().filter(|(_, c)| c.of == id) {
        stands.corrected_by.push(*correction_id);
        for change in &correction.changes {
            stands.action = stands.action.with(change.new_value());
        }
    }
    stands
}
