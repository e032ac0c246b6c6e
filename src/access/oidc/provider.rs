//! Identity providers of the settings: where people are sent, and the exchange of the code that they come back with.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::discovery::{self, Discovery, Known, Unreached};
use super::id_token::{self, Expected, Unproven};
use super::model::{Begun, Grant, Link, Vouched};
use crate::access::model::Role;
use crate::config::{Access, BaseUrl, Provider as Settings};
use crate::secret;
use crate::text::{Fault, ParticipantCode};

/// How long somebody may take at their provider.
const ON_THE_WAY: TimeDelta = TimeDelta::minutes(10);

/// Why the settings of a provider cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Misconfigured {
    /// Providers need to know where to send people back to.
    #[error("access.oidc needs server.base_url: the address to which people come back")]
    NoBaseUrl,
    /// A value of one provider's.
    #[error("access.oidc.{provider}: {fault}")]
    Provider {
        /// Its name in the settings.
        provider: String,
        /// What is wrong.
        fault: Fault,
    },
    /// The HTTP client.
    #[error("no HTTP client for identity providers: {0}")]
    Http(#[from] reqwest::Error),
}

/// Why a provider vouches for nobody.
#[derive(Debug, thiserror::Error)]
pub enum Unvouched {
    /// It cannot be asked, or does not answer as one.
    #[error("the identity provider cannot be asked")]
    Unreached(#[from] Unreached),
    /// It says no itself.
    #[error("the identity provider does not vouch for them")]
    Refused,
    /// What it answered does not prove who somebody is.
    #[error("the identity provider's answer proves nothing")]
    Unproven(#[from] Unproven),
}

/// Every provider of the settings. Cheap to clone; clones share what is known of them.
#[derive(Clone)]
pub struct Providers(Arc<BTreeMap<String, Provider>>);

/// A provider of the settings.
pub struct Provider {
    /// The name under which the settings have it.
    pub name: String,
    /// The issuer, as it stands in what it signs.
    pub issuer: String,
    client_id: String,
    client_secret: Option<SecretString>,
    /// What is asked for, `openid` first.
    scope: String,
    /// The claim whose values say what somebody is here.
    pub claim: String,
    /// What they say.
    pub grants: Vec<Grant>,
    /// Whose addresses it may vouch for.
    pub email_domains: Vec<String>,
    /// The values of `amr` that tell of a second factor.
    pub second_factor_amr: Vec<String>,
    /// Where it sends people back to. Each provider has an address of its own, so that an answer of one is never taken for
    /// another's (RFC 9700, 4.4.2).
    back: String,
    discovery: Discovery,
}

/// What comes back for a code. The access token is for nobody: nothing is asked with it.
#[derive(Deserialize)]
struct Exchanged {
    id_token: String,
}

impl Providers {
    /// The providers of the settings, each looked at as far as that can be done without asking it.
    pub fn prepare(access: &Access, base_url: Option<&BaseUrl>) -> Result<Self, Misconfigured> {
        let mut all = BTreeMap::new();
        for (name, settings) in &access.oidc {
            let base_url = base_url.ok_or(Misconfigured::NoBaseUrl)?;
            let fault = |fault| Misconfigured::Provider { provider: name.clone(), fault };
            let discovery = Discovery::of(&settings.issuer)?;
            let provider = Provider::prepare(name, settings, base_url, discovery).map_err(fault)?;
            all.insert(name.clone(), provider);
        }
        Ok(Self(Arc::new(all)))
    }

    /// A provider by its name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Provider> {
        self.0.get(name)
    }
}

impl Provider {
    fn prepare(
        name: &str,
        settings: &Settings,
        base_url: &BaseUrl,
        discovery: Discovery,
    ) -> Result<Self, Fault> {
        let issuer = Url::parse(&settings.issuer).map_err(|_| {
            Fault::new("invalid_url", "an address like https://login.ministry.example is expected")
        })?;
        if issuer.scheme() != "https" && !discovery::is_here(&issuer) {
            return Err(Fault::new("insecure", "an issuer is reached by https"));
        }
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || !name.chars().all(is_plain) {
            let detail = "its name stands in addresses: small letters, digits and hyphens";
            return Err(Fault::new("invalid_name", detail));
        }
        let grants: Vec<Grant> = settings.grants.iter().map(grant).collect::<Result<_, _>>()?;
        if settings.email_domains.is_empty() && !grants.is_empty() {
            let detail = "who makes accounts here does so for addresses of its own: email_domains";
            return Err(Fault::new("no_domains", detail));
        }
        let page = settings.page.as_ref().map(|page| page.of(""));
        let page = page.unwrap_or_else(|| format!("/api/v1/auth/oidc/{name}/callback"));
        let scopes = settings.scopes.iter().map(String::as_str);
        Ok(Self {
            name: name.to_owned(),
            issuer: settings.issuer.clone(),
            client_id: settings.client_id.clone(),
            client_secret: settings.client_secret.clone(),
            scope: ["openid"].into_iter().chain(scopes).collect::<Vec<_>>().join(" "),
            claim: settings.claim.clone(),
            grants,
            email_domains: settings.email_domains.iter().map(|d| d.to_lowercase()).collect(),
            second_factor_amr: settings.second_factor_amr.clone(),
            back: format!("{}{page}", base_url.as_str()),
            discovery,
        })
    }

    /// Where somebody goes to prove who they are, and what their browser keeps meanwhile. They are to have proven it in the
    /// last so many seconds, or to do so anew.
    pub async fn begin(
        &self,
        link: Option<Link>,
        max_age: u32,
        now: DateTime<Utc>,
    ) -> Result<(String, Begun), Unreached> {
        let Known { mut authorization, names_itself, .. } = self.discovery.known(now).await?;
        let begun = Begun {
            provider: self.name.clone(),
            state: secret::random_text(),
            nonce: secret::random_text(),
            verifier: secret::random_text(),
            names_itself,
            link,
            max_age,
            until: now + ON_THE_WAY,
        };
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(secret::sha256(&begun.verifier));
        authorization
            .query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.client_id)
            .append_pair("redirect_uri", &self.back)
            .append_pair("scope", &self.scope)
            .append_pair("state", &begun.state)
            .append_pair("nonce", &begun.nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256")
            .append_pair("max_age", &max_age.to_string());
        Ok((authorization.into(), begun))
    }

    /// Whether an answer belongs to what was begun: here, by this state; and from this provider, as far as its answers say
    /// whose they are.
    #[must_use]
    pub fn answers(&self, begun: &Begun, state: Option<&str>, issuer: Option<&str>) -> bool {
        // Neither is a secret to its own browser; both are compared as hashes all the same.
        let same = |a: &str, b: &str| secret::sha256(a) == secret::sha256(b);
        begun.provider == self.name
            && state.is_some_and(|state| same(state, &begun.state))
            && issuer.map_or(!begun.names_itself, |issuer| issuer == self.issuer)
    }

    /// Who somebody is who comes back with a code.
    pub async fn vouch(
        &self,
        begun: &Begun,
        code: &str,
        now: DateTime<Utc>,
    ) -> Result<Vouched, Unvouched> {
        let known = self.discovery.known(now).await?;
        let Exchanged { id_token } = self.exchange(&known, begun, code).await?;
        let expected = Expected {
            issuer: &self.issuer,
            client_id: &self.client_id,
            nonce: &begun.nonce,
            max_age: begun.max_age,
            now,
        };
        let vouched = match id_token::verify(&id_token, &known.keys, &expected) {
            Err(Unproven::Key) => {
                let anew = self.discovery.known_anew(now).await?;
                id_token::verify(&id_token, &anew.keys, &expected)
            }
            judged => judged,
        };
        Ok(vouched?)
    }

    async fn exchange(
        &self,
        known: &Known,
        begun: &Begun,
        code: &str,
    ) -> Result<Exchanged, Unvouched> {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", self.back.as_str()),
            ("code_verifier", begun.verifier.as_str()),
        ];
        let mut request = self.discovery.http().post(known.token.clone());
        match self.client_secret.as_ref().map(ExposeSecret::expose_secret) {
            None => form.push(("client_id", &self.client_id)),
            Some(secret) if known.wants_secret_in_body => {
                form.extend([("client_id", self.client_id.as_str()), ("client_secret", secret)]);
            }
            Some(secret) => {
                request = request.basic_auth(encoded(&self.client_id), Some(encoded(secret)));
            }
        }
        let response = request.form(&form).send().await.map_err(Unreached::from)?;
        let status = response.status();
        if status.is_client_error() {
            return Err(Unvouched::Refused);
        }
        if status != StatusCode::OK {
            return Err(Unreached::Status(status).into());
        }
        Ok(discovery::read(response).await?)
    }
}

fn grant(settings: &crate::config::ProviderGrant) -> Result<Grant, Fault> {
    let role = Role::parse(&settings.role)?;
    let participant = settings.participant.as_deref().map(ParticipantCode::parse).transpose()?;
    if role == Role::Administrator {
        let detail = "an administrator is made by another one, and may link the provider then";
        return Err(Fault::new("misplaced", detail));
    }
    if role.speaks_for_a_participant() != participant.is_some() {
        let detail = "a focal point has a participant, and nobody else has";
        return Err(Fault::new("misplaced", detail));
    }
    Ok(Grant { value: settings.value.clone(), role, participant })
}

/// As names and secrets of clients are written into the header (RFC 6749, 2.3.1): like a value of a form.
fn encoded(text: &str) -> String {
    let form = Url::parse_with_params("form:", [("", text)]);
    form.ok()
        .and_then(|url| Some(url.query()?.trim_start_matches('=').to_owned()))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
