//! What every route keeps: problems, idempotency, versions, headers, limits.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::app::{TestApp, send, statuses};

#[tokio::test]
async fn r54_every_fault_of_a_body_is_told_at_once_and_nothing_is_stored() {
    let app = TestApp::start().await;
    let body = json!({ "email": "x\r\nBcc: y@z.example", "name": "a\u{202e}b", "role": "king", "is_admin": true });
    let reply = app.administrator().post("/accounts", body).await;
    assert_eq!(reply.problem(422), "validation_failed");
    assert_eq!(reply.pointers(), ["/email", "/is_admin", "/name", "/role"]);
    assert!(
        !reply.text.contains("Bcc") && !reply.text.contains("king"),
        "no value comes back: {}",
        reply.text
    );
}

#[tokio::test]
async fn r54_bodies_that_are_no_json_are_refused_before_anything_else() {
    let app = TestApp::start().await;
    let deep = "[".repeat(10_000);
    for body in [
        "{",
        "[]",
        "{\"email\":1,\"email\":2}",
        "{\"a\":NaN}",
        "\"\\ud800\"",
        deep.as_str(),
        "\u{feff}{}",
    ] {
        let request = app
            .administrator()
            .request(Method::POST, "/accounts")
            .header("content-type", "application/json");
        assert_eq!(
            send(request.body(body.to_owned())).await.problem(400),
            "malformed_body",
            "{body:.20}"
        );
    }
    let request =
        app.administrator().request(Method::POST, "/accounts").header("content-type", "text/plain");
    assert_eq!(send(request.body("{}")).await.problem(415), "unsupported_media_type");
    let nul = json!({ "email": "a@b.example", "name": "a\u{0}b", "role": "gate" });
    assert_eq!(app.administrator().post("/accounts", nul).await.pointers(), ["/name"]);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_by_its_length_and_by_its_size() {
    let app = TestApp::start().await;
    let request = app
        .administrator()
        .request(Method::POST, "/accounts")
        .header("content-type", "application/json");
    assert_eq!(send(request.body("x".repeat(1_048_577))).await.problem(413), "too_large");
    let chunks =
        futures_util::stream::iter((0..40).map(|_| Ok::<_, std::io::Error>(vec![b' '; 65_536])));
    let request = app
        .administrator()
        .request(Method::POST, "/accounts")
        .header("content-type", "application/json");
    assert_eq!(
        send(request.body(reqwest::Body::wrap_stream(chunks))).await.problem(413),
        "too_large"
    );
}

#[tokio::test]
async fn r54_unknown_parameters_paths_and_methods_are_problems() {
    let app = TestApp::start().await;
    let admin = app.administrator();
    for (path, status, code) in [
        ("/accounts?rolle=gate", 400, "unknown_parameter"),
        ("/accounts?role=gate&role=gate", 400, "unknown_parameter"),
        ("/accounts?role=king", 422, "validation_failed"),
        ("/accounts?limit=1e9", 422, "validation_failed"),
        ("/accounts?limit=0", 422, "validation_failed"),
        ("/accounts?cursor=nonsense", 422, "validation_failed"),
        ("/accounts/not-a-uuid", 404, "not_found"),
        ("/accounts/..%2f..%2fetc", 404, "not_found"),
        ("/accounts/%00", 404, "not_found"),
        ("/nothing", 404, "not_found"),
        ("/auth/me/", 404, "not_found"),
    ] {
        assert_eq!(admin.get(path).await.problem(status), code, "{path}");
    }
    let reply = send(admin.request(Method::DELETE, "/accounts")).await;
    assert_eq!(
        (reply.problem(405).as_str(), reply.header("allow")),
        ("method_not_allowed", "GET, POST")
    );
}

#[tokio::test]
async fn headers_past_64_kib_are_refused() {
    let app = TestApp::start().await;
    let request = |bytes| {
        app.anybody().request(Method::GET, "//health/live").header("x-long", "x".repeat(bytes))
    };
    assert_eq!(send(request(60_000)).await.status, 200);
    assert_eq!(send(request(70_000)).await.problem(431), "headers_too_large");
    assert_eq!(send(request(200_000)).await.status, 431);
}

#[tokio::test]
async fn r55_a_repeated_key_gives_the_first_answer_and_no_second_effect() {
    let app = TestApp::start().await;
    let wanted = json!({ "email": "once@test.example", "name": "Once", "role": "gate" });
    let first = app.administrator().post_once("/accounts", "key-1", wanted.clone()).await;
    let again = app.administrator().post_once("/accounts", "key-1", wanted.clone()).await;
    assert_eq!(first.expect(201), again.expect(201));
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(
        (first.header("etag"), first.header("location")),
        (again.header("etag"), again.header("location"))
    );

    let other = json!({ "email": "other@test.example", "name": "Other", "role": "gate" });
    let mismatch = app.administrator().post_once("/accounts", "key-1", other.clone()).await;
    assert_eq!(mismatch.problem(422), "idempotency_mismatch");
    app.administrator().post_once("/accounts", "key-2", other).await.expect(201);
    // A conflict is not kept: the same key may succeed once the conflict is gone.
    assert_eq!(
        app.administrator().post_once("/accounts", "key-3", wanted).await.problem(409),
        "duplicate"
    );

    for key in ["", "with space", &"x".repeat(256)] {
        assert_eq!(
            app.administrator().post_once("/accounts", key, json!({})).await.status,
            422,
            "{key:.10}"
        );
    }
}

#[tokio::test]
async fn r55_twenty_requests_with_one_key_have_one_effect() {
    let app = TestApp::start().await;
    let wanted = json!({ "email": "race@test.example", "name": "Race", "role": "gate" });
    let replies =
        join_all((0..20).map(|_| app.administrator_posts_once("race", wanted.clone()))).await;
    assert!(
        replies
            .iter()
            .all(|r| r.status == 201
                || (r.status == 409 && r.json()["code"] == "request_in_progress"))
    );
    let bodies: std::collections::HashSet<_> =
        replies.iter().filter(|r| r.status == 201).map(|r| r.text.clone()).collect();
    assert_eq!(bodies.len(), 1, "every success is the same answer: {:?}", statuses(&replies));
}

impl TestApp {
    async fn administrator_posts_once(
        &self,
        key: &str,
        body: serde_json::Value,
    ) -> crate::app::Reply {
        self.administrator().post_once("/accounts", key, body).await
    }
}

#[tokio::test]
async fn the_kept_answer_is_unreadable_in_the_database() {
    let app = TestApp::start().await;
    let wanted = json!({ "email": "sealed@test.example", "name": "Sealed", "role": "gate" });
    let made = app.administrator().post_once("/accounts", "sealed", wanted).await.expect(201);
    let mut db = app.as_service().await;
    let kept: Vec<u8> =
        sqlx::query_scalar("select answer from idempotency").fetch_one(&mut db).await.unwrap();
    let password = made["initial_password"].as_str().unwrap();
    assert!(!kept.windows(password.len()).any(|w| w == password.as_bytes()));
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_and_keeps_nothing() {
    let app = TestApp::start().await;
    let wanted = json!({ "email": "dry@test.example", "name": "Dry", "role": "gate" });
    let dry = app.administrator().post("/accounts?dry_run=true", wanted.clone()).await;
    assert_eq!((dry.status, dry.header("dry-run")), (201, "true"));
    app.administrator().post("/accounts", wanted).await.expect(201);
}

#[tokio::test]
async fn a_stale_version_and_none_are_told_apart() {
    let app = TestApp::start().await;
    let made = app
        .administrator()
        .post("/accounts", json!({ "email": "v@test.example", "name": "V", "role": "gate" }))
        .await;
    let path = format!("/accounts/{}", made.id());
    let none = send(app.administrator().request(Method::POST, &format!("{path}/disable"))).await;
    assert_eq!(none.problem(428), "precondition_required");
    let stale = send(
        app.administrator()
            .request(Method::POST, &format!("{path}/disable"))
            .header("if-match", "\"0\""),
    )
    .await;
    assert_eq!(
        (stale.problem(412).as_str(), stale.header("etag")),
        ("version_mismatch", made.header("etag"))
    );
    let known = app
        .administrator()
        .request(Method::GET, &path)
        .header("if-none-match", made.header("etag"));
    assert_eq!(send(known).await.status, 304);
}

#[tokio::test]
async fn every_answer_carries_its_id_and_the_headers_of_safety() {
    let app = TestApp::start().await;
    let sane =
        send(app.anybody().request(Method::GET, "//health/live").header("x-request-id", "abc-1"))
            .await;
    assert_eq!(sane.header("x-request-id"), "abc-1");
    let insane =
        send(app.anybody().request(Method::GET, "/nothing").header("x-request-id", "a b")).await;
    assert!(insane.header("x-request-id").len() == 36);
    for reply in [&sane, &insane, &app.administrator().get("/accounts").await] {
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        assert!(reply.header("content-security-policy").contains("frame-ancestors 'none'"));
    }
    assert_eq!(app.administrator().get("/auth/me").await.header("cache-control"), "no-store");
    let french =
        app.anybody().request(Method::GET, "/nothing").header("accept-language", "fr-CH, en;q=0.5");
    let french = send(french).await;
    assert_eq!(
        (french.json()["title"].as_str().unwrap(), french.header("content-language")),
        ("Il n’y a rien ici", "fr")
    );
}

#[tokio::test]
async fn a_list_is_read_page_by_page_without_gap_or_repetition() {
    let app = TestApp::start().await;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = app
            .administrator()
            .get(&format!("/accounts?limit=7&role=focal_point{cursor}"))
            .await
            .expect(200);
        seen.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|a| a["email"].as_str().unwrap().to_owned()),
        );
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    let mut sorted = seen.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(seen, sorted);
}

#[tokio::test]
async fn the_description_of_the_api_is_the_committed_one_and_names_every_route() {
    let app = TestApp::start().await;
    let served = app.anybody().get("//openapi.json").await.expect(200);
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let committed: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(
        served == committed,
        "openapi.json is out of date: cargo run --release -- openapi > openapi.json"
    );
    for (method, path) in hanoi_ceremony::routes::ROUTES {
        let described = &served["paths"][*path][*method];
        assert!(described.is_object(), "{method} {path} is not described");
    }
}

#[tokio::test]
async fn every_list_that_says_how_many_there_are_says_as_many_as_its_pages_hold() {
    let app = TestApp::start().await;
    for code in ["FRA", "VNM"] {
        app.entitle(code).await;
        app.member_of(code, "minister").await;
        let row = "family_name,given_names,function,rank\nSAMPLE,Exemplar,staff,official\n";
        let import = format!("/imports?participant={code}");
        app.focal_point(code).upload(&import, "text/csv", row.as_bytes()).await.expect(201);
    }
    let description = app.anybody().get("//openapi.json").await.json();
    let lists: Vec<_> = description["paths"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, methods)| {
            let parameters = methods["get"]["parameters"].as_array();
            parameters.into_iter().flatten().any(|parameter| parameter["name"] == "include")
        })
        .map(|(path, _)| path.strip_prefix("/api/v1").unwrap().replace("{code}", "FRA"))
        .collect();
    for (of_the_queue, caller) in [(false, app.officer()), (true, app.treaty())] {
        let theirs = |path: &&String| {
            ["/appointments", "/full-powers"].contains(&path.as_str()) == of_the_queue
        };
        for path in lists.iter().filter(theirs) {
            let (mut held, mut next) = (0_usize, String::new());
            loop {
                let page = caller.get(&format!("{path}?include=count&limit=2{next}")).await;
                let page = page.expect(200);
                held += page["items"].as_array().unwrap().len();
                let Some(cursor) = page["next"].as_str() else {
                    assert_eq!(page["count"], held, "{path}");
                    break;
                };
                next = format!("&cursor={cursor}");
            }
            let is_empty = path == "/change-requests";
            assert_eq!(held == 0, is_empty, "{path} has something to count");
            assert!(caller.get(path).await.expect(200).get("count").is_none(), "{path}, unasked");
        }
    }
}
