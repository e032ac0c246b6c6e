//! Identities over HTTP.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::commands;
use super::model::Identity;
use crate::http::{self, Call};
use crate::ids::{AccountId, IdentityId};
use crate::page::Page;
use crate::problem::Problem;

/// Somebody as an identity provider knows them, who opens an account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Identity)]
pub struct IdentityView {
    id: IdentityId,
    /// The provider.
    issuer: String,
    /// Whether the account was made for them by the settings, which have to go on granting what it is.
    is_granted: bool,
    linked_at: DateTime<Utc>,
    last_used_at: Option<DateTime<Utc>>,
}

impl From<Identity> for IdentityView {
    fn from(identity: Identity) -> Self {
        let Identity { id, issuer, is_granted, linked_at, last_used_at, .. } = identity;
        Self { id, issuer, is_granted, linked_at, last_used_at }
    }
}

fn listed(identities: Vec<Identity>) -> HttpResponse {
    let items = identities.into_iter().map(IdentityView::from).collect();
    http::page(&Page { items, next: None, count: None })
}

/// Lists the identities that open one's own account, the oldest first. One is added by `GET /auth/oidc/{provider}/start`.
#[utoipa::path(get, path = "/api/v1/auth/identities", tag = "access", responses((status = 200, body = Page<IdentityView>)))]
pub async fn list(call: Call) -> Result<HttpResponse, Problem> {
    Ok(listed(commands::list_own(&call.app.db, &call.actor).await?))
}

/// Lets an identity open one's own account no more. Every other login of the account ends. The one that the account was made
/// for stays: 409.
#[utoipa::path(delete, path = "/api/v1/auth/identities/{id}", tag = "access", params(("id" = IdentityId, Path)),
    responses((status = 204), (status = 404, body = crate::problem::Body), (status = 409, body = crate::problem::Body)))]
pub async fn remove(call: Call, id: web::Path<IdentityId>) -> Result<HttpResponse, Problem> {
    http::written(commands::remove_own(&call.app.db, &call.actor, *id).await?)
}

/// Lists the identities that open an account, the oldest first.
#[utoipa::path(get, path = "/api/v1/accounts/{id}/identities", tag = "access", params(("id" = AccountId, Path)),
    responses((status = 200, body = Page<IdentityView>), (status = 404, body = crate::problem::Body)))]
pub async fn list_of(call: Call, id: web::Path<AccountId>) -> Result<HttpResponse, Problem> {
    Ok(listed(commands::list_of(&call.app.db, &call.actor, *id).await?))
}

/// Lets an identity open an account no more. The logins and the keys of the account end.
#[utoipa::path(delete, path = "/api/v1/accounts/{id}/identities/{identity}", tag = "access",
    params(("id" = AccountId, Path), ("identity" = IdentityId, Path)),
    responses((status = 204), (status = 404, body = crate::problem::Body)))]
pub async fn remove_of(
    call: Call,
    path: web::Path<(AccountId, IdentityId)>,
) -> Result<HttpResponse, Problem> {
    let (account, identity) = path.into_inner();
    http::written(commands::remove_of(&call.app.db, &call.actor, account, identity).await?)
}
