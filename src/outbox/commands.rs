//! What an officer does about letters on their way.

use super::model::{Message, MessageState};
use super::store::{self, Wanted};
use crate::access::{Action, Actor, Denied};
use crate::db::{Db, Event, Shut, Written};
use crate::ids::MessageId;
use crate::page::Limit;

/// Why a letter is not sent again.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The policy says no, or there is nothing.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// It is still tried, was delivered, or is about what is over.
    #[error("a letter that is {0} is not sent again")]
    NotFailed(MessageState),
    /// What let its reader in was forgotten at its end.
    #[error("what the letter carried is forgotten")]
    Emptied,
    /// The door for writes stayed shut.
    #[error(transparent)]
    Shut(#[from] Shut),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] sqlx::Error),
}

/// Sends a letter again that failed: it is tried for as long as a new one, under its own `Message-ID`.
pub async fn resend(db: &Db, actor: &Actor, id: MessageId) -> Result<Written<Message>, Error> {
    let permit = actor.permit(Action::ResendMessages)?;
    let of_missions = actor.may(Action::ListDelegations);

    db.write(permit, async |tx| {
        let wanted = Wanted { id: Some(id), of_missions, ..Wanted::default() };
        let before = store::list(tx, &wanted, Limit::default()).await?.pop();
        let before = before.ok_or(Denied::Invisible)?;
        if before.state == MessageState::Failed && before.kind.carries_a_code() {
            return Err(Error::Emptied);
        }
        let is_sent = store::send_again(tx, id).await?;
        let after = store::list(tx, &wanted, Limit::default()).await?.pop();
        let after = after.ok_or(Denied::Invisible)?;
        if !is_sent {
            return Err(Error::NotFailed(after.state));
        }
        let event = Event::of("message.sent_again", id.uuid());
        let event = match &after.participant {
            Some(participant) => event.participant(participant),
            None => event,
        };
        Ok((after, event))
    })
    .await
}
