//! The released programme over HTTP: for the world, and for those who see more of it.

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use deserr::Deserr;
use serde::Serialize;
use utoipa::ToSchema;

use super::commands;
use super::model::{Item, Sight, difference};
use super::read::seen;
use super::store::{self, Release};
use super::view::{ProgrammeView, ReleaseView, Released};
use crate::access::{Action, Actor, Denied};
use crate::db::Scope;
use crate::http::{self, Anyone, App, Call, Json, NoBody, Visit};
use crate::input::Faults;
use crate::page::{Cursor, Page};
use crate::problem::{Code, Problem, accepted_language};
use crate::programme::api::Paging;
use crate::programme::words::Spoken;
use crate::text::{Fault, Reason};

/// How long the released programme can be kept: an embargo may end, and a session may be moved.
const RELEASED_SECONDS: u32 = 30;

/// Which version, in which language.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProgrammeQuery {
    /// The last one where nothing is said.
    #[deserr(default)]
    #[param(value_type = Option<i32>)]
    version: Option<VersionNumber>,
    /// The language of titles and abstracts, as far as they are there in it; that of `Accept-Language` where nothing is
    /// said.
    #[deserr(default)]
    #[param(inline)]
    lang: Option<Spoken>,
}

/// The number of a version.
#[derive(Debug, Clone, Copy)]
pub struct VersionNumber(i32);

impl VersionNumber {
    fn parse(input: &str) -> Result<Self, Fault> {
        let number = input.parse().ok().filter(|number| *number >= 0);
        number
            .map(Self)
            .ok_or_else(|| Fault::new("invalid_version", "the number of a version is expected"))
    }
}
crate::input::from_string!(VersionNumber);

impl ProgrammeQuery {
    /// Which version is asked for.
    #[must_use]
    pub fn version(&self) -> Option<i32> {
        self.version.map(|VersionNumber(number)| number)
    }

    /// The language that is wanted.
    #[must_use]
    pub fn language(&self, request: &HttpRequest) -> Spoken {
        language(request, self.lang)
    }
}

/// The language that is named, else the one that the client accepts.
#[must_use]
pub fn language(request: &HttpRequest, named: Option<Spoken>) -> Spoken {
    let header = request.headers().get(header::ACCEPT_LANGUAGE);
    let header = header.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let accepted = || accepted_language(header, |tag| Spoken::parse(tag).ok());
    named.or_else(accepted).unwrap_or(Spoken::English)
}

/// Who reads, taken apart from what they ask.
pub struct Reader<Q> {
    /// What the service shares.
    pub app: web::Data<App>,
    /// What is asked.
    pub query: Q,
    scope: Scope,
    sight: Sight,
}

impl<Q> Reader<Q> {
    /// Whoever reads: somebody known, or anybody.
    pub fn of(anyone: Anyone<NoBody, Q>) -> Result<Self, Problem> {
        match anyone {
            Anyone::Stranger(Visit { app, query, .. }) => {
                Ok(Self { app, query, scope: Scope::public(), sight: Sight::Public })
            }
            Anyone::Known(Call { actor, app, query, .. }) => {
                let scope = actor.see(Action::ReadProgramme)?;
                Ok(Self { app, query, scope, sight: sight(&actor) })
            }
        }
    }

    /// A version and what they see of it; before the first release there is nothing, and none where it is not there.
    pub async fn read(
        &self,
        version: Option<i32>,
    ) -> Result<Option<(Option<Release>, Vec<Item>)>, sqlx::Error> {
        let mut tx = self.app.db.read(&self.scope).await?;
        let release = store::find(&mut tx, version).await?;
        if version.is_some() && release.is_none() {
            return Ok(None);
        }
        let number = release.as_ref().map_or(0, |release| release.version);
        let items = seen(&mut tx, number, self.sight, self.app.db.clock.now()).await?;
        Ok(Some((release, items)))
    }
}

/// An answer that the world may keep, where nobody known asks: another one for another reader or another language.
pub fn kept(request: &HttpRequest, content_type: &'static str, bytes: Vec<u8>) -> HttpResponse {
    let mut response = http::public(request, content_type, RELEASED_SECONDS, bytes);
    let depends_on = HeaderValue::from_static("accept-language, authorization");
    response.headers_mut().append(header::VARY, depends_on);
    response
}

fn answer(request: &HttpRequest, body: &impl Serialize) -> Result<HttpResponse, Problem> {
    let bytes = serde_json::to_vec(body).map_err(|e| Problem::of(Code::Unavailable).because(e))?;
    Ok(kept(request, "application/json", bytes))
}

fn sight(actor: &Actor) -> Sight {
    if actor.may(Action::ReadDraftProgramme) { Sight::Planner } else { Sight::Accredited }
}

/// The programme as it is released (R46): to strangers what is public, to whoever has a token what is for the accredited,
/// too. Nothing that is under embargo.
#[utoipa::path(get, path = "/api/v1/programme", tag = "programme", security((), ("token" = [])), params(ProgrammeQuery),
    responses((status = 200, body = ProgrammeView), (status = 404, body = crate::problem::Body)))]
pub async fn show(
    request: HttpRequest,
    anyone: Anyone<NoBody, ProgrammeQuery>,
) -> Result<HttpResponse, Problem> {
    let reader = Reader::of(anyone)?;
    let wanted = reader.query.language(&request);
    let read = reader.read(reader.query.version()).await?;
    let (release, items) = read.ok_or(Denied::Invisible)?;
    let zone = reader.app.ceremony.programme.time_zone;
    let view = ProgrammeView::of(release.as_ref(), &items, zone, wanted);
    let mut response = answer(&request, &view)?;
    if let Ok(languages) = HeaderValue::from_str(&view.languages(wanted)) {
        response.headers_mut().insert(header::CONTENT_LANGUAGE, languages);
    }
    Ok(response)
}

/// Lists the versions of the programme, the last one first.
#[utoipa::path(get, path = "/api/v1/programme/releases", tag = "programme", security((), ("token" = [])),
    params(Paging), responses((status = 200, body = Page<ReleaseView>)))]
pub async fn list(
    request: HttpRequest,
    anyone: Anyone<NoBody, Paging>,
) -> Result<HttpResponse, Problem> {
    let reader = Reader::of(anyone)?;
    let Paging { limit, ref cursor } = reader.query;
    let before = cursor.as_ref().map(Cursor::id::<i32>).transpose()?;
    let mut tx = reader.app.db.read(&reader.scope).await?;
    let rows = store::list(&mut tx, before, limit).await?;
    let page = Page::cut(rows, limit, |release| Cursor(vec![release.version.to_string()]));
    let items: Vec<_> = page.items.iter().map(ReleaseView::from).collect();
    answer(&request, &Page { items, next: page.next, count: None })
}

/// Compared with which version.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SinceQuery {
    /// The version to compare with; the one before where nothing is said, 0 for the empty programme.
    #[deserr(default)]
    #[param(value_type = Option<i32>)]
    since: Option<VersionNumber>,
}

/// A version, and what became of each session since another one, as far as the caller sees it.
#[utoipa::path(get, path = "/api/v1/programme/releases/{version}", tag = "programme", security((), ("token" = [])),
    params(("version" = i32, Path), SinceQuery),
    responses((status = 200, body = ReleaseView), (status = 404, body = crate::problem::Body)))]
pub async fn compare(
    request: HttpRequest,
    anyone: Anyone<NoBody, SinceQuery>,
    version: web::Path<i32>,
) -> Result<HttpResponse, Problem> {
    let reader = Reader::of(anyone)?;
    let since = reader.query.since.map(|VersionNumber(number)| number);
    let mut tx = reader.app.db.read(&reader.scope).await?;
    let release: Release = store::find(&mut tx, Some(*version)).await?.ok_or(Denied::Invisible)?;
    let since = since.unwrap_or(release.version - 1);
    if since != 0 && store::find(&mut tx, Some(since)).await?.is_none() {
        let fault = Fault::new("unknown_version", "the number of a version is expected");
        return Err(Faults::at("/since", fault).into());
    }
    let now = reader.app.db.clock.now();
    let before = seen(&mut tx, since, reader.sight, now).await?;
    let after = seen(&mut tx, release.version, reader.sight, now).await?;
    let released = Released { changes: difference(&before, &after), release, since };
    answer(&request, &released.view())
}

/// What is said to a release.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct NewRelease {
    /// For everybody to read.
    #[deserr(default)]
    note: Option<Reason>,
}

/// Releases the draft as a whole. With the `ETag` of `GET /programme/conflicts` in `If-Match` nothing else is released
/// than what was looked at. Try it with `dry_run=true` to see what would change.
#[utoipa::path(post, path = "/api/v1/programme/releases", tag = "programme", request_body = NewRelease,
    responses((status = 201, body = ReleaseView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn create(call: Call<Json<NewRelease>>) -> Result<HttpResponse, Problem> {
    let if_match = call.if_match().ok();
    let (db, levels) = (&call.app.db, &call.app.ceremony.programme.conflicts);
    let Json(NewRelease { note }) = &call.body;
    http::written(commands::release(db, levels, &call.actor, if_match, note.as_ref()).await?)
}
