//! Tokens of devices: they open what their profile needs, and nothing else.

use hanoi_ceremony::access::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Caller, Reply, TestApp, routes, send};

async fn made(by: &Caller<'_>, expires_at: Option<&str>) -> Reply {
    let wanted =
        json!({ "name": "Scanner 3, Gate A", "profile": "gate", "expires_at": expires_at });
    let wanted = match expires_at {
        Some(_) => wanted,
        None => json!({ "name": "Scanner 3, Gate A", "profile": "gate" }),
    };
    by.post("/devices", wanted).await
}

#[tokio::test]
async fn a_device_is_told_what_it_is_and_opens_nothing_else() {
    let app = TestApp::start().await;
    let reply = made(&app.security(), None).await;
    let token = reply.expect(201)["token"].as_str().unwrap().to_owned();
    assert!(token.starts_with("hcd_") && token.len() == 47);
    let device = app.bearer(&token);
    let me = device.get("/auth/me").await.expect(200);
    assert_eq!(
        (&me["name"], &me["token"]),
        (&json!("Scanner 3, Gate A"), &json!({ "kind": "device" }))
    );
    assert!(me.get("role").is_none() && me.get("email").is_none());

    // Whatever is asked for with a token, it is refused; what asks for none does not look.
    for (method, pattern) in routes().filter(|(_, pattern)| *pattern != "/api/v1/auth/me") {
        let path = pattern
            .replace("{code}", "FRA")
            .replace("{id}", &reply.id())
            .replace("{name}", "pre-approval");
        let path = format!("/{path}").replace("{slug}", "not-found");
        let (own, nobody) =
            (device.request(method.clone(), &path), app.anybody().request(method.clone(), &path));
        let (own, nobody) = (send(own).await, send(nobody).await);
        let looks = !["/auth/login", "/callback"].iter().any(|end| pattern.ends_with(end));
        if nobody.status == 401 && looks {
            assert_eq!(own.problem(403), "forbidden", "{method} {pattern}");
        }
    }
}

#[tokio::test]
async fn a_device_is_made_and_ended_by_the_administrator_and_by_security_alone() {
    let app = TestApp::start().await;
    for role in Role::ALL {
        let (who, keeps) = (app.role(*role), matches!(role, Role::Administrator | Role::Security));
        let reply = made(&who, None).await;
        assert_eq!(reply.status, if keeps { 201 } else { 403 }, "{role}");
        assert_eq!(who.get("/devices").await.status, if keeps { 200 } else { 403 }, "{role}");
    }
    let device = made(&app.administrator(), None).await;
    let (path, token) = (format!("/devices/{}", device.id()), device.json()["token"].clone());
    let token = token.as_str().unwrap();
    app.bearer(token).get("/auth/me").await.expect(200);
    assert_eq!(app.security().get(&path).await.expect(200)["last_used_on"], "2025-10-26");
    assert_eq!(
        send(app.security().request(Method::DELETE, &path)).await.problem(428),
        "precondition_required"
    );
    assert_eq!(app.officer().delete(&path).await.problem(403), "forbidden");
    let ended = app.security().delete(&path).await.expect(200);
    assert_ne!(ended["revoked_at"], Value::Null);
    assert_eq!(app.bearer(token).get("/auth/me").await.problem(401), "unauthenticated");
    assert_eq!(app.security().delete(&path).await.problem(409), "illegal_transition");
    // What was ended stays to be seen, without what would let anybody in.
    let list = app.administrator().get("/devices").await;
    assert_eq!(list.expect(200)["items"].as_array().unwrap().len(), 3);
    assert!(!list.text.contains(token) && !list.text.contains("hash"));
}

#[tokio::test]
async fn a_devices_token_ends_by_itself() {
    let mut app = TestApp::start().await;
    for (expires_at, status) in [
        ("2025-10-26T09:59:59Z", 422),
        ("2026-02-01T00:00:00Z", 422),
        ("2025-10-27T00:00:00Z", 201),
    ] {
        assert_eq!(made(&app.security(), Some(expires_at)).await.status, status, "{expires_at}");
    }
    let reply = made(&app.security(), Some("2025-10-27T00:00:00Z")).await.expect(201);
    let token = reply["token"].as_str().unwrap().to_owned();
    app.bearer(&token).get("/auth/me").await.expect(200);
    app.go_to("2025-10-27T00:00:00Z").await;
    assert_eq!(app.bearer(&token).get("/auth/me").await.problem(401), "unauthenticated");
}
