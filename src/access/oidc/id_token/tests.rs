//! Tokens as no honest provider signs them.

use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::json;

use super::*;

const NOW: i64 = 1_761_350_400;
const CLIENT: &str = "ceremony";
const ISSUER: &str = "https://login.ministry.example";

fn pair(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
}

fn key(seed: u8, kid: &str) -> Value {
    let x = BASE64_URL_SAFE_NO_PAD.encode(pair(seed).public_key());
    json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": kid, "x": x })
}

fn keys(keys: &[Value]) -> Vec<Jwk> {
    keys.iter().map(|key| serde_json::from_value(key.clone()).unwrap()).collect()
}

fn signed(header: &Value, claims: &Value, seed: u8) -> String {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let signature = BASE64_URL_SAFE_NO_PAD.encode(pair(seed).sign(message.as_bytes()));
    format!("{message}.{signature}")
}

fn header() -> Value {
    json!({ "alg": "EdDSA", "kid": "one" })
}

fn claims(changes: &Value) -> Value {
    let mut claims = json!({
        "iss": ISSUER, "aud": CLIENT, "sub": "42", "nonce": "n", "iat": NOW, "exp": NOW + 300, "auth_time": NOW - 10,
    });
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => claims.as_object_mut().unwrap().remove(name),
            value => claims.as_object_mut().unwrap().insert(name.clone(), value.clone()),
        };
    }
    claims
}

fn judged(token: &str, keys: &[Jwk]) -> Result<Vouched, Unproven> {
    let now = DateTime::from_timestamp(NOW, 0).unwrap();
    let (issuer, client_id, nonce) = (ISSUER, CLIENT, "n");
    verify(token, keys, &Expected { issuer, client_id, nonce, max_age: 300, now })
}

#[test]
fn what_the_provider_signed_for_us_just_now_says_who_it_is() {
    let token = signed(&header(), &claims(&json!({ "groups": ["a"] })), 1);
    let vouched = judged(&token, &keys(&[key(2, "two"), key(1, "one")])).unwrap();
    assert_eq!((vouched.issuer.as_str(), vouched.subject.as_str()), (ISSUER, "42"));
    assert_eq!(vouched.proven_at.timestamp(), NOW - 10);
    assert_eq!(vouched.claims["groups"], json!(["a"]));
}

#[test]
fn every_claim_is_looked_at_and_has_to_be_there() {
    let keys = keys(&[key(1, "one")]);
    for (changes, claim) in [
        (json!({ "iss": "https://login.other.example" }), "iss"),
        (json!({ "iss": null }), "iss"),
        (json!({ "aud": "another" }), "aud"),
        (json!({ "aud": [] }), "aud"),
        (json!({ "aud": [CLIENT, "another"] }), "aud"),
        (json!({ "aud": [[CLIENT]] }), "aud"),
        (json!({ "aud": null }), "aud"),
        (json!({ "azp": "another" }), "azp"),
        (json!({ "azp": [CLIENT] }), "azp"),
        (json!({ "nonce": "another" }), "nonce"),
        (json!({ "nonce": null }), "nonce"),
        (json!({ "exp": NOW - 60 }), "exp"),
        (json!({ "exp": "never" }), "exp"),
        (json!({ "exp": 1e300 }), "exp"),
        (json!({ "exp": null }), "exp"),
        (json!({ "iat": NOW + 61 }), "iat"),
        (json!({ "iat": null }), "iat"),
        (json!({ "nbf": NOW + 61 }), "nbf"),
        (json!({ "nbf": "now" }), "nbf"),
        (json!({ "auth_time": NOW - 361 }), "auth_time"),
        (json!({ "auth_time": NOW + 61 }), "auth_time"),
        (json!({ "auth_time": i64::MIN }), "auth_time"),
        (json!({ "auth_time": null }), "auth_time"),
        (json!({ "sub": "" }), "sub"),
        (json!({ "sub": "4".repeat(256) }), "sub"),
        (json!({ "sub": 42 }), "sub"),
        (json!({ "sub": null }), "sub"),
    ] {
        let refused = judged(&signed(&header(), &claims(&changes), 1), &keys).err();
        assert_eq!(refused, Some(Unproven::Claim(claim)), "{changes}");
    }
    for accepted in [
        json!({ "aud": [CLIENT], "azp": CLIENT, "nbf": NOW + 60 }),
        json!({ "exp": NOW - 59, "iat": NOW + 60, "auth_time": NOW - 360 }),
    ] {
        assert!(judged(&signed(&header(), &claims(&accepted), 1), &keys).is_ok(), "{accepted}");
    }
}

#[test]
fn nothing_is_believed_that_no_key_of_the_providers_has_signed() {
    let (known, good) = (keys(&[key(1, "one")]), signed(&header(), &claims(&json!({})), 1));
    assert!(judged(&good, &known).is_ok());
    let (message, signature) = good.rsplit_once('.').unwrap();
    let (head, _) = message.split_once('.').unwrap();
    let other = BASE64_URL_SAFE_NO_PAD.encode(claims(&json!({ "sub": "1" })).to_string());
    for (token, why) in [
        (signed(&header(), &claims(&json!({})), 2), Unproven::Key),
        (format!("{head}.{other}.{signature}"), Unproven::Key),
        (format!("{message}."), Unproven::Key),
        (message.to_owned(), Unproven::Malformed),
        (format!("{good}.{signature}"), Unproven::Algorithm),
        (String::new(), Unproven::Malformed),
        ("..".to_owned(), Unproven::Algorithm),
    ] {
        assert_eq!(judged(&token, &known).err(), Some(why), "{token}");
    }
    assert_eq!(judged(&good, &[]).err(), Some(Unproven::Key), "without keys");
}

#[test]
fn what_the_token_says_of_its_signature_does_not_count() {
    let known = keys(&[key(1, "one"), json!({ "kty": "oct", "kid": "shared", "k": "c2VjcmV0" })]);
    for (header, why) in [
        (json!({ "alg": "none" }), Unproven::Algorithm),
        (json!({ "alg": "None", "kid": "one" }), Unproven::Algorithm),
        (json!({ "alg": "HS256", "kid": "shared" }), Unproven::Algorithm),
        (json!({ "alg": "HS256", "kid": "one" }), Unproven::Algorithm),
        (json!({ "alg": "RS512", "kid": "one" }), Unproven::Algorithm),
        (json!({ "kid": "one" }), Unproven::Algorithm),
        (json!({ "alg": "RS256", "kid": "one" }), Unproven::Key),
        (json!({ "alg": "ES256", "kid": "one" }), Unproven::Key),
        (json!({ "alg": "EdDSA", "kid": "two" }), Unproven::Key),
        (
            json!({ "alg": "EdDSA", "kid": "one", "crit": ["b64"], "b64": false }),
            Unproven::Malformed,
        ),
        // A key that the token brings along is nobody's.
        (json!({ "alg": "EdDSA", "kid": "new", "jwk": key(1, "new") }), Unproven::Key),
    ] {
        let refused = judged(&signed(&header, &claims(&json!({})), 1), &known).err();
        assert_eq!(refused, Some(why), "{header}");
    }
    assert!(judged(&signed(&json!({ "alg": "EdDSA" }), &claims(&json!({})), 1), &known).is_ok());
}

#[test]
fn a_key_for_something_else_signs_nothing() {
    let token = signed(&header(), &claims(&json!({})), 1);
    for (name, value) in [
        ("use", json!("enc")),
        ("key_ops", json!(["encrypt"])),
        ("alg", json!("RS256")),
        ("alg", json!("what nobody knows")),
        ("kid", json!("two")),
        ("x", json!("AAAA")),
    ] {
        let mut changed = key(1, "one");
        changed[name] = value.clone();
        let known: Vec<Jwk> = serde_json::from_value(changed).into_iter().collect();
        assert_eq!(judged(&token, &known).err(), Some(Unproven::Key), "{name} {value}");
    }
}

/// The examples of RFC 7515, A.2 and A.3: their claims are none of an ID token, which is found out after their signature was
/// found right, and not before.
#[test]
fn signatures_of_others_verify_as_their_standard_says() {
    const CLAIMS: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let rsa = json!({ "kty": "RSA", "e": "AQAB", "n":
        "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNM\
         sD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtd\
         VMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ" });
    let curve = json!({ "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" });
    let by_rsa = "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdb\
        F9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi\
        12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe7\
        7Rw";
    let by_curve =
        "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    for (header, signature, right, wrong) in [
        ("eyJhbGciOiJSUzI1NiJ9", by_rsa, &rsa, &curve),
        ("eyJhbGciOiJFUzI1NiJ9", by_curve, &curve, &rsa),
    ] {
        let token = format!("{header}.{CLAIMS}.{signature}");
        let refused = |key: &Value| judged(&token, &keys(std::slice::from_ref(key))).err();
        assert_eq!(refused(right), Some(Unproven::Claim("iss")));
        assert_eq!(refused(wrong), Some(Unproven::Key));
    }
}
