//! Sample acts for the tests of this slice.

use std::sync::LazyLock;

use chrono::{DateTime, FixedOffset, NaiveDate, TimeDelta, Utc};

use super::{
    Act, Action, ActionKind, Declaration, DeclarationKind, DeclarationText, Draft, Entry, Parties,
    Party, Record, Refusal, Signatory, decide,
};
use crate::ceremony::{Ceremony, EntryIntoForce, PlaceCode, SigningWindow};
use crate::full_powers::Basis;
use crate::ids::{AccountId, ActId, FullPowersId};
use crate::participants::ParticipantKind;
use crate::text::{Label, Language, ParticipantCode, PersonName};

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub fn at(text: &str) -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339(text).unwrap()
}

pub fn code(text: &str) -> ParticipantCode {
    ParticipantCode::parse(text).unwrap()
}

/// The ceremony built in, read once for all tests.
pub static CEREMONY: LazyLock<Ceremony> = LazyLock::new(|| Ceremony::load(None).unwrap());

pub fn clauses() -> EntryIntoForce {
    CEREMONY.treaty.entry_into_force
}

pub fn windows() -> Vec<SigningWindow> {
    CEREMONY.windows.clone()
}

pub fn declaration(kind: DeclarationKind) -> Declaration {
    Declaration {
        kind,
        language: Language::parse("en").unwrap(),
        text: DeclarationText::parse("It is understood that this is a sample.").unwrap(),
        translation: None,
    }
}

/// France, Belgium, the Holy See and the European Union, of which the first two are members; and a company.
pub fn parties() -> Parties {
    let state = |kind| Party { kind, members: [].into() };
    let union = Party {
        kind: ParticipantKind::RegionalOrganization,
        members: [code("FRA"), code("BEL")].into(),
    };
    [
        (code("FRA"), state(ParticipantKind::MemberState)),
        (code("BEL"), state(ParticipantKind::MemberState)),
        (code("VAT"), state(ParticipantKind::ObserverState)),
        (code("EUE"), union),
        (code("ACM"), state(ParticipantKind::Company)),
    ]
    .into()
}

/// Of a kind, by a participant, in New York; a signature names its signatory.
pub fn draft(kind: ActionKind, participant: &str, done_at: &str) -> Draft {
    let is_signature = kind == ActionKind::Signature;
    Draft {
        kind,
        participant: code(participant),
        place: PlaceCode::parse("new_york").unwrap(),
        done_at: at(done_at),
        signatory: is_signature.then(|| Signatory {
            name: PersonName::parse("Claire Sample").unwrap(),
            office: Label::parse("Permanent Representative").unwrap(),
            capacity: Basis::FullPowers,
            acting: false,
        }),
        full_powers: is_signature.then(FullPowersId::fresh),
        ad_referendum: false,
        declarations: vec![],
    }
}

/// A signature in Ha Noi.
pub fn signature(participant: &str, done_at: &str) -> Action {
    let draft = draft(ActionKind::Signature, participant, done_at);
    let windows = windows();
    let hanoi = windows.iter().find(|window| window.place.as_str() == "hanoi").unwrap();
    Action {
        kind: draft.kind,
        participant: draft.participant,
        place: hanoi.place.clone(),
        done_at: draft.done_at,
        legal_date: hanoi.local_day(draft.done_at.to_utc()),
        signatory: draft.signatory,
        full_powers: draft.full_powers,
        ad_referendum: false,
        declarations: vec![],
        overrides: vec![],
    }
}

/// A record that grows as an officer's desk would let it, one entry a minute.
pub struct Book {
    pub acts: Vec<Act>,
    pub officer: AccountId,
    pub second: AccountId,
    pub now: DateTime<Utc>,
    pub parties: Parties,
    pub windows: Vec<SigningWindow>,
}

impl Book {
    /// Empty, at some later time.
    pub fn at(now: &str) -> Self {
        Self {
            acts: vec![],
            officer: AccountId::fresh(),
            second: AccountId::fresh(),
            now: utc(now),
            parties: parties(),
            windows: windows(),
        }
    }

    pub fn record(&self) -> Record<'_> {
        Record::of(&self.acts)
    }

    /// Records what `decide` accepts.
    pub fn decide(&mut self, draft: Draft) -> Result<ActId, Refusal> {
        let standing = self.record().standing();
        let action = decide(draft, &standing, &self.parties, &self.windows, self.now)?;
        Ok(self.append(self.officer, Entry::Action(action)))
    }

    /// Records an action in New York.
    pub fn act(&mut self, kind: ActionKind, who: &str, done_at: &str) -> Result<ActId, Refusal> {
        self.decide(draft(kind, who, done_at))
    }

    pub fn append(&mut self, recorded_by: AccountId, entry: Entry) -> ActId {
        self.now += TimeDelta::minutes(1);
        let id = ActId::fresh();
        self.acts.push(Act { id, recorded_by, recorded_at: self.now, entry });
        id
    }
}
