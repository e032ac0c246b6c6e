//! What of the needed is there. Pure.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::needs::{Checklists, DelegationStep, Enough, Item, Level, MemberStep, Traits};
use crate::delegations::members::{Function, Rank, StatusName};
use crate::documents::{DocumentKind, DocumentState, Held};
use crate::ids::{DocumentId, MemberId};
use crate::participants::ParticipantKind;
use crate::text::{ParticipantCode, PersonName, choices};

choices! {
    /// How it is with something that is needed.
    ItemState {
        /// Nobody has handed it in.
        Missing = "missing",
        /// Handed in, not yet looked at.
        Received = "received",
        /// An officer found it in order.
        Verified = "verified",
        /// An officer found it wanting; a better one has not come.
        Refused = "refused",
        /// Its last day is past.
        Expired = "expired",
        /// The person is there.
        Present = "present",
    }

    /// Who has to act for something to be there.
    #[schema(as = ChecklistOffice)]
    Office {
        /// The mission hands it in.
        Mission = "mission",
        /// The secretariat looks at it.
        Secretariat = "secretariat",
        /// The treaty officers look at it.
        TreatyOffice = "treaty_office",
    }
}

/// One line of a checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = ChecklistLine)]
pub struct Line {
    /// `head`, or the kind of a paper.
    #[schema(value_type = String)]
    pub item: Item,
    /// From which step on it is needed.
    pub step: &'static str,
    /// Whether that step is refused without it.
    pub level: Level,
    /// How far it must have come.
    pub enough: Enough,
    /// How far it has come.
    pub state: ItemState,
    /// Whether that is enough.
    pub is_met: bool,
    /// Who has to act, where it is not.
    pub waits_for: Option<Office>,
    /// The paper that counts: of several the best, of these the latest.
    pub document: Option<DocumentId>,
    /// The last day on which it holds.
    pub expires_on: Option<NaiveDate>,
    /// When an officer had the original in hands.
    pub original_seen_at: Option<DateTime<Utc>>,
}

/// A member, as a checklist knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    /// Identity.
    pub id: MemberId,
    /// Whose delegation.
    pub participant: ParticipantCode,
    /// As in the passport.
    pub family_name: PersonName,
    /// As in the passport.
    pub given_names: Option<PersonName>,
    /// What they are in the delegation.
    pub function: Function,
    /// Their rank.
    pub rank: Rank,
    /// Where the entry stands.
    pub status: StatusName,
}

/// What a checklist is made of: those who stand, what was handed in, and the day.
#[derive(Debug)]
pub struct Facts {
    /// Whose delegation.
    pub participant: ParticipantCode,
    /// What the participant is.
    pub kind: ParticipantKind,
    /// Its members who stand, by name.
    pub members: Vec<Enrolled>,
    /// What it has handed in, the oldest first.
    pub papers: Vec<Held>,
    /// The day by which papers have expired or not.
    pub today: NaiveDate,
}

impl Facts {
    /// The checklist of the delegation as a whole.
    #[must_use]
    pub fn of_delegation(&self, checklists: &Checklists) -> Vec<(DelegationStep, Line)> {
        let lines = checklists.of_delegation(self.kind).map(|need| {
            let (state, paper) = match need.item {
                Item::Head if self.has_head() => (ItemState::Present, None),
                Item::Head => (ItemState::Missing, None),
                Item::Paper(kind) => self.best(kind, None),
            };
            let line = line(need.item, need.step.as_str(), need.level, need.enough, state, paper);
            (need.step, line)
        });
        lines.collect()
    }

    /// The checklist of one of its members.
    #[must_use]
    pub fn of_member(&self, checklists: &Checklists, member: &Enrolled) -> Vec<(MemberStep, Line)> {
        let accompanies_exempt = self.members.iter().any(|other| other.rank.is_exempt());
        let traits = Traits {
            participant: self.kind,
            function: member.function,
            rank: member.rank,
            is_exempt: member.function.is_exempt(member.rank, accompanies_exempt),
        };
        let lines = checklists.of_member(traits).map(|need| {
            let (state, paper) = match need.item {
                Item::Head => (ItemState::Missing, None),
                Item::Paper(kind) => self.best(kind, Some(member.id)),
            };
            let line = line(need.item, need.step.as_str(), need.level, need.enough, state, paper);
            (need.step, line)
        });
        lines.collect()
    }

    /// Everything required for a member's step that is not there.
    #[must_use]
    pub fn keeps_from(&self, checklists: &Checklists, id: MemberId, step: MemberStep) -> Vec<Line> {
        let member = self.members.iter().find(|member| member.id == id);
        let lines = member.map(|member| self.of_member(checklists, member)).unwrap_or_default();
        gaps(lines, &step)
    }

    fn has_head(&self) -> bool {
        self.members.iter().any(|member| member.function == Function::Head)
    }

    /// Of the papers of a kind, of a member where one is given, the one that is furthest, and of these the latest.
    fn best(&self, kind: DocumentKind, member: Option<MemberId>) -> (ItemState, Option<&Held>) {
        let theirs = self
            .papers
            .iter()
            .filter(|paper| paper.kind == kind && (member.is_none() || paper.member == member));
        let judged = theirs.map(|paper| (self.state(paper), paper));
        // Of equals, `max_by_key` takes the last, and papers come in the order of their making.
        let best = judged.max_by_key(|(state, _)| worth(*state));
        best.map_or((ItemState::Missing, None), |(state, paper)| (state, Some(paper)))
    }

    fn state(&self, paper: &Held) -> ItemState {
        match paper.state {
            DocumentState::Refused => ItemState::Refused,
            _ if paper.expires_on.is_some_and(|last| last < self.today) => ItemState::Expired,
            DocumentState::Received => ItemState::Received,
            DocumentState::Verified => ItemState::Verified,
        }
    }
}

/// What a step is refused for: everything required, from this step or an earlier one, that is not there.
pub fn gaps<S: PartialOrd>(lines: Vec<(S, Line)>, step: &S) -> Vec<Line> {
    let open = lines.into_iter().filter(|(needed_from, line)| {
        line.level == Level::Required && needed_from <= step && !line.is_met
    });
    open.map(|(_, line)| line).collect()
}

fn line(
    item: Item,
    step: &'static str,
    level: Level,
    enough: Enough,
    state: ItemState,
    paper: Option<&Held>,
) -> Line {
    let is_met = match state {
        ItemState::Present | ItemState::Verified => true,
        ItemState::Received => enough == Enough::Received,
        ItemState::Missing | ItemState::Refused | ItemState::Expired => false,
    };
    Line {
        item,
        step,
        level,
        enough,
        state,
        is_met,
        waits_for: (!is_met).then(|| waits_for(item, state)),
        document: paper.map(|paper| paper.id),
        expires_on: paper.and_then(|paper| paper.expires_on),
        original_seen_at: paper.and_then(|paper| paper.original_seen_at),
    }
}

/// Who has to act: whoever looks at what was handed in, or else who hands it in.
fn waits_for(item: Item, state: ItemState) -> Office {
    match (state, item) {
        (
            ItemState::Received,
            Item::Paper(DocumentKind::FullPowers | DocumentKind::Credentials),
        ) => Office::TreatyOffice,
        (ItemState::Received, _) => Office::Secretariat,
        _ => Office::Mission,
    }
}

fn worth(state: ItemState) -> u8 {
    match state {
        ItemState::Missing => 0,
        ItemState::Refused => 1,
        ItemState::Expired => 2,
        ItemState::Received => 3,
        ItemState::Verified | ItemState::Present => 4,
    }
}
