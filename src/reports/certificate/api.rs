//! Certificates over HTTP.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use deserr::Deserr;
use serde_json::json;

use super::super::Tongue;
use super::super::export::Broken;
use super::{Certified, store};
use crate::access::{Action, Denied, Permit};
use crate::db::Event;
use crate::http::{self, App, Call, NoBody};
use crate::ids::{ActId, EventId};
use crate::input::Faults;
use crate::paper::Paper;
use crate::problem::{Code, Problem};
use crate::secret::{hex, sha256};
use crate::treaty::{self, Entry};

/// In which language.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CertificateQuery {
    /// The language of the certificate; English where nothing is said.
    #[deserr(default)]
    #[param(inline)]
    lang: Option<Tongue>,
}

/// The certificate of a treaty action (PDF/A, tagged), with the ledger's receipt as a code for cameras. A recording that was
/// withdrawn says so, and one that was corrected says both.
#[utoipa::path(get, path = "/api/v1/treaty/acts/{id}/certificate.pdf", tag = "reports",
    params(("id" = ActId, Path), CertificateQuery),
    responses((status = 200, body = Vec<u8>, content_type = "application/pdf"), (status = 404, body = crate::problem::Body)))]
pub async fn take(
    call: Call<NoBody, CertificateQuery>,
    id: web::Path<ActId>,
) -> Result<HttpResponse, Problem> {
    let permit = call.actor.permit(Action::ReadRecord)?;
    let (tongue, now) = (call.query.lang.unwrap_or(Tongue::En), call.app.db.clock.now());
    let paper = paper(&call.app, &permit, *id, tongue, now).await?;
    let bytes = http::paper::set(&call.app, paper).await?;
    let export = EventId::fresh();
    let about = json!({
        "report": "certificate", "format": "pdf", "filter": { "act": *id, "lang": tongue }, "rows": 1,
        "sha256": hex(&sha256(&bytes)),
    });
    // The audit's entry comes first: whoever has the certificate has left a trace (R53).
    let told = call.app.db.write(permit, async |_| {
        Ok::<_, Broken>(((), Event::of("report.exported", export.uuid()).with(&about)))
    });
    told.await.map_err(|broken| Problem::of(Code::Unavailable).because(broken))?;
    Ok(HttpResponse::Ok()
        .content_type("application/pdf")
        .insert_header(("content-disposition", "attachment; filename=\"certificate.pdf\""))
        .insert_header(("export-id", export.to_string()))
        .body(bytes))
}

/// What of the record goes into a certificate. Of what is said of earlier entries there is none.
async fn paper(
    app: &App,
    permit: &Permit,
    id: ActId,
    tongue: Tongue,
    now: DateTime<Utc>,
) -> Result<Paper, Problem> {
    let mut tx = app.db.read(permit.scope()).await?;
    let shown = treaty::read(&mut tx, &[id]).await?.pop().ok_or(Denied::Invisible)?;
    let Entry::Action(action) = &shown.entered.act.entry else {
        return Err(Denied::Invisible.into());
    };
    let code = &shown.entered.participant;
    let participant = store::name(&mut tx, code, tongue).await?;
    let treaty = &app.ceremony.treaty;
    let standing = shown.entered.corrected.as_ref().unwrap_or(action);
    let window = app.ceremony.window(&standing.place);
    let place = window.map_or(standing.place.as_str(), |window| tongue.said(&window.name).as_str());
    let base = app.config.server.base_url.as_ref().map_or("", |url| url.as_str());
    let certified = Certified {
        action,
        participant,
        place,
        treaty: tongue.said(&treaty.title).as_str(),
        number: treaty.number.as_str(),
        receipt_at: format!("{base}/api/v1/ledger/proofs/inclusion/{id}"),
        shown: &shown,
    };
    Ok(certified.paper(tongue, now))
}
