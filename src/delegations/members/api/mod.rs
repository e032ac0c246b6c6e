//! Members over HTTP.

mod steps;

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use deserr::Deserr;
use serde_json::Value;

pub use steps::*;

use crate::access::{Action, Actor, Denied};
use crate::db::Scope;
use crate::delegations::members::body::{self, MemberPatch, NewMember};
use crate::delegations::members::model::{Calendar, Member};
use crate::delegations::members::person::{Function, Rank};
use crate::delegations::members::status::StatusName;
use crate::delegations::members::store::{self, MemberSort, Wanted};
use crate::delegations::members::view::{MemberView, PassportView, Shown};
use crate::delegations::members::{commands, likeness};
use crate::delegations::queues::{self, Holder};
use crate::delegations::sight::Sight;
use crate::http::{self, App, Call, Json, Merge, NoBody};
use crate::ids::MemberId;
use crate::input::{Faults, Moment};
use crate::page::{AnyOf, Cursor, Include, Limit, Page, Search};
use crate::problem::Problem;
use crate::text::{Fault, ParticipantCode, Reason};

/// The days by which what is sent now is judged.
fn calendar(app: &App) -> Calendar {
    Calendar { today: app.db.clock.now().date_naive(), last_day: app.ceremony.event.last_day }
}

/// Enters a person into a delegation, as a draft.
#[utoipa::path(post, path = "/api/v1/delegations/{code}/members", tag = "members", params(("code" = ParticipantCode, Path)),
    request_body = NewMember,
    responses((status = 201, body = MemberView), (status = 409, body = crate::problem::Body), (status = 422, body = crate::problem::Body)))]
pub async fn create(
    call: Call<Json<Value>>,
    code: web::Path<ParticipantCode>,
) -> Result<HttpResponse, Problem> {
    // Whose delegation it is comes first: to others there is no body to be wrong.
    call.actor.permit(Action::PrepareDelegation(&code))?;
    let (person, identity) = body::read::<NewMember>(call.body.0, calendar(&call.app))?.split()?;
    http::written(commands::enter(&call.app.db, &call.actor, &code, &person, &identity).await?)
}

/// Reads a member.
#[utoipa::path(get, path = "/api/v1/delegations/{code}/members/{id}", tag = "members",
    params(("code" = ParticipantCode, Path), ("id" = MemberId, Path)),
    responses((status = 200, body = MemberView), (status = 404, body = crate::problem::Body)))]
pub async fn show(
    request: HttpRequest,
    call: Call,
    path: web::Path<(ParticipantCode, MemberId)>,
) -> Result<HttpResponse, Problem> {
    let (code, id) = path.into_inner();
    let scope = call.actor.see(Action::ReadDelegation(&code))?;
    let sight = Sight::of(&call.actor, &code);
    let db = &call.app.db;
    let mut tx = db.read(&scope).await?;
    let member = store::find(&mut tx, &code, id).await?.ok_or(Denied::Invisible)?;
    let identity =
        if sight.identity { Some(store::open(&mut tx, &db.vault, id).await?) } else { None };
    let warnings = if sight.warnings {
        likeness::warnings(&mut tx, &[&member]).await?.remove(&member.id)
    } else {
        None
    };
    let shown = Shown { member, identity, sight, lost: None, warnings };
    // A warning comes and goes with other entries, of which the version of this one knows nothing.
    if sight.warnings { http::item_anew(&shown) } else { http::item(&request, &shown) }
}

/// Changes a member whom nobody has passed on yet (JSON Merge Patch).
#[utoipa::path(patch, path = "/api/v1/delegations/{code}/members/{id}", tag = "members",
    params(("code" = ParticipantCode, Path), ("id" = MemberId, Path)),
    request_body(content = MemberPatch, content_type = "application/merge-patch+json"),
    responses((status = 200, body = MemberView), (status = 409, body = crate::problem::Body), (status = 422, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn change(
    call: Call<Merge<Value>>,
    path: web::Path<(ParticipantCode, MemberId)>,
) -> Result<HttpResponse, Problem> {
    let (code, id) = path.into_inner();
    call.actor.permit(Action::PrepareDelegation(&code))?;
    let if_match = call.if_match()?;
    let calendar = calendar(&call.app);
    let wanted = body::read::<MemberPatch>(call.body.0.clone(), calendar)?;
    let (db, ceremony) = (&call.app.db, &call.app.ceremony);
    let written = commands::change(db, &call.actor, &code, id, if_match, &wanted, ceremony).await?;
    http::written(written)
}

/// Removes a draft.
#[utoipa::path(delete, path = "/api/v1/delegations/{code}/members/{id}", tag = "members",
    params(("code" = ParticipantCode, Path), ("id" = MemberId, Path)),
    responses((status = 204), (status = 409, body = crate::problem::Body), (status = 412, body = crate::problem::Body)))]
pub async fn delete(
    call: Call,
    path: web::Path<(ParticipantCode, MemberId)>,
) -> Result<HttpResponse, Problem> {
    let (code, id) = path.into_inner();
    call.actor.permit(Action::PrepareDelegation(&code))?;
    let if_match = call.if_match()?;
    http::written(commands::delete(&call.app.db, &call.actor, &code, id, if_match).await?)
}

/// Why a passport is read.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Purpose {
    /// Kept in the audit trail.
    #[deserr(default)]
    #[param(required = true)]
    reason: Option<Reason>,
}

/// Reads a passport in clear. The reading is kept in the audit trail, with its reason (R50).
#[utoipa::path(get, path = "/api/v1/delegations/{code}/members/{id}/passport", tag = "members",
    params(("code" = ParticipantCode, Path), ("id" = MemberId, Path), Purpose),
    responses((status = 200, body = PassportView), (status = 403, body = crate::problem::Body), (status = 404, body = crate::problem::Body)))]
pub async fn passport(
    call: Call<NoBody, Purpose>,
    path: web::Path<(ParticipantCode, MemberId)>,
) -> Result<HttpResponse, Problem> {
    let (code, id) = path.into_inner();
    call.actor.permit(Action::ReadPassport(&code))?;
    let missing = || Faults::at("/reason", Fault::new("required", "a reason is required"));
    let reason = call.query.reason.as_ref().ok_or_else(missing)?;
    let written = commands::read_passport(&call.app.db, &call.actor, &code, id, reason).await?;
    http::written(written)
}

/// Which members to list.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MemberFilter {
    /// Of these participants: `FRA,VNM`.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    participant: Option<AnyOf<ParticipantCode>>,
    /// In one of these statuses: `submitted,pre_approved`.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    status: Option<AnyOf<StatusName>>,
    /// With one of these functions. Not for security.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    function: Option<AnyOf<Function>>,
    /// Of one of these ranks. Not for security.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    rank: Option<AnyOf<Rank>>,
    /// With such a name.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    q: Option<Search>,
    /// Changed after this moment.
    #[deserr(default)]
    updated_after: Option<Moment>,
    /// On whom this account works: `me`, an account's id, or `none`. For those who work queues.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    assigned_to: Option<Holder>,
    /// `name` (where nothing is said), `-updated_at`, or `status_since`: who has stood longest in their status first.
    #[deserr(default)]
    sort: Option<MemberSort>,
    /// `count`: also say how many there are.
    #[deserr(default)]
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

/// Lists the members of a delegation.
#[utoipa::path(get, path = "/api/v1/delegations/{code}/members", tag = "members",
    params(("code" = ParticipantCode, Path), MemberFilter),
    responses((status = 200, body = Page<MemberView>), (status = 404, body = crate::problem::Body)))]
pub async fn list(
    call: Call<NoBody, MemberFilter>,
    code: web::Path<ParticipantCode>,
) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ReadDelegation(&code))?;
    page(&call.app, &call.actor, &scope, call.query, Some(code.into_inner())).await
}

/// Lists the members of all delegations that one may see.
#[utoipa::path(get, path = "/api/v1/members", tag = "members", params(MemberFilter),
    responses((status = 200, body = Page<MemberView>)))]
pub async fn list_all(call: Call<NoBody, MemberFilter>) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ListDelegations)?;
    page(&call.app, &call.actor, &scope, call.query, None).await
}

async fn page(
    app: &App,
    actor: &Actor,
    scope: &Scope,
    filter: MemberFilter,
    code: Option<ParticipantCode>,
) -> Result<HttpResponse, Problem> {
    let MemberFilter { status, function, rank, q, sort, include, limit, cursor, .. } = filter;
    if function.is_some() || rank.is_some() {
        // Whoever may not read it may not find out by asking for it either.
        actor.see(Action::ReadProtocol)?;
    }
    let assigned_to =
        filter.assigned_to.map(|holder| queues::for_filter(actor, holder)).transpose()?;
    let mut tx = app.db.read(scope).await?;
    let participant = match code {
        Some(code) => {
            crate::delegations::store::find(&mut tx, &code).await?.ok_or(Denied::Invisible)?;
            Some(AnyOf(vec![code]))
        }
        None => filter.participant.or_else(|| actor.sees_only().map(|own| AnyOf(own.to_vec()))),
    };
    let updated_after = filter.updated_after.map(|at| at.0.to_utc());
    // The people of one delegation are few anyway.
    let few = match &q {
        Some(search) if participant.is_none() => store::few(&mut tx, search).await?,
        _ => None,
    };
    let wanted = Wanted { participant, status, function, rank, q, updated_after, assigned_to, few };
    let sort = sort.unwrap_or(MemberSort::Name);
    let rows = store::list(&mut tx, &wanted, sort, cursor.as_ref(), limit).await?;
    let mut page = Page::cut(rows, limit, |member: &Member| match sort {
        MemberSort::Name => Cursor(vec![member.person.sort_name(), member.id.to_string()]),
        MemberSort::Updated => Cursor::by_time(member.updated_at, member.id.uuid()),
        MemberSort::Since => Cursor::by_time(member.since, member.id.uuid()),
    });
    if include == Some(Include::Count) {
        page.count = Some(store::count(&mut tx, &wanted).await?);
    }
    let mut warnings = if actor.may(Action::ReadWarnings) {
        likeness::warnings(&mut tx, &page.items.iter().collect::<Vec<_>>()).await?
    } else {
        BTreeMap::new()
    };
    Ok(http::page(&page.map(|member| {
        let sight = Sight::of(actor, &member.participant);
        let warnings = warnings.remove(&member.id);
        MemberView::from(&Shown { member, identity: None, sight, lost: None, warnings })
    })))
}
