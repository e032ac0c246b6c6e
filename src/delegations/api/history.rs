//! What happened to a delegation, for those who may read it.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use deserr::Deserr;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::access::{Action, Denied};
use crate::delegations::changes;
use crate::delegations::sight::Sight;
use crate::delegations::store::{self, Entry};
use crate::http::{self, Call, NoBody};
use crate::ids::{AccountId, EventId, MemberId};
use crate::input::Faults;
use crate::page::{Cursor, Limit, Page};
use crate::problem::Problem;
use crate::text::{ParticipantCode, Reason};

/// One thing that happened.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = HistoryEntry)]
pub struct EntryView {
    id: EventId,
    happened_at: DateTime<Utc>,
    /// `delegation.returned`, `member.approved`
    kind: String,
    /// The delegation or the member.
    subject: Option<Uuid>,
    /// Who did it; null for the service itself.
    account: Option<AccountId>,
    /// Why. What a mission has to say of a change that it asks for is not for security.
    reason: Option<Reason>,
    /// What was, where it changed; sensitive values only as "changed". The mission and the secretariat see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Value>,
    /// What is.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Value>,
    request_id: String,
}

/// How much of the history.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Span {
    /// Of one member alone.
    #[deserr(default)]
    member: Option<MemberId>,
    /// How many: 1 to 200.
    #[deserr(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// The `next` of the page before.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

/// Reads what happened to a delegation, its members and, for who may see them, its focal points, the latest first.
#[utoipa::path(get, path = "/api/v1/delegations/{code}/history", tag = "delegations",
    params(("code" = ParticipantCode, Path), Span),
    responses((status = 200, body = Page<EntryView>), (status = 404, body = crate::problem::Body)))]
pub async fn history(
    call: Call<NoBody, Span>,
    code: web::Path<ParticipantCode>,
) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ReadDelegation(&code))?;
    let Span { member, limit, cursor } = call.query;
    let after = cursor.as_ref().map(Cursor::moment_and_id).transpose()?;
    let with_readings = call.actor.may(Action::ReviewDelegation(&code));
    let with_focal_points = call.actor.may(Action::ReadFocalPoints(&code));
    let mut tx = call.app.db.read(&scope).await?;
    store::find(&mut tx, &code).await?.ok_or(Denied::Invisible)?;
    let rows =
        store::history(&mut tx, &code, with_readings, with_focal_points, member, after, limit)
            .await?;
    let page = Page::cut(rows, limit, |entry| Cursor::by_time(entry.happened_at, entry.id.uuid()));
    let sight = Sight::of(&call.actor, &code);
    Ok(http::page(&page.map(|entry| view(entry, sight))))
}

fn view(entry: Entry, sight: Sight) -> EntryView {
    let is_note = entry.kind == changes::ASKED;
    EntryView {
        id: entry.id,
        happened_at: entry.happened_at,
        kind: entry.kind,
        subject: entry.subject,
        account: entry.account,
        reason: entry.reason.filter(|_| sight.protocol || !is_note),
        before: entry.before.filter(|_| sight.contact),
        after: entry.after.filter(|_| sight.contact),
        request_id: entry.request_id,
    }
}
