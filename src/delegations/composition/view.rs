//! A composition as it is shown.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::store::Composition;
use crate::db::Answer;
use crate::delegations::StageName;
use crate::delegations::members::view::{self, MemberView};
use crate::delegations::sight::Sight;
use crate::text::{ParticipantCode, Reason};

/// A delegation as it was at a moment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Composition)]
pub struct CompositionView {
    participant: ParticipantCode,
    /// The moment.
    as_of: DateTime<Utc>,
    stage: StageName,
    /// Since when it was in this stage.
    stage_changed_at: DateTime<Utc>,
    /// Why it was returned, rejected or withdrawn.
    reason: Option<Reason>,
    /// By function, rank and name, to security by name alone; without their addresses and passports.
    members: Vec<MemberView>,
}

/// A composition, and what of it the caller sees.
pub struct Shown {
    /// The composition.
    pub composition: Composition,
    /// What is seen of its members.
    pub sight: Sight,
}

impl Answer for Shown {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        let Composition { participant, as_of, stage, stage_changed_at, reason, members } =
            &self.composition;
        // What is not kept of the past is not shown of it: an empty address would say that there was none, and an entry
        // on which nobody works that nobody did.
        let sight = Sight { contact: false, queues: false, ..self.sight };
        let member = |member: &_| {
            let member = Clone::clone(member);
            MemberView::from(&view::Shown {
                member,
                identity: None,
                sight,
                lost: None,
                warnings: None,
            })
        };
        let mut members: Vec<_> = members.iter().collect();
        if !sight.protocol {
            // Their order would tell of function and rank what is not shown.
            members.sort_by_cached_key(|member| (member.person.sort_name(), member.id));
        }
        serde_json::to_vec(&CompositionView {
            participant: participant.clone(),
            as_of: *as_of,
            stage: *stage,
            stage_changed_at: *stage_changed_at,
            reason: reason.clone(),
            members: members.into_iter().map(member).collect(),
        })
    }
}
