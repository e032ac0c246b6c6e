//! What officers do in a session, and what the record does to it.

use chrono::NaiveDate;
use serde_json::json;
use sqlx::PgConnection;

use super::error::Error;
use super::model::{
    MANUAL, Moved, NotPlaced, Placed, Step, StrategyName, Turn, TurnState, arrange, by_hand, moved,
};
use super::store::{self, Session};
use super::view::{QueueShown, TurnShown};
use crate::access::{Action, Actor, Denied};
use crate::ceremony::{Ceremony, PlaceCode};
use crate::db::{self, Db, Event, Tx, Written};
use crate::full_powers::{self, Bar};
use crate::ids::{AccountId, ActId, FullPowersId};
use crate::input::Faults;
use crate::page::{IfMatch, Version};
use crate::secret;
use crate::text::{Fault, Label, ParticipantCode, Reason};

/// Which session is meant; the one under way where nothing is said.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// At this place.
    pub place: Option<PlaceCode>,
    /// On this day.
    pub day: Option<NaiveDate>,
}

/// Which turn of it is meant.
#[derive(Debug, Clone)]
pub struct Whose {
    /// Of which participant.
    pub code: ParticipantCode,
    /// By which full powers, where several persons may sign: a substitute.
    pub full_powers: Option<FullPowersId>,
}

/// A running order to be made.
#[derive(Debug, Clone)]
pub struct Ordering {
    /// By which strategy.
    pub strategy: StrategyName,
    /// The seed of the lot; drawn where nothing is said.
    pub seed: Option<Label>,
    /// By hand: who comes first.
    pub named: Option<Vec<ParticipantCode>>,
    /// By hand: why.
    pub reason: Option<Reason>,
}

/// Makes the running order (R30).
pub async fn order(
    db: &Db,
    ceremony: &Ceremony,
    actor: &Actor,
    wanted: &Wanted,
    if_match: &IfMatch,
    ordering: &Ordering,
) -> Result<Written<QueueShown>, Error> {
    let permit = actor.permit(Action::RunSession)?;
    let seed = seed_for(ceremony, ordering)?;

    db.write(permit, async |tx| {
        let now = tx.now;
        let session = resolve(tx, ceremony, wanted).await?;
        store::lock(tx, &session).await?;
        if_match.check(version(tx, &session).await?)?;
        let turns = store::turns(tx, ceremony, &session).await?;
        let placed = match (&ordering.named, ceremony.running_orders.find(&ordering.strategy)) {
            (None, Some(strategy)) => {
                let seed = seed.as_ref().map_or("", Label::as_str);
                arrange(&turns, strategy, &ceremony.event.host, seed)
            }
            (named, _) => by_hand(&turns, named.as_deref().unwrap_or_default())?,
        };
        let by = actor.account();
        place_all(tx, &session, turns, &placed, None, by).await?;
        let (strategy, seed) = (&ordering.strategy, seed.as_ref());
        store::save_order(tx, &session, strategy, seed, by, now).await?;
        store::touch(tx, &session, now).await?;
        let shown = QueueShown::read(tx, ceremony, session, true).await?;
        let order: Vec<_> = shown.turns.iter().map(|turn| &turn.participant).collect();
        let event = Event::at_large("signing.ordered")
            .with(&json!({ "place": shown.session.place, "day": shown.session.day, "strategy": strategy,
                           "seed": seed, "order": order }))
            .because(ordering.reason.as_ref());
        Ok((shown, event))
    })
    .await
}

/// Moves one turn to another place of the running order, with a reason (R30).
#[expect(clippy::too_many_arguments, reason = "which turn of which session goes where, and why")]
pub async fn move_to(
    db: &Db,
    ceremony: &Ceremony,
    actor: &Actor,
    wanted: &Wanted,
    whose: &Whose,
    if_match: &IfMatch,
    to: u16,
    reason: &Reason,
) -> Result<Written<TurnShown>, Error> {
    let permit = actor.permit(Action::RunSession)?;

    db.write(permit, async |tx| {
        let now = tx.now;
        let session = resolve(tx, ceremony, wanted).await?;
        store::lock(tx, &session).await?;
        let turns = store::turns(tx, ceremony, &session).await?;
        let turn = pick(&turns, whose)?.clone();
        if_match.check(turn.version)?;
        let from = turns.iter().take_while(|other| other.appointment != turn.appointment).count();
        let from = i32::try_from(from + 1).unwrap_or(i32::MAX);
        let placed = moved(&turns, turn.appointment, to.into())?;
        let by = actor.account();
        let note = Moved { from, by, at: now, because: reason.clone() };
        place_all(tx, &session, turns, &placed, Some((&turn, note)), by).await?;
        store::touch(tx, &session, now).await?;
        let shown = TurnShown::read(tx, ceremony, session, turn.appointment).await?;
        let event = Event::of("signing.moved", turn.appointment.uuid())
            .participant(&turn.participant)
            .changed(&json!({ "position": from }), &json!({ "position": to }))
            .because(Some(reason));
        Ok((shown, event))
    })
    .await
}

/// Takes a turn a step on (R31). Nobody is called who could not sign: a substitute passes R6–R9 like anybody else.
#[expect(
    clippy::too_many_arguments,
    reason = "which turn of which session takes which step, and why"
)]
pub async fn step(
    db: &Db,
    ceremony: &Ceremony,
    actor: &Actor,
    wanted: &Wanted,
    whose: &Whose,
    if_match: &IfMatch,
    step: Step,
    reason: Option<&Reason>,
) -> Result<Written<TurnShown>, Error> {
    let permit = actor.permit(Action::RunSession)?;

    db.write(permit, async |tx| {
        let now = tx.now;
        let session = resolve(tx, ceremony, wanted).await?;
        if step == Step::Call {
            // Papers and persons before the session: the order of locks.
            let turns = store::turns(tx, ceremony, &session).await?;
            check_entitled(tx, &session, pick(&turns, whose)?).await?;
        }
        store::lock(tx, &session).await?;
        let turns = store::turns(tx, ceremony, &session).await?;
        let before = pick(&turns, whose)?.clone();
        if_match.check(before.version)?;
        let state = before.state.after(step)?;
        if state.takes_the_table() {
            let by = store::occupant(tx, &session.place, state).await?;
            if by.is_some() {
                return Err(Error::TableTaken { current: before.state, by });
            }
            store::clear_cancelled(tx, &session.place, now).await?;
        }
        let current = before.state;
        let after = Turn {
            state,
            since: Some(now),
            reason: reason.cloned(),
            version: before.version.next(),
            ..before
        };
        store::save(tx, &session, &after, actor.account()).await.map_err(taken(current))?;
        store::touch(tx, &session, now).await?;
        let event = Event::of(told(step), after.appointment.uuid())
            .participant(&after.participant)
            .changed(&json!({ "state": current }), &json!({ "state": state }))
            .because(reason);
        Ok((TurnShown::read(tx, ceremony, session, after.appointment).await?, event))
    })
    .await
}

/// Moves the turn of a signature to signed, in the signature's own transaction; without an appointment there is none.
pub async fn sign(
    tx: &mut Tx<'_>,
    ceremony: &Ceremony,
    participant: &ParticipantCode,
    full_powers: FullPowersId,
    act: ActId,
    by: AccountId,
) -> Result<(), sqlx::Error> {
    let now = tx.now;
    if let Some((appointment, place, at)) = store::hour_of(tx, full_powers).await?
        && let Some(window) = ceremony.window(&place)
    {
        let session = Session { day: window.local_day(at), place };
        store::lock(tx, &session).await?;
        store::sign(tx, &session, appointment, act, by, now).await?;
        store::touch(tx, &session, now).await?;
    }
    store::clear(tx, participant, now).await
}

/// Puts the turn of a signature off whose recording is withdrawn.
pub async fn release(
    tx: &mut Tx<'_>,
    act: ActId,
    reason: &Reason,
    by: AccountId,
) -> Result<(), sqlx::Error> {
    let now = tx.now;
    if let Some(session) = store::release(tx, act, reason, by, now).await? {
        store::touch(tx, &session, now).await?;
    }
    Ok(())
}

/// The session that is meant.
pub async fn resolve(
    conn: &mut PgConnection,
    ceremony: &Ceremony,
    wanted: &Wanted,
) -> Result<Session, Error> {
    let window = match &wanted.place {
        None => None,
        Some(place) => Some(ceremony.window(place).ok_or_else(|| {
            let detail = "a place of a signing window is expected";
            Error::Faulty(Faults::at("/place", Fault::new("unknown_place", detail)))
        })?),
    };
    if let (Some(window), Some(day)) = (window, wanted.day) {
        return Ok(Session { day, place: window.place.clone() });
    }
    let fits = |session: &Session| {
        wanted.place.as_ref().is_none_or(|place| *place == session.place)
            && wanted.day.is_none_or(|day| day == session.day)
    };
    if let Some(session) = store::under_way(conn, ceremony).await?.filter(fits) {
        return Ok(session);
    }
    let all = store::sessions(conn, ceremony).await?;
    if let Some(session) = all.into_keys().find(fits) {
        return Ok(session);
    }
    let first = window.or(ceremony.windows.first()).ok_or(Denied::Invisible)?;
    let day = wanted.day.unwrap_or(first.first_day);
    Ok(Session { day, place: first.place.clone() })
}

/// The turn of a participant: by the full powers named, else the one that is furthest on its way.
pub fn pick<'t>(turns: &'t [Turn], whose: &Whose) -> Result<&'t Turn, Error> {
    let theirs = turns.iter().filter(|turn| turn.participant == whose.code);
    let named = theirs
        .filter(|turn| whose.full_powers.is_none_or(|full_powers| full_powers == turn.full_powers));
    let nearest = |turn: &&Turn| match turn.state {
        TurnState::AtTheTable => 0,
        TurnState::Called => 1,
        TurnState::Expected => 2,
        TurnState::Deferred => 3,
        TurnState::Absent => 4,
        TurnState::Signed => 5,
    };
    named.min_by_key(nearest).ok_or(Error::Denied(Denied::Invisible))
}

/// What keeps the signer of a turn from signing, but for the original, which may still be handed over at the table.
async fn check_entitled(tx: &mut Tx<'_>, session: &Session, turn: &Turn) -> Result<(), Error> {
    let entitlement = full_powers::lock_entitlement(tx, turn.full_powers).await?;
    let entitlement = entitlement.ok_or(Denied::Invisible)?;
    let (mut bars, _) = entitlement.judge(&turn.participant, &session.place, session.day);
    bars.retain(|bar| *bar != Bar::OriginalNotReceived);
    if bars.is_empty() { Ok(()) } else { Err(Error::NotEntitled(bars)) }
}

async fn version(conn: &mut PgConnection, session: &Session) -> Result<Version, sqlx::Error> {
    let order = store::find_order(conn, session).await?;
    Ok(order.map_or(Version(0), |order| order.version))
}

/// Saves every turn at its place. Where one was moved, that is noted with it; a new order forgets earlier moves.
async fn place_all(
    tx: &mut Tx<'_>,
    session: &Session,
    turns: Vec<Turn>,
    placed: &[Placed],
    carried: Option<(&Turn, Moved)>,
    by: AccountId,
) -> Result<(), sqlx::Error> {
    for turn in turns {
        let place = placed.iter().find(|placed| placed.appointment == turn.appointment);
        let place = place.map(|placed| placed.place.clone());
        let moved = match &carried {
            None => None,
            Some((which, note)) if which.appointment == turn.appointment => Some(note.clone()),
            Some(_) => turn.moved.clone(),
        };
        if place == turn.place && moved == turn.moved {
            continue;
        }
        let after = Turn { place, moved, version: turn.version.next(), ..turn };
        store::save(tx, session, &after, by).await?;
    }
    Ok(())
}

/// The seed of the order, where it draws lots; what does not belong together is a fault.
fn seed_for(ceremony: &Ceremony, ordering: &Ordering) -> Result<Option<Label>, Error> {
    let mut faults = Faults::default();
    let is_manual = ordering.strategy.as_str() == MANUAL;
    let strategy = ceremony.running_orders.find(&ordering.strategy);
    if strategy.is_none() && !is_manual {
        let names: Vec<_> = ceremony.running_orders.names().collect();
        let detail = format!("one of these is expected: {}", names.join(" "));
        faults.add("/strategy", "unknown_value", detail);
    }
    for (pointer, is_given) in
        [("/order", ordering.named.is_some()), ("/reason", ordering.reason.is_some())]
    {
        match (is_manual, is_given) {
            (true, false) => faults.add(pointer, "required", "an order by hand says this"),
            (false, true) if pointer == "/order" => {
                faults.add(pointer, "not_applicable", "only an order by hand names them");
            }
            _ => {}
        }
    }
    let draws_lots = strategy.is_some_and(super::model::Strategy::draws_lots);
    if ordering.seed.is_some() && !draws_lots {
        faults.add("/seed", "not_applicable", "only a lot has a seed");
    }
    faults.none_or().map_err(Error::Faulty)?;
    if !draws_lots {
        return Ok(None);
    }
    let drawn = || Label::parse(&secret::hex(&secret::random::<16>())).ok();
    Ok(ordering.seed.clone().or_else(drawn))
}

/// Who is called at the same moment in another session at the same table is kept off by the index.
fn taken(current: TurnState) -> impl Fn(sqlx::Error) -> Error {
    move |error| {
        let indexes = ["signing_turn_one_is_called", "signing_turn_one_is_at_the_table"];
        if indexes.iter().any(|index| db::broke(&error, index)) {
            Error::TableTaken { current, by: None }
        } else {
            error.into()
        }
    }
}

fn told(step: Step) -> &'static str {
    match step {
        Step::Call => "signing.called",
        Step::Arrive => "signing.arrived",
        Step::Defer => "signing.deferred",
        Step::Absent => "signing.absent",
    }
}

impl From<NotPlaced> for Error {
    fn from(wrong: NotPlaced) -> Self {
        let (pointer, code) = match wrong {
            NotPlaced::Twice(place) => (format!("/order/{place}"), "duplicate"),
            NotPlaced::NotToCome(place) => (format!("/order/{place}"), "not_to_come"),
            NotPlaced::NoSuchPlace => ("/to".to_owned(), "out_of_range"),
        };
        Self::Faulty(Faults::at(pointer, Fault::new(code, wrong.to_string())))
    }
}
