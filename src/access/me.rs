//! Who or what asks, as they are told themselves.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::actor::Actor;
use super::api::AccountView;
use super::devices::{Device, DeviceView};
use super::model::Account;
use super::reach::KeyScope;
use crate::db::Answer;
use crate::ids::ApiKeyId;
use crate::text::ParticipantCode;

/// Kinds of tokens.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(rename_all = "snake_case")]
enum TokenKind {
    /// A person, logged in.
    Login,
    /// Another system, with a person's key.
    ApiKey,
    /// A device.
    Device,
}

/// What a request came with.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Token)]
pub struct TokenView {
    kind: TokenKind,
    #[serde(flatten)]
    #[schema(value_type = KeyView)]
    key: Option<KeyView>,
}

/// What a key may do, of what its account may do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TokenOfKey)]
struct KeyView {
    #[schema(required = false)]
    id: ApiKeyId,
    #[schema(required = false)]
    scopes: Vec<KeyScope>,
    /// The one participant whose business it is for.
    participant: Option<ParticipantCode>,
    #[schema(required = false)]
    expires_at: DateTime<Utc>,
}

/// Who or what asks.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = Me)]
pub enum MeView {
    /// A person, or a system with a person's key.
    Person {
        /// The account.
        #[serde(flatten)]
        account: AccountView,
        /// What it came with.
        token: TokenView,
        /// Of the account, for a person; what a key may do has none.
        #[serde(skip)]
        etag: Option<String>,
    },
    /// A device.
    Device {
        /// The device.
        #[serde(flatten)]
        device: DeviceView,
        /// What it came with.
        token: TokenView,
    },
}

impl MeView {
    /// Somebody, by their account as it is today.
    pub fn person(actor: &Actor, account: &Account) -> Self {
        let key = actor.key().map(|grant| KeyView {
            id: grant.id,
            scopes: grant.scopes.clone(),
            participant: grant.participant.clone(),
            expires_at: grant.expires_at,
        });
        let kind = if key.is_some() { TokenKind::ApiKey } else { TokenKind::Login };
        let etag = key.is_none().then(|| account.version.etag());
        Self::Person { account: AccountView::from(account), token: TokenView { kind, key }, etag }
    }

    /// A device.
    pub fn device(device: &Device) -> Self {
        let token = TokenView { kind: TokenKind::Device, key: None };
        Self::Device { device: DeviceView::from(device), token }
    }
}

impl Answer for MeView {
    fn body(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(self)
    }
    fn etag(&self) -> Option<String> {
        match self {
            Self::Person { etag, .. } => etag.clone(),
            Self::Device { .. } => None,
        }
    }
}
