//! The signing session over HTTP, for treaty officers.

use actix_web::{HttpResponse, web};
use deserr::Deserr;
use utoipa::ToSchema;

use super::commands::{self, Ordering, Wanted, Whose};
use super::error::Error;
use super::model::{Step, StrategyName};
use super::store;
use super::view::{OneTurnView, QueueShown, QueueView, SessionView, TurnShown};
use crate::access::{Action, Denied};
use crate::ceremony::PlaceCode;
use crate::full_powers;
use crate::http::{self, Call, Json, NoBody};
use crate::ids::FullPowersId;
use crate::input::{Date, Faults};
use crate::page::{Page, Truth};
use crate::problem::{Code, Problem};
use crate::text::{Label, ParticipantCode, Reason};

/// Which session; the one under way where nothing is said.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SessionQuery {
    /// At this place.
    #[deserr(default)]
    place: Option<PlaceCode>,
    /// On this day, local to the place.
    #[deserr(default)]
    day: Option<Date>,
}

impl SessionQuery {
    fn wanted(self) -> Wanted {
        Wanted { place: self.place, day: self.day.map(|Date(day)| day) }
    }
}

/// Which session, and whether each place says why.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct QueueQuery {
    /// At this place.
    #[deserr(default)]
    place: Option<PlaceCode>,
    /// On this day, local to the place.
    #[deserr(default)]
    day: Option<Date>,
    /// Whether each turn says why it stands where it does.
    #[deserr(default)]
    #[param(value_type = Option<bool>)]
    explain: Option<Truth>,
}

/// Lists the sessions that have a turn, in the order of their days: in Ha Noi, and at the desk in New York.
#[utoipa::path(get, path = "/api/v1/signing/sessions", tag = "signing session",
    responses((status = 200, body = Page<SessionView>)))]
pub async fn sessions(call: Call) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ReadSession)?;
    let mut tx = call.app.db.read(&scope).await?;
    let sessions = store::sessions(&mut tx, &call.app.ceremony).await?.into_iter();
    let items = sessions.map(|(session, counts)| SessionView::of(session, &counts)).collect();
    Ok(http::page(&Page { items, next: None, count: None }))
}

/// The running order of a session (R30).
#[utoipa::path(get, path = "/api/v1/signing/queue", tag = "signing session", params(QueueQuery),
    responses((status = 200, body = QueueView)))]
pub async fn queue(call: Call<NoBody, QueueQuery>) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ReadSession)?;
    let QueueQuery { place, day, explain } = call.query;
    let wanted = SessionQuery { place, day }.wanted();
    let ceremony = &call.app.ceremony;
    let mut tx = call.app.db.read(&scope).await?;
    let session = commands::resolve(&mut tx, ceremony, &wanted).await?;
    let explains = explain.is_some_and(|explain| explain.admits(true));
    http::item_anew(&QueueShown::read(&mut tx, ceremony, session, explains).await?)
}

/// One turn, with why it stands where it does and what still keeps the signer from signing.
#[utoipa::path(get, path = "/api/v1/signing/queue/{code}", tag = "signing session",
    params(("code" = ParticipantCode, Path), SessionQuery),
    responses((status = 200, body = OneTurnView), (status = 404, body = crate::problem::Body)))]
pub async fn turn(
    call: Call<NoBody, SessionQuery>,
    code: web::Path<ParticipantCode>,
) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ReadSession)?;
    let (ceremony, wanted) = (&call.app.ceremony, call.query.wanted());
    let mut tx = call.app.db.read(&scope).await?;
    let session = commands::resolve(&mut tx, ceremony, &wanted).await?;
    let turns = store::turns(&mut tx, ceremony, &session).await?;
    let whose = Whose { code: code.into_inner(), full_powers: None };
    let turn = commands::pick(&turns, &whose)?;
    let found = full_powers::find(&mut tx, turn.full_powers).await?.ok_or(Denied::Invisible)?;
    let entitlement = full_powers::find_entitlement(&mut tx, found).await?;
    let (bars, _) = entitlement.judge(&turn.participant, &session.place, session.day);
    let shown = TurnShown::read(&mut tx, ceremony, session, turn.appointment).await?;
    http::item_anew(&shown.with(bars))
}

/// A running order to be made.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schema(as = NewRunningOrder)]
pub struct NewOrder {
    /// One of the strategies that the queue lists.
    strategy: StrategyName,
    /// The seed of a lot, as it was drawn before witnesses; drawn here where nothing is said.
    #[deserr(default)]
    seed: Option<Label>,
    /// By hand: who comes first, in this order; all others behind them, as they were.
    #[deserr(default)]
    order: Option<Vec<ParticipantCode>>,
    /// By hand: why.
    #[deserr(default)]
    reason: Option<Reason>,
}

/// Makes the running order of a session by a strategy, or by hand with a reason (R30). Who was called keeps the place.
#[utoipa::path(post, path = "/api/v1/signing/queue/order", tag = "signing session", request_body = NewOrder,
    params(SessionQuery), responses((status = 200, body = QueueView), (status = 422, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn order(call: Call<Json<NewOrder>, SessionQuery>) -> Result<HttpResponse, Problem> {
    let if_match = call.if_match()?.clone();
    let Json(NewOrder { strategy, seed, order: named, reason }) = call.body;
    let ordering = Ordering { strategy, seed, named, reason };
    let (db, ceremony) = (&call.app.db, &call.app.ceremony);
    let wanted = call.query.wanted();
    let made = commands::order(db, ceremony, &call.actor, &wanted, &if_match, &ordering).await?;
    http::written(made)
}

/// Where a turn goes, and why.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schema(as = NewPlaceInQueue)]
pub struct NewPlace {
    /// The place, counted from 1.
    to: u16,
    reason: Reason,
    /// Of several persons who may sign for the participant, this one.
    #[deserr(default)]
    full_powers: Option<FullPowersId>,
}

/// Moves a turn to another place, with a reason (R30).
#[utoipa::path(post, path = "/api/v1/signing/queue/{code}/move", tag = "signing session", request_body = NewPlace,
    params(("code" = ParticipantCode, Path), SessionQuery),
    responses((status = 200, body = OneTurnView), (status = 422, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn move_to(
    call: Call<Json<NewPlace>, SessionQuery>,
    code: web::Path<ParticipantCode>,
) -> Result<HttpResponse, Problem> {
    let if_match = call.if_match()?.clone();
    let Json(NewPlace { to, reason, full_powers }) = call.body;
    let whose = Whose { code: code.into_inner(), full_powers };
    let (db, ceremony, wanted) = (&call.app.db, &call.app.ceremony, call.query.wanted());
    let moved =
        commands::move_to(db, ceremony, &call.actor, &wanted, &whose, &if_match, to, &reason);
    http::written(moved.await?)
}

/// What goes with a step.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schema(as = StepInQueue)]
pub struct NewStep {
    /// Why.
    #[deserr(default)]
    reason: Option<Reason>,
    /// Of several persons who may sign for the participant, this one: a substitute.
    #[deserr(default)]
    full_powers: Option<FullPowersId>,
}

/// Calls a participant to the table (R31): one at a time, and nobody who could not sign.
#[utoipa::path(post, path = "/api/v1/signing/queue/{code}/call", tag = "signing session", request_body = NewStep,
    params(("code" = ParticipantCode, Path), SessionQuery),
    responses((status = 200, body = OneTurnView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn call_up(
    call: Call<Json<NewStep>, SessionQuery>,
    code: web::Path<ParticipantCode>,
) -> Result<HttpResponse, Problem> {
    step(call, code.into_inner(), Step::Call).await
}

/// Sees who was called arrive at the table.
#[utoipa::path(post, path = "/api/v1/signing/queue/{code}/arrive", tag = "signing session", request_body = NewStep,
    params(("code" = ParticipantCode, Path), SessionQuery),
    responses((status = 200, body = OneTurnView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn arrive(
    call: Call<Json<NewStep>, SessionQuery>,
    code: web::Path<ParticipantCode>,
) -> Result<HttpResponse, Problem> {
    step(call, code.into_inner(), Step::Arrive).await
}

/// Puts a turn off: it is called again behind all who are expected.
#[utoipa::path(post, path = "/api/v1/signing/queue/{code}/defer", tag = "signing session", request_body = NewStep,
    params(("code" = ParticipantCode, Path), SessionQuery),
    responses((status = 200, body = OneTurnView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn defer(
    call: Call<Json<NewStep>, SessionQuery>,
    code: web::Path<ParticipantCode>,
) -> Result<HttpResponse, Problem> {
    step(call, code.into_inner(), Step::Defer).await
}

/// Notes that nobody came.
#[utoipa::path(post, path = "/api/v1/signing/queue/{code}/absent", tag = "signing session", request_body = NewStep,
    params(("code" = ParticipantCode, Path), SessionQuery),
    responses((status = 200, body = OneTurnView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn absent(
    call: Call<Json<NewStep>, SessionQuery>,
    code: web::Path<ParticipantCode>,
) -> Result<HttpResponse, Problem> {
    step(call, code.into_inner(), Step::Absent).await
}

async fn step(
    call: Call<Json<NewStep>, SessionQuery>,
    code: ParticipantCode,
    step: Step,
) -> Result<HttpResponse, Problem> {
    let if_match = call.if_match()?.clone();
    let Json(NewStep { reason, full_powers }) = call.body;
    let whose = Whose { code, full_powers };
    let (db, ceremony, wanted) = (&call.app.db, &call.app.ceremony, call.query.wanted());
    let reason = reason.as_ref();
    let taken = commands::step(db, ceremony, &call.actor, &wanted, &whose, &if_match, step, reason);
    http::written(taken.await?)
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(denied) => denied.into(),
            Error::Faulty(faults) => faults.into(),
            Error::WrongTurn(wrong) => Self::of(Code::IllegalTransition)
                .detail(format!("A turn that is {} cannot take this step.", wrong.current))
                .with("current", wrong.current)
                .with("allowed", wrong.current.allowed()),
            Error::TableTaken { current, by } => Self::of(Code::IllegalTransition)
                .detail("Somebody else has the table: one is called and one signs at a time.")
                .with("current", current)
                .with("allowed", current.allowed())
                .with("because_of", by),
            Error::NotEntitled(bars) => {
                let mut faults = Faults::default();
                for bar in bars {
                    faults.add("", bar.as_str(), bar.sentence());
                }
                Self::of(Code::FullPowersMissing).faults(faults)
            }
            Error::Stale(stale) => stale.into(),
            Error::Shut(shut) => shut.into(),
            Error::Database(error) => error.into(),
        }
    }
}
