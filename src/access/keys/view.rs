//! API keys as they are shown: the key itself in the one answer that makes it.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::commands::{Issued, VERSION};
use super::model::ApiKey;
use crate::access::reach::KeyScope;
use crate::db::Answer;
use crate::ids::{AccountId, ApiKeyId};
use crate::text::{Label, ParticipantCode};

/// A key for another system.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub struct ApiKeyView {
    id: ApiKeyId,
    /// Whose rights it has a part of.
    account: AccountId,
    name: Label,
    scopes: Vec<KeyScope>,
    /// The one participant whose business it is for; null: every one of its account's.
    participant: Option<ParticipantCode>,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    /// The day, by UTC, on which it was last used.
    last_used_on: Option<NaiveDate>,
}

/// A key with its text, which is shown once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IssuedApiKey)]
pub struct IssuedView<'a> {
    #[serde(flatten)]
    described: ApiKeyView,
    /// Send it as `Authorization: Bearer …`. Shown once.
    #[schema(value_type = String)]
    key: &'a str,
}

impl From<&ApiKey> for ApiKeyView {
    fn from(key: &ApiKey) -> Self {
        Self {
            id: key.id,
            account: key.account,
            name: key.name.clone(),
            scopes: key.scopes.clone(),
            participant: key.participant.clone(),
            created_at: key.created_at,
            expires_at: key.expires_at,
            last_used_on: key.last_used_on,
        }
    }
}

impl Answer for ApiKey {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&ApiKeyView::from(self))
    }
    fn etag(&self) -> Option<String> {
        Some(VERSION.etag())
    }
    fn location(&self) -> Option<String> {
        Some(format!("/api/v1/api-keys/{}", self.id))
    }
}

impl Answer for Issued {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        let described = ApiKeyView::from(&self.key);
        serde_json::to_vec(&IssuedView { described, key: &self.text })
    }
    fn etag(&self) -> Option<String> {
        self.key.etag()
    }
    fn location(&self) -> Option<String> {
        self.key.location()
    }
}
