//! The register over HTTP.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use deserr::Deserr;
use serde::Serialize;
use utoipa::ToSchema;

use super::commands::{self, Error};
use super::model::{self, Change, Entry, Iso2, M49, Participant, ParticipantKind, RegionalGroup};
use super::store::{self, Filter};
use crate::access::{Action, Denied};
use crate::collation::SortKey;
use crate::db::Answer;
use crate::http::{self, Call, Json, Merge, NoBody};
use crate::input::{Faults, Moment, Patch};
use crate::page::{AnyOf, Cursor, Include, Limit, Page, Search, Truth};
use crate::problem::{Code, Problem};
use crate::text::{Fault, Label, ParticipantCode, Reason, Translated};

/// A participant as everyone known sees it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ParticipantEntry)]
pub struct ParticipantView<'a> {
    #[serde(flatten)]
    #[schema(value_type = Participant)]
    participant: &'a Participant,
    /// Whether the Convention is open to it (R2).
    may_sign: bool,
    /// Its member States; regional organizations only.
    members: &'a [ParticipantCode],
    /// The organizations that it is a member of.
    member_of: &'a [ParticipantCode],
    updated_at: DateTime<Utc>,
}

impl<'a> From<&'a Entry> for ParticipantView<'a> {
    fn from(entry: &'a Entry) -> Self {
        Self {
            participant: &entry.participant,
            may_sign: entry.participant.kind.may_sign(),
            members: &entry.members,
            member_of: &entry.member_of,
            updated_at: entry.updated_at,
        }
    }
}

impl Answer for Entry {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&ParticipantView::from(self))
    }
    fn etag(&self) -> Option<String> {
        Some(self.version.etag())
    }
    fn location(&self) -> Option<String> {
        Some(format!("/api/v1/participants/{}", self.participant.code))
    }
}

/// Which participants to list.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ParticipantFilter {
    /// Of any of these kinds, divided by commas.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    kind: Option<AnyOf<ParticipantKind>>,
    /// Of any of these groups, divided by commas.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    regional_group: Option<AnyOf<RegionalGroup>>,
    /// Whether the Convention is open to them (R2).
    #[deserr(default)]
    #[param(value_type = Option<bool>)]
    may_sign: Option<Truth>,
    /// Members of this organization.
    #[deserr(default)]
    member_of: Option<ParticipantCode>,
    /// Known under a name that has these words, in any language, with or without accents.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    q: Option<Search>,
    /// Changed after this moment.
    #[deserr(default)]
    #[param(value_type = Option<DateTime<Utc>>)]
    updated_after: Option<Moment>,
    /// `count`: how many there are in all.
    #[deserr(default)]
    #[param(inline)]
    include: Option<Include>,
    /// How many: 1 to 200.
    #[deserr(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// The `next` of the page before.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

impl ParticipantFilter {
    fn filter(self) -> Filter {
        let kinds = self.kind.map(|AnyOf(kinds)| kinds);
        // Who may sign is a matter of kind, and the rule stands in the model alone.
        let kinds = match self.may_sign {
            None => kinds,
            Some(wanted) => {
                let kinds = kinds.unwrap_or_else(|| ParticipantKind::ALL.to_vec());
                Some(kinds.into_iter().filter(|kind| wanted.admits(kind.may_sign())).collect())
            }
        };
        Filter {
            code: None,
            kinds,
            regional_groups: self.regional_group.map(|AnyOf(groups)| groups),
            member_of: self.member_of,
            pattern: self.q.map(|search| search.pattern),
            updated_after: self.updated_after.map(|Moment(moment)| moment.to_utc()),
        }
    }
}

/// Lists participants in the Depositary's order.
#[utoipa::path(get, path = "/api/v1/participants", tag = "participants", params(ParticipantFilter),
    responses((status = 200, body = Page<ParticipantView>)))]
pub async fn list(call: Call<NoBody, ParticipantFilter>) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ReadRegister)?;
    let (limit, include) = (call.query.limit, call.query.include);
    // The cursor is a name: its key is made anew, and nothing that a client may send can fail to be one.
    let after = call.query.cursor.as_ref().and_then(|cursor| cursor.key(0)).map(SortKey::of);
    let filter = call.query.filter();
    let mut tx = call.app.db.read(&scope).await?;
    let rows = store::list(&mut tx, &filter, after.as_ref(), Some(limit.fetch())).await?;
    let count = match include {
        Some(Include::Count) => Some(store::count(&mut tx, &filter).await?),
        None => None,
    };
    let page =
        Page::cut(rows, limit, |entry| Cursor(vec![entry.participant.depositary_name.to_string()]));
    let items = page.items.iter().map(ParticipantView::from).collect();
    Ok(http::page(&Page { items, next: page.next, count }))
}

/// Reads a participant.
#[utoipa::path(get, path = "/api/v1/participants/{code}", tag = "participants", params(("code" = ParticipantCode, Path)),
    responses((status = 200, body = ParticipantView), (status = 404, body = crate::problem::Body)))]
pub async fn show(
    request: HttpRequest,
    call: Call,
    code: web::Path<ParticipantCode>,
) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ReadRegister)?;
    let mut tx = call.app.db.read(&scope).await?;
    http::item(&request, &store::find_entry(&mut tx, &code).await?.ok_or(Denied::Invisible)?)
}

/// A participant that the ceremony's own register does not have (R3).
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct NewParticipant {
    code: ParticipantCode,
    kind: ParticipantKind,
    #[deserr(default)]
    iso2: Option<Iso2>,
    #[deserr(default)]
    m49: Option<M49>,
    names: Translated<Label>,
    /// Its name in the Depositary's tables; the English name where nothing is said.
    #[deserr(default)]
    depositary_name: Option<Label>,
    /// Its formal name in English; the English name where nothing is said.
    #[deserr(default)]
    formal_name: Option<Label>,
    /// Member States only, and required for them.
    #[deserr(default)]
    regional_group: Option<RegionalGroup>,
    #[deserr(default)]
    #[schema(required = false)]
    aliases: Vec<Label>,
    /// The member States of a regional organization: it signs after the first of them (R4).
    #[deserr(default)]
    #[schema(required = false)]
    members: Vec<ParticipantCode>,
    /// Why it is added.
    reason: Reason,
}

/// Adds a participant to the register, for a reason that stays with it.
#[utoipa::path(post, path = "/api/v1/participants", tag = "participants", request_body = NewParticipant,
    responses((status = 201, body = ParticipantView), (status = 409, body = crate::problem::Body)))]
pub async fn create(call: Call<Json<NewParticipant>>) -> Result<HttpResponse, Problem> {
    let Json(new) = call.body;
    let aliases = model::aliases(new.aliases).map_err(|fault| Faults::at("/aliases", fault))?;
    let english = new.names.en.clone();
    let participant = Participant {
        code: new.code,
        iso2: new.iso2,
        m49: new.m49,
        kind: new.kind,
        names: new.names,
        depositary_name: new.depositary_name.unwrap_or_else(|| english.clone()),
        formal_name: new.formal_name.unwrap_or(english),
        regional_group: new.regional_group,
        aliases,
        added_reason: Some(new.reason),
    };
    http::written(commands::add(&call.app.db, &call.actor, participant, &new.members).await?)
}

/// Short names to change: absent stays, null is cleared.
#[derive(Debug, Default, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct NamesPatch {
    #[deserr(default)]
    #[schema(value_type = Option<Label>)]
    en: Patch<Label>,
    #[deserr(default)]
    #[schema(value_type = Option<Label>)]
    fr: Patch<Label>,
    #[deserr(default)]
    #[schema(value_type = Option<Label>)]
    es: Patch<Label>,
    #[deserr(default)]
    #[schema(value_type = Option<Label>)]
    vi: Patch<Label>,
}

/// What to change of a participant that the administrator added: absent stays, null is cleared.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct ParticipantPatch {
    #[deserr(default)]
    #[schema(required = false)]
    names: NamesPatch,
    #[deserr(default)]
    #[schema(value_type = Option<Label>)]
    depositary_name: Patch<Label>,
    #[deserr(default)]
    #[schema(value_type = Option<Label>)]
    formal_name: Patch<Label>,
    /// All of them, in place of the present ones.
    #[deserr(default)]
    #[schema(value_type = Option<Vec<Label>>)]
    aliases: Patch<Vec<Label>>,
    /// All of them, in place of the present ones; regional organizations only.
    #[deserr(default)]
    #[schema(value_type = Option<Vec<ParticipantCode>>)]
    members: Patch<Vec<ParticipantCode>>,
    /// Why it is changed.
    reason: Reason,
}

impl ParticipantPatch {
    fn change(self) -> Result<(Change, Reason), Faults> {
        let mut faults = Faults::default();
        let aliases = list_of(self.aliases).map(model::aliases).transpose();
        let aliases = aliases.unwrap_or_else(|Fault { code, detail }| {
            faults.add("/aliases", code, detail);
            None
        });
        let change = Change {
            en: self.names.en.required("/names/en", &mut faults),
            fr: self.names.fr,
            es: self.names.es,
            vi: self.names.vi,
            depositary_name: self.depositary_name.required("/depositary_name", &mut faults),
            formal_name: self.formal_name.required("/formal_name", &mut faults),
            aliases,
            members: list_of(self.members),
        };
        faults.none_or().map(|()| (change, self.reason))
    }
}

/// A list that is cleared is an empty one.
fn list_of<T>(patch: Patch<Vec<T>>) -> Option<Vec<T>> {
    match patch {
        Patch::Keep => None,
        Patch::Clear => Some(Vec::new()),
        Patch::Set(list) => Some(list),
    }
}

/// Changes a participant that the administrator added. Those that came with the ceremony's data are changed there.
#[utoipa::path(patch, path = "/api/v1/participants/{code}", tag = "participants", params(("code" = ParticipantCode, Path)),
    request_body(content = ParticipantPatch, content_type = "application/merge-patch+json"),
    responses((status = 200, body = ParticipantView), (status = 403, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn change(
    call: Call<Merge<ParticipantPatch>>,
    code: web::Path<ParticipantCode>,
) -> Result<HttpResponse, Problem> {
    let if_match = call.if_match()?.clone();
    let Merge(patch) = call.body;
    let (change, reason) = patch.change()?;
    let changed =
        commands::change(&call.app.db, &call.actor, &code, &if_match, &change, &reason).await?;
    http::written(changed)
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(denied) => denied.into(),
            Error::CodeTaken => {
                Self::of(Code::Duplicate).detail("A participant with this code exists.")
            }
            Error::NameTaken => Self::of(Code::Duplicate)
                .detail("A participant with this name for the Depositary exists; accents and case do not count."),
            Error::OfTheCeremony => Self::of(Code::Forbidden).detail(
                "This participant came with the ceremony's data: it is changed in participants.csv, aliases.csv or \
                 organization_members.csv, and the next start takes it from there.",
            ),
            Error::Inconsistent(fault) => Faults::at("/regional_group", fault).into(),
            Error::MembersUnexpected => Faults::at(
                "/members",
                Fault::new("members_unexpected", "only a regional organization has members"),
            )
            .into(),
            Error::MembersUnknown(places) => {
                let mut faults = Faults::default();
                for place in places {
                    faults.add(format!("/members/{place}"), "unknown_state", "the code of a State of the register is expected");
                }
                faults.into()
            }
            Error::Stale(stale) => stale.into(),
            Error::Shut(shut) => shut.into(),
            Error::Database(error) => error.into(),
        }
    }
}
