//! Invitations over HTTP.

use actix_web::{HttpRequest, HttpResponse, web};
use deserr::Deserr;
use utoipa::ToSchema;

use super::commands::{self, Error, Officer, Stranger, Terms};
use super::focal_points::{self, AsInvitation, Wanted};
use super::model::InvitationState;
use super::store;
use super::view::{InvitationView, IssuedView};
use crate::access::{
    AccountView, Action, Code as InvitationCode, Denied, Password, PasswordRule, Role,
};
use crate::db::Written;
use crate::http::{self, Anyone, App, Call, Json, NoBody};
use crate::ids::{DocumentId, InvitationId};
use crate::input::{Date, Faults};
use crate::mail::LetterLanguage;
use crate::page::{AnyOf, Cursor, Limit, Page};
use crate::problem::{Code, Problem};
use crate::text::{Email, Fault, ParticipantCode, PersonName};

/// Who is invited, and to what.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct NewInvitation {
    email: Email,
    name: PersonName,
    /// The language that they are written to in: `en` where nothing is said.
    #[deserr(default)]
    language: Option<LetterLanguage>,
    /// What they are to be: a focal point where a participant is named and nothing else is said.
    #[deserr(default)]
    role: Option<Role>,
    /// For whom they are to speak: focal points only, and required for them.
    #[deserr(default)]
    participant: Option<ParticipantCode>,
    /// Of a focal point: whether as the one to turn to, which an officer alone says.
    #[deserr(default)]
    is_primary: bool,
    /// Of a focal point: the paper that appoints them.
    #[deserr(default)]
    document: Option<DocumentId>,
    /// Of a focal point: the last day on which they speak for the participant, by UTC.
    #[deserr(default)]
    expires_on: Option<Date>,
}

/// Invites somebody, who chooses a password of their own. They are sent a letter with the code; as long as letters do not
/// leave over a mail server, the code is in the answer, too. The administrator
/// invites to the organizer's offices; officers, and for backups a mission's primary focal point, invite focal points, as
/// by `POST /delegations/{code}/focal-points`. The answer is the same whether or not the address has an account.
#[utoipa::path(post, path = "/api/v1/invitations", tag = "invitations", request_body = NewInvitation,
    responses((status = 201, body = IssuedView<'_>), (status = 409, body = crate::problem::Body),
        (status = 422, body = crate::problem::Body)))]
pub async fn create(call: Call<Json<NewInvitation>>) -> Result<HttpResponse, Problem> {
    let Json(new) = call.body;
    let NewInvitation {
        email,
        name,
        language,
        role,
        participant,
        is_primary,
        document,
        expires_on,
    } = new;
    let language = language.unwrap_or_default();
    let (db, actor) = (&call.app.db, &call.actor);
    let is_office = role.is_some_and(|role| !role.speaks_for_a_participant());
    match (role, participant) {
        (Some(role), None) if is_office => {
            let of_focal_points = Faults::at(
                "",
                Fault::new("misplaced", "an office has neither paper, last day nor place"),
            );
            if is_primary || document.is_some() || expires_on.is_some() {
                return Err(of_focal_points.into());
            }
            let wanted = Officer { email, name, role, language };
            let terms = terms(&call.app);
            http::written(commands::invite_officer(db, actor, &wanted, terms).await?)
        }
        (_, Some(code)) if !is_office => {
            let expires_on = expires_on.map(|Date(day)| day);
            let wanted = Wanted { email, name, language, is_primary, document, expires_on };
            let limits = focal_points::api::limits(&call.app);
            let told = AsInvitation;
            http::written(focal_points::appoint(db, actor, &code, &wanted, limits, told).await?)
        }
        (None, None) => {
            Err(Faults::at("/role", Fault::new("required", "an office is expected")).into())
        }
        _ => Err(Faults::at(
            "/participant",
            Fault::new("misplaced", "a focal point has a participant, and nobody else has"),
        )
        .into()),
    }
}

/// How people are invited, as the settings say.
#[must_use]
pub fn terms(app: &App) -> Terms {
    Terms {
        hours: app.config.access.invitation_hours.get(),
        shows_code: !app.post.reaches_people(),
    }
}

/// Which invitations to list.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct InvitationFilter {
    /// In one of these states: `open,expired`.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    state: Option<AnyOf<InvitationState>>,
    /// How many: 1 to 200.
    #[deserr(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// The `next` of the page before.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

/// Lists the invitations to the organizer's offices, the oldest first. Those of focal points are listed with them.
#[utoipa::path(get, path = "/api/v1/invitations", tag = "invitations", params(InvitationFilter),
    responses((status = 200, body = Page<InvitationView>)))]
pub async fn list(call: Call<NoBody, InvitationFilter>) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::KeepAccounts)?;
    let InvitationFilter { state, limit, cursor } = &call.query;
    let after = cursor.as_ref().map(|cursor| {
        InvitationId::parse(cursor.key(0).unwrap_or_default()).map_err(|_| {
            Faults::at("/cursor", Fault::new("invalid_cursor", "a cursor of this list is expected"))
        })
    });
    let mut tx = call.app.db.read(&scope).await?;
    let now = call.app.db.clock.now();
    let rows = store::list(&mut tx, now, state.as_ref(), after.transpose()?, *limit).await?;
    let page = Page::cut(rows, *limit, |row| Cursor(vec![row.id.to_string()]));
    Ok(http::page(&page.map(|row| InvitationView::from(&row))))
}

/// Reads an invitation to one of the organizer's offices.
#[utoipa::path(get, path = "/api/v1/invitations/{id}", tag = "invitations", params(("id" = InvitationId, Path)),
    responses((status = 200, body = InvitationView), (status = 404, body = crate::problem::Body)))]
pub async fn show(
    request: HttpRequest,
    call: Call,
    id: web::Path<InvitationId>,
) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::KeepAccounts)?;
    let mut tx = call.app.db.read(&scope).await?;
    let found = store::find(&mut tx, *id, call.app.db.clock.now()).await?;
    http::item(&request, &found.ok_or(Denied::Invisible)?)
}

/// Takes an invitation to one of the organizer's offices back. That of a focal point ends with the appointment.
#[utoipa::path(post, path = "/api/v1/invitations/{id}/withdraw", tag = "invitations", params(("id" = InvitationId, Path)),
    responses((status = 200, body = InvitationView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn withdraw(call: Call, id: web::Path<InvitationId>) -> Result<HttpResponse, Problem> {
    http::written(commands::withdraw(&call.app.db, &call.actor, *id, call.if_match()?).await?)
}

/// Sends somebody who has not come in to one of the organizer's offices a fresh code; the one before is good no more.
#[utoipa::path(post, path = "/api/v1/invitations/{id}/invite", tag = "invitations", params(("id" = InvitationId, Path)),
    responses((status = 200, body = IssuedView<'_>), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn invite(call: Call, id: web::Path<InvitationId>) -> Result<HttpResponse, Problem> {
    let (db, actor, terms) = (&call.app.db, &call.actor, terms(&call.app));
    http::written(commands::renew(db, actor, *id, call.if_match()?, terms).await?)
}

/// The code that somebody was given, and the password that they choose.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct Acceptance {
    #[schema(value_type = String, format = Password)]
    code: InvitationCode,
    /// At least 15 characters; a sentence is best. Whoever has an account logs in, and leaves it out.
    #[deserr(default)]
    #[schema(value_type = Option<String>, format = Password, min_length = 15)]
    password: Option<Password>,
}

/// Comes in by an invitation. Whoever has no account sends the code and a password of their own choice, and gets one. Whoever
/// has an account logs in and sends the code alone, with their token: what they are invited to is added to it. Every code
/// that opens nothing gets the same answer, 404: unknown, used, expired, withdrawn, of another address, or of an address
/// that has an account while nobody is logged in.
#[utoipa::path(post, path = "/api/v1/invitations/accept", tag = "invitations", request_body = Acceptance,
    security((), ("token" = [])),
    responses((status = 200, body = AccountView), (status = 404, body = crate::problem::Body),
        (status = 422, body = crate::problem::Body), (status = 429, body = crate::problem::Body)))]
pub async fn accept(request: Anyone<Json<Acceptance>>) -> Result<HttpResponse, Problem> {
    match request {
        Anyone::Known(call) => {
            let Json(Acceptance { code, password }) = &call.body;
            if password.is_some() {
                let detail = "whoever is logged in has a password: leave it out";
                return Err(Faults::at("/password", Fault::new("not_accepted", detail)).into());
            }
            let (db, actor) = (&call.app.db, &call.actor);
            http::written(commands::accept_as_known(db, actor, code).await?)
        }
        Anyone::Stranger(visit) => {
            let Json(Acceptance { code, password }) = visit.body;
            let rule = PasswordRule::of(&visit.app.config.access, false);
            let required = || Fault::new("required", "a password of your own choice is expected");
            let password = password
                .ok_or_else(required)
                .and_then(|password| password.chosen(&rule))
                .map_err(|fault| Faults::at("/password", fault))?;
            let (app, from, request_id) = (&visit.app, visit.from, visit.request_id.as_str());
            let stranger = Stranger { code: &code, password: &password, from, request_id };
            let (db, passwords, tries) = (&app.db, &app.passwords, &app.tries);
            let account = commands::accept_as_stranger(db, passwords, tries, stranger).await?;
            http::written(Written::Fresh(account))
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(denied) => denied.into(),
            Error::ParticipantUnknown => Faults::at(
                "/participant",
                Fault::new("unknown_participant", "a code of the register is expected"),
            )
            .into(),
            Error::NothingOpens => Self::of(Code::NotFound).detail(
                "This code opens nothing: it is not known, was used, has expired or was withdrawn, or it is for an address \
                 that has an account. Whoever has an account logs in with it first, and accepts then.",
            ),
            Error::Refused(refused) => refused.into(),
            Error::OtherOffice => Self::of(Code::Forbidden)
                .detail("Your account has another office. Ask for an invitation to another address."),
            Error::SpeaksAlready => {
                Self::of(Code::Duplicate).detail("You speak for this participant already.")
            }
            Error::PrimaryStands(first) => Self::of(Code::Duplicate)
                .detail("There is a primary focal point. Appoint a backup, then hand over.")
                .with("taken", "primary")
                .with("first", first),
            Error::Listed(first) => Self::of(Code::Duplicate)
                .detail("Somebody with this address is in the list of this participant's focal points.")
                .with("taken", "email")
                .with("first", first),
            Error::QuotaExceeded(limit) => Self::of(Code::QuotaExceeded)
                .detail("The mission has as many focal points as it can appoint itself. An officer can appoint more.")
                .with("limit", limit),
            Error::WrongState { current, allowed } => Self::of(Code::IllegalTransition)
                .detail(format!("What is {current} does not take this step."))
                .with("current", current)
                .with("allowed", allowed),
            Error::HandOverFirst => Self::of(Code::IllegalTransition)
                .detail("The primary focal point is handed over from first: make a backup the primary one.")
                .with("current", "primary")
                .with("allowed", ["make-primary"]),
            Error::LastOne => Self::of(Code::LastFocalPoint),
            Error::Faults(faults) => faults.into(),
            Error::Stale(stale) => stale.into(),
            Error::Shut(shut) => shut.into(),
            Error::Database(error) => error.into(),
        }
    }
}
