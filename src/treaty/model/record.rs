//! The record as known at a moment, and what stands by it (R15, R28, R32).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{Act, ActState, Action, Correction, Entry, Standing, StandingAction};
use crate::ids::ActId;

/// All entries up to a moment, in the order of recording.
#[derive(Debug, Clone)]
pub struct Record<'a> {
    acts: Vec<&'a Act>,
    places: BTreeMap<ActId, usize>,
    /// The places of what was said of an entry later on.
    said_of: BTreeMap<ActId, Vec<usize>>,
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
        let places = acts.iter().enumerate().map(|(place, act)| (act.id, place)).collect();
        let mut said_of: BTreeMap<ActId, Vec<usize>> = BTreeMap::new();
        for (place, of) in acts.iter().enumerate().filter_map(|(n, act)| Some((n, act.entry.of()?)))
        {
            said_of.entry(of).or_default().push(place);
        }
        Self { acts, places, said_of }
    }

    /// The entries, in the order of recording.
    pub fn acts(&self) -> impl Iterator<Item = &'a Act> {
        self.acts.iter().copied()
    }

    /// One entry.
    #[must_use]
    pub fn find(&self, id: ActId) -> Option<&'a Act> {
        self.acts.get(*self.places.get(&id)?).copied()
    }

    /// The action that an entry is, or is in the end about, as it was recorded.
    #[must_use]
    pub fn action<'r>(&'r self, act: &'r Act) -> Option<&'r Action> {
        match &act.entry {
            Entry::Action(action) => Some(action),
            _ => self.action(self.find(act.entry.of()?)?),
        }
    }

    /// What was said of an entry later on, in the order of recording.
    pub fn said_of(&self, id: ActId) -> impl Iterator<Item = &'a Act> {
        let places = self.said_of.get(&id).map(Vec::as_slice).unwrap_or_default();
        places.iter().filter_map(|place| self.acts.get(*place).copied())
    }

    /// The certification or the withdrawal of an entry.
    #[must_use]
    pub fn settlement(&self, id: ActId) -> Option<&'a Act> {
        let settles = |act: &&Act| {
            matches!(act.entry, Entry::Certification { .. } | Entry::Withdrawal { .. })
        };
        self.said_of(id).find(settles)
    }

    /// Where an entry stands.
    #[must_use]
    pub fn state(&self, id: ActId) -> ActState {
        match self.settlement(id).map(|act| &act.entry) {
            None => ActState::Recorded,
            Some(Entry::Withdrawal { .. }) => ActState::Withdrawn,
            Some(_) => ActState::Certified,
        }
    }

    /// The actions that stand, with their corrected values.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let actions = self.acts().filter_map(|act| self.stands(act.id));
        Standing::from(actions.collect::<Vec<_>>())
    }

    /// One action with its corrected values, if it stands.
    #[must_use]
    pub fn stands(&self, id: ActId) -> Option<StandingAction> {
        match &self.find(id)?.entry {
            Entry::Action(action) if self.state(id) != ActState::Withdrawn => {
                Some(self.corrected(id, action))
            }
            _ => None,
        }
    }

    /// Certified corrections of an action, in the order in which they took effect.
    fn corrections_in_effect(&self, of: ActId) -> Vec<(ActId, &'a Correction)> {
        let in_effect = |act: &'a Act| match &act.entry {
            Entry::Correction(correction) if self.state(act.id) == ActState::Certified => {
                let certification = self.settlement(act.id)?;
                Some((self.places.get(&certification.id)?, act.id, correction))
            }
            _ => None,
        };
        let mut corrections: Vec<_> = self.said_of(of).filter_map(in_effect).collect();
        corrections.sort_by_key(|(place, ..)| **place);
        corrections.into_iter().map(|(_, id, correction)| (id, correction)).collect()
    }

    fn corrected(&self, id: ActId, action: &Action) -> StandingAction {
        let mut stands = StandingAction { id, action: action.clone(), corrected_by: Vec::new() };
        for (correction_id, correction) in self.corrections_in_effect(id) {
            stands.corrected_by.push(correction_id);
            for change in &correction.changes {
                stands.action = stands.action.with(change.new_value());
            }
        }
        stands
    }
}
