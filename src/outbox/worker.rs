//! The worker: takes what is due, sends it, notes what came of it.

use std::time::Duration;

use futures_util::StreamExt as _;

use super::model::{MessageState, pause};
use super::store::{self, Found, Taken};
use crate::access::reset;
use crate::ceremony::Ceremony;
use crate::config;
use crate::db::{Db, Scope};
use crate::mail::{Addressee, Letter, Opening, Placeholder, Post, Trouble};
use crate::secret;

/// Answers those who forgot their passwords, and sends letters, for as long as the service runs.
pub async fn work(db: &Db, post: &Post, ceremony: &Ceremony, access: &config::Access) {
    let poll = Duration::from_millis(post.settings().poll_ms.get().into());
    loop {
        if let Err(error) = reset::answer_requests(db, access.reset_minutes.get()).await {
            tracing::warn!(%error, "could not answer those who ask for a new password");
        }
        match send_due(db, post, ceremony).await {
            Ok(0) => tokio::time::sleep(poll).await,
            // There may be more.
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(code = crate::db::sqlstate(&error), "could not look for letters");
                tokio::time::sleep(poll.max(Duration::from_secs(1))).await;
            }
        }
    }
}

/// Sends some of what is due. Says how many letters were tried; where it was none, nothing is due.
pub async fn send_due(db: &Db, post: &Post, ceremony: &Ceremony) -> Result<usize, sqlx::Error> {
    let settings = post.settings();
    let (room, lease) = (settings.at_once.length(), settings.lease_seconds.get());
    let lease = Duration::from_secs(lease.into());
    let taken = db.note_of_all(async |conn| store::take(conn, room, lease).await).await?;
    let tried = taken.len();
    let sent = futures_util::stream::iter(&taken).map(|letter| deliver(db, post, ceremony, letter));
    let mut outcomes = sent.buffer_unordered(room);
    let mut first_failure = Ok(());
    while let Some(outcome) = outcomes.next().await {
        first_failure = first_failure.and(outcome);
    }
    first_failure.map(|()| tried)
}

/// Sends one letter, and notes what came of it.
async fn deliver(
    db: &Db,
    post: &Post,
    ceremony: &Ceremony,
    taken: &Taken,
) -> Result<(), sqlx::Error> {
    let (id, kind) = (taken.id, taken.kind);
    let mut tx = db.read(&Scope::all()).await?;
    let reader = store::find_reader(&mut tx, id, db.clock.now()).await?;
    drop(tx);
    let Some(reader) = reader else {
        tracing::debug!(message = %id, %kind, "a letter has no reader any more");
        return end(db, taken, MessageState::Cancelled, None).await;
    };
    match send(db, post, ceremony, taken, reader).await {
        Ok(()) => end(db, taken, MessageState::Delivered, None).await,
        Err(trouble) if trouble.is_for_good() => {
            tracing::warn!(message = %id, %kind, %trouble, "a letter cannot be delivered");
            end(db, taken, MessageState::Failed, Some(trouble)).await
        }
        Err(trouble) => put_off(db, post, taken, trouble).await,
    }
}

async fn send(
    db: &Db,
    post: &Post,
    ceremony: &Ceremony,
    taken: &Taken,
    reader: Found,
) -> Result<(), Trouble> {
    let Found { name, email, language, participant, subject, words } = reader;
    let sealed = taken.sealed.as_deref();
    let opening = sealed.map(|sealed| Letter::opened(&db.vault, taken.id, sealed)).transpose();
    let opening = opening.map_err(|_| Trouble::Unopened)?;
    let link = post.link(taken.kind, taken.participant.as_ref());
    let value = |placeholder| match placeholder {
        Placeholder::Name => Some(name.to_string()),
        Placeholder::Event => Some(language.of(&ceremony.event.name).to_string()),
        Placeholder::Participant => participant.as_ref().map(ToString::to_string),
        Placeholder::Link => Some(link.clone()),
        Placeholder::Subject => subject.as_ref().map(|subject| language.of(subject).to_string()),
        Placeholder::Words => words.as_ref().map(|words| language.of(words).to_string()),
        Placeholder::Code => opening.as_ref().map(|Opening { code, .. }| code.to_string()),
        Placeholder::Expires => {
            let expires = opening.as_ref()?.expires_at;
            Some(expires.format("%Y-%m-%d %H:%M UTC").to_string())
        }
    };
    let written = ceremony.letters.write(language, taken.kind, value);
    let written = written.map_err(|_| Trouble::Unwritable)?;
    let reader = Addressee { name: name.clone(), email, language };
    post.send(taken.id.uuid(), &reader, &written, taken.created_at, None).await
}

async fn end(
    db: &Db,
    taken: &Taken,
    state: MessageState,
    trouble: Option<Trouble>,
) -> Result<(), sqlx::Error> {
    db.note_of_all(async |conn| store::end(conn, taken.id, state, trouble).await).await
}

async fn put_off(db: &Db, post: &Post, taken: &Taken, trouble: Trouble) -> Result<(), sqlx::Error> {
    let settings = post.settings();
    let millis = |setting: u32| Duration::from_millis(setting.into());
    let (first, longest) =
        (millis(settings.retry_first_ms.get()), millis(settings.retry_longest_ms.get()));
    let [chance] = secret::random::<1>();
    let pause = pause(taken.attempts, first, longest, chance);
    let give_up = settings.give_up_hours.get();
    let state = db
        .note_of_all(async |conn| store::put_off(conn, taken, trouble, pause, give_up).await)
        .await?;
    let (id, kind, attempts) = (taken.id, taken.kind, taken.attempts);
    if state == MessageState::Failed {
        tracing::warn!(message = %id, %kind, attempts, %trouble, "a letter is given up");
    } else {
        tracing::info!(message = %id, %kind, attempts, %trouble, "a letter is tried again later");
    }
    Ok(())
}
