//! Speakers' lists over HTTP.

use actix_web::{HttpRequest, HttpResponse, web};
use deserr::Deserr;
use utoipa::ToSchema;

use super::model::{Speech, Step, arrange};
use super::view::{StatementShown, StatementView};
use super::{commands, store, swaps, texts};
use crate::access::{Action, Denied};
use crate::db::Scope;
use crate::delegations::Rank;
use crate::documents;
use crate::http::{self, Anyone, Call, Json, Merge, NoBody};
use crate::ids::{DocumentId, SessionId, StatementId};
use crate::input::{Faults, Patch};
use crate::page::Page;
use crate::problem::Problem;
use crate::programme::error::Error;
use crate::text::{Label, Language, ParticipantCode, PersonName};

/// The list of a session in its order, with why each has its place, and when it was or will be: a mission its own entries.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/speakers", tag = "speakers", params(("id" = SessionId, Path)),
    responses((status = 200, body = Page<StatementView>), (status = 404, body = crate::problem::Body)))]
pub async fn list(call: Call, id: web::Path<SessionId>) -> Result<HttpResponse, Problem> {
    call.actor.see(Action::ListSpeakers)?;
    let (db, classes) = (&call.app.db, &call.app.ceremony.programme.speakers);
    let now = db.clock.now();
    swaps::settle(db, *id).await?;
    // The order is of all; of it each is shown what they may see.
    let mut tx = db.read(&Scope::all()).await?;
    let plenary = store::plenary(&mut tx, *id, now).await?.ok_or(Denied::Invisible)?;
    let statements = store::list(&mut tx, *id).await?;
    let placed = arrange(&statements, classes, plenary.starts_at, now).into_iter();
    let only = call.actor.sees_only();
    let seen = placed.filter(|p| only.is_none_or(|codes| codes.contains(&p.statement.participant)));
    let items = seen.map(StatementView::from).collect();
    Ok(http::page(&Page { items, next: None, count: None }))
}

/// Reads a statement.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/speakers/{statement}", tag = "speakers",
    params(("id" = SessionId, Path), ("statement" = StatementId, Path)),
    responses((status = 200, body = StatementView), (status = 404, body = crate::problem::Body)))]
pub async fn show(
    request: HttpRequest,
    call: Call,
    path: web::Path<(SessionId, StatementId)>,
) -> Result<HttpResponse, Problem> {
    let (session, id) = path.into_inner();
    let scope = call.actor.see(Action::ListSpeakers)?;
    let mut tx = call.app.db.read(&scope).await?;
    let statement = store::find(&mut tx, session, id).await?.ok_or(Denied::Invisible)?;
    http::item(&request, &StatementShown(statement))
}

/// Who is to speak for a mission.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct NewStatement {
    participant: ParticipantCode,
    speaker: PersonName,
    #[deserr(default)]
    title: Option<Label>,
    /// The level, by which lists are ordered.
    rank: Rank,
    language: Language,
    /// A group for which it is made as well.
    #[deserr(default)]
    on_behalf_of: Option<Label>,
    /// When the mission would like to speak.
    #[deserr(default)]
    preferred: Option<Label>,
}

impl NewStatement {
    fn read(self) -> (ParticipantCode, Speech) {
        let Self { participant, speaker, title, rank, language, on_behalf_of, preferred } = self;
        (participant, Speech { speaker, title, rank, language, on_behalf_of, preferred })
    }
}

/// Inscribes a mission on the list of a plenary (R49).
#[utoipa::path(post, path = "/api/v1/sessions/{id}/speakers", tag = "speakers", params(("id" = SessionId, Path)),
    request_body = NewStatement,
    responses((status = 201, body = StatementView), (status = 409, body = crate::problem::Body)))]
pub async fn inscribe(
    call: Call<Json<NewStatement>>,
    id: web::Path<SessionId>,
) -> Result<HttpResponse, Problem> {
    inscribed(call, *id, false).await
}

/// Asks for the right of reply, behind all statements: at most twice in a session.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/replies", tag = "speakers", params(("id" = SessionId, Path)),
    request_body = NewStatement,
    responses((status = 201, body = StatementView), (status = 409, body = crate::problem::Body)))]
pub async fn reply(
    call: Call<Json<NewStatement>>,
    id: web::Path<SessionId>,
) -> Result<HttpResponse, Problem> {
    inscribed(call, *id, true).await
}

async fn inscribed(
    call: Call<Json<NewStatement>>,
    session: SessionId,
    is_reply: bool,
) -> Result<HttpResponse, Problem> {
    let (db, classes) = (&call.app.db, &call.app.ceremony.programme.speakers);
    let (code, speech) = call.body.0.read();
    let made =
        commands::inscribe(db, classes, &call.actor, session, &code, &speech, is_reply).await?;
    http::written(made)
}

/// What is to change of a statement (JSON Merge Patch).
#[derive(Debug, Clone, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct StatementPatch {
    #[deserr(default)]
    #[schema(value_type = Option<PersonName>)]
    speaker: Patch<PersonName>,
    #[deserr(default)]
    #[schema(value_type = Option<Label>)]
    title: Patch<Label>,
    #[deserr(default)]
    #[schema(value_type = Option<Rank>)]
    rank: Patch<Rank>,
    #[deserr(default)]
    #[schema(value_type = Option<Language>)]
    language: Patch<Language>,
    #[deserr(default)]
    #[schema(value_type = Option<Label>)]
    on_behalf_of: Patch<Label>,
    #[deserr(default)]
    #[schema(value_type = Option<Label>)]
    preferred: Patch<Label>,
}

impl StatementPatch {
    fn apply(self, before: Speech) -> Result<Speech, Error> {
        let mut faults = Faults::default();
        let speech = Speech {
            speaker: self.speaker.required("/speaker", &mut faults).unwrap_or(before.speaker),
            title: self.title.apply(before.title),
            rank: self.rank.required("/rank", &mut faults).unwrap_or(before.rank),
            language: self.language.required("/language", &mut faults).unwrap_or(before.language),
            on_behalf_of: self.on_behalf_of.apply(before.on_behalf_of),
            preferred: self.preferred.apply(before.preferred),
        };
        faults.none_or()?;
        Ok(speech)
    }
}

/// Changes who speaks, in which language or at which level. A new level moves the place by the rule, and only so.
#[utoipa::path(patch, path = "/api/v1/sessions/{id}/speakers/{statement}", tag = "speakers",
    params(("id" = SessionId, Path), ("statement" = StatementId, Path)),
    request_body(content = StatementPatch, content_type = "application/merge-patch+json"),
    responses((status = 200, body = StatementView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn change(
    call: Call<Merge<StatementPatch>>,
    path: web::Path<(SessionId, StatementId)>,
) -> Result<HttpResponse, Problem> {
    let if_match = call.if_match()?;
    let (db, classes) = (&call.app.db, &call.app.ceremony.programme.speakers);
    let Merge(wanted) = &call.body;
    let apply = |before| wanted.clone().apply(before);
    let which = path.into_inner();
    http::written(commands::change(db, classes, &call.actor, which, if_match, apply).await?)
}

/// With whom a mission would exchange places.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct WishedSwap {
    /// With nobody any more, where nothing is said.
    #[deserr(default)]
    with: Option<ParticipantCode>,
}

/// Says with whom a mission would exchange places. They are exchanged when the other says so, too (R49).
#[utoipa::path(post, path = "/api/v1/sessions/{id}/speakers/{statement}/swap", tag = "speakers",
    params(("id" = SessionId, Path), ("statement" = StatementId, Path)), request_body = WishedSwap,
    responses((status = 200, body = StatementView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn swap(
    call: Call<Json<WishedSwap>>,
    path: web::Path<(SessionId, StatementId)>,
) -> Result<HttpResponse, Problem> {
    let if_match = call.if_match()?;
    let Json(WishedSwap { with }) = &call.body;
    let which = path.into_inner();
    let (db, actor) = (&call.app.db, &call.actor);
    http::written(commands::would_swap(db, actor, which, if_match, with.as_ref()).await?)
}

/// Calls the speaker: one at a time.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/speakers/{statement}/call", tag = "speakers",
    params(("id" = SessionId, Path), ("statement" = StatementId, Path)),
    responses((status = 200, body = StatementView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn call_up(
    call: Call,
    path: web::Path<(SessionId, StatementId)>,
) -> Result<HttpResponse, Problem> {
    step(call, path.into_inner(), Step::Call).await
}

/// Sees the speaker begin.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/speakers/{statement}/start", tag = "speakers",
    params(("id" = SessionId, Path), ("statement" = StatementId, Path)),
    responses((status = 200, body = StatementView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn start(
    call: Call,
    path: web::Path<(SessionId, StatementId)>,
) -> Result<HttpResponse, Problem> {
    step(call, path.into_inner(), Step::Start).await
}

/// Sees the speaker end.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/speakers/{statement}/end", tag = "speakers",
    params(("id" = SessionId, Path), ("statement" = StatementId, Path)),
    responses((status = 200, body = StatementView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn end(
    call: Call,
    path: web::Path<(SessionId, StatementId)>,
) -> Result<HttpResponse, Problem> {
    step(call, path.into_inner(), Step::End).await
}

/// Takes a statement off the list.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/speakers/{statement}/withdraw", tag = "speakers",
    params(("id" = SessionId, Path), ("statement" = StatementId, Path)),
    responses((status = 200, body = StatementView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn withdraw(
    call: Call,
    path: web::Path<(SessionId, StatementId)>,
) -> Result<HttpResponse, Problem> {
    step(call, path.into_inner(), Step::Withdraw).await
}

/// What is going to be said.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct NewText {
    /// A paper of the mission, of the kind `statement`.
    document: DocumentId,
}

/// Hands in what is going to be said, or something better, until it is said.
#[utoipa::path(post, path = "/api/v1/sessions/{id}/speakers/{statement}/text", tag = "speakers",
    params(("id" = SessionId, Path), ("statement" = StatementId, Path)), request_body = NewText,
    responses((status = 200, body = StatementView), (status = 409, body = crate::problem::Body),
        (status = 422, body = crate::problem::Body), (status = 412, body = crate::problem::Body)))]
pub async fn hand_in(
    call: Call<Json<NewText>>,
    path: web::Path<(SessionId, StatementId)>,
) -> Result<HttpResponse, Problem> {
    let if_match = call.if_match()?;
    let Json(NewText { document }) = &call.body;
    let (db, actor) = (&call.app.db, &call.actor);
    http::written(texts::hand_in(db, actor, path.into_inner(), if_match, *document).await?)
}

/// The text, as an attachment. Until it was said, for its mission and for who runs the session; then for whoever sees the
/// session.
#[utoipa::path(get, path = "/api/v1/sessions/{id}/speakers/{statement}/text", tag = "speakers",
    security((), ("token" = [])), params(("id" = SessionId, Path), ("statement" = StatementId, Path)),
    responses((status = 200, content((Vec<u8> = "application/pdf"), (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"))),
        (status = 404, body = crate::problem::Body)))]
pub async fn text(
    anyone: Anyone,
    path: web::Path<(SessionId, StatementId)>,
) -> Result<HttpResponse, Problem> {
    let (app, actor) = match &anyone {
        Anyone::Stranger(visit) => (&visit.app, None),
        Anyone::Known(call) => (&call.app, Some(&call.actor)),
    };
    let (document, content) = texts::read(&app.db, &app.papers, actor, path.into_inner()).await?;
    Ok(documents::attached(&document, content))
}

async fn step(
    call: Call<NoBody>,
    which: (SessionId, StatementId),
    step: Step,
) -> Result<HttpResponse, Problem> {
    let if_match = call.if_match()?;
    http::written(commands::step(&call.app.db, &call.actor, which, if_match, step).await?)
}
