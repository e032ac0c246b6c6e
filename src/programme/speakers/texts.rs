//! What is going to be said: under embargo until it was (R49).

use actix_web::web::Bytes;

use super::commands::{about, held, whose};
use super::store;
use super::view::StatementShown;
use crate::access::{Action, Actor, Denied};
use crate::db::{Db, Scope, Written};
use crate::documents::{self, Document, DocumentKind, DocumentState, Papers};
use crate::ids::{DocumentId, SessionId, StatementId};
use crate::input::Faults;
use crate::page::IfMatch;
use crate::programme::error::Error;
use crate::programme::sessions::Access;
use crate::text::Fault;

/// Hands in a paper of the mission as what is going to be said.
pub async fn hand_in(
    db: &Db,
    actor: &Actor,
    (session, id): (SessionId, StatementId),
    if_match: &IfMatch,
    document: DocumentId,
) -> Result<Written<StatementShown>, Error> {
    let code = &whose(db, actor, session, id).await?;
    let permit = actor.permit(Action::Speak(code))?;

    db.write(permit, async |tx| {
        let is_text = |paper: &Document| {
            paper.participant == *code
                && paper.kind == DocumentKind::Statement
                && paper.state != DocumentState::Refused
        };
        let paper = documents::hold(tx, document).await?;
        let statement = held(tx, session, id, if_match).await?;
        if !paper.as_ref().is_some_and(is_text) {
            let detail = "the id of a paper of the mission, of the kind `statement`, is expected";
            return Err(Faults::at("/document", Fault::new("unknown_document", detail)).into());
        }
        let statement = statement.with_text(document)?;
        store::save(tx, &statement).await?;
        let event = about("statement.text_handed_in", &statement);
        Ok((StatementShown(statement), event))
    })
    .await
}

/// The text of a statement, for who may read it now. That it was read before it was said is recorded.
pub async fn read(
    db: &Db,
    papers: &Papers,
    actor: Option<&Actor>,
    (session, id): (SessionId, StatementId),
) -> Result<(Document, Bytes), Error> {
    let everything = Scope::all();
    let mut tx = db.read(&everything).await?;
    let statement = store::find(&mut tx, session, id).await?.ok_or(Denied::Invisible)?;
    let plenary = store::plenary(&mut tx, session, db.clock.now()).await?;
    let text = statement.text.ok_or(Denied::Invisible)?;
    let document = documents::find(&mut tx, text).await?.ok_or(Denied::Invisible)?;
    drop(tx);
    let speak = Action::Speak(&statement.participant);
    let early = actor.filter(|actor| !statement.is_delivered() && actor.may(speak));
    if let Some(actor) = early {
        let permit = actor.permit(speak)?;
        let content = documents::content_of(db, papers, permit.scope(), text).await?;
        db.write(permit, async |_| Ok::<_, Error>(((), about("statement.text_read", &statement))))
            .await?;
        return Ok((document, content));
    }
    let is_shown = plenary.is_some_and(|plenary| match actor {
        Some(actor) => actor.may(Action::ReadProgramme),
        None => plenary.access == Access::Public,
    });
    if !is_shown || !statement.is_delivered() {
        return Err(Denied::Invisible.into());
    }
    Ok((document, documents::content_of(db, papers, &everything, text).await?))
}
