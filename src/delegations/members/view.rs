//! Members as they are shown: each to those who may see it (R38, R41), the passport masked (R50).

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::likeness::WarningView;
use super::model::{Identity, Member, Person};
use super::passports::OtherPassport;
use super::person::{Function, Nationality, PassportNumber, Rank};
use super::status::{Lost, StatusName};
use crate::db::Answer;
use crate::delegations::queues::Work;
use crate::delegations::sight::Sight;
use crate::ids::MemberId;
use crate::input::Date;
use crate::text::{Email, Label, Language, ParticipantCode, PersonName, Reason};

/// A member. What the reader may not see is left out; what is empty is null.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Member)]
pub struct MemberView {
    id: MemberId,
    participant: ParticipantCode,
    family_name: PersonName,
    given_names: Option<PersonName>,
    badge_name: PersonName,
    native_name: Option<PersonName>,
    nationality: Option<Nationality>,
    status: StatusName,
    /// Since when it is in this status.
    status_changed_at: DateTime<Utc>,
    /// Why it was rejected, put on hold, suspended, revoked or withdrawn.
    reason: Option<Reason>,
    #[serde(flatten)]
    #[schema(value_type = ProtocolView)]
    protocol: Option<ProtocolView>,
    #[serde(flatten)]
    #[schema(value_type = ContactView)]
    contact: Option<ContactView>,
    #[serde(flatten)]
    #[schema(value_type = IdentityView)]
    identity: Option<IdentityView>,
    /// What officers should look at before they decide; they alone are told, where an entry is read or listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    warnings: Option<Vec<WarningView>>,
    #[serde(flatten)]
    #[schema(value_type = Work)]
    work: Option<Work>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    /// What ended with the step that this answers.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    revoked: Vec<Lost>,
}

/// What a member is in politics; security does not see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MemberProtocol)]
struct ProtocolView {
    form_of_address: Option<Label>,
    #[schema(required = false)]
    function: Function,
    #[schema(required = false)]
    rank: Rank,
    functional_title: Option<Label>,
    affiliation: Option<Label>,
    language: Option<Language>,
}

/// Where a member is reached; the mission and the secretariat see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MemberContact)]
struct ContactView {
    email: Option<Email>,
}

/// What identifies a member; the mission, the secretariat and security see it, and not in lists.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MemberIdentity)]
struct IdentityView {
    date_of_birth: Option<Date>,
    passport: Option<MaskedPassport>,
    #[schema(required = false)]
    other_passports: Vec<MaskedOther>,
}

/// A further passport, its number masked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MaskedOtherPassport)]
struct MaskedOther {
    nationality: Nationality,
    /// `•••123`: its last three characters.
    number: String,
    expires_on: Date,
}

/// A passport, its number masked.
#[derive(Debug, Serialize, ToSchema)]
pub struct MaskedPassport {
    /// `•••123`: its last three characters.
    number: Option<String>,
    expires_on: Option<Date>,
}

/// A person's passports in clear.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Passport)]
pub struct PassportView {
    number: Option<String>,
    expires_on: Option<Date>,
    other_passports: Vec<OtherView>,
}

/// A further passport in clear.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OtherPassport)]
struct OtherView {
    nationality: Nationality,
    number: String,
    expires_on: Date,
}

/// A member, and what of it the caller sees.
#[derive(Debug)]
pub struct Shown {
    /// The member.
    pub member: Member,
    /// What was opened of it, for those who see it.
    pub identity: Option<Identity>,
    /// What is seen of it.
    pub sight: Sight,
    /// What ended just now.
    pub lost: Option<Lost>,
    /// What officers are warned of, for those who are.
    pub warnings: Option<Vec<WarningView>>,
}

impl From<&Person> for ProtocolView {
    fn from(person: &Person) -> Self {
        Self {
            form_of_address: person.form_of_address.clone(),
            function: person.function,
            rank: person.rank,
            functional_title: person.functional_title.clone(),
            affiliation: person.affiliation.clone(),
            language: person.language.clone(),
        }
    }
}

impl From<&Identity> for IdentityView {
    fn from(identity: &Identity) -> Self {
        let masked = |OtherPassport { nationality, number, expires_on }: &OtherPassport| {
            let (nationality, number) = (nationality.clone(), number.masked());
            MaskedOther { nationality, number, expires_on: *expires_on }
        };
        Self {
            date_of_birth: identity.date_of_birth,
            passport: MaskedPassport::of(identity),
            other_passports: identity.other_passports.iter().map(masked).collect(),
        }
    }
}

impl MaskedPassport {
    fn of(identity: &Identity) -> Option<Self> {
        let number = identity.passport_number.as_ref().map(PassportNumber::masked);
        let expires_on = identity.passport_expires_on;
        (number.is_some() || expires_on.is_some()).then_some(Self { number, expires_on })
    }
}

impl From<&Identity> for PassportView {
    fn from(identity: &Identity) -> Self {
        let clear = |OtherPassport { nationality, number, expires_on }: &OtherPassport| {
            let (nationality, number) = (nationality.clone(), number.expose().to_owned());
            OtherView { nationality, number, expires_on: *expires_on }
        };
        Self {
            number: identity.passport_number.as_ref().map(|number| number.expose().to_owned()),
            expires_on: identity.passport_expires_on,
            other_passports: identity.other_passports.iter().map(clear).collect(),
        }
    }
}

impl From<&Shown> for MemberView {
    fn from(Shown { member, identity, sight, lost, warnings }: &Shown) -> Self {
        let person = &member.person;
        let identity = identity.as_ref().filter(|_| sight.identity);
        Self {
            id: member.id,
            participant: member.participant.clone(),
            family_name: person.family_name.clone(),
            given_names: person.given_names.clone(),
            badge_name: person.badge_name.clone(),
            native_name: person.native_name.clone(),
            nationality: person.nationality.clone(),
            status: member.status.name(),
            status_changed_at: member.since,
            reason: member.status.reason().cloned(),
            protocol: sight.protocol.then(|| ProtocolView::from(person)),
            contact: sight.contact.then(|| ContactView { email: person.email.clone() }),
            identity: identity.map(IdentityView::from),
            warnings: warnings.clone(),
            work: Work::seen(*sight, member.assigned_to),
            created_at: member.created_at,
            updated_at: member.updated_at,
            revoked: lost.iter().copied().collect(),
        }
    }
}

impl Answer for Shown {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&MemberView::from(self))
    }
    fn etag(&self) -> Option<String> {
        Some(self.member.version.etag())
    }
    fn location(&self) -> Option<String> {
        let Member { id, participant, .. } = &self.member;
        Some(format!("/api/v1/delegations/{participant}/members/{id}"))
    }
}

impl Answer for PassportView {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }
}
