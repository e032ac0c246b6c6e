//! The board over HTTP, as server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use actix_web::http::header::{self, ContentEncoding};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::{Stream, stream};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::Screens;
use super::model::{ActShown, Board, News, Seen};
use super::screens::Place;
use crate::http::Visit;
use crate::problem::{Code, Problem};

/// How a screen is served.
#[derive(Debug, Clone, Copy)]
struct Timing {
    /// So often a screen hears something, whatever happens.
    heartbeat: Duration,
    /// A screen that takes nothing for so long is given up.
    patience: Duration,
}

const PACE: Timing =
    Timing { heartbeat: Duration::from_secs(15), patience: Duration::from_secs(30) };

/// What a screen does when it loses us.
const GREETING: &str = "retry: 2000\n\n";

/// What the stream sends: events of two names.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
#[schema(as = StreamEvent)]
pub enum Sent {
    /// `event: board`, when something of it has changed.
    Board(Board),
    /// `event: act`, when something was recorded.
    Act(ActShown),
}

/// Server-sent events for screens: who signs now, the next three, the tally, the last acts. After a loss of the connection
/// `Last-Event-ID` brings what was missed, from any service of the installation.
#[utoipa::path(get, path = "/api/v1/treaty/stream", tag = "treaty", security(()),
    params(("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that was seen.")),
    responses((status = 200, body = Sent, content_type = "text/event-stream"), (status = 503, body = crate::problem::Body)))]
pub async fn watch(
    request: HttpRequest,
    _visit: Visit,
    screens: web::Data<Screens>,
) -> Result<HttpResponse, Problem> {
    let full = || {
        let detail = "As many screens as there may be are served already.";
        Problem::of(Code::Unavailable).detail(detail).header(header::RETRY_AFTER, "5")
    };
    let place = screens.join().ok_or_else(full)?;
    let last = request.headers().get("last-event-id").and_then(|id| id.to_str().ok());
    let seen = last.and_then(Seen::parse);
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        // A compressed stream would be held back until there is enough of it; so would a proxy do.
        .insert_header(ContentEncoding::Identity)
        .insert_header(("x-accel-buffering", "no"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .streaming(events(place, seen, PACE)))
}

/// What a screen is sent. One message waits to be taken, never two.
fn events(
    place: Place,
    seen: Option<Seen>,
    timing: Timing,
) -> impl Stream<Item = Result<Bytes, Infallible>> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(serve(place, seen, sender, timing));
    stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|message| (Ok(message), receiver))
    })
}

/// Serves a screen until it leaves, takes nothing any more, or the service stops.
async fn serve(
    mut place: Place,
    mut seen: Option<Seen>,
    sender: mpsc::Sender<Bytes>,
    timing: Timing,
) {
    let offer = async |message: String| -> bool {
        matches!(timeout(timing.patience, sender.send(message.into())).await, Ok(Ok(())))
    };
    // With the first board, so that a screen never hears less than all there is.
    let mut due = GREETING.to_owned();
    loop {
        let latest = place.latest.borrow_and_update().clone();
        if let Some(latest) = latest {
            let news = Seen::news(seen, &latest);
            seen = news.last().map(|(seen, _)| *seen).or(seen);
            due.extend(news.iter().filter_map(written));
            if !due.is_empty() && !offer(std::mem::take(&mut due)).await {
                return;
            }
        }
        tokio::select! {
            changed = timeout(timing.heartbeat, place.latest.changed()) => match changed {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return,
                Err(_) => if !offer(":\n\n".to_owned()).await { return },
            },
            () = sender.closed() => return,
        }
    }
}

/// One event, as the HTML standard has it. What cannot be written as JSON does not occur.
fn written((seen, news): &(Seen, News<'_>)) -> Option<String> {
    let (name, data) = match news {
        News::Act(act) => ("act", serde_json::to_string(act)),
        News::Board(board) => ("board", serde_json::to_string(board)),
    };
    Some(format!("id: {}\nevent: {name}\ndata: {}\n\n", seen.id(), data.ok()?))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::sync::{Semaphore, watch};

    use super::*;
    use crate::treaty::board::model::{Latest, Tally};

    #[tokio::test]
    async fn a_screen_that_takes_nothing_is_given_up_and_its_place_is_free_again() {
        let tally = Tally { signatories: 0, parties: 0 };
        let board = Board {
            place: None,
            day: None,
            now_signing: vec![],
            next: vec![],
            tally,
            last_acts: vec![],
        };
        let latest = Arc::new(Latest { position: 1, board, acts: vec![] });
        let (_sender, latest) = watch::channel(Some(latest));
        let places = Arc::new(Semaphore::new(1));
        let place = Place::taken(latest, Arc::clone(&places).try_acquire_owned().unwrap());
        let (sender, mut unread) = mpsc::channel(1);
        let timing =
            Timing { heartbeat: Duration::from_millis(1), patience: Duration::from_millis(20) };
        let served = timeout(Duration::from_secs(10), serve(place, None, sender, timing));
        served.await.expect("it is given up");
        assert_eq!(places.available_permits(), 1);
        let first = unread.recv().await.unwrap();
        assert!(first.starts_with(b"retry: 2000\n\nid: 0-1\nevent: board\ndata: {"), "{first:?}");
        assert_eq!(unread.recv().await, None, "one message waited, and no second one");
    }
}
