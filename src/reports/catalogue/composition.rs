//! The composition of a delegation at a moment, to be printed (R39). It has no name among the others: it is the
//! delegation's, and has its address there.

use chrono::{DateTime, Utc};
use deserr::Deserr;
use serde::Serialize;

use crate::delegations::{self, Composition, StatusName};
use crate::input::{Faults, Moment};
use crate::page::AnyOf;
use crate::reports::columns as c;
use crate::reports::export::{Broken, Sink};
use crate::reports::model::{Head, Tongue};
use crate::reports::report::{Filter, Source};
use crate::text::{Label, ParticipantCode, PersonName};

pub const COMPOSITION: Head = Head {
    tongue: Tongue::En,
    name: "composition",
    titles: [
        "Composition of the delegation",
        "Composition de la délégation",
        "Composición de la delegación",
        "Thành phần đoàn",
    ],
    columns: &[
        c::CODE,
        c::moment("as_of", ["As of", "Situation au", "Situación al", "Tại thời điểm"]),
        c::FUNCTION,
        c::FORM_OF_ADDRESS,
        c::FAMILY_NAME,
        c::GIVEN_NAMES,
        c::FUNCTIONAL_TITLE,
        c::AFFILIATION,
        c::RANK,
        c::STATUS,
    ],
};

/// Which moment, and who of those who made up the delegation.
#[derive(Debug, Serialize, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Printed {
    /// A moment that has passed (RFC 3339); now, where nothing is said.
    #[deserr(default)]
    #[param(value_type = Option<DateTime<Utc>>)]
    as_of: Option<Moment>,
    /// In one of these statuses; where nothing is said, in any but `rejected`, `revoked` and `withdrawn`.
    #[deserr(default = AnyOf(delegations::statuses(None)))]
    #[param(value_type = Option<String>)]
    status: AnyOf<StatusName>,
}

impl Filter for Printed {
    fn at(self, now: DateTime<Utc>) -> Result<Self, Faults> {
        delegations::moment(self.as_of, now).map(|_| self)
    }
}

/// Whose delegation, and when.
#[derive(Serialize)]
pub struct Moments {
    participant: ParticipantCode,
    as_of: DateTime<Utc>,
    status: AnyOf<StatusName>,
}

impl Moments {
    /// Of what was asked for of a delegation.
    pub fn of(participant: ParticipantCode, printed: Printed, now: DateTime<Utc>) -> Self {
        let as_of = printed.as_of.map_or(now, |at| at.0.to_utc());
        Self { participant, as_of, status: printed.status }
    }

    /// Whether there was such a delegation.
    pub async fn is_there(&self, from: &mut Source) -> Result<bool, sqlx::Error> {
        let found = delegations::composed(&mut from.tx, &self.participant, self.as_of, &[]).await?;
        Ok(found.is_some())
    }
}

/// A row per member.
pub async fn fill(asked: Moments, from: &mut Source, to: &mut Sink) -> Result<(), Broken> {
    let Moments { participant, as_of, status: AnyOf(statuses) } = asked;
    let found = delegations::composed(&mut from.tx, &participant, as_of, &statuses).await?;
    for member in found.iter().flat_map(|Composition { members, .. }| members) {
        let person = &member.person;
        to.row(&[
            participant.as_str().into(),
            as_of.into(),
            person.function.as_str().into(),
            person.form_of_address.as_ref().map(Label::as_str).into(),
            person.family_name.as_str().into(),
            person.given_names.as_ref().map(PersonName::as_str).into(),
            person.functional_title.as_ref().map(Label::as_str).into(),
            person.affiliation.as_ref().map(Label::as_str).into(),
            person.rank.as_str().into(),
            member.status.name().as_str().into(),
        ])
        .await?;
    }
    Ok(())
}
