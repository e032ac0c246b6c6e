//! Logins and accounts over HTTP.

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use deserr::Deserr;
use serde::Serialize;
use utoipa::ToSchema;

use super::commands::{self, Error, Invited, Wanted};
use super::me::MeView;
use super::model::{Account, Password, Role};
use super::own_password::{self, PasswordPair};
use super::policy::{Action, Denied};
use super::store;
use crate::db::{Answer, Scope};
use crate::http::{self, AnyToken, Call, Json, Merge, NoBody};
use crate::ids::AccountId;
use crate::input::{Faults, Patch};
use crate::page::{Cursor, Limit, Page};
use crate::problem::{Code, Problem};
use crate::text::{Email, Fault, ParticipantCode, PersonName};

/// An account as its keeper and its owner see it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Account)]
pub struct AccountView {
    id: AccountId,
    email: Email,
    name: PersonName,
    role: Role,
    /// For whom a focal point speaks.
    participants: Vec<ParticipantCode>,
    must_change_password: bool,
    disabled_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<&Account> for AccountView {
    fn from(account: &Account) -> Self {
        Self {
            id: account.id,
            email: account.email.clone(),
            name: account.name.clone(),
            role: account.role,
            participants: account.participants.clone(),
            must_change_password: account.must_change_password,
            disabled_at: account.disabled_at,
            created_at: account.created_at,
            updated_at: account.updated_at,
        }
    }
}

/// An account with the password that is shown once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InvitedAccount)]
pub struct InvitedView {
    #[serde(flatten)]
    account: AccountView,
    /// Hand it over by a safe way; its owner must change it.
    initial_password: String,
}

impl Answer for Account {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&AccountView::from(self))
    }
    fn etag(&self) -> Option<String> {
        Some(self.version.etag())
    }
    fn location(&self) -> Option<String> {
        Some(format!("/api/v1/accounts/{}", self.id))
    }
}

impl Answer for Invited {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        let account = AccountView::from(&self.account);
        serde_json::to_vec(&InvitedView {
            account,
            initial_password: self.initial_password.clone(),
        })
    }
    fn etag(&self) -> Option<String> {
        self.account.etag()
    }
    fn location(&self) -> Option<String> {
        self.account.location()
    }
}

/// Who am I, and what did I come with? Whoever has a token is told, a device included.
#[utoipa::path(get, path = "/api/v1/auth/me", tag = "access", responses((status = 200, body = MeView)))]
pub async fn me(request: HttpRequest, asking: AnyToken) -> Result<HttpResponse, Problem> {
    let call = match asking {
        AnyToken::Person(call) => call,
        AnyToken::Device(device) => return http::item(&request, &MeView::device(&device)),
    };
    let mut tx = call.app.db.read(&Scope::public()).await?;
    let today = call.app.db.clock.now().date_naive();
    let account =
        store::find(&mut tx, call.actor.account(), today).await?.ok_or(Denied::Unknown)?;
    http::item(&request, &MeView::person(&call.actor, &account))
}

/// The password that one has, and the one that one wants.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct PasswordChange {
    #[schema(value_type = String, format = Password)]
    current: Password,
    /// At least 15 characters, 8 for who has a second factor; a sentence is best.
    #[schema(value_type = String, format = Password, min_length = 8)]
    new: Password,
}

/// Changes one's own password. Ends every other login of the account.
#[utoipa::path(post, path = "/api/v1/auth/password", tag = "access", request_body = PasswordChange,
    responses((status = 204), (status = 422, body = crate::problem::Body), (status = 429, body = crate::problem::Body)))]
pub async fn change_password(call: Call<Json<PasswordChange>>) -> Result<HttpResponse, Problem> {
    let Json(PasswordChange { current, new }) = call.body;
    let (app, who) = (&call.app, (&call.actor, call.from));
    let (db, passwords, tries, refusals) = (&app.db, &app.passwords, &app.tries, &app.refusals);
    let (settings, pair) = (&app.config.access, PasswordPair { current, new });
    let changed =
        own_password::change_password(db, passwords, tries, refusals, settings, who, pair).await;
    http::written(changed.map_err(|error| {
        match error {
            // Who asks is known here: it is the value in the body that is wrong.
            Error::WrongPassword => Faults::at(
                "/current",
                Fault::new("wrong_password", "this is not the present password"),
            )
            .into(),
            other => Problem::from(other),
        }
    })?)
}

/// Who gets an account.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct NewAccount {
    email: Email,
    name: PersonName,
    role: Role,
    /// For whom they speak: focal points only, and required for them. The first is the primary one; the paper that
    /// appoints them is still to come.
    #[deserr(default)]
    participant: Option<ParticipantCode>,
}

/// Makes an account. Its first password is in the answer, and nowhere else.
#[utoipa::path(post, path = "/api/v1/accounts", tag = "access", request_body = NewAccount,
    responses((status = 201, body = InvitedView), (status = 409, body = crate::problem::Body)))]
pub async fn create(call: Call<Json<NewAccount>>) -> Result<HttpResponse, Problem> {
    let Json(NewAccount { email, name, role, participant }) = call.body;
    let wanted = Wanted { email, name, role, participant };
    http::written(
        commands::create_account(&call.app.db, &call.app.passwords, &call.actor, wanted).await?,
    )
}

/// Which accounts to list.
#[derive(Debug, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AccountFilter {
    /// Of one role.
    #[deserr(default)]
    role: Option<Role>,
    /// How many: 1 to 200.
    #[deserr(default)]
    #[param(value_type = Option<u8>, minimum = 1, maximum = 200)]
    limit: Limit,
    /// The `next` of the page before.
    #[deserr(default)]
    #[param(value_type = Option<String>)]
    cursor: Option<Cursor>,
}

/// Lists accounts by address.
#[utoipa::path(get, path = "/api/v1/accounts", tag = "access", params(AccountFilter),
    responses((status = 200, body = Page<AccountView>)))]
pub async fn list(call: Call<NoBody, AccountFilter>) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::KeepAccounts)?;
    let AccountFilter { role, limit, cursor } = call.query;
    let mut tx = call.app.db.read(&scope).await?;
    let today = call.app.db.clock.now().date_naive();
    let rows = store::list(&mut tx, today, None, role, cursor.as_ref(), limit).await?;
    let page = Page::cut(rows, limit, |account| Cursor(vec![account.email.to_string()]));
    Ok(http::page(&page.map(|account| AccountView::from(&account))))
}

/// Reads an account.
#[utoipa::path(get, path = "/api/v1/accounts/{id}", tag = "access", params(("id" = AccountId, Path)),
    responses((status = 200, body = AccountView), (status = 404, body = crate::problem::Body)))]
pub async fn show(
    request: HttpRequest,
    call: Call,
    id: web::Path<AccountId>,
) -> Result<HttpResponse, Problem> {
    let scope = call.actor.see(Action::KeepAccounts)?;
    let mut tx = call.app.db.read(&scope).await?;
    let today = call.app.db.clock.now().date_naive();
    http::item(&request, &store::find(&mut tx, *id, today).await?.ok_or(Denied::Invisible)?)
}

/// What to change of an account.
#[derive(Debug, Deserr, ToSchema)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct AccountPatch {
    #[deserr(default)]
    #[schema(value_type = Option<PersonName>)]
    name: Patch<PersonName>,
    /// Another office. Who speaks for a participant has none to move from or to.
    #[deserr(default)]
    #[schema(value_type = Option<Role>)]
    role: Patch<Role>,
}

/// Gives an account another name or another office. With another office its logins end at once.
#[utoipa::path(patch, path = "/api/v1/accounts/{id}", tag = "access", params(("id" = AccountId, Path)),
    request_body(content = AccountPatch, content_type = "application/merge-patch+json"),
    responses((status = 200, body = AccountView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn change(
    call: Call<Merge<AccountPatch>>,
    id: web::Path<AccountId>,
) -> Result<HttpResponse, Problem> {
    let if_match = call.if_match()?.clone();
    let Merge(patch) = call.body;
    let mut faults = Faults::default();
    let name = patch.name.required("/name", &mut faults);
    let role = patch.role.required("/role", &mut faults);
    faults.none_or()?;
    let (db, actor) = (&call.app.db, &call.actor);
    let changed = commands::change_account(db, actor, *id, &if_match, name.as_ref(), role).await?;
    http::written(changed)
}

/// Closes an account. Its logins and its keys end at once.
#[utoipa::path(post, path = "/api/v1/accounts/{id}/disable", tag = "access", params(("id" = AccountId, Path)),
    responses((status = 200, body = AccountView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn disable(call: Call, id: web::Path<AccountId>) -> Result<HttpResponse, Problem> {
    http::written(
        commands::set_disabled(&call.app.db, &call.actor, *id, call.if_match()?, true).await?,
    )
}

/// Opens a closed account again.
#[utoipa::path(post, path = "/api/v1/accounts/{id}/enable", tag = "access", params(("id" = AccountId, Path)),
    responses((status = 200, body = AccountView), (status = 409, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn enable(call: Call, id: web::Path<AccountId>) -> Result<HttpResponse, Problem> {
    http::written(
        commands::set_disabled(&call.app.db, &call.actor, *id, call.if_match()?, false).await?,
    )
}

/// Gives an account a new first password and ends its logins and its keys.
#[utoipa::path(post, path = "/api/v1/accounts/{id}/reset-password", tag = "access", params(("id" = AccountId, Path)),
    responses((status = 200, body = InvitedView), (status = 404, body = crate::problem::Body),
        (status = 412, body = crate::problem::Body)))]
pub async fn reset_password(call: Call, id: web::Path<AccountId>) -> Result<HttpResponse, Problem> {
    let (app, if_match) = (&call.app, call.if_match()?);
    let (db, passwords, tries) = (&app.db, &app.passwords, &app.tries);
    http::written(commands::reset_password(db, passwords, tries, &call.actor, *id, if_match).await?)
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Denied(denied) => denied.into(),
            Error::EmailTaken => {
                Self::of(Code::Duplicate).detail("An account with this address exists.")
            }
            Error::ParticipantMisplaced => Faults::at(
                "/participant",
                Fault::new("misplaced", "a focal point has a participant, and nobody else has"),
            )
            .into(),
            Error::ParticipantUnknown => Faults::at(
                "/participant",
                Fault::new("unknown_participant", "a code of the register is expected"),
            )
            .into(),
            Error::WrongPassword => {
                Self::of(Code::Unauthenticated).detail("Address or password are wrong.")
            }
            Error::Factor(refusal) => refusal.into(),
            Error::FactorStands => Self::of(Code::IllegalTransition).detail(
                "There is one of these already, or there are too many. Take one away first.",
            ),
            Error::NoFactor => {
                Self::of(Code::IllegalTransition).detail("Enrol a second factor first.")
            }
            Error::NoName => Self::of(Code::NotFound).detail(
                "There are no passkeys here: they need a name in server.base_url, not a number.",
            ),
            Error::Totp(error) => Self::of(Code::Unavailable).because(error.to_string()),
            Error::Unopened(unopened) => Self::of(Code::Unavailable).because(unopened),
            Error::Refused(refused) => refused.into(),
            Error::CodeOpensNothing => Self::of(Code::NotFound).detail(
                "This code opens nothing: it is not known, was used or replaced, or has expired. Ask for a fresh one.",
            ),
            Error::AlreadySo => {
                Self::of(Code::IllegalTransition).detail("The account is already in this state.")
            }
            Error::PasswordUnchanged => Faults::at(
                "/new",
                Fault::new("unchanged", "another password than the present one is expected"),
            )
            .into(),
            Error::WeakPassword(fault) => Faults::at("/new", fault).into(),
            Error::LastAdministrator => Self::of(Code::IllegalTransition)
                .detail("This is the last administrator who can log in. Make another one first."),
            Error::OfficeBound(bound) => {
                Faults::at("/role", Fault::new("misplaced", bound.to_string())).into()
            }
            Error::MadeForIdentity => Self::of(Code::IllegalTransition)
                .detail("The account was made for this identity. An administrator can take it away."),
            Error::Stale(stale) => stale.into(),
            Error::TooBusy(busy) => busy.into(),
            Error::Shut(shut) => shut.into(),
            Error::Database(error) => error.into(),
        }
    }
}
