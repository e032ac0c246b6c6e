//! What does not fit, over HTTP.

use actix_web::HttpResponse;
use actix_web::http::header;
use deserr::Deserr;

use super::commands::Draft;
use super::model::{Conflict, Level};
use crate::access::Action;
use crate::http::{Call, NoBody};
use crate::ids::SessionId;
use crate::input::Faults;
use crate::page::{AnyOf, Page};
use crate::problem::Problem;
use crate::programme::store;

/// Which conflicts to list.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ConflictFilter {
    /// Of any of these levels, divided by commas.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    level: Option<AnyOf<Level>>,
    /// That this session has a part in.
    #[deserr(default)]
    session: Option<SessionId>,
}

/// Lists what does not fit in the draft, the most serious first, each with its explanation (R47). The `ETag` is the
/// version of the draft, which its release asks for.
#[utoipa::path(get, path = "/api/v1/programme/conflicts", tag = "programme", params(ConflictFilter),
    responses((status = 200, body = Page<Conflict>)))]
pub async fn list(call: Call<NoBody, ConflictFilter>) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ReadDraftProgramme)?;
    let ConflictFilter { level, session } = call.query;
    let mut tx = call.app.db.read(&scope).await?;
    let version = store::version(&mut tx).await?;
    let mut items = Draft::read(&mut tx).await?.conflicts(&call.app.ceremony.programme.conflicts);
    items.retain(|conflict| {
        level.as_ref().is_none_or(|AnyOf(levels)| levels.contains(&conflict.level))
            && session.is_none_or(|session| conflict.sessions.contains(&session))
    });
    let page = Page { items, next: None, count: None };
    Ok(HttpResponse::Ok().insert_header((header::ETAG, version.etag())).json(page))
}
