//! Nobody is kept waiting for ever: a request that takes too long is given up, and its client told to come back.
//!
//! The database ends what takes too long by itself, as long as it can be reached. Where it cannot, and nobody said so (a
//! machine unplugged, a network divided), nothing would ever come.

use std::time::Duration;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage as _, HttpRequest, web};

use super::App;
use crate::problem::{Code, Problem};

/// Its client is still sending the body, as slowly as it can.
struct Reading;

/// Says of a request that its body is read, for as long as this is kept: that time is the client's own.
pub(super) struct WhileReading<'r>(&'r HttpRequest);

impl<'r> WhileReading<'r> {
    pub(super) fn of(request: &'r HttpRequest) -> Self {
        request.extensions_mut().insert(Reading);
        Self(request)
    }
}

impl Drop for WhileReading<'_> {
    fn drop(&mut self) {
        self.0.extensions_mut().remove::<Reading>();
    }
}

/// Runs a request that has found its route, or gives it up.
pub async fn in_time(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let asked = request.request().clone();
    let patience =
        asked.app_data::<web::Data<App>>().map(|app| app.config.server.answer_timeout_seconds);
    let patience = Duration::from_secs(patience.map_or(60, |seconds| seconds.get().into()));
    let mut answer = std::pin::pin!(next.call(request));
    loop {
        match tokio::time::timeout(patience, &mut answer).await {
            Ok(answered) => return answered.map(ServiceResponse::map_into_boxed_body),
            Err(_) if asked.extensions().contains::<Reading>() => {}
            Err(late) => {
                let problem = Problem::of(Code::Unavailable).header(header::RETRY_AFTER, "2");
                return Ok(ServiceResponse::from_err(problem.because(late), asked));
            }
        }
    }
}
