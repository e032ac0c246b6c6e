//! Lists of members over HTTP: files out, files in, and what becomes of them.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use deserr::Deserr;
use serde::Serialize;
use utoipa::ToSchema;

use super::model::{Counts, Import, ImportFormat, ImportState, Preview};
use super::photos::PhotoPreview;
use super::refused::Refused;
use super::store::{self, Wanted};
use super::{commands, photos, rollback as undo, template};
use crate::access::{Action, Denied};
use crate::db::Answer;
use crate::delegations::commands::Error;
use crate::http::{self, Call, NoBody, Upload};
use crate::ids::{AccountId, ImportId};
use crate::input::Faults;
use crate::page::{AnyOf, Cursor, Include, Limit, Page};
use crate::problem::{Code, Problem};
use crate::text::{Fault, ParticipantCode, choices};

const CSV: &str = "text/csv; charset=utf-8; header=present";
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// A list of members, or an archive of their photographs, that came as a file.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Import)]
pub struct ImportView {
    id: ImportId,
    participant: ParticipantCode,
    state: ImportState,
    format: ImportFormat,
    /// How many rows or files come to what.
    counts: Counts,
    created_by: AccountId,
    created_at: DateTime<Utc>,
    /// Until when it can be committed; then what it says is forgotten.
    expires_at: DateTime<Utc>,
    committed_at: Option<DateTime<Utc>>,
    rolled_back_at: Option<DateTime<Utc>>,
    /// What it would do; until it is done, and for those who may do it.
    #[serde(skip_serializing_if = "Option::is_none")]
    preview: Option<Said>,
}

/// What an import would do.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = ImportSays)]
pub enum Said {
    /// A list, row by row.
    List(Preview),
    /// An archive of photographs, file by file.
    Photos(PhotoPreview),
}

/// An import, and what of it the caller sees.
#[derive(Debug)]
pub struct Shown {
    /// The import.
    pub import: Import,
    /// What it would do.
    pub preview: Option<Said>,
    /// The moment at which it is shown.
    pub now: DateTime<Utc>,
}

/// A file on its way out.
#[derive(Debug)]
pub struct File {
    /// What it is called, without its ending.
    pub name: String,
    /// The content.
    pub bytes: Vec<u8>,
}

impl From<&Shown> for ImportView {
    fn from(Shown { import, preview, now }: &Shown) -> Self {
        Self {
            id: import.id,
            participant: import.participant.clone(),
            state: import.state_at(*now),
            format: import.format,
            counts: import.counts,
            created_by: import.created_by,
            created_at: import.created_at,
            expires_at: import.expires_at,
            committed_at: import.committed_at,
            rolled_back_at: import.rolled_back_at,
            preview: preview.clone(),
        }
    }
}

impl Answer for Shown {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&ImportView::from(self))
    }
    fn etag(&self) -> Option<String> {
        Some(self.import.version.etag())
    }
    fn location(&self) -> Option<String> {
        Some(format!("/api/v1/imports/{}", self.import.id))
    }
}

/// Takes the list of a delegation away as CSV, in the columns in which it can come back. Passports' numbers show their
/// ends only; whoever brings the list back unchanged changes nothing. The taking is recorded.
#[utoipa::path(get, path = "/api/v1/delegations/{code}/members.csv", tag = "imports",
    params(("code" = ParticipantCode, Path)),
    responses((status = 200, content_type = "text/csv", body = String), (status = 404, body = crate::problem::Body)))]
pub async fn export(call: Call, code: web::Path<ParticipantCode>) -> Result<HttpResponse, Problem> {
    let File { name, bytes } = commands::export(&call.app.db, &call.actor, &code).await?;
    Ok(attached(&format!("{name}.csv"), CSV, bytes))
}

/// Gives an empty list to be filled in, as CSV: the titles, and a note on what each column takes.
#[utoipa::path(get, path = "/api/v1/delegations/{code}/import-template.csv", tag = "imports",
    params(("code" = ParticipantCode, Path)),
    responses((status = 200, content_type = "text/csv", body = String), (status = 404, body = crate::problem::Body)))]
pub async fn template_csv(
    call: Call,
    code: web::Path<ParticipantCode>,
) -> Result<HttpResponse, Problem> {
    must_prepare(&call, &code).await?;
    let bytes = template::empty_csv().map_err(|error| Error::Unwritten(error.into()))?;
    Ok(attached(&format!("{code}-members.csv"), CSV, bytes))
}

/// Gives an empty list to be filled in, as a workbook whose cells keep what is typed.
#[utoipa::path(get, path = "/api/v1/delegations/{code}/import-template.xlsx", tag = "imports",
    params(("code" = ParticipantCode, Path)),
    responses(
        (status = 200, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", body = Vec<u8>),
        (status = 404, body = crate::problem::Body)))]
pub async fn template_xlsx(
    call: Call,
    code: web::Path<ParticipantCode>,
) -> Result<HttpResponse, Problem> {
    must_prepare(&call, &code).await?;
    let bytes = template::empty_xlsx().map_err(|error| Error::Unwritten(error.into()))?;
    Ok(attached(&format!("{code}-members.xlsx"), XLSX, bytes))
}

choices! {
    /// What is brought.
    ImportKind {
        /// A list of members.
        Members = "members",
        /// Their photographs.
        Photos = "photos",
    }
}

/// What is brought, and whose it is.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    participant: ParticipantCode,
    /// Where nothing is said: a list of members.
    #[deserr(default)]
    kind: Option<ImportKind>,
}

/// Reads a list of members and says what it would do: each row, and each faulty cell. The body is the file itself, CSV
/// in UTF-8 or XLSX, of 5 MiB and 2,000 rows at most; its titles are those of the template, in any order.
///
/// A row is about the person with its `id`, or else with its `email`; what is empty is cleared, a column that is not
/// there changes nothing. Nothing is in the list of members before `commit`.
///
/// With `kind=photos`, it reads photographs of members: a ZIP archive of 500 files and 64 MiB unpacked at most, JPEG or PNG,
/// each called by its member's id, e-mail address, or family and given names, in any order and with or without accents
/// (`MARTIN_Claire.jpg`). Folders do not matter. A commit makes a paper of each.
#[utoipa::path(post, path = "/api/v1/imports", tag = "imports", params(ImportQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = ImportView), (status = 409, body = crate::problem::Body),
        (status = 413, body = crate::problem::Body), (status = 415, body = crate::problem::Body),
        (status = 422, body = crate::problem::Body)))]
pub async fn upload(call: Call<Upload, ImportQuery>) -> Result<HttpResponse, Problem> {
    let (app, code) = (&call.app, &call.query.participant);
    let bytes = call.body.bytes;
    if call.query.kind == Some(ImportKind::Photos) {
        let limits = &app.config.documents;
        return http::written(
            photos::preview(&app.db, &app.papers, limits, &call.actor, code, bytes).await?,
        );
    }
    http::written(
        commands::preview(&app.db, &app.papers, &call.actor, code, bytes, &app.ceremony).await?,
    )
}

/// Which imports to list.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportFilter {
    /// Of one participant.
    #[deserr(default)]
    participant: Option<ParticipantCode>,
    /// In one of these states: `previewed,committed`.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    state: Option<AnyOf<ImportState>>,
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

/// Lists imports, the latest first, without what they say.
#[utoipa::path(get, path = "/api/v1/imports", tag = "imports", params(ImportFilter),
    responses((status = 200, body = Page<ImportView>)))]
pub async fn list(call: Call<NoBody, ImportFilter>) -> Result<HttpResponse, Problem> {
    let ImportFilter { participant, state, include, limit, cursor } = call.query;
    let scope = call.actor.see(match &participant {
        Some(code) => Action::ReadDelegation(code),
        None => Action::ListDelegations,
    })?;
    let before = cursor.as_ref().and_then(|cursor| cursor.key(0)).map(ImportId::parse);
    let before = before.transpose().map_err(|_| {
        let detail = "a cursor from the `next` of an earlier page of this list is expected";
        Faults::at("/cursor", Fault::new("invalid_cursor", detail))
    })?;
    let now = call.app.db.clock.now();
    let mut tx = call.app.db.read(&scope).await?;
    let wanted = Wanted { participant, state, before };
    let rows = store::list(&mut tx, &wanted, now, limit).await?;
    let mut page = Page::cut(rows, limit, |import| Cursor(vec![import.id.to_string()]));
    if include == Some(Include::Count) {
        page.count = Some(store::count(&mut tx, &wanted, now).await?);
    }
    Ok(http::page(&page.map(|import| ImportView::from(&Shown { import, preview: None, now }))))
}

/// Reads an import; before its commit with what it would do.
#[utoipa::path(get, path = "/api/v1/imports/{id}", tag = "imports", params(("id" = ImportId, Path)),
    responses((status = 200, body = ImportView), (status = 404, body = crate::problem::Body)))]
pub async fn show(
    request: HttpRequest,
    call: Call,
    id: web::Path<ImportId>,
) -> Result<HttpResponse, Problem> {
    http::item(&request, &commands::find(&call.app.db, &call.actor, *id).await?)
}

/// Takes a list or photographs in as the preview says, whole or not at all.
#[utoipa::path(post, path = "/api/v1/imports/{id}/commit", tag = "imports", params(("id" = ImportId, Path)),
    responses((status = 200, body = ImportView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn commit(call: Call, id: web::Path<ImportId>) -> Result<HttpResponse, Problem> {
    let (app, actor, if_match) = (&call.app, &call.actor, call.if_match()?);
    if commands::format(&app.db, actor, *id).await? == ImportFormat::Zip {
        let limits = &app.config.documents;
        return http::written(
            photos::commit(&app.db, &app.papers, limits, actor, *id, if_match).await?,
        );
    }
    http::written(commands::commit(&app.db, actor, *id, if_match, &app.ceremony).await?)
}

/// Takes a list or photographs back, whole: while nobody whom they entered or changed was touched since, and no officer
/// has looked at a photograph.
#[utoipa::path(post, path = "/api/v1/imports/{id}/rollback", tag = "imports", params(("id" = ImportId, Path)),
    responses((status = 200, body = ImportView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn rollback(call: Call, id: web::Path<ImportId>) -> Result<HttpResponse, Problem> {
    let (app, actor, if_match) = (&call.app, &call.actor, call.if_match()?);
    if commands::format(&app.db, actor, *id).await? == ImportFormat::Zip {
        return http::written(photos::roll_back(&app.db, &app.papers, actor, *id, if_match).await?);
    }
    http::written(undo::roll_back(&app.db, actor, *id, if_match).await?)
}

/// A template is for who fills it in.
async fn must_prepare(call: &Call, code: &ParticipantCode) -> Result<(), Problem> {
    let scope = call.actor.see(Action::PrepareDelegation(code))?;
    let mut tx = call.app.db.read(&scope).await?;
    crate::delegations::store::find(&mut tx, code).await?.ok_or(Denied::Invisible)?;
    Ok(())
}

fn attached(name: &str, content_type: &str, bytes: Vec<u8>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(content_type.to_owned())
        .insert_header(("content-disposition", format!("attachment; filename=\"{name}\"")))
        .body(bytes)
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Unread(why) => Self::of(Code::UnsupportedMediaType)
                .detail(why.detail())
                .with("why", why)
                .with("accepted", why.accepted()),
            Refused::TooLarge { limit_bytes } => Self::of(Code::TooLarge)
                .detail(format!("At most {limit_bytes} bytes are accepted."))
                .with("limit_bytes", limit_bytes),
            Refused::TooManyRows { limit_rows } => Self::of(Code::TooLarge)
                .detail(format!("At most {limit_rows} rows are accepted."))
                .with("limit_rows", limit_rows),
            Refused::TooManyFiles { limit_files } => Self::of(Code::TooLarge)
                .detail(format!("At most {limit_files} files are accepted."))
                .with("limit_files", limit_files),
            Refused::Titles(faults) => faults.into(),
            Refused::Blocked { why, faults, members } => Self::of(Code::ImportBlocked)
                .with("why", why)
                .with("faults", faults)
                .with("members", members),
        }
    }
}
