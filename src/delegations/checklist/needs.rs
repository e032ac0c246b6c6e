//! What is needed, as `config/ceremony/checklists.toml` says it. Pure.

use serde::{Deserialize, Serialize, Serializer};
use toml::Spanned;

use crate::delegations::members::{Function, Rank};
use crate::documents::DocumentKind;
use crate::participants::ParticipantKind;
use crate::table::{FileFault, line_at};
use crate::text::{Fault, choices};

const FILE: &str = "checklists.toml";

choices! {
    /// A step of a delegation that can need something, in the order of its way.
    DelegationStep {
        /// The mission hands it to the secretariat.
        Submit = "submit",
        /// The secretariat accepts it.
        Accept = "accept",
    }

    /// A step of a member that can need something, in the order of its way.
    MemberStep {
        /// The mission hands the entry to the secretariat.
        Submit = "submit",
        /// The secretariat hands it on to security.
        PreApprove = "pre_approve",
        /// Security clears the person.
        Approve = "approve",
    }

    /// How much is lost without it.
    #[schema(as = ChecklistLevel)]
    Level {
        /// The step is refused.
        Required = "required",
        /// The step is taken all the same.
        Recommended = "recommended",
    }

    /// How far a paper must have come.
    Enough {
        /// Uploaded, and neither refused nor expired.
        Received = "received",
        /// Found in order by an officer, and not expired.
        Verified = "verified",
    }
}

/// Something that is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Item {
    /// Somebody who leads the delegation (R33).
    Head,
    /// A paper of this kind.
    Paper(DocumentKind),
}

/// What a delegation needs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DelegationNeed {
    pub item: Item,
    /// From this step on.
    pub step: DelegationStep,
    pub level: Level,
    #[serde(default = "received")]
    pub enough: Enough,
    /// `None`: of all kinds.
    participants: Option<Vec<ParticipantKind>>,
}

/// What a member needs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberNeed {
    pub item: Item,
    /// From this step on.
    pub step: MemberStep,
    pub level: Level,
    #[serde(default = "received")]
    pub enough: Enough,
    /// `None`: of all kinds.
    participants: Option<Vec<ParticipantKind>>,
    /// `None`: with any function.
    functions: Option<Vec<Function>>,
    /// `None`: of any rank.
    ranks: Option<Vec<Rank>>,
    /// Whether it is asked of the highest ranks and their spouses, too (R36).
    #[serde(default)]
    also_exempt: bool,
}

/// All that is needed of whomever, in the order of the file.
#[derive(Debug, Clone, Default)]
pub struct Checklists {
    delegation: Vec<DelegationNeed>,
    member: Vec<MemberNeed>,
}

/// What decides what a member needs.
#[derive(Debug, Clone, Copy)]
pub struct Traits {
    pub participant: ParticipantKind,
    pub function: Function,
    pub rank: Rank,
    /// R36: of the highest ranks, or the spouse of such a person.
    pub is_exempt: bool,
}

impl Item {
    /// Reads `head` or the kind of a paper.
    pub fn parse(input: &str) -> Result<Self, Fault> {
        if input == "head" {
            return Ok(Self::Head);
        }
        DocumentKind::parse(input).map(Self::Paper).map_err(|Fault { code, detail }| {
            Fault::new(code, detail.replace("expected:", "expected: head"))
        })
    }

    /// Its name in the file and on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Paper(kind) => kind.as_str(),
        }
    }

    /// Whether a delegation as a whole can have it.
    fn is_of_a_delegation(self) -> bool {
        match self {
            Self::Head => true,
            Self::Paper(kind) => !kind.is_of_a_person(),
        }
    }

    /// Whether a member can have it.
    fn is_of_a_member(self) -> bool {
        matches!(self, Self::Paper(kind) if !kind.is_of_the_mission())
    }
}
crate::input::from_string!(Item);

impl Serialize for Item {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    #[serde(default)]
    delegation: Vec<Spanned<DelegationNeed>>,
    #[serde(default)]
    member: Vec<Spanned<MemberNeed>>,
}

impl Checklists {
    /// Reads the file; whatever is wrong with it is added to `faults`, each with its line.
    #[must_use]
    pub fn read(text: &str, faults: &mut Vec<FileFault>) -> Self {
        let Page { delegation, member } = match toml::from_str(text) {
            Ok(page) => page,
            Err(error) => {
                faults.push(FileFault::of_toml(FILE, text, &error));
                return Self::default();
            }
        };
        let mut all = Self::default();
        for need in delegation {
            let line = line_at(text, need.span().start);
            let need = need.into_inner();
            if let Some(detail) = need.fault(&all.delegation) {
                faults.push(FileFault::at(FILE, line, detail));
            }
            all.delegation.push(need);
        }
        for need in member {
            let line = line_at(text, need.span().start);
            let need = need.into_inner();
            if let Some(detail) = need.fault(&all.member) {
                faults.push(FileFault::at(FILE, line, detail));
            }
            all.member.push(need);
        }
        all
    }

    /// What a delegation of this kind needs.
    pub fn of_delegation(&self, kind: ParticipantKind) -> impl Iterator<Item = &DelegationNeed> {
        self.delegation.iter().filter(move |need| admits(need.participants.as_ref(), &kind))
    }

    /// What such a member needs.
    pub fn of_member(&self, member: Traits) -> impl Iterator<Item = &MemberNeed> {
        self.member.iter().filter(move |need| need.is_for(member))
    }

    /// Whether any member at all is refused this step for want of something.
    #[must_use]
    pub fn hold_up(&self, step: MemberStep) -> bool {
        self.member.iter().any(|need| need.level == Level::Required && need.step <= step)
    }
}

impl DelegationNeed {
    /// What is wrong with an entry behind these.
    fn fault(&self, before: &[Self]) -> Option<String> {
        let Self { item, step, .. } = self;
        if !item.is_of_a_delegation() {
            return Some(format!("{} is a member's, not a delegation's", item.as_str()));
        }
        if *item == Item::Head && self.enough != Enough::Received {
            return Some("a head is there or not: nobody verifies it".to_owned());
        }
        if self.participants.as_ref().is_some_and(Vec::is_empty) {
            return Some("an entry for nobody".to_owned());
        }
        let is_again = before.iter().any(|other| {
            (other.item, other.step) == (*item, *step)
                && overlap(other.participants.as_ref(), self.participants.as_ref())
        });
        is_again.then(|| format!("{} at {step} stands here twice for the same", item.as_str()))
    }
}

impl MemberNeed {
    fn is_for(&self, member: Traits) -> bool {
        admits(self.participants.as_ref(), &member.participant)
            && admits(self.functions.as_ref(), &member.function)
            && admits(self.ranks.as_ref(), &member.rank)
            && (self.also_exempt || !member.is_exempt)
    }

    /// What is wrong with an entry behind these.
    fn fault(&self, before: &[Self]) -> Option<String> {
        let Self { item, step, .. } = self;
        if !item.is_of_a_member() {
            return Some(format!("{} is a delegation's, not a member's", item.as_str()));
        }
        let is_for_nobody = self.participants.as_ref().is_some_and(Vec::is_empty)
            || self.functions.as_ref().is_some_and(Vec::is_empty)
            || self.ranks.as_ref().is_some_and(Vec::is_empty);
        if is_for_nobody {
            return Some("an entry for nobody".to_owned());
        }
        let is_again = before.iter().any(|other| {
            (other.item, other.step) == (*item, *step)
                && overlap(other.participants.as_ref(), self.participants.as_ref())
                && overlap(other.functions.as_ref(), self.functions.as_ref())
                && overlap(other.ranks.as_ref(), self.ranks.as_ref())
        });
        is_again.then(|| format!("{} at {step} stands here twice for the same", item.as_str()))
    }
}

fn received() -> Enough {
    Enough::Received
}

fn admits<T: PartialEq>(wanted: Option<&Vec<T>>, value: &T) -> bool {
    wanted.is_none_or(|wanted| wanted.contains(value))
}

fn overlap<T: PartialEq>(one: Option<&Vec<T>>, other: Option<&Vec<T>>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.iter().any(|value| other.contains(value)),
        _ => true,
    }
}
