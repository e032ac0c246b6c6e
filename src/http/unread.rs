//! Bodies that nobody reads to their end: the connection is closed instead.
//!
//! The framework reads on to the end of a body in pieces whose reader is gone, so that the connection can be used again;
//! to the end of a body without an end, for ever. While the body is alive when its answer is sent, it closes the
//! connection. So the body is kept until then.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::HttpMessage as _;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use futures_util::Stream;

/// A request's body, as far as it was read.
#[derive(Clone)]
pub(super) struct Watched {
    payload: Rc<RefCell<Payload>>,
    is_read: Rc<Cell<bool>>,
}

impl Watched {
    /// Watches the body of a request, where it has one.
    pub(super) fn of(request: &mut ServiceRequest) -> Option<Self> {
        let payload = request.take_payload();
        if matches!(payload, Payload::None) {
            return None;
        }
        let watched =
            Self { payload: Rc::new(RefCell::new(payload)), is_read: Rc::new(Cell::new(false)) };
        request.set_payload(Payload::Stream { payload: Box::pin(watched.clone()) });
        Some(watched)
    }

    /// Keeps a body that was not read to its end alive for as long as the answer.
    pub(super) fn keep(self, response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
        if self.is_read.get() {
            return response;
        }
        response.map_body(|_, body| BoxBody::new(Answer { body, _unread: self }))
    }
}

impl Stream for Watched {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = Pin::new(&mut *self.payload.borrow_mut()).poll_next(context);
        self.is_read.set(matches!(polled, Poll::Ready(None)));
        polled
    }
}

/// An answer that has the body of its request with it.
struct Answer {
    body: BoxBody,
    _unread: Watched,
}

impl MessageBody for Answer {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}
