//! Focal points (R38): one primary and backups, each on a paper, each until a day.

mod invitations;
mod sight;

use futures_util::future::join_all;
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, Executor as _};

use crate::app::{Caller, Reply, TestApp, statuses};

const PASSWORD: &str = "a sentence of my own choice";
const LIST: &str = "/delegations/FRA/focal-points";

/// A paper that appoints a focal point, as the officer handed it in.
async fn paper(app: &TestApp, code: &str) -> String {
    let path = format!("/documents?participant={code}&kind=appointment_of_focal_point");
    let made = app.officer().upload(&path, "application/pdf", b"%PDF-1.7 an appointment").await;
    made.expect(201);
    made.id()
}

/// What the officer appoints a backup with.
fn backup(name: &str, document: &str) -> Value {
    json!({ "email": format!("{}@mission.example", name.to_lowercase()), "name": name, "document": document })
}

/// Comes in by a code as somebody who has no account yet.
async fn accept(app: &TestApp, code: &Value) -> Reply {
    app.anybody().post("/invitations/accept", json!({ "code": code, "password": PASSWORD })).await
}

/// The token of a fresh login.
async fn log_in(app: &TestApp, email: &str) -> String {
    let credentials = json!({ "email": email, "password": PASSWORD });
    let login = app.anybody().post("/auth/login", credentials).await.expect(200);
    login["token"].as_str().unwrap().to_owned()
}

/// A backup of France who has come in: the path of the appointment, and the token of a login.
async fn in_force(app: &TestApp, name: &str) -> (String, String) {
    let made = app.officer().post(LIST, backup(name, &paper(app, "FRA").await)).await;
    accept(app, &made.expect(201)["invitation_code"]).await.expect(200);
    let token = log_in(app, &format!("{}@mission.example", name.to_lowercase())).await;
    (format!("{LIST}/{}", made.id()), token)
}

/// The one of France whom the register of tests began with.
async fn first(caller: &Caller<'_>) -> Value {
    let list = caller.get(LIST).await.expect(200);
    list["items"].as_array().unwrap().iter().find(|one| one["name"] == "Test FRA").unwrap().clone()
}

#[tokio::test]
async fn r38_an_officer_appoints_on_a_paper_of_that_participant_which_holds() {
    let app = TestApp::start().await;
    let officer = app.officer();
    let without = officer.post(LIST, json!({ "email": "a@mission.example", "name": "A" })).await;
    assert_eq!(
        (without.problem(422), without.pointers()),
        ("validation_failed".into(), vec!["/document".into()])
    );

    let upload = |path: &'static str| officer.upload(path, "application/pdf", b"%PDF-1.7 a paper");
    let note = upload("/documents?participant=FRA&kind=note_verbale").await.id();
    let german = paper(&app, "DEU").await;
    let refused = paper(&app, "FRA").await;
    let reason = json!({ "reason": "Not signed." });
    officer.act(&format!("/documents/{refused}/refuse"), reason).await.expect(200);
    let unknown = "00000000-0000-7000-8000-000000000000".to_owned();
    for (document, code) in [
        (note, "unknown_document"),
        (german, "unknown_document"),
        (unknown, "unknown_document"),
        (refused, "refused_document"),
    ] {
        let reply = officer.post(LIST, backup("A", &document)).await;
        assert_eq!(reply.expect(422)["errors"][0]["code"], code);
        assert_eq!(reply.pointers(), ["/document"]);
    }
    let short =
        upload("/documents?participant=FRA&kind=appointment_of_focal_point&expires_on=2025-11-30")
            .await
            .id();
    let mut wanted = backup("A", &short);
    for (day, code) in [("2025-10-25", "too_early"), ("2025-12-01", "too_late")] {
        wanted["expires_on"] = json!(day);
        let reply = officer.post(LIST, wanted.clone()).await;
        assert_eq!(reply.expect(422)["errors"][0]["code"], code);
    }
    // Without a day of its own an appointment ends with its paper, or with the last window of signature.
    assert_eq!(
        officer.post(LIST, backup("A", &short)).await.expect(201)["expires_on"],
        "2025-11-30"
    );
    let made = officer.post(LIST, backup("B", &paper(&app, "FRA").await)).await.expect(201);
    let told =
        json!([made["state"], made["document_state"], made["expires_on"], made["is_primary"]]);
    assert_eq!(told, json!(["invited", "received", "2026-12-31", false]));
    assert_eq!(
        officer.post("/delegations/ZZZ/focal-points", backup("C", &short)).await.status,
        404
    );
}

#[tokio::test]
async fn r38_a_participant_has_one_primary_focal_point_however_many_are_appointed_at_once() {
    let app = TestApp::start().await;
    let officer = app.officer();
    let standing = first(&officer).await;
    let wanted = |name: &str, paper: &str| {
        let mut wanted = backup(name, paper);
        wanted["is_primary"] = json!(true);
        wanted
    };
    let document = paper(&app, "FRA").await;
    let second = officer.post(LIST, wanted("Second", &document)).await;
    assert_eq!(second.problem(409), "duplicate");
    assert_eq!(
        (&second.json()["taken"], &second.json()["first"]),
        (&json!("primary"), &standing["id"])
    );

    officer
        .delete(&format!("{LIST}/{}?leaves_none=true", standing["id"].as_str().unwrap()))
        .await
        .expect(204);
    let names: Vec<_> = (0..8).map(|n| format!("P{n}")).collect();
    let replies =
        join_all(names.iter().map(|name| officer.post(LIST, wanted(name, &document)))).await;
    assert_eq!(statuses(&replies), [201, 409, 409, 409, 409, 409, 409, 409]);

    // The negative control: what holds is the index, and not the care of the program.
    let mut owner = app.owner.connect().await.unwrap();
    let twice = "insert into focal_point (focal_point_id, participant, is_primary, appointed_at, updated_at)
                 values (gen_random_uuid(), 'FRA', true, now(), now())";
    let broken = owner.execute(twice).await.unwrap_err();
    assert!(hanoi_ceremony::db::broke(&broken, "focal_point_one_primary"), "{broken}");
    owner.execute("drop index focal_point_one_primary").await.unwrap();
    owner.execute(twice).await.unwrap();
}

#[tokio::test]
async fn r38_an_address_stands_in_a_list_once_however_often_it_is_invited_at_once() {
    let app = TestApp::start().await;
    let document = paper(&app, "FRA").await;
    let officer = app.officer();
    let replies = join_all((0..6).map(|_| officer.post(LIST, backup("Same", &document)))).await;
    assert_eq!(statuses(&replies), [201, 409, 409, 409, 409, 409]);
    let made = replies.iter().find(|reply| reply.status == 201).unwrap();
    let again = officer.post(LIST, backup("Same", &document)).await;
    assert_eq!(
        (&again.json()["taken"], &again.json()["first"]),
        (&json!("email"), &json!(made.id()))
    );
}

#[tokio::test]
async fn r38_a_backup_becomes_the_primary_one_and_the_old_one_goes_on_or_ends_in_one_moment() {
    let app = TestApp::start().await;
    let officer = app.officer();
    let old = format!("{LIST}/{}", first(&officer).await["id"].as_str().unwrap());
    let (path, token) = in_force(&app, "Next").await;
    let next = app.bearer(&token);
    let invites = || json!({ "email": "third@mission.example", "name": "Third" });
    assert_eq!(
        next.post(LIST, invites()).await.problem(403),
        "forbidden",
        "a backup invites nobody"
    );

    let hand_over = format!("{path}/make-primary");
    officer.act(&hand_over, json!({})).await.expect(200);
    let seen = json!([
        officer.get(&path).await.json()["is_primary"],
        officer.get(&old).await.json()["is_primary"],
        officer.get(&old).await.json()["state"],
    ]);
    assert_eq!(seen, json!([true, false, "in_force"]));
    next.post(LIST, invites()).await.expect(201);
    assert_eq!(app.focal_point("FRA").post(LIST, invites()).await.problem(403), "forbidden");
    assert_eq!(officer.act(&hand_over, json!({})).await.problem(409), "illegal_transition");

    // And back, on a paper, since nobody becomes the primary one without; who was it before ends.
    let back = format!("{old}/make-primary");
    assert_eq!(officer.act(&back, json!({})).await.pointers(), ["/document"]);
    let document = paper(&app, "FRA").await;
    let body = json!({ "document": document, "predecessor": "ends" });
    assert_eq!(officer.act(&back, body).await.expect(200)["document"], json!(document));
    assert_eq!(officer.get(&path).await.json()["state"], "ended");
    assert_eq!(next.get(LIST).await.problem(404), "not_found", "what ended gives no sight");
}

#[tokio::test]
async fn r38_ten_hand_overs_at_once_leave_one_primary_focal_point() {
    let app = TestApp::start().await;
    let mut paths = Vec::new();
    for name in ["One", "Two", "Three", "Four"] {
        paths.push(format!("{}/make-primary", in_force(&app, name).await.0));
    }
    let officer = app.officer();
    let replies = join_all(paths.iter().map(|path| officer.act(path, json!({})))).await;
    assert_eq!(statuses(&replies), [200, 200, 200, 200], "one after the other");
    let primaries = officer.get("/focal-points?participant=FRA&primary=true&state=in_force").await;
    assert_eq!(primaries.expect(200)["items"].as_array().unwrap().len(), 1);
    let backups = officer.get("/focal-points?participant=FRA&primary=false").await.expect(200);
    assert_eq!(backups["items"].as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn r38_a_participant_does_not_lose_its_last_focal_point_unawares() {
    let app = TestApp::start().await;
    let (officer, primary) = (app.officer(), app.focal_point("FRA"));
    let path = format!("{LIST}/{}", first(&officer).await["id"].as_str().unwrap());
    for (caller, query) in [(&primary, ""), (&primary, "?leaves_none=true"), (&officer, "")] {
        assert_eq!(caller.delete(&format!("{path}{query}")).await.problem(409), "last_focal_point");
    }
    let (backup, token) = in_force(&app, "Next").await;
    // With somebody to hand over to, the primary one hands over first.
    let first = officer.delete(&path).await;
    assert_eq!(first.problem(409), "illegal_transition");
    assert_eq!(first.json()["allowed"], json!(["make-primary"]));
    // A backup steps down by themselves, and nobody else's appointment is theirs to end.
    assert_eq!(app.bearer(&token).delete(&path).await.problem(403), "forbidden");
    app.bearer(&token).delete(&backup).await.expect(204);
    assert_eq!(officer.delete(&backup).await.problem(409), "illegal_transition");
    let ended = format!("{path}?leaves_none=true&reason=An%20example.");
    officer.delete(&ended).await.expect(204);
    assert_eq!(officer.get(&path).await.json()["reason"], "An example.");
    assert_eq!(primary.get("/delegations").await.expect(200)["items"], json!([]));
    assert_eq!(primary.get(LIST).await.problem(404), "not_found");
}

#[tokio::test]
async fn r38_two_who_step_down_at_once_do_not_both_leave() {
    let app = TestApp::start().await;
    let (one, one_token) = in_force(&app, "One").await;
    let (two, two_token) = in_force(&app, "Two").await;
    let path = format!("{LIST}/{}", first(&app.officer()).await["id"].as_str().unwrap());
    // The primary one is out of the way: the account is closed.
    let id = app.focal_point("FRA").get("/auth/me").await.id();
    app.administrator().act(&format!("/accounts/{id}/disable"), json!({})).await.expect(200);
    assert_eq!(app.officer().get(&path).await.json()["state"], "disabled");
    let (one_leaves, two_leaves) = (app.bearer(&one_token), app.bearer(&two_token));
    let (one, two) = tokio::join!(one_leaves.delete(&one), two_leaves.delete(&two));
    assert_eq!(statuses(&[one, two]), [204, 409]);
}

#[tokio::test]
async fn r38_what_the_administrator_made_counts_without_a_paper_until_one_is_named() {
    let app = TestApp::start().await;
    let officer = app.officer();
    let wanted = json!({ "email": "x@mission.example", "name": "X", "role": "focal_point", "participant": "FRA" });
    app.administrator().post("/accounts", wanted).await.expect(201);
    let missing = officer.get("/focal-points?participant=FRA&document=missing").await.expect(200);
    let made = missing["items"].as_array().unwrap().iter().find(|one| one["name"] == "X").unwrap();
    let told = json!([made["is_primary"], made["state"], made["document"], made["expires_on"]]);
    assert_eq!(told, json!([false, "in_force", null, null]), "the first one was primary");

    let path = format!("{LIST}/{}", made["id"].as_str().unwrap());
    let document = paper(&app, "FRA").await;
    let wanted = json!({ "document": document, "expires_on": "2025-12-31" });
    assert_eq!(app.focal_point("FRA").patch(&path, wanted.clone()).await.problem(403), "forbidden");
    let changed = officer.patch(&path, wanted).await.expect(200);
    assert_eq!(
        json!([changed["document"], changed["document_state"]]),
        json!([document, "received"])
    );
    assert_eq!(officer.patch(&path, json!({ "document": null })).await.pointers(), ["/document"]);
    officer.act(&format!("/documents/{document}/verify"), json!({})).await.expect(200);
    assert_eq!(officer.get(&path).await.json()["document_state"], "verified");
    for (filter, count) in
        [("document=verified", 1), ("expires_before=2026-01-01", 1), ("state=ended", 0)]
    {
        let found =
            officer.get(&format!("/focal-points?participant=FRA&{filter}")).await.expect(200);
        assert_eq!(found["items"].as_array().unwrap().len(), count, "{filter}");
    }
}

#[tokio::test]
async fn r51_each_step_of_a_focal_point_is_in_the_history_without_name_or_code() {
    let app = TestApp::start().await;
    let officer = app.officer();
    app.focal_point("FRA").post("/delegations", json!({ "participant": "FRA" })).await.expect(201);
    let (path, _) = in_force(&app, "Next").await;
    officer.patch(&path, json!({ "expires_on": "2026-01-31" })).await.expect(200);
    officer.act(&format!("{path}/make-primary"), json!({})).await.expect(200);
    let old = format!("{LIST}/{}", first(&officer).await["id"].as_str().unwrap());
    officer.delete(&old).await.expect(204);
    let history = officer.get("/delegations/FRA/history").await.expect(200);
    let kinds: Vec<_> =
        history["items"].as_array().unwrap().iter().map(|e| e["kind"].as_str().unwrap()).collect();
    assert_eq!(
        kinds,
        [
            "focal_point.ended",
            "focal_point.made_primary",
            "focal_point.changed",
            "focal_point.accepted",
            "focal_point.invited",
            "delegation.created",
        ]
    );
    assert!(!history.to_string().contains("hci_") && !history.to_string().contains("next@"));
    for other in [app.treaty(), app.security()] {
        let seen = other.get("/delegations/FRA/history").await.expect(200);
        assert_eq!(seen["items"].as_array().unwrap().len(), 1, "the delegation alone");
    }
}
