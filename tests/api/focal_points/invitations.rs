//! Invitations: a secret that is good once, for one address, and gives nothing away.

use futures_util::future::join_all;
use serde_json::{Value, json};
use sqlx::ConnectOptions as _;

use super::{LIST, PASSWORD, accept, backup, first, in_force, log_in, paper};
use crate::app::{Reply, TestApp, send, statuses};

/// What a refusal says beside the id of its request.
fn told(reply: &Reply) -> Value {
    let mut body = reply.json();
    body.as_object_mut().unwrap().remove("request_id");
    json!([reply.status, body])
}

/// An open invitation of the officer's: the path of the appointment, and the code.
async fn invited(app: &TestApp, name: &str) -> (String, Value) {
    let made = app.officer().post(LIST, backup(name, &paper(app, "FRA").await)).await;
    let code = made.expect(201)["invitation_code"].clone();
    (format!("{LIST}/{}", made.id()), code)
}

#[tokio::test]
async fn r38_a_code_lets_somebody_in_once_with_a_password_of_their_own() {
    let app = TestApp::start().await;
    let (path, code) = invited(&app, "New").await;
    let weak = app
        .anybody()
        .post("/invitations/accept", json!({ "code": code, "password": "short" }))
        .await;
    assert_eq!(
        (weak.problem(422), weak.pointers()),
        ("validation_failed".into(), vec!["/password".into()])
    );
    let none = app.anybody().post("/invitations/accept", json!({ "code": code })).await;
    assert_eq!(none.pointers(), ["/password"]);

    let account = accept(&app, &code).await.expect(200);
    let seen = json!([
        account["email"],
        account["role"],
        account["participants"],
        account["must_change_password"]
    ]);
    assert_eq!(seen, json!(["new@mission.example", "focal_point", ["FRA"], false]));
    assert_eq!(app.officer().get(&path).await.json()["state"], "in_force");
    let token = log_in(&app, "new@mission.example").await;
    app.bearer(&token).post("/delegations", json!({ "participant": "FRA" })).await.expect(201);
    assert_eq!(accept(&app, &code).await.problem(404), "not_found");
}

#[tokio::test]
async fn r38_of_twenty_who_bring_one_code_at_once_one_comes_in() {
    let app = TestApp::start().await;
    let (_, code) = invited(&app, "Race").await;
    let replies = join_all((0..20).map(|_| accept(&app, &code))).await;
    let mut expected = vec![404; 20];
    expected[0] = 200;
    assert_eq!(statuses(&replies), expected);
    let mut db = app.owner.connect().await.unwrap();
    let made: i64 =
        sqlx::query_scalar("select count(*) from event where kind = 'focal_point.accepted'")
            .fetch_one(&mut db)
            .await
            .unwrap();
    assert_eq!(made, 1);
}

#[tokio::test]
async fn r38_every_code_that_opens_nothing_gets_the_same_answer() {
    let mut app = TestApp::start().await;
    let (_, used) = invited(&app, "Used").await;
    accept(&app, &used).await.expect(200);
    let (withdrawn_path, withdrawn) = invited(&app, "Withdrawn").await;
    app.officer().delete(&withdrawn_path).await.expect(204);
    let (renewed_path, renewed) = invited(&app, "Renewed").await;
    let fresh = app.officer().act(&format!("{renewed_path}/invite"), json!({})).await.expect(200);
    assert_ne!(fresh["invitation_code"], renewed);
    // Of an address that has an account, which a stranger does not take over.
    let held = json!({ "email": "deu@test.example", "name": "Held", "document": paper(&app, "FRA").await });
    let held = app.officer().post(LIST, held).await.expect(201)["invitation_code"].clone();
    let (_, expired) = invited(&app, "Late").await;

    let mut answers = Vec::new();
    for code in [json!("hci_never_made"), json!("nonsense"), used, withdrawn, renewed, held] {
        answers.push(told(&accept(&app, &code).await));
    }
    // A week and a moment later.
    app.go_to("2025-11-02T10:00:00Z").await;
    answers.push(told(&accept(&app, &expired).await));
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    assert_eq!(answers[0][0], 404);
    // The negative control: what was good is good again with a fresh code.
    let list = app.officer().get(&format!("{LIST}?state=invited")).await.expect(200);
    let late = list["items"].as_array().unwrap().iter().find(|one| one["name"] == "Late").unwrap();
    let again = format!("{LIST}/{}/invite", late["id"].as_str().unwrap());
    let code = app.officer().act(&again, json!({})).await.expect(200)["invitation_code"].clone();
    accept(&app, &code).await.expect(200);
}

#[tokio::test]
async fn r38_whoever_invites_does_not_learn_whether_an_address_has_an_account() {
    let app = TestApp::start().await;
    let primary = app.focal_point("FRA");
    let mut answers = Vec::new();
    for email in ["deu@test.example", "accreditation@test.example", "nobody@mission.example"] {
        let invited = primary.post(LIST, json!({ "email": email, "name": "Somebody" })).await;
        let mut body = invited.expect(201);
        let path = format!("{LIST}/{}", invited.id());
        let mut shown = primary.get(&path).await.expect(200);
        for one in [&mut body, &mut shown] {
            let fields = one.as_object_mut().unwrap();
            fields.retain(|field, _| !["id", "email", "invitation_code"].contains(&field.as_str()));
        }
        answers.push(json!([body, shown]));
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    assert_eq!(answers[0][1]["name"], "Somebody", "not the name that the account has");
}

#[tokio::test]
async fn r38_an_account_is_never_taken_over_and_takes_an_invitation_by_its_own_login() {
    let app = TestApp::start().await;
    let wanted = json!({ "email": "deu@test.example", "name": "Not Their Name", "document": paper(&app, "FRA").await });
    let made = app.officer().post(LIST, wanted).await;
    let code = made.expect(201)["invitation_code"].clone();
    let known = |who: &str| {
        let (app, code, who) = (&app, code.clone(), who.to_owned());
        async move { app.focal_point(&who).post("/invitations/accept", json!({ "code": code })).await }
    };
    // The address is another's, whoever is logged in.
    assert_eq!(known("ITA").await.problem(404), "not_found");
    // A token that is none is not the same as none.
    let forged =
        app.bearer("hcs_forged").post("/invitations/accept", json!({ "code": code })).await;
    assert_eq!(forged.problem(401), "unauthenticated");
    let with_password = json!({ "code": code, "password": PASSWORD });
    let germany = app.focal_point("DEU");
    let refused = germany.post("/invitations/accept", with_password).await;
    assert_eq!((refused.status, refused.pointers()), (422, vec!["/password".into()]));

    let dry = germany.post("/invitations/accept?dry_run=true", json!({ "code": code })).await;
    assert_eq!(
        (dry.expect(200)["participants"].clone(), dry.header("dry-run")),
        (json!(["DEU", "FRA"]), "true")
    );
    let before = germany.get("/auth/me").await;
    let replies = join_all((0..8).map(|_| known("DEU"))).await;
    assert_eq!(statuses(&replies), [200, 404, 404, 404, 404, 404, 404, 404]);
    let after = germany.get("/auth/me").await;
    assert_eq!(after.expect(200)["participants"], json!(["DEU", "FRA"]));
    assert_ne!(before.header("etag"), after.header("etag"));
    assert_eq!(after.json()["name"], "Test DEU", "an invitation changes nothing of an account");
    let old_password = json!({ "email": "deu@test.example", "password": PASSWORD });
    assert_eq!(app.anybody().post("/auth/login", old_password).await.status, 401);

    // What they speak for already they do not get twice: the address stands in the list.
    let again = json!({ "email": "deu@test.example", "name": "Again", "document": paper(&app, "FRA").await });
    assert_eq!(app.officer().post(LIST, again).await.problem(409), "duplicate");
}

#[tokio::test]
async fn r38_an_officer_does_not_become_a_focal_point_nor_a_focal_point_an_officer() {
    let app = TestApp::start().await;
    let document = paper(&app, "FRA").await;
    let wanted = json!({ "email": "treaty@test.example", "name": "T", "document": document });
    let code = app.officer().post(LIST, wanted).await.expect(201)["invitation_code"].clone();
    let reply = app.treaty().post("/invitations/accept", json!({ "code": code })).await;
    assert_eq!(reply.problem(403), "forbidden");
    let wanted = json!({ "email": "fra@test.example", "name": "F", "role": "administrator" });
    let code = app.administrator().post("/invitations", wanted).await.expect(201)["code"].clone();
    let reply = app.focal_point("FRA").post("/invitations/accept", json!({ "code": code })).await;
    assert_eq!(reply.problem(403), "forbidden");
    assert_eq!(app.focal_point("FRA").get("/auth/me").await.json()["role"], "focal_point");
}

#[tokio::test]
async fn r38_a_primary_focal_point_invites_backups_of_its_own_participant_and_nobody_else() {
    let app = TestApp::start().await;
    let primary = app.focal_point("FRA");
    let wanted = |more: Value| {
        let mut body = json!({ "email": "b@mission.example", "name": "B" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let german = primary.post("/delegations/DEU/focal-points", wanted(json!({}))).await;
    assert_eq!(german.problem(404), "not_found");
    let german = primary.post("/invitations", wanted(json!({ "participant": "DEU" }))).await;
    assert_eq!(german.problem(404), "not_found");
    let as_primary = primary.post(LIST, wanted(json!({ "is_primary": true }))).await;
    assert_eq!(as_primary.problem(403), "forbidden");
    let as_officer = primary.post("/invitations", wanted(json!({ "role": "accreditation" }))).await;
    assert_eq!(as_officer.problem(403), "forbidden");
    let german = json!({ "document": paper(&app, "DEU").await });
    assert_eq!(primary.post(LIST, wanted(german)).await.pointers(), ["/document"]);

    let made = primary.post("/invitations", wanted(json!({ "participant": "FRA" }))).await;
    let invitation = made.expect(201);
    assert_eq!(json!([invitation["role"], invitation["state"]]), json!(["focal_point", "open"]));
    let path = made.header("location").strip_prefix("/api/v1").unwrap();
    assert_eq!(primary.get(path).await.expect(200)["document_state"], "missing");
    // A mission brings itself to so many and no more, at once or one after the other.
    let names: Vec<_> = (0..12).map(|n| format!("N{n}")).collect();
    let many = names.iter().map(|name| {
        primary.post(LIST, json!({ "email": format!("{name}@mission.example"), "name": name }))
    });
    let replies = join_all(many).await;
    assert_eq!(
        replies.iter().filter(|reply| reply.status == 201).count(),
        8,
        "ten with the first two"
    );
    assert!(replies.iter().filter(|r| r.status != 201).all(|r| r.problem(409) == "quota_exceeded"));
    // It takes back what it invited, and not the primary one's own place.
    primary.delete(path).await.expect(204);
}

#[tokio::test]
async fn r38_what_a_focal_point_invited_opens_nothing_once_their_own_appointment_is_over() {
    let app = TestApp::start().await;
    let officer = app.officer();
    let old = app.focal_point("FRA");
    let made = old.post(LIST, json!({ "email": "friend@mission.example", "name": "Friend" })).await;
    let code = made.expect(201)["invitation_code"].clone();
    let (next, next_token) = in_force(&app, "Next").await;
    officer
        .act(&format!("{next}/make-primary"), json!({ "predecessor": "ends" }))
        .await
        .expect(200);
    assert_eq!(first(&officer).await["state"], "ended");
    assert_eq!(accept(&app, &code).await.problem(404), "not_found");
    // The new one finds the invitation in the list, and decides.
    let again = format!("{LIST}/{}/invite", made.id());
    let code =
        app.bearer(&next_token).act(&again, json!({})).await.expect(200)["invitation_code"].clone();
    accept(&app, &code).await.expect(200);
}

#[tokio::test]
async fn a_member_of_staff_is_invited_by_the_administrator_and_the_invitation_can_be_taken_back() {
    let app = TestApp::start().await;
    let admin = app.administrator();
    let wanted = json!({ "email": "new.officer@test.example", "name": "New Officer", "role": "accreditation" });
    let made = admin.post_once("/invitations", "key-1", wanted.clone()).await;
    let again = admin.post_once("/invitations", "key-1", wanted).await;
    assert_eq!(
        made.expect(201),
        again.expect(201),
        "a lost answer is asked for again, code included"
    );
    let account = accept(&app, &made.json()["code"]).await.expect(200);
    assert_eq!(json!([account["role"], account["participants"]]), json!(["accreditation", []]));
    let token = log_in(&app, "new.officer@test.example").await;
    app.bearer(&token).get("/delegations").await.expect(200);

    let wanted = json!({ "email": "other@test.example", "name": "Other", "role": "gate" });
    let made = admin.post("/invitations", wanted).await;
    let path = format!("/invitations/{}", made.id());
    let shown = admin.get(&path).await;
    assert!(!shown.text.contains("hci_") && made.text.contains("hci_"), "shown once");
    let none = send(admin.request(reqwest::Method::POST, &format!("{path}/withdraw"))).await;
    assert_eq!(none.problem(428), "precondition_required");
    let withdraw = admin.request(reqwest::Method::POST, &format!("{path}/withdraw"));
    let withdrawn = send(withdraw.header("if-match", shown.header("etag"))).await;
    assert_eq!(withdrawn.expect(200)["state"], "withdrawn");
    assert_eq!(accept(&app, &made.json()["code"]).await.problem(404), "not_found");
    let twice = admin.act(&format!("{path}/withdraw"), json!({})).await;
    assert_eq!(twice.problem(409), "illegal_transition");
    for (state, count) in [("withdrawn", 1), ("accepted", 1), ("open,expired", 0)] {
        let list = admin.get(&format!("/invitations?state={state}")).await.expect(200);
        assert_eq!(list["items"].as_array().unwrap().len(), count, "{state}");
    }
    let page = admin.get("/invitations?limit=1").await.expect(200);
    let next = page["next"].as_str().unwrap();
    let rest = admin.get(&format!("/invitations?limit=1&cursor={next}")).await.expect(200);
    assert_ne!(rest["items"][0]["id"], page["items"][0]["id"]);
    assert_eq!(rest["next"], Value::Null);

    for (body, pointer) in [
        (json!({ "email": "a@b.example", "name": "A" }), "/role"),
        (json!({ "email": "a@b.example", "name": "A", "role": "focal_point" }), "/participant"),
        (
            json!({ "email": "a@b.example", "name": "A", "role": "gate", "participant": "FRA" }),
            "/participant",
        ),
    ] {
        assert_eq!(admin.post("/invitations", body).await.pointers(), [pointer]);
    }
}

#[tokio::test]
async fn a_copy_of_the_table_of_invitations_lets_nobody_in() {
    let app = TestApp::start().await;
    let (_, code) = invited(&app, "Copied").await;
    let mut db = app.owner.connect().await.unwrap();
    let row: String =
        sqlx::query_scalar("select i::text from invitation i").fetch_one(&mut db).await.unwrap();
    assert!(!row.contains(code.as_str().unwrap()));
    let hash: Vec<u8> =
        sqlx::query_scalar("select hash from invitation").fetch_one(&mut db).await.unwrap();
    let hash = hanoi_ceremony::secret::hex(&hash);
    for guess in [hash.clone(), format!("hci_{hash}")] {
        assert_eq!(accept(&app, &json!(guess)).await.status, 404);
    }
    let trail: String = sqlx::query_scalar("select string_agg(e::text, '') from event e")
        .fetch_one(&mut db)
        .await
        .unwrap();
    assert!(!trail.contains("hci_") && !trail.contains("copied@"));
    accept(&app, &code).await.expect(200);
}
