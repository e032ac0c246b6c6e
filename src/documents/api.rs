//! Papers over HTTP: raw bytes in, attachments out.

use actix_web::http::header::{
    self, Charset, ContentDisposition, DispositionParam, DispositionType, ExtendedValue,
};
use actix_web::{HttpRequest, HttpResponse, web};
use deserr::Deserr;
use utoipa::ToSchema;

use super::commands::{self, Error, Paper};
use super::model::{Document, DocumentKind, DocumentState, FileName};
use super::sniff::{IMAGE_SIDE_LIMIT_PIXELS, Unacceptable};
use super::{rights, store};
use crate::access::Action;
use crate::db::Answer;
use crate::http::{self, Call, Json, NoBody, Upload};
use crate::ids::DocumentId;
use crate::input::{Faults, Moment};
use crate::page::{AnyOf, Cursor, Limit, Page};
use crate::problem::{Code, Problem};
use crate::text::{Fault, ParticipantCode, Reason};

impl Answer for Document {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }
    fn etag(&self) -> Option<String> {
        Some(self.version.etag())
    }
    fn location(&self) -> Option<String> {
        Some(format!("/api/v1/documents/{}", self.id))
    }
}

/// What is uploaded.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UploadQuery {
    /// Whose paper it is.
    participant: ParticipantCode,
    /// What it is for.
    kind: DocumentKind,
    /// What its file is called, for people. Where the ending does not fit the content, the right one is added.
    #[deserr(default)]
    file_name: Option<FileName>,
}

/// Takes a paper in. The body is the file itself, PDF, JPEG or PNG (photographs: JPEG or PNG); what it is, its content
/// shows, whatever its name or declared type.
#[utoipa::path(post, path = "/api/v1/documents", tag = "documents", params(UploadQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = Document), (status = 413, body = crate::problem::Body),
        (status = 415, body = crate::problem::Body)))]
pub async fn upload(call: Call<Upload, UploadQuery>) -> Result<HttpResponse, Problem> {
    let UploadQuery { participant, kind, file_name } = call.query;
    let paper = Paper { participant, kind, file_name, bytes: call.body.bytes };
    http::written(commands::upload(&call.app.db, &call.app.papers, &call.actor, paper).await?)
}

/// Which papers to list.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DocumentFilter {
    /// Of one participant.
    #[deserr(default)]
    participant: Option<ParticipantCode>,
    /// Of these kinds, separated by commas.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    kind: Option<AnyOf<DocumentKind>>,
    /// In one of these states, separated by commas.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    state: Option<AnyOf<DocumentState>>,
    /// Changed after this moment.
    #[deserr(default)]
    updated_after: Option<Moment>,
    /// How many: 1 to 200.
    #[deserr(default)]
    #[param(value_type = u8)]
    limit: Limit,
    /// The `next` of the page before.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

/// Lists papers in the order in which they came, of the kinds that the asker may know of.
#[utoipa::path(get, path = "/api/v1/documents", tag = "documents", params(DocumentFilter),
    responses((status = 200, body = Page<Document>)))]
pub async fn list(call: Call<NoBody, DocumentFilter>) -> Result<HttpResponse, Problem> {
    let filter = call.query;
    let scope = call.actor.see(match &filter.participant {
        Some(code) => Action::ReadDelegation(code),
        None => Action::ListDelegations,
    })?;
    // Kinds that are asked for by name are refused by name; unasked, they are left out.
    let kinds: Vec<DocumentKind> = match filter.kind {
        Some(AnyOf(kinds)) => {
            kinds.iter().try_for_each(|kind| call.actor.see(rights::list(*kind)).map(drop))?;
            kinds
        }
        None => DocumentKind::ALL
            .iter()
            .copied()
            .filter(|kind| call.actor.may(rights::list(*kind)))
            .collect(),
    };
    let after = filter.cursor.as_ref().and_then(|cursor| cursor.key(0)).map(DocumentId::parse);
    let after = after.transpose().map_err(|_| {
        let detail = "a cursor from the `next` of an earlier page of this list is expected";
        Faults::at("/cursor", Fault::new("invalid_cursor", detail))
    })?;
    let wanted = store::Wanted {
        id: None,
        participant: filter.participant.as_ref(),
        kinds: Some(&kinds),
        states: filter.state.as_ref().map(|AnyOf(states)| states.as_slice()),
        updated_after: filter.updated_after.map(|Moment(moment)| moment.to_utc()),
        after,
    };
    let mut tx = call.app.db.read(&scope).await?;
    let rows = store::list(&mut tx, &wanted, filter.limit).await?;
    Ok(http::page(&Page::cut(rows, filter.limit, |document| Cursor(vec![document.id.to_string()]))))
}

/// Says what is known of a paper.
#[utoipa::path(get, path = "/api/v1/documents/{id}", tag = "documents", params(("id" = DocumentId, Path)),
    responses((status = 200, body = Document), (status = 404, body = crate::problem::Body)))]
pub async fn show(
    request: HttpRequest,
    call: Call,
    id: web::Path<DocumentId>,
) -> Result<HttpResponse, Problem> {
    http::item(&request, &commands::find(&call.app.db, &call.actor, *id).await?)
}

/// Gives the content, as an attachment. Each reading is recorded.
#[utoipa::path(get, path = "/api/v1/documents/{id}/content", tag = "documents", params(("id" = DocumentId, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
        (status = 404, body = crate::problem::Body), (status = 503, body = crate::problem::Body)))]
pub async fn content(call: Call, id: web::Path<DocumentId>) -> Result<HttpResponse, Problem> {
    let (document, content) =
        commands::read(&call.app.db, &call.app.papers, &call.actor, *id).await?;
    Ok(HttpResponse::Ok()
        .content_type(document.media_type.as_str())
        .insert_header(attachment(&document.file_name))
        // All accepted types are compressed already.
        .insert_header(header::ContentEncoding::Identity)
        .body(content))
}

/// Finds a paper in order.
#[utoipa::path(post, path = "/api/v1/documents/{id}/verify", tag = "documents", params(("id" = DocumentId, Path)),
    responses((status = 200, body = Document), (status = 409, body = crate::problem::Body)))]
pub async fn verify(call: Call, id: web::Path<DocumentId>) -> Result<HttpResponse, Problem> {
    http::written(commands::verify(&call.app.db, &call.actor, *id, call.if_match()?).await?)
}

/// Why a paper is refused.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct Refusal {
    reason: Reason,
}

/// Finds a paper wanting. For good: a better paper is a new upload.
#[utoipa::path(post, path = "/api/v1/documents/{id}/refuse", tag = "documents", params(("id" = DocumentId, Path)),
    request_body = Refusal,
    responses((status = 200, body = Document), (status = 409, body = crate::problem::Body)))]
pub async fn refuse(
    call: Call<Json<Refusal>>,
    id: web::Path<DocumentId>,
) -> Result<HttpResponse, Problem> {
    let Json(Refusal { reason }) = &call.body;
    http::written(commands::refuse(&call.app.db, &call.actor, *id, call.if_match()?, reason).await?)
}

/// Never shown in place, always saved; the name in plain ASCII for old readers and in full for the others (RFC 6266).
fn attachment(name: &FileName) -> ContentDisposition {
    let plain = |c: char| if c.is_ascii_graphic() || c == ' ' { c } else { '_' };
    let full = ExtendedValue {
        charset: Charset::Ext("UTF-8".to_owned()),
        language_tag: None,
        value: name.as_str().as_bytes().to_vec(),
    };
    ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![
            DispositionParam::Filename(name.as_str().chars().map(plain).collect()),
            DispositionParam::FilenameExt(full),
        ],
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(denied) => denied.into(),
            Error::ParticipantUnknown => Faults::at(
                "/participant",
                Fault::new("unknown_participant", "a code of the register is expected"),
            )
            .into(),
            Error::Unacceptable { kind, reason: Unacceptable::OtherType } => {
                Self::of(Code::UnsupportedMediaType)
                    .detail("The content is none of the accepted types, whatever its name says.")
                    .with("accepted", kind.accepted())
            }
            Error::Unacceptable { reason: Unacceptable::TooManyPixels, .. } => {
                Self::of(Code::TooLarge)
                    .detail("The image has more pixels than are accepted.")
                    .with("limit_pixels_per_side", IMAGE_SIDE_LIMIT_PIXELS)
            }
            Error::WrongState(wrong) => Self::of(Code::IllegalTransition)
                .detail(format!("A paper that is {} cannot become {}.", wrong.from, wrong.wanted))
                .with("current", wrong.from)
                .with("allowed", wrong.from.allowed()),
            Error::Stale(stale) => stale.into(),
            Error::Broken(broken) => {
                Self::of(Code::Unavailable).header(header::RETRY_AFTER, "5").because(broken)
            }
            Error::Shut(shut) => shut.into(),
            Error::Database(error) => error.into(),
        }
    }
}
