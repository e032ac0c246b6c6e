//! Settings, and what belongs to what was begun.

use super::*;
use crate::config::Config;

const BASE: &str = "https://ceremony.example";
const ISSUER: &str = "https://login.ministry.example";
const GRANT: &str = "{ value = \"a\", role = \"focal_point\", participant = \"FRA\" }";

fn prepared(base_url: &str, provider: &str) -> Result<Providers, String> {
    secret::provide_tls();
    let text = format!("[server]\nbase_url = \"{base_url}\"\n[access.oidc.ministry]\n{provider}");
    let config = Config::from_toml(&text).map_err(|e| e.to_string())?;
    let base_url = config.server.base_url.as_ref();
    Providers::prepare(&config.access, base_url).map_err(|e| e.to_string())
}

fn settings(issuer: &str, grant: &str) -> String {
    format!(
        "issuer = \"{issuer}\"\nclient_id = \"c\"\nscopes = []\nclaim = \"groups\"\n\
         email_domains = [\"ministry.example\"]\ngrants = [{grant}]\n"
    )
}

#[test]
fn a_provider_is_reached_by_https_and_makes_nobody_what_is_not_a_role() {
    let good = prepared(BASE, &settings(ISSUER, GRANT)).unwrap();
    assert!(good.named("ministry").is_some() && good.named("another").is_none());
    let here = prepared(BASE, &settings("http://127.0.0.1:9", GRANT));
    assert!(here.is_ok(), "for tests, on this machine");
    for (base, issuer, grant) in [
        ("", ISSUER, GRANT),
        (BASE, "http://login.ministry.example", GRANT),
        (BASE, "http://127.0.0.1.ministry.example", GRANT),
        (BASE, "login", GRANT),
        (BASE, ISSUER, "{ value = \"a\", role = \"king\" }"),
        (BASE, ISSUER, "{ value = \"a\", role = \"administrator\" }"),
        (BASE, ISSUER, "{ value = \"a\", role = \"focal_point\" }"),
        (BASE, ISSUER, "{ value = \"a\", role = \"gate\", participant = \"FRA\" }"),
        (BASE, ISSUER, "{ value = \"a\", role = \"gate\", admin = true }"),
    ] {
        let refused = prepared(base, &settings(issuer, grant)).err();
        assert!(refused.is_some_and(|why| why.contains("oidc")), "{base} {issuer} {grant}");
    }
    let no_domains = settings(ISSUER, GRANT).replace("\"ministry.example\"", "");
    assert!(prepared(BASE, &no_domains).err().unwrap().contains("email_domains"));
    let nothing_granted = no_domains.replace(GRANT, "");
    assert!(prepared(BASE, &nothing_granted).is_ok(), "it opens what is linked to it");
}

#[test]
fn a_secret_of_the_settings_is_in_no_text_of_them() {
    let with_secret = settings(ISSUER, GRANT) + "client_secret = \"told to nobody\"\n";
    let text = format!("[server]\nbase_url = \"{BASE}\"\n[access.oidc.ministry]\n{with_secret}");
    let config = Config::from_toml(&text).unwrap();
    for shown in [format!("{:?}", config.access), toml::to_string(&config.access).unwrap()] {
        assert!(shown.contains("ministry.example") && !shown.contains("told to nobody"), "{shown}");
    }
}

#[test]
fn people_come_back_to_an_address_of_each_provider_or_to_a_page_of_a_front_end() {
    let back = |more: &str| {
        let providers = prepared(BASE, &(settings(ISSUER, GRANT) + more)).unwrap();
        providers.named("ministry").unwrap().back.clone()
    };
    assert_eq!(back(""), "https://ceremony.example/api/v1/auth/oidc/ministry/callback");
    assert_eq!(back("page = \"/login/ministry\""), "https://ceremony.example/login/ministry");
}

#[test]
fn an_answer_belongs_to_what_was_begun_here_and_says_whose_it_is_where_it_always_does() {
    let providers = prepared(BASE, &settings(ISSUER, GRANT)).unwrap();
    let provider = providers.named("ministry").unwrap();
    let begun = |provider: &str, names_itself| Begun {
        provider: provider.to_owned(),
        state: "s".to_owned(),
        nonce: String::new(),
        verifier: String::new(),
        names_itself,
        link: None,
        max_age: 0,
        until: DateTime::UNIX_EPOCH,
    };
    for (begun_at, names_itself, state, issuer, belongs) in [
        ("ministry", true, Some("s"), Some(ISSUER), true),
        ("ministry", false, Some("s"), Some(ISSUER), true),
        ("ministry", false, Some("s"), None, true),
        ("ministry", true, Some("s"), None, false),
        ("ministry", false, Some("s"), Some("https://login.other.example"), false),
        ("ministry", false, Some("t"), Some(ISSUER), false),
        ("ministry", false, Some(""), Some(ISSUER), false),
        ("ministry", false, None, Some(ISSUER), false),
        ("other", false, Some("s"), Some(ISSUER), false),
    ] {
        let answers = provider.answers(&begun(begun_at, names_itself), state, issuer);
        assert_eq!(answers, belongs, "{begun_at} {names_itself} {state:?} {issuer:?}");
    }
}

#[test]
fn what_a_header_cannot_hold_of_a_secret_is_encoded() {
    assert_eq!(encoded("a:b c%&=ü"), "a%3Ab+c%25%26%3D%C3%BC");
    assert_eq!(encoded("=plain-1.2~"), "%3Dplain-1.2%7E");
}
