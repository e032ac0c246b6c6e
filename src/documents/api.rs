//! Papers over HTTP: raw bytes in, attachments out.

use actix_web::http::header::{
    self, Charset, ContentDisposition, DispositionParam, DispositionType, ExtendedValue,
};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use deserr::Deserr;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::commands::{self, Error, Finding, Paper, TakenIn};
use super::model::{Document, DocumentKind, DocumentState, FileName};
use super::photo::Warning;
use super::sniff::Unacceptable;
use super::{rights, store};
use crate::access::Action;
use crate::db::Answer;
use crate::http::{self, Call, Json, NoBody, Upload};
use crate::ids::{DocumentId, MemberId};
use crate::input::{Date, Faults, Moment};
use crate::page::{AnyOf, Cursor, Include, Limit, Page};
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

/// A paper as it was taken in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TakenIn)]
pub struct TakenInView<'a> {
    #[serde(flatten)]
    document: &'a Document,
    /// What is accepted and will be noticed.
    #[serde(skip_serializing_if = "<[Warning]>::is_empty")]
    warnings: &'a [Warning],
}

impl Answer for TakenIn {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        let TakenIn { document, warnings } = self;
        serde_json::to_vec(&TakenInView { document, warnings })
    }
    fn etag(&self) -> Option<String> {
        self.document.etag()
    }
    fn location(&self) -> Option<String> {
        self.document.location()
    }
}

/// What is uploaded.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UploadQuery {
    /// Whose paper it is.
    participant: ParticipantCode,
    /// Whose of the delegation: a member's passport, photograph, press card, full powers or credentials.
    #[deserr(default)]
    member: Option<MemberId>,
    /// What it is for.
    kind: DocumentKind,
    /// What its file is called, for people. Where the ending does not fit the content, the right one is added.
    #[deserr(default)]
    file_name: Option<FileName>,
    /// The last day on which it holds. Of a passport, its holder's entry says so.
    #[deserr(default)]
    #[param(value_type = Option<chrono::NaiveDate>)]
    expires_on: Option<Date>,
}

/// Takes a paper in. The body is the file itself, PDF, JPEG or PNG (photographs: JPEG or PNG); what it is, its content
/// shows, whatever its name or declared type. What is accepted and will be noticed stands in `warnings`.
#[utoipa::path(post, path = "/api/v1/documents", tag = "documents", params(UploadQuery),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = TakenInView<'_>), (status = 409, body = crate::problem::Body),
        (status = 413, body = crate::problem::Body), (status = 415, body = crate::problem::Body)))]
pub async fn upload(call: Call<Upload, UploadQuery>) -> Result<HttpResponse, Problem> {
    let UploadQuery { participant, member, kind, file_name, expires_on } = call.query;
    let expires_on = expires_on.map(|Date(day)| day);
    let paper = Paper { participant, member, kind, file_name, expires_on, bytes: call.body.bytes };
    let (db, papers, limits) = (&call.app.db, &call.app.papers, &call.app.config.documents);
    http::written(commands::upload(db, papers, limits, &call.actor, paper).await?)
}

/// Which papers to list.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DocumentFilter {
    /// Of one participant.
    #[deserr(default)]
    participant: Option<ParticipantCode>,
    /// Of one member.
    #[deserr(default)]
    member: Option<MemberId>,
    /// Of these kinds, separated by commas.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    kind: Option<AnyOf<DocumentKind>>,
    /// In one of these states, separated by commas.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    state: Option<AnyOf<DocumentState>>,
    /// Whose last day is before this one: expired, or about to.
    #[deserr(default)]
    #[param(value_type = Option<chrono::NaiveDate>)]
    expires_before: Option<Date>,
    /// Changed after this moment.
    #[deserr(default)]
    updated_after: Option<Moment>,
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
        member: filter.member,
        kinds: Some(&kinds),
        states: filter.state.as_ref().map(|AnyOf(states)| states.as_slice()),
        expires_before: filter.expires_before.map(|Date(day)| day),
        updated_after: filter.updated_after.map(|Moment(moment)| moment.to_utc()),
        after,
    };
    let mut tx = call.app.db.read(&scope).await?;
    let rows = store::list(&mut tx, &wanted, filter.limit).await?;
    let mut page = Page::cut(rows, filter.limit, |document| Cursor(vec![document.id.to_string()]));
    if filter.include == Some(Include::Count) {
        page.count = Some(store::count(&mut tx, &wanted).await?);
    }
    Ok(http::page(&page))
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
    responses((status = 200, content((Vec<u8> = "application/pdf"), (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/png"))),
        (status = 404, body = crate::problem::Body), (status = 503, body = crate::problem::Body)))]
pub async fn content(call: Call, id: web::Path<DocumentId>) -> Result<HttpResponse, Problem> {
    let (document, content) =
        commands::read(&call.app.db, &call.app.papers, &call.actor, *id).await?;
    Ok(attached(&document, content))
}

/// A paper as an attachment.
#[must_use]
pub fn attached(document: &Document, content: Bytes) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(document.media_type.as_str())
        .insert_header(attachment(&document.file_name))
        // All accepted types are compressed already.
        .insert_header(header::ContentEncoding::Identity)
        .body(content)
}

/// Notes that an officer has had the original in hands. That stands beside the state, and is noted once.
#[utoipa::path(post, path = "/api/v1/documents/{id}/original-seen", tag = "documents",
    params(("id" = DocumentId, Path)),
    responses((status = 200, body = Document), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn original_seen(call: Call, id: web::Path<DocumentId>) -> Result<HttpResponse, Problem> {
    reviewed(&call, *id, &Finding::Original).await
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
    responses((status = 200, body = Document), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn refuse(
    call: Call<Json<Refusal>>,
    id: web::Path<DocumentId>,
) -> Result<HttpResponse, Problem> {
    let finding = Finding::Wanting(call.body.0.reason.clone());
    reviewed(&call, *id, &finding).await
}

async fn reviewed<B>(
    call: &Call<B>,
    id: DocumentId,
    finding: &Finding,
) -> Result<HttpResponse, Problem> {
    let if_match = call.if_match()?;
    http::written(commands::review(&call.app.db, &call.actor, id, if_match, finding).await?)
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
            Error::MemberUnknown => Faults::at(
                "/member",
                Fault::new(
                    "unknown_member",
                    "a member of this participant's delegation is expected",
                ),
            )
            .into(),
            Error::Faults(faults) => faults.into(),
            Error::Unacceptable { kind, reason } => unacceptable(kind, reason),
            Error::QuotaExceeded { papers, bytes } => Self::of(Code::QuotaExceeded)
                .detail("This participant has handed in as much as is accepted.")
                .with("papers", json!({ "held": papers.0, "limit": papers.1 }))
                .with("bytes", json!({ "wanted": bytes.0, "limit": bytes.1 })),
            Error::WrongState(wrong) => Self::of(Code::IllegalTransition)
                .detail(format!(
                    "A paper that is {} cannot take the step {}.",
                    wrong.from, wrong.wanted
                ))
                .with("current", wrong.from)
                .with("allowed", wrong.allowed),
            Error::Stale(stale) => stale.into(),
            Error::Broken(broken) => {
                Self::of(Code::Unavailable).header(header::RETRY_AFTER, "5").because(broken)
            }
            Error::Shut(shut) => shut.into(),
            Error::Database(error) => error.into(),
        }
    }
}

fn unacceptable(kind: DocumentKind, reason: Unacceptable) -> Problem {
    match reason {
        Unacceptable::OtherType => Problem::of(Code::UnsupportedMediaType)
            .detail("The content is none of the accepted types, whatever its name says.")
            .with("accepted", kind.accepted()),
        Unacceptable::TooManyPixels { limit_per_side } => Problem::of(Code::TooLarge)
            .detail("The image has more pixels than are accepted.")
            .with("limit_pixels_per_side", limit_per_side),
        Unacceptable::TooManyBytes { limit } => Problem::of(Code::TooLarge)
            .detail("The photograph is larger than is accepted.")
            .with("limit_bytes", limit),
        Unacceptable::TooFewPixels { min_width, min_height } => {
            let detail = format!("at least {min_width} × {min_height} pixels are expected");
            Faults::at("", Fault::new("too_small", detail)).into()
        }
    }
}
