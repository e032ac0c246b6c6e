//! The audit trail over HTTP, for who audits: who did what, to what, when and why. What a field holds is not told here but
//! where those are told it who may read it (R41).

use actix_web::HttpResponse;
use deserr::Deserr;

use super::store::{self, Wanted};
use super::view::EntryView;
use crate::access::Action;
use crate::http::{self, Call, NoBody};
use crate::ids::{AccountId, SubjectId};
use crate::input::{Faults, Moment};
use crate::page::{Cursor, Limit, Page};
use crate::problem::Problem;
use crate::text::{Label, ParticipantCode};

/// What of the trail to list.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TrailQuery {
    /// Whose business: `FRA`.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    participant: Option<ParticipantCode>,
    /// What it happened to.
    #[deserr(default)]
    subject: Option<SubjectId>,
    /// Who did it.
    #[deserr(default)]
    account: Option<AccountId>,
    /// Of this kind: `member.approved`.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    kind: Option<Label>,
    /// Not before this moment.
    #[deserr(default)]
    #[param(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    from: Option<Moment>,
    /// Before this moment.
    #[deserr(default)]
    #[param(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    until: Option<Moment>,
    /// How many: 1 to 200.
    #[deserr(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// The `next` of the page before.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

/// Lists what happened, the latest first.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", params(TrailQuery),
    responses((status = 200, body = Page<EntryView>)))]
pub async fn list(call: Call<NoBody, TrailQuery>) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ReadAudit)?;
    let TrailQuery { participant, subject, account, kind, from, until, limit, cursor } = call.query;
    let wanted = Wanted {
        participant: participant.as_ref(),
        subject,
        account,
        kind: kind.as_ref().map(Label::as_str),
        from: from.map(|Moment(at)| at.to_utc()),
        until: until.map(|Moment(at)| at.to_utc()),
        after: cursor.as_ref().map(Cursor::moment_and_id).transpose()?,
    };
    let mut tx = call.app.db.read(&scope).await?;
    let rows = store::list(&mut tx, &wanted, limit).await?;
    let page = Page::cut(rows, limit, |entry| Cursor::by_time(entry.happened_at, entry.id.uuid()));
    Ok(http::page(&page))
}
