//! The record of treaty actions over HTTP, for officers.

use actix_web::{HttpRequest, HttpResponse, web};
use deserr::Deserr;
use utoipa::ToSchema;

use super::view::ActView;
use crate::access::{Action, Actor, Denied};
use crate::ceremony::PlaceCode;
use crate::http::{self, App, Call, Json, NoBody};
use crate::ids::{ActId, FullPowersId};
use crate::input::{Date, Faults, Moment};
use crate::page::{AnyOf, Cursor, Limit, Page};
use crate::problem::Problem;
use crate::text::{Fault, Label, ParticipantCode, PersonName, Reason};
use crate::treaty::commands::{self, Desk, Proposed};
use crate::treaty::model::{ActKind, ActState, ActionKind, CnNumber, Declaration, Value};
use crate::treaty::store::{self, Place, Wanted};

/// More than anybody makes. Each is named in a leaf of the ledger, which has a length that is not exceeded.
const MAX_DECLARATIONS: usize = 100;

/// What a participant did. The legal date is not said: it is the date at the place at that moment.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct NewAct {
    kind: ActionKind,
    participant: ParticipantCode,
    /// What entitles the signatory; signatures only, and required for them.
    #[deserr(default)]
    full_powers: Option<FullPowersId>,
    place: PlaceCode,
    /// The moment at the table; signatures only, and required for them.
    #[deserr(default)]
    signed_at: Option<Moment>,
    /// The moment of the deposit or the receipt; required for all but signatures.
    #[deserr(default)]
    done_at: Option<Moment>,
    /// Whether a signature is *ad referendum*.
    #[deserr(default)]
    ad_referendum: bool,
    /// Declarations and reservations made with it, word for word.
    #[deserr(default)]
    declarations: Vec<Declaration>,
}

impl NewAct {
    fn proposed(self) -> Result<Proposed, Faults> {
        let mut faults = Faults::default();
        let is_signature = self.kind == ActionKind::Signature;
        let moments = [
            ("/signed_at", self.signed_at, is_signature),
            ("/done_at", self.done_at, !is_signature),
        ];
        for (pointer, moment, is_wanted) in moments {
            match moment {
                None if is_wanted => faults.add(pointer, "required", "this field is required"),
                Some(_) if !is_wanted => {
                    let detail = "signed_at is a signature's, done_at that of every other action";
                    faults.add(pointer, "not_applicable", detail);
                }
                _ => {}
            }
        }
        if !is_signature && self.full_powers.is_some() {
            faults.add("/full_powers", "not_applicable", "full powers here are those to sign");
        }
        if self.declarations.len() > MAX_DECLARATIONS {
            let detail = "at most 100 declarations are made with one action";
            faults.add("/declarations", "too_many", detail);
        }
        let moment = self.signed_at.or(self.done_at);
        let Some(moment) = moment.filter(|_| faults.0.is_empty()) else { return Err(faults) };
        Ok(Proposed {
            kind: self.kind,
            participant: self.participant,
            full_powers: self.full_powers,
            place: self.place,
            done_at: moment.kept(),
            ad_referendum: self.ad_referendum,
            declarations: self.declarations,
        })
    }
}

/// Records a treaty action, under an `Idempotency-Key` that is kept for good: to repeat the request gives the first
/// answer.
#[utoipa::path(post, path = "/api/v1/treaty/acts", tag = "treaty", request_body = NewAct,
    params(("Idempotency-Key" = String, Header, description = "Required; 1 to 255 visible ASCII characters.")),
    responses((status = 201, body = ActView), (status = 400, body = crate::problem::Body),
        (status = 409, body = crate::problem::Body), (status = 422, body = crate::problem::Body)))]
pub async fn record(call: Call<Json<NewAct>>) -> Result<HttpResponse, Problem> {
    let Json(body) = call.body;
    let proposed = body.proposed()?;
    http::written(commands::record(desk(&call.app, &call.actor), &proposed).await?)
}

/// Which entries to list.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ActFilter {
    /// Of one participant.
    #[deserr(default)]
    participant: Option<ParticipantCode>,
    /// Of any of these kinds, divided by commas.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    kind: Option<AnyOf<ActKind>>,
    /// In any of these states, divided by commas.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    state: Option<AnyOf<ActState>>,
    /// How many: 1 to 200.
    #[deserr(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// The `next` of the page before.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

/// Lists the record in the order of recording: actions, corrections, certifications and withdrawals.
#[utoipa::path(get, path = "/api/v1/treaty/acts", tag = "treaty", params(ActFilter),
    responses((status = 200, body = Page<ActView>)))]
pub async fn list(call: Call<NoBody, ActFilter>) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ReadRecord)?;
    let ActFilter { participant, kind, state, limit, cursor } = call.query;
    let wanted = Wanted {
        participant,
        kinds: kind.map(|AnyOf(kinds)| kinds),
        states: state.map(|AnyOf(states)| states),
        after: cursor.as_ref().map(place).transpose()?,
    };
    let mut tx = call.app.db.read(&scope).await?;
    let places = store::page(&mut tx, &wanted, limit).await?;
    let places = Page::cut(places, limit, |(at, id)| Cursor(vec![at.to_rfc3339(), id.to_string()]));
    let ids: Vec<_> = places.items.iter().map(|(_, id)| *id).collect();
    let acts = commands::read(&mut tx, &ids).await?;
    let items = acts.iter().map(ActView::from).collect();
    Ok(http::page(&Page { items, next: places.next, count: None }))
}

/// Reads an entry of the record.
#[utoipa::path(get, path = "/api/v1/treaty/acts/{id}", tag = "treaty", params(("id" = ActId, Path)),
    responses((status = 200, body = ActView), (status = 404, body = crate::problem::Body)))]
pub async fn show(
    request: HttpRequest,
    call: Call,
    id: web::Path<ActId>,
) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::ReadRecord)?;
    let mut tx = call.app.db.read(&scope).await?;
    let shown = commands::read(&mut tx, &[*id]).await?.pop();
    http::item(&request, &shown.ok_or(Denied::Invisible)?)
}

/// A second officer finds an entry right (R32). A correction takes effect by it (R15).
#[utoipa::path(post, path = "/api/v1/treaty/acts/{id}/certify", tag = "treaty", params(("id" = ActId, Path)),
    responses((status = 200, body = ActView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn certify(call: Call, id: web::Path<ActId>) -> Result<HttpResponse, Problem> {
    let desk = desk(&call.app, &call.actor);
    http::written(commands::certify(desk, *id, call.if_match()?).await?)
}

/// Why.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schema(as = WithdrawalOfAct)]
pub struct Withdrawing {
    reason: Reason,
}

/// Takes a recording back that nobody has certified yet (R32). Both stay in the record.
#[utoipa::path(post, path = "/api/v1/treaty/acts/{id}/withdraw", tag = "treaty", request_body = Withdrawing,
    params(("id" = ActId, Path)),
    responses((status = 200, body = ActView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn withdraw(
    call: Call<Json<Withdrawing>>,
    id: web::Path<ActId>,
) -> Result<HttpResponse, Problem> {
    let Json(Withdrawing { reason }) = &call.body;
    let (desk, if_match) = (desk(&call.app, &call.actor), call.if_match()?);
    http::written(commands::withdraw(desk, *id, if_match, reason).await?)
}

/// What was recorded wrongly, and why it is known.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schema(as = CorrectionToMake)]
pub struct NewCorrection {
    changes: NewChanges,
    reason: Reason,
}

/// The right values of the fields that were recorded wrongly; the legal date follows moment and place.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schema(as = RightValues)]
pub struct NewChanges {
    /// One kind of consent to be bound taken for another.
    #[deserr(default)]
    kind: Option<ActionKind>,
    #[deserr(default)]
    place: Option<PlaceCode>,
    #[deserr(default)]
    done_at: Option<Moment>,
    #[deserr(default)]
    signatory_name: Option<PersonName>,
    #[deserr(default)]
    signatory_office: Option<Label>,
    #[deserr(default)]
    ad_referendum: Option<bool>,
}

impl NewChanges {
    fn values(&self) -> Vec<Value> {
        [
            self.kind.map(Value::Kind),
            self.place.clone().map(Value::Place),
            self.done_at.map(|moment| Value::DoneAt(moment.kept())),
            self.signatory_name.clone().map(Value::SignatoryName),
            self.signatory_office.clone().map(Value::SignatoryOffice),
            self.ad_referendum.map(Value::AdReferendum),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// Proposes a correction (R15). It takes effect when a second officer certifies it; both values stay visible.
#[utoipa::path(post, path = "/api/v1/treaty/acts/{id}/correct", tag = "treaty", request_body = NewCorrection,
    params(("id" = ActId, Path)),
    responses((status = 201, body = ActView), (status = 409, body = crate::problem::Body),
        (status = 422, body = crate::problem::Body), (status = 412, body = crate::problem::Body)))]
pub async fn correct(
    call: Call<Json<NewCorrection>>,
    id: web::Path<ActId>,
) -> Result<HttpResponse, Problem> {
    let Json(NewCorrection { changes, reason }) = &call.body;
    let (desk, if_match) = (desk(&call.app, &call.actor), call.if_match()?);
    http::written(commands::correct(desk, *id, if_match, &changes.values(), reason).await?)
}

/// What the Depositary published of an entry.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
#[schema(as = NotificationToNote)]
pub struct NewNotification {
    /// The Depositary's number.
    number: CnNumber,
    /// The date that the Depositary gives the action.
    #[deserr(default)]
    published_on: Option<Date>,
}

/// Notes beside an entry what the Depositary published of it (R16).
#[utoipa::path(post, path = "/api/v1/treaty/acts/{id}/notifications", tag = "treaty", request_body = NewNotification,
    params(("id" = ActId, Path)),
    responses((status = 200, body = ActView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn note(
    call: Call<Json<NewNotification>>,
    id: web::Path<ActId>,
) -> Result<HttpResponse, Problem> {
    let Json(NewNotification { number, published_on }) = &call.body;
    let (desk, if_match) = (desk(&call.app, &call.actor), call.if_match()?);
    let day = published_on.map(|Date(day)| day);
    http::written(commands::note(desk, *id, if_match, number, day).await?)
}

fn desk<'a>(app: &'a App, actor: &'a Actor) -> Desk<'a> {
    Desk { db: &app.db, ledger: &app.ledger, ceremony: &app.ceremony, actor }
}

/// The place in the order of recording behind which a page begins.
fn place(cursor: &Cursor) -> Result<Place, Faults> {
    let at = cursor.key(0).and_then(|at| Moment::parse(at).ok());
    let id = cursor.key(1).and_then(|id| ActId::parse(id).ok());
    at.zip(id).map(|(Moment(at), id)| (at.to_utc(), id)).ok_or_else(|| {
        let detail = "a cursor from the `next` of an earlier page of this list is expected";
        Faults::at("/cursor", Fault::new("invalid_cursor", detail))
    })
}
