//! Delegations over HTTP.

mod history;

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use deserr::Deserr;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

pub use history::{__path_history, history};

use crate::access::{Action, Denied};
use crate::db::Answer;
use crate::delegations::commands::{self, Change, Error, Taken};
use crate::delegations::model::{Delegation, Remarks, StageName, Step};
use crate::delegations::queues::{self, Holder, Work};
use crate::delegations::sight::Sight;
use crate::delegations::store::{self, DelegationSort, Wanted};
use crate::http::{self, Call, Json, Merge, NoBody};
use crate::ids::DelegationId;
use crate::input::{Faults, Moment, Patch};
use crate::page::{AnyOf, Cursor, Include, Limit, Page, Search};
use crate::problem::{Code, Problem};
use crate::text::{Email, Fault, ParticipantCode, Reason};

/// A delegation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Delegation)]
pub struct DelegationView {
    id: DelegationId,
    participant: ParticipantCode,
    stage: StageName,
    /// Since when it is in this stage.
    stage_changed_at: DateTime<Utc>,
    /// Why it was returned, rejected or withdrawn.
    reason: Option<Reason>,
    accepted_at: Option<DateTime<Utc>>,
    #[serde(flatten)]
    #[schema(value_type = ProtocolView)]
    protocol: Option<ProtocolView>,
    #[serde(flatten)]
    #[schema(value_type = ContactView)]
    contact: Option<ContactView>,
    #[serde(flatten)]
    #[schema(value_type = Work)]
    work: Option<Work>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// What the mission has to say; security does not see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DelegationProtocol)]
struct ProtocolView {
    remarks: Option<Remarks>,
}

/// Where the mission is reached; itself and the secretariat see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DelegationContact)]
struct ContactView {
    contact_email: Option<Email>,
}

/// A delegation, and what of it the caller sees.
#[derive(Debug)]
pub struct Shown {
    /// The delegation.
    pub delegation: Delegation,
    /// What is seen of it.
    pub sight: Sight,
}

impl From<&Shown> for DelegationView {
    fn from(Shown { delegation, sight }: &Shown) -> Self {
        Self {
            id: delegation.id,
            participant: delegation.participant.clone(),
            stage: delegation.stage.name(),
            stage_changed_at: delegation.since,
            reason: delegation.stage.reason().cloned(),
            accepted_at: delegation.accepted_at(),
            protocol: sight.protocol.then(|| ProtocolView { remarks: delegation.remarks.clone() }),
            contact: sight
                .contact
                .then(|| ContactView { contact_email: delegation.contact_email.clone() }),
            work: Work::seen(*sight, delegation.assigned_to),
            created_at: delegation.created_at,
            updated_at: delegation.updated_at,
        }
    }
}

impl Answer for Shown {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&DelegationView::from(self))
    }
    fn etag(&self) -> Option<String> {
        Some(self.delegation.version.etag())
    }
    fn location(&self) -> Option<String> {
        Some(format!("/api/v1/delegations/{}", self.delegation.participant))
    }
}

/// Whose delegation is begun.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct NewDelegation {
    participant: ParticipantCode,
}

/// Begins the delegation of a participant. There is one for each.
#[utoipa::path(post, path = "/api/v1/delegations", tag = "delegations", request_body = NewDelegation,
    responses((status = 201, body = DelegationView), (status = 409, body = crate::problem::Body)))]
pub async fn create(call: Call<Json<NewDelegation>>) -> Result<HttpResponse, Problem> {
    let Json(NewDelegation { participant }) = call.body;
    http::written(commands::begin(&call.app.db, &call.actor, &participant).await?)
}

/// Which delegations to list.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DelegationFilter {
    /// In one of these stages: `submitted,returned`.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    stage: Option<AnyOf<StageName>>,
    /// Whose participant has such a name or code.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    q: Option<Search>,
    /// Changed after this moment.
    #[deserr(default)]
    updated_after: Option<Moment>,
    /// On which this account works: `me`, an account's id, or `none`. For those who work queues.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    assigned_to: Option<Holder>,
    /// `participant` (the Depositary's order, where nothing is said), `-updated_at`, or `stage_since`: what has stood
    /// longest in its stage first.
    #[deserr(default)]
    sort: Option<DelegationSort>,
    /// `count`: also say how many there are.
    #[deserr(default)]
    include: Option<Include>,
    /// How many: 1 to 200.
    #[deserr(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// The `next` of the page before.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

/// Lists the delegations that one may see.
#[utoipa::path(get, path = "/api/v1/delegations", tag = "delegations", params(DelegationFilter),
    responses((status = 200, body = Page<DelegationView>)))]
pub async fn list(call: Call<NoBody, DelegationFilter>) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ListDelegations)?;
    let DelegationFilter { stage, q, updated_after, sort, include, limit, cursor, .. } = call.query;
    let assigned_to =
        call.query.assigned_to.map(|holder| queues::for_filter(&call.actor, holder)).transpose()?;
    let updated_after = updated_after.map(|at| at.0.to_utc());
    let wanted = Wanted { stage, q, updated_after, assigned_to };
    let sort = sort.unwrap_or(DelegationSort::Participant);
    let mut tx = call.app.db.read(&scope).await?;
    let rows = store::list(&mut tx, &wanted, sort, cursor.as_ref(), limit).await?;
    let mut page = Page::cut(rows, limit, |delegation| match sort {
        DelegationSort::Participant => Cursor(vec![delegation.participant.to_string()]),
        DelegationSort::Updated => Cursor::by_time(delegation.updated_at, delegation.id.uuid()),
        DelegationSort::Since => Cursor::by_time(delegation.since, delegation.id.uuid()),
    });
    if include == Some(Include::Count) {
        page.count = Some(store::count(&mut tx, &wanted).await?);
    }
    Ok(http::page(&page.map(|delegation| {
        let sight = Sight::of(&call.actor, &delegation.participant);
        DelegationView::from(&Shown { delegation, sight })
    })))
}

/// Reads a delegation.
#[utoipa::path(get, path = "/api/v1/delegations/{code}", tag = "delegations", params(("code" = ParticipantCode, Path)),
    responses((status = 200, body = DelegationView), (status = 404, body = crate::problem::Body)))]
pub async fn show(
    request: HttpRequest,
    call: Call,
    code: web::Path<ParticipantCode>,
) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ReadDelegation(&code))?;
    let mut tx = call.app.db.read(&scope).await?;
    let delegation = store::find(&mut tx, &code).await?.ok_or(Denied::Invisible)?;
    let sight = Sight::of(&call.actor, &code);
    http::item(&request, &Shown { delegation, sight })
}

/// What changes beside the list of members.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct DelegationPatch {
    /// What the mission wants to say: arrival, needs, wishes.
    #[deserr(default)]
    #[schema(value_type = Option<Remarks>)]
    remarks: Patch<Remarks>,
    /// Where the mission is reached about its delegation.
    #[deserr(default)]
    #[schema(value_type = Option<Email>)]
    contact_email: Patch<Email>,
}

/// Changes a delegation (JSON Merge Patch).
#[utoipa::path(patch, path = "/api/v1/delegations/{code}", tag = "delegations", params(("code" = ParticipantCode, Path)),
    request_body(content = DelegationPatch, content_type = "application/merge-patch+json"),
    responses((status = 200, body = DelegationView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn change(
    call: Call<Merge<Value>>,
    code: web::Path<ParticipantCode>,
) -> Result<HttpResponse, Problem> {
    call.actor.permit(Action::PrepareDelegation(&code))?;
    let if_match = call.if_match()?;
    let DelegationPatch { remarks, contact_email } = parsed(&call.body.0)?;
    let change = Change { remarks, contact_email };
    http::written(commands::change(&call.app.db, &call.actor, &code, if_match, &change).await?)
}

/// Why; for what is refused.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schema(as = RequiredReason)]
pub struct Why {
    /// In the officer's or the mission's own words; the other side reads it.
    pub reason: Reason,
}

/// A note, where one wants to leave it.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schema(as = OptionalReason)]
pub struct Note {
    /// Kept in the history.
    #[deserr(default)]
    pub reason: Option<Reason>,
}

/// Reads a body once it is known that there is something for the caller: to others there is nothing to be wrong with
/// (R38).
pub(super) fn parsed<T: Deserr<Faults>>(body: &Value) -> Result<T, Faults> {
    deserr::deserialize::<T, _, Faults>(body.clone())
}

/// One route for each step: its body, the step it makes of the reason, and who is meant.
macro_rules! steps {
    ($($(#[$doc:meta])* $name:ident $path:literal $body:ident => $step:expr;)+) => {$(
        $(#[$doc])*
        #[utoipa::path(post, path = $path, tag = "delegations", params(("code" = ParticipantCode, Path)),
            request_body = $body, responses((status = 200, body = DelegationView),
                (status = 409, body = crate::problem::Body), (status = 412, body = crate::problem::Body)))]
        pub async fn $name(
            call: Call<Json<Value>>,
            code: web::Path<ParticipantCode>,
        ) -> Result<HttpResponse, Problem> {
            call.actor.see(Action::ReadDelegation(&code))?;
            let if_match = call.if_match()?;
            let $body { reason } = parsed(&call.body.0)?;
            let step = $step(reason);
            let (db, checklists) = (&call.app.db, &call.app.ceremony.checklists);
            http::written(commands::go(db, &call.actor, &code, if_match, &step, checklists).await?)
        }
    )+};
}

steps! {
    /// Hands a delegation to the secretariat. Where the checklist requires something for it, the answer lists every gap.
    submit "/api/v1/delegations/{code}/submit" Note => Step::Submit;
    /// Gives a delegation back to its mission, to be mended.
    send_back "/api/v1/delegations/{code}/return" Why => Step::Return;
    /// Accepts a delegation. R35: not without its note verbale or letter, nor without what else the checklist requires;
    /// the answer lists every gap.
    accept "/api/v1/delegations/{code}/accept" Note => Step::Accept;
    /// Refuses a delegation.
    reject "/api/v1/delegations/{code}/reject" Why => Step::Reject;
    /// Takes a delegation back.
    withdraw "/api/v1/delegations/{code}/withdraw" Why => Step::Withdraw;
    /// Begins a delegation anew that was accepted, rejected or withdrawn.
    reopen "/api/v1/delegations/{code}/reopen" Note => Step::Reopen;
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(denied) => denied.into(),
            Error::Paper(error) => error.into(),
            Error::Taken(taken) => {
                Self::of(Code::Duplicate).detail(describe(taken)).with("taken", taken)
            }
            Error::Asked(first) => Self::of(Code::Duplicate)
                .detail("A change of this member is asked for already; it waits for a decision.")
                .with("taken", "change_request")
                .with("first", first),
            Error::Overtaken(fields) => Self::of(Code::Overtaken)
                .detail("What the request wants to change was changed since. Refuse it, and ask for a new one.")
                .with("fields", fields),
            Error::ParticipantUnknown => Faults::at(
                "/participant",
                Fault::new("unknown_participant", "a code of the register is expected"),
            )
            .into(),
            Error::WrongState(wrong) => Self::of(Code::IllegalTransition)
                .detail(format!("What is {} cannot take the step {}.", wrong.current, wrong.wanted))
                .with("current", wrong.current)
                .with("allowed", wrong.allowed),
            Error::Gaps(lines) => {
                let gaps: Vec<_> = lines.iter().map(|line| line.item).collect();
                Self::of(Code::ChecklistGaps).with("gaps", gaps).with("items", lines)
            }
            Error::Full(full) => Self::of(Code::QuotaExceeded)
                .detail(format!(
                    "At most {} of the category {} are accepted of this delegation.",
                    full.limit, full.category
                ))
                .with("category", full.category)
                .with("limit", full.limit)
                .with("count", full.count),
            Error::Faults(faults) => faults.into(),
            Error::Import(refused) => refused.into(),
            Error::Unwritten(cause) => Self::of(Code::Unavailable).because(cause),
            Error::Stale(stale) => stale.into(),
            Error::Shut(shut) => shut.into(),
            Error::Database(error) => error.into(),
        }
    }
}

fn describe(taken: Taken) -> &'static str {
    match taken {
        Taken::Delegation => "This participant has a delegation.",
        Taken::Head => "This delegation has a head.",
        Taken::AlternateHead => "This delegation has an alternate head.",
        Taken::Email => "Somebody at the event has this address; each person gives their own.",
        Taken::Reference => "Something refers to this entry. Withdraw it instead.",
    }
}
