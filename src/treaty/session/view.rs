//! A session and its turns as they are answered.

use std::collections::HashMap;

use chrono::{DateTime, FixedOffset, NaiveDate, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use utoipa::ToSchema;

use super::model::{Moved, PlacedBy, Step, StrategyName, Turn, TurnState, Why, why};
use super::store::{self, Counts, Order, Session};
use crate::ceremony::{Ceremony, PlaceCode};
use crate::db::Answer;
use crate::delegations::Rank;
use crate::full_powers::Bar;
use crate::ids::{AccountId, ActId, AppointmentId, FullPowersId};
use crate::page::Version;
use crate::text::{Label, ParticipantCode, PersonName, Reason};

/// The running order of a session.
#[derive(Debug)]
pub struct QueueShown {
    /// Which session.
    pub session: Session,
    /// Its turns, in the running order.
    pub turns: Vec<Turn>,
    order: Order,
    time_zone: &'static str,
    strategies: Vec<String>,
    explains: bool,
}

impl QueueShown {
    /// Reads a session as it is now.
    pub async fn read(
        conn: &mut PgConnection,
        ceremony: &Ceremony,
        session: Session,
        explains: bool,
    ) -> Result<Self, sqlx::Error> {
        let order = store::find_order(conn, &session).await?;
        Ok(Self {
            turns: store::turns(conn, ceremony, &session).await?,
            order: order.unwrap_or_else(Order::none),
            time_zone: ceremony.window(&session.place).map_or("", |window| window.time_zone.name()),
            strategies: ceremony.running_orders.names().map(str::to_owned).collect(),
            session,
            explains,
        })
    }
}

/// One turn of a session.
#[derive(Debug)]
pub struct TurnShown {
    session: Session,
    turn: Turn,
    position: usize,
    why: Option<Why>,
    bars: Option<Vec<Bar>>,
}

impl TurnShown {
    /// Reads a turn as it is now, with why it stands where it does.
    pub async fn read(
        conn: &mut PgConnection,
        ceremony: &Ceremony,
        session: Session,
        appointment: AppointmentId,
    ) -> Result<Self, sqlx::Error> {
        let turns = store::turns(conn, ceremony, &session).await?;
        let found = (1..).zip(&turns).find(|(_, turn)| turn.appointment == appointment);
        let (position, turn) = found.ok_or(sqlx::Error::RowNotFound)?;
        let why = why(&turns).remove(&appointment);
        Ok(Self { session, turn: turn.clone(), position, why, bars: None })
    }

    /// The same with what still keeps the signer from signing.
    #[must_use]
    pub fn with(self, bars: Vec<Bar>) -> Self {
        Self { bars: Some(bars), ..self }
    }
}

/// Who signs when: a session.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SigningQueue)]
pub struct QueueView<'a> {
    place: &'a PlaceCode,
    /// Local to the place.
    day: NaiveDate,
    time_zone: &'static str,
    /// By which strategy the running order was made; none before the first.
    strategy: Option<&'a StrategyName>,
    /// The seed of its lot.
    seed: Option<&'a Label>,
    ordered_by: Option<AccountId>,
    ordered_at: Option<DateTime<Utc>>,
    /// The strategies that there are.
    strategies: &'a [String],
    /// The turns in the running order.
    items: Vec<TurnView<'a>>,
}

/// A turn at the table.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SigningTurn)]
pub struct TurnView<'a> {
    participant: &'a ParticipantCode,
    name: &'a Label,
    /// Counted from 1.
    position: usize,
    state: TurnState,
    /// Since when it is so.
    since: Option<DateTime<Utc>>,
    /// What can be done next.
    allowed: &'static [Step],
    /// The hour of the appointment, with the offset as it was given.
    at: DateTime<FixedOffset>,
    signer: SignerOfTurn<'a>,
    appointment: AppointmentId,
    full_powers: FullPowersId,
    /// Why it was put off, or who was not there.
    reason: Option<&'a Reason>,
    /// The signature.
    act: Option<ActId>,
    /// Why it stands at this place, where that is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<WhyView<'a>>,
}

/// Who is to sign.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignerOfTurn<'a> {
    name: &'a PersonName,
    office: &'a Label,
    rank: Rank,
}

/// Why a turn stands at its place (R30).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WhyAtThisPlace)]
pub struct WhyView<'a> {
    /// What decided.
    decided_by: PlacedBy,
    /// Its value.
    value: String,
    /// The same in words.
    sentence: String,
    /// An officer's move since the order was made.
    moved: Option<MovedView<'a>>,
}

/// An officer's move.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MoveInQueue)]
pub struct MovedView<'a> {
    from: i32,
    by: AccountId,
    at: DateTime<Utc>,
    reason: &'a Reason,
}

/// One turn, by itself.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OneSigningTurn)]
pub struct OneTurnView<'a> {
    place: &'a PlaceCode,
    day: NaiveDate,
    #[serde(flatten)]
    turn: TurnView<'a>,
    /// What still keeps the signer from signing (R6–R11), where the turn is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    bars: Option<&'a [Bar]>,
}

/// A session: a table and a day.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SigningSession)]
pub struct SessionView {
    place: PlaceCode,
    /// Local to the place.
    day: NaiveDate,
    /// How many turns, by where they are; states without any left out.
    turns: HashMap<&'static str, usize>,
}

impl SessionView {
    /// A session with its turns counted.
    #[must_use]
    pub fn of(session: Session, counts: &Counts) -> Self {
        let turns = counts.iter().map(|(state, count)| (state.as_str(), *count)).collect();
        Self { place: session.place, day: session.day, turns }
    }
}

impl<'a> TurnView<'a> {
    fn of(turn: &'a Turn, position: usize, why: Option<Why>) -> Self {
        let moved = |Moved { from, by, at, because }: &'a Moved| MovedView {
            from: *from,
            by: *by,
            at: *at,
            reason: because,
        };
        Self {
            participant: &turn.participant,
            name: &turn.name,
            position,
            state: turn.state,
            since: turn.since,
            allowed: turn.state.allowed(),
            at: turn.at,
            signer: SignerOfTurn { name: &turn.signer, office: &turn.office, rank: turn.rank },
            appointment: turn.appointment,
            full_powers: turn.full_powers,
            reason: turn.reason.as_ref(),
            act: turn.act,
            why: why.map(|Why { by, value, sentence }| WhyView {
                decided_by: by,
                value,
                sentence,
                moved: turn.moved.as_ref().map(moved),
            }),
        }
    }
}

impl<'a> From<&'a QueueShown> for QueueView<'a> {
    fn from(shown: &'a QueueShown) -> Self {
        let mut reasons = if shown.explains { why(&shown.turns) } else { HashMap::new() };
        let items = (1..).zip(&shown.turns);
        let items = items.map(|(position, turn)| {
            TurnView::of(turn, position, reasons.remove(&turn.appointment))
        });
        Self {
            place: &shown.session.place,
            day: shown.session.day,
            time_zone: shown.time_zone,
            strategy: shown.order.strategy.as_ref(),
            seed: shown.order.seed.as_ref(),
            ordered_by: shown.order.ordered_by,
            ordered_at: shown.order.ordered_at,
            strategies: &shown.strategies,
            items: items.collect(),
        }
    }
}

impl Order {
    /// Of a session in which nobody has done anything yet.
    fn none() -> Self {
        let version = Version(0);
        Self { strategy: None, seed: None, ordered_by: None, ordered_at: None, version }
    }
}

impl Answer for QueueShown {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&QueueView::from(self))
    }
    fn etag(&self) -> Option<String> {
        Some(self.order.version.etag())
    }
}

impl Answer for TurnShown {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&OneTurnView {
            place: &self.session.place,
            day: self.session.day,
            turn: TurnView::of(&self.turn, self.position, self.why.clone()),
            bars: self.bars.as_deref(),
        })
    }
    fn etag(&self) -> Option<String> {
        Some(self.turn.version.etag())
    }
}
