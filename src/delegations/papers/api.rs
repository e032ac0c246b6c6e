//! Papers found in order, over HTTP.

use actix_web::{HttpResponse, web};
use deserr::Deserr;
use serde::Serialize;
use utoipa::ToSchema;

use super::commands::{self, Verified};
use crate::db::Answer;
use crate::delegations::members::status::{Lost, StatusName};
use crate::documents::{Document, Finding};
use crate::http::{self, Call, Json};
use crate::ids::DocumentId;
use crate::input::{Date, Faults};
use crate::problem::Problem;

/// What is seen on a paper that is in order.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct Verification {
    /// The last day on which it holds, where the upload did not say it or said it wrongly.
    #[deserr(default)]
    expires_on: Option<Date>,
}

/// A paper found in order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VerifiedDocument)]
pub struct VerifiedView<'a> {
    #[serde(flatten)]
    document: &'a Document,
    /// Where the paper changes who was passed on, as a new photograph does: what became of the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_back: Option<SentBack>,
}

/// A person whom security looks at anew (R37).
#[derive(Debug, Serialize, ToSchema)]
pub struct SentBack {
    /// Where the person is now.
    status: StatusName,
    /// What ended by it.
    revoked: Vec<Lost>,
}

impl Answer for Verified {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        let sent_back = self.sent_back.as_ref().map(|(member, lost)| SentBack {
            status: member.status.name(),
            revoked: lost.iter().copied().collect(),
        });
        serde_json::to_vec(&VerifiedView { document: &self.document, sent_back })
    }
    fn etag(&self) -> Option<String> {
        self.document.etag()
    }
    fn location(&self) -> Option<String> {
        self.document.location()
    }
}

/// Finds a paper in order. A photograph or passport that came after its person was passed on is a change of that person:
/// security looks at them anew, and the answer says what they lost (R37).
#[utoipa::path(post, path = "/api/v1/documents/{id}/verify", tag = "documents", params(("id" = DocumentId, Path)),
    request_body = Verification,
    responses((status = 200, body = VerifiedView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn verify(
    call: Call<Json<Verification>>,
    id: web::Path<DocumentId>,
) -> Result<HttpResponse, Problem> {
    let finding = Finding::InOrder(call.body.0.expires_on.map(|Date(day)| day));
    let if_match = call.if_match()?;
    http::written(commands::verify(&call.app.db, &call.actor, *id, if_match, &finding).await?)
}
