//! A device that makes and shows passkeys: a whole authenticator and a whole browser's side, in software.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use passkey::authenticator::{Authenticator, UiHint, UserCheck, UserValidationMethod};
use passkey::client::{Client, DefaultClientData};
use passkey::crypto::rust_crypto::RustCryptoBackend;
use passkey::types::Passkey;
use passkey::types::ctap2::{Aaguid, Ctap2Error};
use passkey::types::webauthn::{CredentialCreationOptions, CredentialRequestOptions};
use reqwest::Url;
use serde_json::{Value, json};

use crate::app::{Caller, Reply, TestApp};

/// Where people see the service.
pub const ORIGIN: &str = "https://ceremony.example";

/// A finger on the device.
struct Finger;

#[async_trait::async_trait]
impl UserValidationMethod for Finger {
    type PasskeyItem = Passkey;

    async fn check_user<'a>(
        &self,
        _hint: UiHint<'a, Passkey>,
        _presence: bool,
        verification: bool,
    ) -> Result<UserCheck, Ctap2Error> {
        Ok(UserCheck { presence: true, verification })
    }

    fn is_presence_enabled(&self) -> bool {
        true
    }

    fn is_verification_enabled(&self) -> Option<bool> {
        Some(true)
    }
}

/// A device with the passkey that it has made.
pub struct Device {
    /// What it has stored.
    pub memory: Option<Passkey>,
    /// The page that its browser shows.
    pub origin: Url,
}

/// A device and a browser before it.
macro_rules! browser {
    ($device:ident) => {{
        let (model, memory) = (Aaguid::new_empty(), $device.memory.take());
        let mut authenticator = Authenticator::new(model, memory, Finger, RustCryptoBackend);
        authenticator.set_make_credentials_with_signature_counter(true);
        Client::new(authenticator)
    }};
}

impl Device {
    /// One that counts its uses.
    pub fn new() -> Self {
        Self { memory: None, origin: ORIGIN.parse().unwrap() }
    }

    /// Makes a passkey as it was asked to.
    pub async fn make(&mut self, challenge: &Value) -> Value {
        let options = json!({ "publicKey": challenge["public_key"] });
        let options: CredentialCreationOptions = serde_json::from_value(options).unwrap();
        let mut browser = browser!(self);
        let made = browser.register(&self.origin, options, DefaultClientData).await;
        self.memory = browser.authenticator_mut().store_mut().take();
        sent(serde_json::to_value(made.unwrap()).unwrap())
    }

    /// Signs a challenge.
    pub async fn sign(&mut self, challenge: &Value) -> Value {
        let options = json!({ "publicKey": challenge["public_key"] });
        let options: CredentialRequestOptions = serde_json::from_value(options).unwrap();
        let mut browser = browser!(self);
        let signed = browser.authenticate(&self.origin, options, DefaultClientData).await;
        self.memory = browser.authenticator_mut().store_mut().take();
        let credential = sent(serde_json::to_value(signed.unwrap()).unwrap());
        json!({ "challenge": challenge["challenge"], "credential": credential })
    }

    /// Makes a passkey for somebody and adds it to their account.
    pub async fn enrol(&mut self, who: &Caller<'_>) -> Reply {
        let challenge = who.post("/auth/passkeys/enrol", json!({})).await.expect(200);
        let credential = self.make(&challenge).await;
        let challenge = &challenge["challenge"];
        let body = json!({ "name": "Telephone", "challenge": challenge, "credential": credential });
        who.post("/auth/passkeys", body).await
    }

    /// Answers a challenge of the service.
    pub async fn answer(&mut self, app: &TestApp) -> Value {
        self.sign(&challenge(app).await).await
    }
}

/// A fresh challenge.
pub async fn challenge(app: &TestApp) -> Value {
    app.anybody().post("/auth/passkeys/challenge", json!({})).await.expect(200)
}

/// As `toJSON()` of a browser writes it: bytes are base64url, and what there is not is left out.
fn sent(value: Value) -> Value {
    match value {
        Value::Array(all) if !all.is_empty() && all.iter().all(Value::is_u64) => {
            let bytes = all.iter().map(|byte| byte.as_u64().unwrap().try_into().unwrap());
            json!(BASE64_URL_SAFE_NO_PAD.encode(bytes.collect::<Vec<u8>>()))
        }
        Value::Object(members) => {
            let members = members.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(members.map(|(name, value)| (name, sent(value))).collect())
        }
        other => other,
    }
}
