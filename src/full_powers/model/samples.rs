//! Sample papers for the tests of this slice.

use chrono::{DateTime, NaiveDate, Utc};

use super::{Application, Basis, Examined, Issuer, Mark, Office, Paper, Power, Signer};
use crate::ceremony::{Ceremony, SigningWindow};
use crate::delegations::Rank;
use crate::ids::{AccountId, DocumentId, MemberId};
use crate::text::{Label, ParticipantCode, PersonName};

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub fn moment(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

pub fn treaty() -> Label {
    Label::parse("XVIII-16").unwrap()
}

pub fn mark() -> Mark {
    Mark { by: AccountId::fresh(), at: moment("2025-10-20T08:00:00Z") }
}

pub fn windows() -> Vec<SigningWindow> {
    Ceremony::load(None).unwrap().windows
}

/// The signer is of this rank, and nothing is wrong.
pub fn examined(rank: Rank) -> Examined {
    Examined { rank: Some(rank), has_copy: true, today: day("2025-10-20") }
}

/// Full powers of an ambassador, without a gap.
pub fn application() -> Application {
    Application {
        participant: ParticipantCode::parse("FRA").unwrap(),
        signer: Signer {
            member: MemberId::fresh(),
            name: PersonName::parse("Claire Sample").unwrap(),
            office: Label::parse("Permanent Representative").unwrap(),
        },
        basis: Basis::FullPowers,
        acting: false,
        paper: Paper {
            treaty: Some(treaty()),
            names_person: true,
            acts: vec![Power::Sign],
            issued_on: Some(day("2025-10-01")),
            issued_by: Some(Issuer {
                name: PersonName::parse("Paul Example").unwrap(),
                office: Office::ForeignMinister,
                participant: None,
            }),
            expires_on: None,
            document: Some(DocumentId::fresh()),
        },
    }
}
