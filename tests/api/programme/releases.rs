//! From the draft to what everybody reads (R46).

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Executor as _;

use crate::app::{Reply, TestApp, send};

impl TestApp {
    /// Releases the draft as it is.
    pub async fn release(&self) -> Reply {
        self.programme_officer().post("/programme/releases", json!({})).await
    }

    /// What strangers read.
    pub async fn programme(&self) -> Value {
        self.anybody().get("/programme").await.expect(200)
    }
}

fn titles(programme: &Value) -> Vec<&str> {
    let items = programme["items"].as_array().unwrap().iter();
    items.map(|item| item["title"].as_str().unwrap()).collect()
}

fn changes(release: &Value) -> Vec<(&str, &str)> {
    let text =
        |value: &'_ Value| -> &'static str { String::leak(value.as_str().unwrap().to_owned()) };
    let changes = release["changes"].as_array().unwrap().iter();
    changes.map(|change| (text(&change["title"]["en"]), text(&change["change"]))).collect()
}

#[tokio::test]
async fn r46_what_is_not_released_is_not_public_and_versions_are_compared() {
    let app = TestApp::start().await;
    let officer = app.programme_officer();
    let nothing = app.programme().await;
    assert_eq!((&nothing["version"], &nothing["items"]), (&Value::Null, &json!([])));
    assert_eq!(app.anybody().get("/programme?version=1").await.problem(404), "not_found");
    let room = app.room("Room").await;
    let panel = app.plan(Some(&room), "09:00", "10:00", json!({})).await.id();
    assert_eq!(titles(&app.programme().await), [""; 0]);

    let tried = officer.post("/programme/releases?dry_run=true", json!({})).await.expect(201);
    assert_eq!((tried["version"].clone(), changes(&tried).len()), (json!(1), 6));
    assert_eq!(app.programme().await["version"], Value::Null, "nothing is kept of a dry run");
    let first = app.release().await;
    assert_eq!(changes(&first.expect(201)), changes(&tried));
    assert_eq!(first.header("location"), "/api/v1/programme/releases/1");
    assert_eq!(app.release().await.problem(409), "duplicate", "nothing has changed since");
    assert_eq!(titles(&app.programme().await)[..2], ["A panel", "Opening of the Signing Ceremony"]);

    let path = format!("/sessions/{panel}");
    let to =
        json!({ "starts_at": "2025-10-24T11:00:00+07:00", "ends_at": "2025-10-24T12:00:00+07:00" });
    officer.patch(&path, to).await.expect(200);
    app.plan(None, "14:00", "15:00", json!({ "title": "Another panel" })).await.expect(201);
    assert_eq!(
        app.programme().await["items"][0]["local"]["starts_at"],
        "2025-10-24T09:00:00+07:00"
    );
    let second = app.release().await.expect(201);
    assert_eq!(changes(&second), [("A panel", "moved"), ("Another panel", "added")]);
    assert_eq!(second["changes"][0]["from"]["starts_at"], "2025-10-24T02:00:00Z");
    officer.act(&format!("{path}/cancel"), json!({ "reason": "No speaker." })).await.expect(200);
    assert_eq!(changes(&app.release().await.expect(201)), [("A panel", "cancelled")]);

    let last = app.programme().await;
    let item = &last["items"][0];
    assert_eq!(
        (&item["id"], &item["is_cancelled"], &item["sequence"]),
        (&json!(panel), &json!(true), &json!(2))
    );
    let old = app.anybody().get("/programme?version=1").await.expect(200);
    assert_eq!(old["items"][0]["local"]["starts_at"], "2025-10-24T09:00:00+07:00");
    let all = app.anybody().get("/programme/releases").await.expect(200);
    let versions: Vec<_> =
        all["items"].as_array().unwrap().iter().map(|r| r["version"].clone()).collect();
    assert_eq!(versions, [3, 2, 1]);
    let since = app.anybody().get("/programme/releases/3?since=1").await.expect(200);
    assert_eq!(changes(&since), [("A panel", "cancelled"), ("Another panel", "added")]);
    assert_eq!(app.anybody().get("/programme/releases/3?since=9").await.pointers(), ["/since"]);
    assert_eq!(app.anybody().get("/programme/releases/9").await.problem(404), "not_found");
    assert_eq!(app.count("event where kind = 'programme.released'").await, 3);
}

#[tokio::test]
async fn r46_nothing_under_embargo_is_public_nor_what_is_for_the_accredited() {
    let mut app = TestApp::start().await;
    let embargo = |until: &str| json!({ "title": "Embargo", "embargo_until": until });
    let secret = app.plan(None, "09:00", "10:00", embargo("2025-10-26T12:00:00Z")).await;
    let secret = format!("/sessions/{}", secret.id());
    app.plan(None, "11:00", "12:00", json!({ "title": "Inside", "access": "accredited" }))
        .await
        .expect(201);
    let released = app.release().await.expect(201);
    assert_eq!(changes(&released).len(), 7, "its officer sees all of it");
    for path in ["/programme", "/programme?version=1", "/programme/releases/1"] {
        let public = app.anybody().get(path).await;
        assert!(!public.text.contains("Embargo") && !public.text.contains("Inside"), "{path}");
        let mission = app.focal_point("FRA").get(path).await;
        assert!(!mission.text.contains("Embargo") && mission.text.contains("Inside"), "{path}");
        let officer = app.programme_officer().get(path).await;
        assert!(officer.text.contains("Embargo") && officer.text.contains("Inside"), "{path}");
    }
    // An embargo that is made longer holds at once, also for what was released before.
    let longer = json!({ "embargo_until": "2025-10-26T14:00:00Z" });
    app.programme_officer().patch(&secret, longer).await.expect(200);
    app.go_to("2025-10-26T13:00:00Z").await;
    assert!(!app.anybody().get("/programme").await.text.contains("Embargo"));
    app.go_to("2025-10-26T14:00:00Z").await;
    assert_eq!(titles(&app.programme().await)[0], "Embargo", "the negative control: it is over");
}

#[tokio::test]
async fn r46_the_world_reads_it_in_its_language_and_may_keep_it() {
    let app = TestApp::start().await;
    app.plan(
        None,
        "09:00",
        "10:00",
        json!({ "abstract": { "en": "All of it.", "vi": "Tất cả." } }),
    )
    .await
    .expect(201);
    app.release().await.expect(201);
    let read = async |path: &str, language: &str| {
        let request = app.anybody().request(Method::GET, path).header("accept-language", language);
        send(request).await
    };
    let vietnamese = read("/programme", "de, vi;q=0.8, en;q=0.5").await;
    let item = vietnamese.expect(200)["items"][0].clone();
    assert_eq!((&item["title"], &item["language"]), (&json!("A panel"), &json!("en")));
    assert_eq!((&item["abstract"], &item["abstract_language"]), (&json!("Tất cả."), &json!("vi")));
    assert_eq!(vietnamese.json()["items"][1]["title"], "Khai mạc Lễ mở ký");
    assert_eq!(vietnamese.header("content-language"), "en, vi", "both are in it");
    for path in ["/programme", "/programme.ics", "/programme/releases", "/programme/releases/1"] {
        let vary = read(path, "vi").await.header("vary").to_owned();
        assert!(vary.contains("accept-language, authorization"), "{path}: {vary}");
    }
    let french = read("/programme?lang=fr", "vi").await;
    assert_eq!(french.json()["items"][1]["title"], "Ouverture de la cérémonie de signature");
    assert_eq!(read("/programme?lang=de", "").await.pointers(), ["/lang"]);
    assert!(french.header("cache-control").starts_with("public, max-age=30"));
    let again = app.anybody().request(Method::GET, "/programme?lang=fr");
    let again = send(again.header("if-none-match", french.header("etag"))).await;
    assert_eq!((again.status, again.text.as_str()), (304, ""));
    let known = app.focal_point("FRA").get("/programme").await;
    assert_eq!(known.header("cache-control"), "no-store", "what is shown to one is kept by nobody");
}

#[tokio::test]
async fn r47_what_is_refused_at_release_keeps_the_whole_back_and_says_why() {
    let app = TestApp::start().await;
    let people = json!({ "people": [{ "part": "chair", "name": "Ann Sample" }] });
    app.plan(None, "09:00", "10:00", people.clone()).await.expect(201);
    let second = app.plan(None, "09:30", "10:30", people).await;
    let refused = app.release().await;
    assert_eq!(refused.problem(409), "schedule_conflict");
    assert_eq!(refused.json()["conflicts"][0]["kind"], "person");
    assert_eq!(app.count("programme_release").await, 0);

    // What was looked at is what is released.
    let seen = app.programme_officer().get("/programme/conflicts").await;
    let other = json!({ "people": [{ "part": "chair", "name": "Bob Sample" }] });
    app.programme_officer().patch(&format!("/sessions/{}", second.id()), other).await.expect(200);
    let release = |etag: &str| {
        let request = app.programme_officer().request(Method::POST, "/programme/releases");
        send(request.header("if-match", etag).json(&json!({})))
    };
    assert_eq!(release(seen.header("etag")).await.problem(412), "version_mismatch");
    let seen = app.programme_officer().get("/programme/conflicts").await;
    release(seen.header("etag")).await.expect(201);
    for role in hanoi_ceremony::access::Role::ALL {
        if *role != hanoi_ceremony::access::Role::Programme {
            let refused = app.role(*role).post("/programme/releases", json!({})).await;
            assert_eq!(refused.problem(403), "forbidden", "{role}");
        }
    }
}

#[tokio::test]
async fn r46_a_released_version_is_never_changed_and_the_database_refuses_an_overlap_in_it() {
    let app = TestApp::start().await;
    app.release().await.expect(201);
    let mut owner = app.as_owner().await;
    for change in [
        "update released_session set sequence = 7",
        "delete from released_session",
        "truncate programme_release cascade",
        "update programme_release set note = 'Another.'",
    ] {
        let refused = owner.execute(change).await.unwrap_err();
        assert_eq!(hanoi_ceremony::db::sqlstate(&refused).as_deref(), Some("23001"), "{change}");
    }
    let overlap = "insert into released_session
        select version, (select session_id from session where frame_key = 'signing'), sequence, content, room_id,
               starts_at, ends_at, room_free_at, access, embargo_ends_at, is_cancelled
        from released_session where session_id = (select session_id from session where frame_key = 'opening')";
    owner
        .execute("alter table released_session drop constraint released_session_once")
        .await
        .unwrap();
    let refused = owner.execute(overlap).await.unwrap_err();
    assert!(hanoi_ceremony::db::broke(&refused, "released_session_room_is_free"), "{refused}");
}
