//! The table of bad input (`docs/bad-input.md`), put to every route that it concerns: whatever comes, the answer is the
//! table's, and it is never a 500. What is of one slice alone is tested there.

mod stream;

use hanoi_ceremony::access::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Caller, Reply, TestApp, member, routes, send};
use crate::matrix::carry;
use crate::matrix::samples::{Content, Sample, Seeds};

/// A route that takes JSON, with a request that is good, and somebody who may make it.
struct Open<'a> {
    who: Caller<'a>,
    method: Method,
    pattern: &'static str,
    path: String,
    sample: Sample,
}

impl Open<'_> {
    fn body(&self) -> &Value {
        match &self.sample.content {
            Content::Json(body) | Content::Patch(body) => body,
            _ => &Value::Null,
        }
    }

    fn media_type(&self) -> &'static str {
        match self.sample.content {
            Content::Patch(_) => "application/merge-patch+json",
            _ => "application/json",
        }
    }

    /// The good request with other bytes.
    async fn send(&self, media_type: &str, body: impl Into<reqwest::Body>) -> Reply {
        let request = self.who.request(self.method.clone(), &self.path).header("if-match", "*");
        let request = request.header("content-type", media_type).body(body);
        send(if self.sample.needs_key { request.header("idempotency-key", "key") } else { request })
            .await
    }
}

/// Everybody who may come in somewhere.
fn callers(app: &TestApp) -> Vec<Caller<'_>> {
    let roles = [Role::Administrator, Role::Accreditation, Role::Treaty, Role::Security];
    [vec![app.focal_point("FRA")], roles.map(|role| app.role(role)).into()].concat()
}

/// Each route of a method that the filter takes, with the first who is let in.
async fn open_routes<'a>(
    app: &'a TestApp,
    seeds: &Seeds,
    wanted: fn(&Content) -> bool,
) -> Vec<Open<'a>> {
    let mut open = Vec::new();
    for (method, pattern) in routes().filter(|(method, _)| method != Method::GET) {
        let sample = seeds.sample(&method, pattern).unwrap();
        if !wanted(&sample.content) {
            continue;
        }
        let mut path = sample.path.clone();
        if !sample.is_public {
            path += if path.contains('?') { "&dry_run=true" } else { "?dry_run=true" };
        }
        for who in callers(app) {
            let request = carry(who.request(method.clone(), &path), &sample.content);
            let request = request.header("if-match", "*").header("idempotency-key", "first");
            let is_in = sample.is_public || ![401, 403, 404].contains(&send(request).await.status);
            if is_in {
                open.push(Open { who, method: method.clone(), pattern, path, sample });
                break;
            }
        }
    }
    open
}

fn takes_json(content: &Content) -> bool {
    matches!(content, Content::Json(_) | Content::Patch(_))
}

/// The same body with each text in it changed.
fn spoilt(body: &Value, spoil: fn(&str) -> String) -> Value {
    match body {
        Value::String(text) => Value::String(spoil(text)),
        Value::Array(all) => all.iter().map(|value| spoilt(value, spoil)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), spoilt(value, spoil))).collect()
        }
        other => other.clone(),
    }
}

#[tokio::test]
async fn r54_json_that_is_too_deep_doubled_or_no_text_is_refused_by_every_route() {
    let app = TestApp::start().await;
    let seeds = Seeds::plant(&app).await;
    let open = open_routes(&app, &seeds, takes_json).await;
    assert!(open.len() > 25, "the samples let somebody in");
    for route in &open {
        let Open { pattern, .. } = route;
        let good = route.body().to_string();
        let inside = &good[1..];
        let (name, value) = route.body().as_object().unwrap().iter().next().unwrap();
        let deep = format!("{{\"{name}\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
        let malformed: Vec<Vec<u8>> = vec![
            deep.into(),
            format!("{{\"{name}\":{value},{inside}").into(),
            format!("{{\"{name}\":NaN}}").into(),
            format!("{{\"{name}\":1e999}}").into(),
            format!("{{\"{name}\":\"\\ud800\"}}").into(),
            [b"{\"".as_slice(), name.as_bytes(), b"\":\"\xff\xfe\"}"].concat(),
            good[..good.len() - 1].into(),
            "[]".into(),
            "null".into(),
        ];
        for body in malformed {
            let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
            let reply = route.send(route.media_type(), body).await;
            assert_eq!(reply.problem(400), "malformed_body", "{pattern} {shown}");
        }
        let with_nul = spoilt(route.body(), |text| format!("{text}\0"));
        if with_nul != *route.body() {
            let reply = route.send(route.media_type(), with_nul.to_string()).await;
            assert!([404, 409, 422].contains(&reply.status), "{pattern} {}", reply.text);
            assert!(reply.status != 409 || pattern.ends_with(":batch"), "{pattern} {}", reply.text);
        }
    }
}

#[tokio::test]
async fn r54_a_field_that_a_body_does_not_have_is_refused_by_every_route() {
    let app = TestApp::start().await;
    let seeds = Seeds::plant(&app).await;
    for route in open_routes(&app, &seeds, takes_json).await {
        let mut body = route.body().clone();
        body["recorded_at"] = json!("2025-10-25T00:00:00Z");
        body["role_of_mine"] = json!("admin");
        let reply = route.send(route.media_type(), body.to_string()).await;
        assert_eq!(reply.problem(422), "validation_failed", "{}", route.pattern);
        let pointers = reply.pointers();
        for unknown in ["/recorded_at", "/role_of_mine"] {
            assert!(pointers.iter().any(|at| at == unknown), "{} {pointers:?}", route.pattern);
        }
        assert!(!reply.text.contains("2025-10-25T00"), "no value comes back: {}", reply.text);
    }
    // The one that would be dangerous, by its own name: nobody makes themselves more than they are.
    let own = format!("/accounts/{}", app.focal_point("FRA").get("/auth/me").await.id());
    let more = json!({ "current": "x", "new": "y", "role": "administrator" });
    let reply = app.focal_point("FRA").post("/auth/password", more).await;
    assert_eq!(
        (reply.problem(422).as_str(), reply.pointers().contains(&"/role".into())),
        ("validation_failed", true)
    );
    assert_eq!(app.administrator().get(&own).await.expect(200)["role"], "focal_point");
}

#[tokio::test]
async fn r54_another_content_type_and_a_body_where_none_is_taken_are_refused_by_every_route() {
    let app = TestApp::start().await;
    let seeds = Seeds::plant(&app).await;
    for route in open_routes(&app, &seeds, takes_json).await {
        for media_type in ["text/plain", "application/x-www-form-urlencoded"] {
            let reply = route.send(media_type, route.body().to_string()).await;
            assert_eq!(
                reply.problem(415),
                "unsupported_media_type",
                "{} {media_type}",
                route.pattern
            );
        }
    }
    for route in open_routes(&app, &seeds, |content| matches!(content, Content::Nothing)).await {
        let reply = route.send("application/json", "{\"role\":\"admin\"}").await;
        assert!([400, 422].contains(&reply.status), "{} {}", route.pattern, reply.text);
    }
}

#[tokio::test]
async fn r54_a_wrong_method_is_told_which_are_right_at_every_address() {
    let app = TestApp::start().await;
    let all: Vec<_> = routes().collect();
    for (_, pattern) in &all {
        let known: Vec<_> =
            all.iter().filter(|(_, other)| other == pattern).map(|(m, _)| m).collect();
        let path = pattern.strip_prefix("/api/v1").map_or(format!("/{pattern}"), str::to_owned);
        let path = path.replace(['{', '}'], "");
        for method in [Method::PUT, Method::DELETE, Method::PATCH, Method::POST, Method::GET] {
            if known.contains(&&method) {
                continue;
            }
            let reply = send(app.officer().request(method.clone(), &path)).await;
            assert_eq!(reply.problem(405), "method_not_allowed", "{method} {pattern}");
            let allowed: Vec<_> = reply.header("allow").split(", ").collect();
            let expected: Vec<_> = known.iter().map(|method| method.as_str()).collect();
            assert_eq!(allowed, expected, "{pattern}");
        }
    }
}

#[tokio::test]
async fn r54_path_tricks_and_ids_that_are_none_find_nothing_at_every_address() {
    let app = TestApp::start().await;
    let tricks = [
        "..%2f..%2fetc%2fpasswd",
        "%252e%252e",
        "%00",
        "a%00b",
        "%ff",
        "'%20or%201=1--",
        "-1",
        "FRA%0a",
        "%25s",
    ];
    let long = "x".repeat(3000);
    for (method, pattern) in routes().filter(|(_, pattern)| pattern.contains('{')) {
        for trick in tricks.into_iter().chain([long.as_str()]) {
            let who = app.focal_point("FRA");
            let filled = ["{code}", "{id}", "{slug}", "{name}"];
            let path =
                filled.iter().fold(pattern.to_owned(), |path, name| path.replace(name, trick));
            let path = path.strip_prefix("/api/v1").map_or(format!("/{path}"), str::to_owned);
            let reply = send(who.request(method.clone(), &path).header("if-match", "*")).await;
            assert!([400, 404].contains(&reply.status), "{method} {path:.80} {}", reply.text);
            reply.problem(reply.status);
            assert!(
                !reply.text.contains("passwd") && !reply.text.contains("xxx"),
                "{}",
                reply.text
            );
        }
    }
}

#[tokio::test]
async fn r54_a_limit_an_order_and_a_cursor_that_are_none_are_refused_by_every_list() {
    let app = TestApp::start().await;
    let seeds = Seeds::plant(&app).await;
    let description = app.anybody().get("//openapi.json").await.expect(200);
    let mut asked = 0;
    for (_, pattern) in routes().filter(|(method, _)| method == Method::GET) {
        let sample = seeds.sample(&Method::GET, pattern).unwrap();
        let known = description["paths"][pattern]["get"]["parameters"].as_array();
        let takes = |name: &str| {
            known.is_some_and(|all| all.iter().any(|p| p["name"] == name && p["in"] == "query"))
        };
        let bad = [
            ("limit", "1e9", 422),
            ("limit", "0", 422),
            ("limit", "201", 422),
            ("limit", "-1", 422),
            ("limit", "999999999999999999999", 422),
            ("sort", "password_hash", 422),
            ("sort", "-passport_number", 422),
            ("sort", "name;drop%20table%20member", 422),
            ("cursor", "nonsense", 422),
            ("cursor", "e30", 422),
            ("cursor", "%00", 422),
        ];
        for who in callers(&app) {
            let mark = if sample.path.contains('?') { '&' } else { '?' };
            let path = &sample.path;
            if who.get(path).await.status != 200 {
                continue;
            }
            for (name, value, status) in bad.into_iter().filter(|(name, ..)| takes(name)) {
                let reply = who.get(&format!("{path}{mark}{name}={value}")).await;
                assert_eq!(reply.problem(status), "validation_failed", "{path} {name}={value}");
                assert!(value.len() < 6 || !reply.text.contains(value), "{}", reply.text);
                asked += 1;
            }
            if pattern.starts_with("/api/v1") {
                let reply = who.get(&format!("{path}{mark}password_hash=x")).await;
                assert_eq!(reply.problem(400), "unknown_parameter", "{path}");
            }
            break;
        }
    }
    assert!(asked > 60, "{asked}");
}

#[tokio::test]
async fn r54_a_change_that_names_no_version_or_a_stale_one_is_refused_by_every_route() {
    let app = TestApp::start().await;
    let seeds = Seeds::plant(&app).await;
    let description = app.anybody().get("//openapi.json").await.expect(200);
    let mut asked = 0;
    for route in open_routes(&app, &seeds, |_| true).await {
        let Open { who, method, pattern, path, sample } = &route;
        let described = &description["paths"][pattern][method.as_str().to_lowercase()]["responses"];
        // A login that ends is the same in whichever version, and so is an export that is taken back.
        let is_the_same = pattern.ends_with("/sessions") || *pattern == "/api/v1/jobs/{id}";
        if is_the_same || pattern.starts_with("/api/v1/auth/") {
            continue;
        }
        // Nothing that exists is changed or taken away unseen; of other actions, the description says so.
        if ![Method::PATCH, Method::DELETE].contains(method) && described["412"].is_null() {
            continue;
        }
        let none = send(carry(who.request(method.clone(), path), &sample.content)).await;
        assert_eq!(none.problem(428), "precondition_required", "{method} {pattern}");
        let stale = carry(who.request(method.clone(), path), &sample.content);
        let stale = send(stale.header("if-match", "\"0\"")).await;
        // What would be refused in any version may be told first.
        let any = carry(who.request(method.clone(), path), &sample.content);
        let any = send(any.header("if-match", "*")).await;
        if any.status >= 400 && stale.status != 412 {
            assert_eq!(
                stale.problem(any.status),
                any.problem(any.status),
                "{method} {pattern}: a stale version changes nothing of that"
            );
            continue;
        }
        assert_eq!(stale.problem(412), "version_mismatch", "{method} {pattern}");
        assert!(stale.header("etag").starts_with('"'), "{method} {pattern}");
        asked += 1;
    }
    assert!(asked > 70, "{asked}");
}

#[tokio::test]
async fn r54_passports_and_dates_that_cannot_be_are_refused_with_their_place_and_without_their_value()
 {
    let app = TestApp::start().await;
    let france = app.focal_point("FRA");
    france.post("/delegations", json!({ "participant": "FRA" })).await.expect(201);
    let long = "X".repeat(21);
    let numbers =
        ["", "X12", "X 00123", "X-00123", "Ⅹ0000123", "X0000\u{0}1", "no passport!", &long];
    let births = [
        "2027-02-29",
        "2025-10-27",
        "2999-01-01",
        "1980-13-01",
        "1980-2-9",
        "29.02.1980",
        "0000-00-00",
        "yesterday",
    ];
    let expiries = ["2025-10-25", "2001-01-01", "2027-02-29", "2030-1-1", "never"];
    let of = |pointer: &'static str| move |value| (pointer, value);
    let all = numbers.map(of("/passport/number")).into_iter();
    let all =
        all.chain(births.map(of("/date_of_birth"))).chain(expiries.map(of("/passport/expires_on")));
    for (pointer, value) in all {
        let mut person = member("Sample");
        *person.pointer_mut(pointer).unwrap() = json!(value);
        let reply = france.post("/delegations/FRA/members", person).await;
        assert_eq!(reply.problem(422), "validation_failed", "{value}");
        assert_eq!(reply.pointers(), [pointer], "{value}");
        assert!(value.is_empty() || !reply.text.contains(value), "{value}: {}", reply.text);
    }
    let list = france.get("/delegations/FRA/members?include=count").await.expect(200);
    assert_eq!(list["count"], 0, "nothing of what was refused is stored");
}
