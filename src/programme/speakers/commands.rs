//! Inscription, and what becomes of it on the day.

use serde_json::json;

use super::model::{Classes, Speech, Statement, StatementState, Step, WrongTurn};
use super::view::StatementShown;
use super::{store, swaps};
use crate::access::{Action, Actor, Denied};
use crate::db::{self, Created, Db, Event, Tx, Written};
use crate::ids::{SessionId, StatementId};
use crate::input::Faults;
use crate::page::IfMatch;
use crate::programme::error::Error;
use crate::programme::seats::must_stand;
use crate::text::{Fault, ParticipantCode};

/// Inscribes a mission: its place is by class, then by the time of this (R49).
pub async fn inscribe(
    db: &Db,
    classes: &Classes,
    actor: &Actor,
    session: SessionId,
    code: &ParticipantCode,
    speech: &Speech,
    is_reply: bool,
) -> Result<Written<Created<StatementShown>>, Error> {
    let permit = actor.permit(Action::Speak(code))?;

    db.write(permit, async |tx| {
        let now = tx.now;
        must_stand(tx, code).await?;
        store::plenary(tx, session, now).await?.ok_or(Denied::Invisible)?;
        store::hold(tx, session).await?;
        let statement = Statement::inscribed(session, code.clone(), speech.clone(), classes, now);
        let statement = if is_reply {
            let number = store::free_reply(tx, session, code).await?.ok_or(Error::RepliesUsed)?;
            statement.into_reply(number)
        } else {
            statement
        };
        if !store::insert(tx, &statement, actor.account()).await? {
            return Err(Error::Inscribed);
        }
        let kind = if is_reply { "statement.reply_asked" } else { "statement.inscribed" };
        let event = about(kind, &statement)
            .with(&json!({ "session": session, "rank": statement.speech.rank }));
        Ok((Created(StatementShown(statement)), event))
    })
    .await
}

/// Changes who speaks, in which language or at which level. A new level moves it by the rule, and nothing else does.
pub async fn change(
    db: &Db,
    classes: &Classes,
    actor: &Actor,
    (session, id): (SessionId, StatementId),
    if_match: &IfMatch,
    change: impl Fn(Speech) -> Result<Speech, Error>,
) -> Result<Written<StatementShown>, Error> {
    let code = &whose(db, actor, session, id).await?;
    let permit = actor.permit(Action::Speak(code))?;

    db.write(permit, async |tx| {
        let before = held(tx, session, id, if_match).await?;
        let speech = change(before.speech.clone())?;
        let statement = before.clone().changed(speech, classes)?;
        store::save(tx, &statement).await?;
        let event = about("statement.changed", &statement).changed(
            &json!({ "rank": before.speech.rank, "place": before.place }),
            &json!({ "rank": statement.speech.rank, "place": statement.place }),
        );
        Ok((StatementShown(statement), event))
    })
    .await
}

/// Says with whom a mission would exchange places; none: with nobody any more. Done when both say so.
pub async fn would_swap(
    db: &Db,
    actor: &Actor,
    (session, id): (SessionId, StatementId),
    if_match: &IfMatch,
    with: Option<&ParticipantCode>,
) -> Result<Written<StatementShown>, Error> {
    let code = &whose(db, actor, session, id).await?;
    let permit = actor.permit(Action::Speak(code))?;

    let said = db
        .write(permit, async |tx| {
            let before = held(tx, session, id, if_match).await?;
            let statement = before.would_swap(with.cloned())?;
            store::save(tx, &statement).await.map_err(stranger)?;
            let event = about("statement.swap_offered", &statement).with(&json!({ "with": with }));
            Ok::<_, Error>((StatementShown(statement), event))
        })
        .await?;
    swaps::settle(db, session).await?;
    Ok(said)
}

/// Calls a speaker, sees one begin or end: whoever runs the session. A mission takes its own off the list.
pub async fn step(
    db: &Db,
    actor: &Actor,
    (session, id): (SessionId, StatementId),
    if_match: &IfMatch,
    step: Step,
) -> Result<Written<StatementShown>, Error> {
    let code = &whose(db, actor, session, id).await?;
    let permit = match step {
        Step::Withdraw => actor.permit(Action::Speak(code))?,
        Step::Call | Step::Start | Step::End => actor.permit(Action::KeepProgramme)?,
    };

    db.write(permit, async |tx| {
        let now = tx.now;
        let before = held(tx, session, id, if_match).await?;
        let current = before.state;
        let statement = before.step(step, now)?;
        store::save(tx, &statement).await.map_err(busy(current))?;
        let event = about(told(step), &statement)
            .changed(&json!({ "state": current }), &json!({ "state": statement.state }));
        Ok((StatementShown(statement), event))
    })
    .await
}

/// A statement of a session whose list is held.
pub async fn held(
    tx: &mut Tx<'_>,
    session: SessionId,
    id: StatementId,
    if_match: &IfMatch,
) -> Result<Statement, Error> {
    store::hold(tx, session).await?;
    let statement = store::find(tx, session, id).await?.ok_or(Denied::Invisible)?;
    if_match.check(statement.version)?;
    Ok(statement)
}

/// Whose statement this is.
pub async fn whose(
    db: &Db,
    actor: &Actor,
    session: SessionId,
    id: StatementId,
) -> Result<ParticipantCode, Error> {
    let mut tx = db.read(&actor.see(Action::ListSpeakers)?).await?;
    let statement = store::find(&mut tx, session, id).await?.ok_or(Denied::Invisible)?;
    Ok(statement.participant)
}

/// Something that happened to a statement.
pub fn about(kind: &'static str, statement: &Statement) -> Event {
    Event::of(kind, statement.id.uuid()).participant(&statement.participant)
}

/// One is called and one speaks at a time.
fn busy(current: StatementState) -> impl Fn(sqlx::Error) -> Error {
    move |error| {
        let indexes = ["statement_one_speaks", "statement_one_is_called"];
        if indexes.iter().any(|index| db::broke(&error, index)) {
            Error::SomebodySpeaks(current)
        } else {
            error.into()
        }
    }
}

/// Nobody exchanges places with whom the register does not know.
fn stranger(error: sqlx::Error) -> Error {
    if db::broke(&error, "statement_swaps_with_somebody") {
        let detail = "the code of a participant is expected";
        Faults::at("/with", Fault::new("unknown_participant", detail)).into()
    } else {
        error.into()
    }
}

fn told(step: Step) -> &'static str {
    match step {
        Step::Call => "statement.called",
        Step::Start => "statement.started",
        Step::End => "statement.ended",
        Step::Withdraw => "statement.withdrawn",
    }
}

/// The step that was asked for does not go from there.
impl From<WrongTurn> for Error {
    fn from(wrong: WrongTurn) -> Self {
        Self::WrongTurn(wrong.0)
    }
}
