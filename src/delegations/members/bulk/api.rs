//! Batches over HTTP.

use actix_web::{HttpRequest, HttpResponse, http::header};
use chrono::{DateTime, Utc};
use deserr::Deserr;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::super::status::{Lost, StatusName, Step};
use super::commands::{self, Batch, Undone};
use super::model::{Done, Operation, Outcome, Refusal};
use crate::access::Action;
use crate::db::{Answer, Written};
use crate::delegations::Error;
use crate::http::{self, Call, Json};
use crate::ids::MemberId;
use crate::input::Faults;
use crate::page::IfMatch;
use crate::problem::{Code, Problem, Tongue};
use crate::text::{Fault, ParticipantCode, Reason, choices};

/// The most that one batch may ask for.
const OPERATIONS_MAX: usize = 500;

choices! {
    /// What can be done with a member, as its own path names it.
    MemberAction {
        /// The mission hands the entry to the secretariat.
        Submit = "submit",
        /// The secretariat hands it on to security.
        PreApprove = "pre-approve",
        /// Security clears the person, or lifts a hold or a suspension.
        Approve = "approve",
        /// Refuses the person, cleared or not.
        Reject = "reject",
        /// Waits.
        Hold = "hold",
        /// Takes the clearance back for now.
        Suspend = "suspend",
        /// Takes the clearance back.
        Revoke = "revoke",
        /// The mission takes the entry back.
        Withdraw = "withdraw",
    }
}

/// Steps of members, at most 500.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schema(as = MemberBatch)]
pub struct NewBatch {
    /// Whether all operations are done, or none: where one is refused, nothing is done.
    atomic: bool,
    /// They are done in this order.
    #[schema(min_items = 1, max_items = 500)]
    operations: Vec<NewOperation>,
}

/// A step of a member.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schema(as = MemberOperation)]
struct NewOperation {
    action: MemberAction,
    participant: ParticipantCode,
    member: MemberId,
    /// The `ETag` of the member as it was last read. Where it is left out, the version that stands is meant.
    #[deserr(default)]
    #[schema(value_type = Option<String>)]
    if_match: Option<IfMatch>,
    /// Why; required where something is refused, held, suspended, revoked or withdrawn.
    #[deserr(default)]
    reason: Option<Reason>,
}

impl NewOperation {
    /// The operation; `None` where a reason is missing.
    fn read(self) -> Option<Operation> {
        let Self { action, participant, member, if_match, reason } = self;
        let step = match (action, reason) {
            (MemberAction::Submit, note) => Step::Submit(note),
            (MemberAction::PreApprove, note) => Step::PreApprove(note),
            (MemberAction::Approve, note) => Step::Approve(note),
            (MemberAction::Reject, Some(reason)) => Step::Reject(reason),
            (MemberAction::Hold, Some(reason)) => Step::Hold(reason),
            (MemberAction::Suspend, Some(reason)) => Step::Suspend(reason),
            (MemberAction::Revoke, Some(reason)) => Step::Revoke(reason),
            (MemberAction::Withdraw, Some(reason)) => Step::Withdraw(reason),
            (_, None) => return None,
        };
        Some(Operation { participant, member, if_match, step })
    }
}

impl NewBatch {
    fn read(self) -> Result<Batch, Faults> {
        let asked = self.operations.len();
        if !(1..=OPERATIONS_MAX).contains(&asked) {
            let detail = format!("1 to {OPERATIONS_MAX} operations are expected");
            return Err(Faults::at("/operations", Fault::new("wrong_length", detail)));
        }
        let (mut operations, mut faults) = (Vec::with_capacity(asked), Faults::default());
        for (place, operation) in self.operations.into_iter().enumerate() {
            match operation.read() {
                Some(operation) => operations.push(operation),
                None => faults.add(
                    format!("/operations/{place}/reason"),
                    "required",
                    "a reason is required for this action",
                ),
            }
        }
        faults.none_or()?;
        Ok(Batch { is_atomic: self.atomic, operations })
    }
}

/// What became of a batch that was done as far as it could be.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MemberBatchOutcome)]
pub struct OutcomeView {
    /// How many operations were done.
    done: usize,
    /// How many were refused; of these nothing was kept.
    refused: usize,
    /// One for each operation, in their order.
    results: Vec<ResultView>,
}

/// What became of one operation: where the member stands now, or why the step was refused.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MemberResult)]
struct ResultView {
    /// As the operation alone would have been answered.
    status: u16,
    participant: ParticipantCode,
    member: MemberId,
    action: &'static str,
    /// The member's new `ETag`.
    #[serde(skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<StateView>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<crate::problem::Body>)]
    problem: Option<Value>,
}

/// Where a member stands now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MemberState)]
struct StateView {
    status: StatusName,
    status_changed_at: DateTime<Utc>,
    reason: Option<Reason>,
    /// What ended with the step.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    revoked: Vec<Lost>,
}

impl Answer for OutcomeView {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }
}

impl From<&Refusal> for Problem {
    fn from(refusal: &Refusal) -> Self {
        match refusal.clone() {
            Refusal::Denied(denied) => denied.into(),
            Refusal::Stale(stale) => stale.into(),
            Refusal::WrongState(wrong) => Error::WrongState(wrong).into(),
            Refusal::Faults(faults) => faults.into(),
            Refusal::Gaps(gaps) => Error::Gaps(gaps).into(),
            Refusal::Full(full) => Error::Full(full).into(),
            Refusal::Another => Self::of(Code::BatchRefused)
                .detail("Nothing is wrong with this operation, but with another of the batch."),
        }
    }
}

/// Takes many members a step further, each as its own address would: with the same rights, rules and entries in the
/// history. A member that is not the caller's is not there (404), whatever else the batch holds. With `atomic`, one
/// refusal refuses all (409 `batch_refused`, with a result for each operation).
#[utoipa::path(post, path = "/api/v1/members:batch", tag = "members", request_body = NewBatch,
    responses((status = 200, body = OutcomeView), (status = 409, body = crate::problem::Body), (status = 422, body = crate::problem::Body)))]
pub async fn run(
    request: HttpRequest,
    call: Call<Json<NewBatch>>,
) -> Result<HttpResponse, Problem> {
    let whoever = call.actor.permit(Action::ListDelegations)?;
    let batch = call.body.0.read()?;
    let tongue = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok());
    let tongue = tongue.map(Tongue::accepted).unwrap_or_default();
    let tell = |outcomes: &[Outcome]| view(&batch, outcomes, tongue, whoever.request_id());
    let (app, actor) = (&call.app, &call.actor);
    match commands::run(&app.db, actor, &batch, &app.ceremony, tell).await {
        Ok(written) => http::written(written),
        Err(Undone::Refused(outcomes)) if batch.is_atomic => {
            let OutcomeView { done, refused, results } = tell(&outcomes);
            Err(Problem::of(Code::BatchRefused)
                .with("done", done)
                .with("refused", refused)
                .with("results", results))
        }
        Err(Undone::Refused(outcomes)) if whoever.is_dry_run() => {
            http::written(Written::DryRun(tell(&outcomes)))
        }
        Err(Undone::Refused(outcomes)) => http::written(Written::Fresh(tell(&outcomes))),
        Err(Undone::Shut(shut)) => Err(shut.into()),
        Err(Undone::Database(error)) => Err(error.into()),
    }
}

fn view(batch: &Batch, outcomes: &[Outcome], tongue: Tongue, request_id: &str) -> OutcomeView {
    let results = batch.operations.iter().zip(outcomes).map(|(operation, outcome)| {
        let Operation { participant, member, step, .. } = operation;
        let (status, etag, state, problem) = match outcome {
            Ok(done) => (200, Some(done.member.version.etag()), Some(state(done)), None),
            Err(refusal) => {
                let problem = Problem::from(refusal);
                let body = problem.body(tongue, request_id);
                (problem.code().status(), None, None, Some(body))
            }
        };
        let (participant, action) = (participant.clone(), step.verb());
        ResultView { status, participant, member: *member, action, etag, state, problem }
    });
    let results: Vec<_> = results.collect();
    let done = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    OutcomeView { done, refused: outcomes.len() - done, results }
}

fn state(done: &Done) -> StateView {
    StateView {
        status: done.member.status.name(),
        status_changed_at: done.member.since,
        reason: done.member.status.reason().cloned(),
        revoked: done.lost.iter().copied().collect(),
    }
}
