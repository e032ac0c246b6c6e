//! Until when what can be said, and by what applications are judged: the ceremony's, from `programme.toml`.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{Application, SideEventState};
use crate::input::{Faults, Moment};
use crate::programme::rooms::FrameKey;
use crate::programme::side_events::allocation::AllocationRules;
use crate::text::choices;

/// How side events are applied for and judged in this ceremony (R45).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SideEventRules {
    /// Until when missions apply, change what they apply for, and withdraw.
    pub applications_close_at: Moment,
    /// Until when missions say the rest.
    pub milestones: Milestones,
    /// By what reviewers judge: 1 to 5 for each.
    pub criteria: Vec<FrameKey>,
    /// How many reviews there must be before an application is accepted.
    pub reviews_needed: u16,
    /// How places are proposed.
    pub allocation: AllocationRules,
}

/// Until when missions say what of a side event that they have applied for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Milestones {
    /// Title and abstract.
    pub title: Moment,
    /// Who speaks.
    pub speakers: Moment,
    /// What is to be shown or handed out.
    pub material: Moment,
}

choices! {
    /// What of a side event is said later than the rest.
    Milestone {
        /// Title and abstract.
        Title = "title",
        /// Who speaks.
        Speakers = "speakers",
        /// What is to be shown or handed out.
        Material = "material",
    }
}

impl Milestone {
    /// Whether it has been said.
    #[must_use]
    pub fn is_met(self, application: &Application) -> bool {
        match self {
            Self::Title => application.about.is_some(),
            Self::Speakers => !application.speakers.is_empty(),
            Self::Material => application.material.is_some(),
        }
    }
}

impl SideEventRules {
    /// Until when a milestone can be met.
    #[must_use]
    pub fn due_at(&self, milestone: Milestone) -> DateTime<Utc> {
        let Milestones { title, speakers, material } = self.milestones;
        let due = match milestone {
            Milestone::Title => title,
            Milestone::Speakers => speakers,
            Milestone::Material => material,
        };
        due.kept().to_utc()
    }

    /// Whether missions can still apply.
    #[must_use]
    pub fn are_open(&self, now: DateTime<Utc>) -> bool {
        now <= self.applications_close_at.kept().to_utc()
    }

    /// What of a change comes too late for a mission. A draft is nobody else's yet, and is closed as a whole.
    #[must_use]
    pub fn too_late(
        &self,
        state: SideEventState,
        (before, after): (&Application, &Application),
        now: DateTime<Utc>,
    ) -> Faults {
        let mut late = Faults::default();
        let closed = self.applications_close_at.kept().to_utc();
        let due = |milestone| {
            if state == SideEventState::Draft { closed } else { self.due_at(milestone) }
        };
        let named =
            |asked: &Application| asked.co_sponsors.iter().cloned().collect::<BTreeSet<_>>();
        let mut judge = |pointer: &str, is_changed: bool, due: DateTime<Utc>| {
            if is_changed && now > due {
                let detail = format!("could be changed until {}", due.format("%Y-%m-%d %H:%M UTC"));
                late.add(pointer, "deadline_passed", detail);
            }
        };
        judge("/title", before.title != after.title, due(Milestone::Title));
        judge("/abstract", before.about != after.about, due(Milestone::Title));
        judge("/speakers", before.speakers != after.speakers, due(Milestone::Speakers));
        judge("/material", before.material != after.material, due(Milestone::Material));
        judge("/preferred_slots", before.preferred_slots != after.preferred_slots, closed);
        judge("/co_sponsors", named(before) != named(after), closed);
        judge("/audience", before.needs.audience != after.needs.audience, closed);
        judge("/layout", before.needs.layout != after.needs.layout, closed);
        judge("/equipment", before.needs.equipment != after.needs.equipment, closed);
        judge("/languages", before.needs.languages != after.needs.languages, closed);
        late
    }

    /// What of the rules cannot be, each in a sentence.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let mut all = Vec::new();
        if self.criteria.is_empty() {
            all.push("side events are judged by one criterion at least".to_owned());
        }
        let mut seen = BTreeSet::new();
        for criterion in self.criteria.iter().filter(|criterion| !seen.insert(*criterion)) {
            all.push(format!("the criterion {criterion} stands here twice"));
        }
        for milestone in Milestone::ALL {
            if self.due_at(*milestone) < self.applications_close_at.kept().to_utc() {
                all.push(format!("the milestone {milestone} is due before applications close"));
            }
        }
        if self.allocation.per_sponsor == 0 {
            all.push("a sponsor has one side event at least".to_owned());
        }
        all
    }
}
