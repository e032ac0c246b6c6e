//! The ID token: what a provider has signed of somebody, read and verified. Pure.
//!
//! Nothing of it is believed before its signature is, by a key of the provider's own and an algorithm of ours; and then nothing
//! that was not said to us, in answer to what was asked, and just now.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::jwk::{Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind, Header, decode_header};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use serde_json::{Map, Value};

use super::model::Vouched;

/// How far the clocks of a provider and of ours may be apart.
const SKEW: TimeDelta = TimeDelta::seconds(60);

/// The longest name of a person at a provider (OpenID Connect Core, 2).
const SUBJECT_LIMIT: usize = 255;

/// To whom, in answer to what, and how late a token is to have been given.
pub struct Expected<'a> {
    /// Who signs.
    pub issuer: &'a str,
    /// For whom.
    pub client_id: &'a str,
    /// What the login began with.
    pub nonce: &'a str,
    /// How long ago they may have shown the provider who they are, in seconds.
    pub max_age: u32,
    /// Now.
    pub now: DateTime<Utc>,
}

/// Why a token proves nothing. Says which part, and nothing of what stands in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    /// It is none.
    #[error("it is not a signed token")]
    Malformed,
    /// Signed by a way that is none of ours: not at all, or by a secret that both sides have.
    #[error("it is signed by a way that is not accepted")]
    Algorithm,
    /// None of the provider's keys that are known can have signed it: it may have new ones.
    #[error("no key of the provider's has signed it")]
    Key,
    /// What it says is not what was asked.
    #[error("its {0} is not what was asked for")]
    Claim(&'static str),
}

/// Who somebody is, by a token and the keys of its provider.
pub fn verify(token: &str, keys: &[Jwk], expected: &Expected<'_>) -> Result<Vouched, Unproven> {
    let (signed, signature) = token.rsplit_once('.').ok_or(Unproven::Malformed)?;
    let (_, body) = signed.split_once('.').ok_or(Unproven::Malformed)?;
    // An unknown `alg`, `none` among them, is no header to this reader.
    let header = decode_header(token).map_err(|_| Unproven::Algorithm)?;
    let algorithm = accepted(header.alg).ok_or(Unproven::Algorithm)?;
    if header.crit.is_some() {
        return Err(Unproven::Malformed);
    }
    let signature = decode(signature)?;
    let is_by = |key: &Jwk| algorithm.has_signed(key, signed.as_bytes(), &signature);
    if !keys.iter().filter(|key| may_sign(key, &header)).any(is_by) {
        return Err(Unproven::Key);
    }
    let claims = serde_json::from_slice(&decode(body)?).map_err(|_| Unproven::Malformed)?;
    let (subject, proven_at) = judge(&claims, expected)?;
    let issuer = expected.issuer.to_owned();
    Ok(Vouched { issuer, subject, proven_at, claims })
}

fn decode(part: &str) -> Result<Vec<u8>, Unproven> {
    BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|_| Unproven::Malformed)
}

/// How something is signed.
enum Signing {
    Rsa(&'static ring::signature::RsaParameters),
    Curve(&'static dyn VerificationAlgorithm),
}

/// What we accept: asymmetric, and not older than it need be. What the provider says itself that it signs with does not count.
fn accepted(algorithm: Algorithm) -> Option<Signing> {
    match algorithm {
        Algorithm::RS256 => Some(Signing::Rsa(&RSA_PKCS1_2048_8192_SHA256)),
        Algorithm::PS256 => Some(Signing::Rsa(&RSA_PSS_2048_8192_SHA256)),
        Algorithm::ES256 => Some(Signing::Curve(&ECDSA_P256_SHA256_FIXED)),
        Algorithm::ES384 => Some(Signing::Curve(&ECDSA_P384_SHA384_FIXED)),
        Algorithm::EdDSA => Some(Signing::Curve(&ED25519)),
        _ => None,
    }
}

impl Signing {
    fn has_signed(&self, key: &Jwk, message: &[u8], signature: &[u8]) -> bool {
        let Ok(key) = DecodingKey::from_jwk(key) else { return false };
        match (self, key.kind()) {
            (Self::Rsa(by), DecodingKeyKind::RsaModulusExponent { n, e }) => {
                RsaPublicKeyComponents { n, e }.verify(by, message, signature).is_ok()
            }
            (Self::Curve(by), DecodingKeyKind::SecretOrDer(point)) => {
                UnparsedPublicKey::new(*by, point).verify(message, signature).is_ok()
            }
            _ => false,
        }
    }
}

/// Whether a key is one for signatures, by this algorithm, and the one that the token names.
fn may_sign(key: &Jwk, header: &Header) -> bool {
    let common = &key.common;
    let is_for_signatures =
        common.public_key_use.as_ref().is_none_or(|to| *to == PublicKeyUse::Signature)
            && common.key_operations.as_ref().is_none_or(|to| to.contains(&KeyOperations::Verify));
    let is_by = common.key_algorithm.is_none_or(|by| by == KeyAlgorithm::from(header.alg));
    is_for_signatures && is_by && (header.kid.is_none() || header.kid == common.key_id)
}

/// Who it is and when they showed it, where every claim is as it has to be (OpenID Connect Core, 3.1.3.7).
fn judge(
    claims: &Map<String, Value>,
    expected: &Expected<'_>,
) -> Result<(String, DateTime<Utc>), Unproven> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let moment = |name: &str| {
        claims.get(name).and_then(Value::as_i64).and_then(|at| DateTime::from_timestamp(at, 0))
    };
    let is = |holds: bool, name| if holds { Ok(()) } else { Err(Unproven::Claim(name)) };
    let Expected { issuer, client_id, nonce, max_age, now } = *expected;
    let oldest = now - TimeDelta::seconds(max_age.into()) - SKEW;
    let (latest, just_now) = (now + SKEW, now - SKEW);

    is(text("iss") == Some(issuer), "iss")?;
    // For us alone: whoever it is for as well could bring it here.
    let is_for_us = match claims.get("aud") {
        Some(Value::Array(all)) => {
            !all.is_empty() && all.iter().all(|one| one.as_str() == Some(client_id))
        }
        one => one.and_then(Value::as_str) == Some(client_id),
    };
    is(is_for_us, "aud")?;
    is(!claims.contains_key("azp") || text("azp") == Some(client_id), "azp")?;
    is(text("nonce") == Some(nonce), "nonce")?;
    is(moment("exp").is_some_and(|at| at > just_now), "exp")?;
    is(moment("iat").is_some_and(|at| at <= latest), "iat")?;
    is(!claims.contains_key("nbf") || moment("nbf").is_some_and(|at| at <= latest), "nbf")?;
    let proven_at = moment("auth_time").filter(|at| (oldest..=latest).contains(at));
    let proven_at = proven_at.ok_or(Unproven::Claim("auth_time"))?;
    let subject = text("sub").filter(|sub| !sub.is_empty() && sub.len() <= SUBJECT_LIMIT);
    Ok((subject.ok_or(Unproven::Claim("sub"))?.to_owned(), proven_at))
}

#[cfg(test)]
mod tests;
