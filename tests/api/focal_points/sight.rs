//! What a focal point sees: all of its own participants, and of nobody else's; and nothing any more when it is over.

use hanoi_ceremony::access::Role;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor as _};

use super::{LIST, accept, backup, first, in_force, log_in, paper};
use crate::app::{TestApp, member, send};
use crate::bulk::{each, results, row_by_row};

/// Delegations with a member each.
async fn register(app: &TestApp, codes: &[&str]) {
    for code in codes {
        let mission = app.focal_point(code);
        mission.post("/delegations", json!({ "participant": code })).await.expect(201);
        let mut person = member(&format!("Of{code}"));
        person["email"] = json!(format!("{code}@delegate.example"));
        mission.post(&format!("/delegations/{code}/members"), person).await.expect(201);
        let note = format!("/documents?participant={code}&kind=note_verbale");
        mission.upload(&note, "application/pdf", b"%PDF-1.7 a note").await.expect(201);
    }
}

/// The participants of the items of a list, sorted.
async fn participants(caller: &crate::app::Caller<'_>, list: &str) -> Vec<String> {
    let page = caller.get(list).await.expect(200);
    let items = page["items"].as_array().unwrap().iter();
    let mut codes: Vec<_> =
        items.map(|item| item["participant"].as_str().unwrap().to_owned()).collect();
    codes.sort();
    codes
}

#[tokio::test]
async fn r38_who_speaks_for_two_sees_both_and_no_third() {
    let app = TestApp::start().await;
    register(&app, &["FRA", "DEU", "ITA"]).await;
    let (_, token) = in_force(&app, "Both").await;
    let both = app.bearer(&token);
    let wanted = backup("Both", &paper(&app, "DEU").await);
    let made = app.officer().post("/delegations/DEU/focal-points", wanted).await.expect(201);
    both.post("/invitations/accept", json!({ "code": made["invitation_code"] })).await.expect(200);

    for list in ["/delegations", "/members", "/documents?kind=note_verbale"] {
        assert_eq!(participants(&both, list).await, ["DEU", "FRA"], "{list}");
    }
    for (list, count) in [("/delegations?include=count", 2), ("/members?include=count", 2)] {
        assert_eq!(both.get(list).await.expect(200)["count"], count);
    }
    // Page by page, and by filters.
    let page = both.get("/delegations?limit=1").await.expect(200);
    let next = format!("/delegations?limit=1&cursor={}", page["next"].as_str().unwrap());
    assert_eq!(both.get(&next).await.expect(200)["next"], Value::Null);
    assert_eq!(participants(&both, "/delegations?q=italy").await, Vec::<String>::new());
    assert_eq!(participants(&both, "/delegations?q=germany").await, ["DEU"]);
    assert_eq!(participants(&both, "/members?participant=ITA").await, Vec::<String>::new());
    assert_eq!(participants(&both, "/focal-points?participant=ITA").await, Vec::<String>::new());
    assert_eq!(participants(&both, "/focal-points").await, ["DEU", "DEU", "FRA", "FRA"]);
    for code in ["FRA", "DEU"] {
        let (delegation, members) =
            (format!("/delegations/{code}"), format!("/delegations/{code}/members"));
        both.patch(&delegation, json!({ "remarks": "Both." })).await.expect(200);
        both.post(&members, member(&format!("More{code}"))).await.expect(201);
    }
    for path in ["/delegations/ITA", "/delegations/ITA/members", "/delegations/ITA/focal-points"] {
        assert_eq!(both.get(path).await.problem(404), "not_found");
    }
    // In a batch as one by one: to a third there is nothing.
    let mut batch = Vec::new();
    for code in ["FRA", "DEU", "ITA"] {
        let members = app.officer().get(&format!("/delegations/{code}/members")).await.expect(200);
        let id = members["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|m| m["family_name"] == format!("OF{code}"));
        batch.extend(each("submit", code, &[id.unwrap()["id"].as_str().unwrap().to_owned()]));
    }
    assert_eq!(results(&row_by_row(&both, batch).await.expect(200)), [200, 200, 404]);
    // As raw SQL in the role of the service.
    let mut service = app.as_service().await;
    service.execute("select set_config('ceremony.scope', 'DEU,FRA', false)").await.unwrap();
    for table in ["delegation", "member", "document", "focal_point"] {
        let seen =
            format!("select array_agg(distinct participant order by participant) from {table}");
        let seen: Vec<String> =
            sqlx::query_scalar(AssertSqlSafe(seen)).fetch_one(&mut service).await.unwrap();
        assert_eq!(seen, ["DEU", "FRA"], "{table}");
    }
    // One of the two ends: the token remains, and sees the other.
    let id = made["id"].as_str().unwrap();
    app.officer().delete(&format!("/delegations/DEU/focal-points/{id}")).await.expect(204);
    assert_eq!(participants(&both, "/members").await, ["FRA", "FRA"]);
    assert_eq!(both.get("/delegations/DEU").await.problem(404), "not_found");
    assert_eq!(both.get("/auth/me").await.json()["participants"], json!(["FRA"]));
}

#[tokio::test]
async fn r38_an_expired_focal_point_loses_sight_with_the_day_and_the_token_remains() {
    let mut app = TestApp::start().await;
    register(&app, &["FRA"]).await;
    let mut wanted = backup("Short", &paper(&app, "FRA").await);
    wanted["expires_on"] = json!("2025-10-27");
    let made = app.officer().post(LIST, wanted).await;
    accept(&app, &made.expect(201)["invitation_code"]).await.expect(200);
    let path = format!("{LIST}/{}", made.id());
    let remark = || json!({ "remarks": "An example." });

    app.go_to("2025-10-27T23:00:00Z").await;
    let token = log_in(&app, "short@mission.example").await;
    app.bearer(&token).patch("/delegations/FRA", remark()).await.expect(200);
    app.go_to("2025-10-28T00:00:00Z").await;
    let short = app.bearer(&token);
    assert_eq!(short.get("/auth/me").await.expect(200)["participants"], json!([]));
    assert_eq!(short.patch("/delegations/FRA", remark()).await.problem(404), "not_found");
    for list in ["/delegations", "/members", "/documents", "/change-requests", "/focal-points"] {
        assert_eq!(short.get(list).await.expect(200)["items"], json!([]), "{list}");
    }
    assert_eq!(app.officer().get(&path).await.json()["state"], "expired");
    // Prolonged, the same token sees again.
    app.officer().patch(&path, json!({ "expires_on": "2025-11-30" })).await.expect(200);
    short.patch("/delegations/FRA", remark()).await.expect(200);
}

#[tokio::test]
async fn r38_an_expired_primary_invites_nobody_and_makes_room_for_another() {
    let mut app = TestApp::start().await;
    let officer = app.officer();
    let old = first(&officer).await["id"].as_str().unwrap().to_owned();
    let path = format!("{LIST}/{old}");
    officer.patch(&path, json!({ "expires_on": "2025-10-27" })).await.expect(200);
    let invite = json!({ "email": "b@mission.example", "name": "B" });
    let made = app.focal_point("FRA").post(LIST, invite.clone()).await.expect(201);
    let (next, _) = in_force(&app, "Next").await;

    app.go_to("2025-10-28T00:00:00Z").await;
    assert_eq!(app.focal_point("FRA").post(LIST, invite).await.problem(404), "not_found");
    assert_eq!(accept(&app, &made["invitation_code"]).await.problem(404), "not_found");
    let officer = app.officer();
    officer.act(&format!("{next}/make-primary"), json!({})).await.expect(200);
    let old = officer.get(&path).await.expect(200);
    assert_eq!(json!([old["is_primary"], old["state"]]), json!([false, "expired"]));
    // Whoever has expired is appointed anew, and comes in by their own login.
    let again = json!({ "email": "fra@test.example", "name": "Test FRA", "document": paper(&app, "FRA").await });
    let again = officer.post(LIST, again).await.expect(201);
    let accept = json!({ "code": again["invitation_code"] });
    let account = app.focal_point("FRA").post("/invitations/accept", accept).await.expect(200);
    assert_eq!(account["participants"], json!(["FRA"]));
    assert_eq!(officer.get(&path).await.json()["state"], "ended", "the one before is closed");
}

#[tokio::test]
async fn r38_the_secretariat_and_the_mission_see_its_focal_points_and_nobody_else() {
    let app = TestApp::start().await;
    let path = in_force(&app, "Seen").await.0;
    for role in Role::ALL.iter().filter(|role| **role != Role::FocalPoint) {
        let status = match role {
            Role::Accreditation => 200,
            Role::Treaty | Role::Security | Role::Auditor => 403,
            _ => 404,
        };
        for path in [LIST, path.as_str(), "/focal-points"] {
            assert_eq!(app.role(*role).get(path).await.status, status, "{role} {path}");
        }
    }
    let own = app.focal_point("FRA").get(&path).await.expect(200);
    assert_eq!(own["email"], "seen@mission.example");
    // To another mission there is nothing, whatever it sends, whatever it asks for.
    let other = app.focal_point("DEU");
    let list = other.get("/focal-points?participant=FRA").await.expect(200);
    assert_eq!(list["items"], json!([]));
    assert_eq!(other.get(LIST).await.problem(404), "not_found");
    for (method, path) in [
        (reqwest::Method::POST, LIST.to_owned()),
        (reqwest::Method::PATCH, path.clone()),
        (reqwest::Method::DELETE, path.clone()),
        (reqwest::Method::POST, format!("{path}/invite")),
        (reqwest::Method::POST, format!("{path}/make-primary")),
    ] {
        let reply = send(other.request(method.clone(), &path).json(&json!({}))).await;
        assert_eq!(reply.problem(404), "not_found", "{method} {path}");
    }
    let mut service = app.as_service().await;
    for table in ["focal_point", "invitation"] {
        for (scope, is_seen) in [("DEU", false), ("", false), ("FRA", true), ("*", true)] {
            let set = format!("select set_config('ceremony.scope', '{scope}', false)");
            service.execute(AssertSqlSafe(set)).await.unwrap();
            let seen = format!("select exists (select from {table} where participant = 'FRA')");
            let seen: bool =
                sqlx::query_scalar(AssertSqlSafe(seen)).fetch_one(&mut service).await.unwrap();
            assert_eq!(seen, is_seen, "{table} in {scope}");
        }
    }
}

#[tokio::test]
async fn a_change_of_a_focal_point_says_which_version_it_means_and_is_tried_without_being_kept() {
    let app = TestApp::start().await;
    let (path, _) = in_force(&app, "Next").await;
    let officer = app.officer();
    let shown = officer.get(&path).await;
    let etag = shown.header("etag").to_owned();
    let known = officer.request(reqwest::Method::GET, &path).header("if-none-match", &etag);
    assert_eq!(send(known).await.status, 304);
    let none = send(officer.request(reqwest::Method::DELETE, &path)).await;
    assert_eq!(none.problem(428), "precondition_required");
    officer.patch(&path, json!({ "expires_on": "2026-01-31" })).await.expect(200);
    let stale = officer.request(reqwest::Method::DELETE, &path).header("if-match", &etag);
    assert_eq!(send(stale).await.problem(412), "version_mismatch");
    let dry = officer.act(&format!("{path}/make-primary?dry_run=true"), json!({})).await;
    assert_eq!(
        (dry.expect(200)["is_primary"].clone(), dry.header("dry-run")),
        (json!(true), "true")
    );
    assert_eq!(officer.get(&path).await.json()["is_primary"], false);
    officer.delete(&format!("{path}?dry_run=true")).await.expect(204);
    assert_eq!(officer.get(&path).await.json()["state"], "in_force");

    let wanted = backup("Once", &paper(&app, "FRA").await);
    let one = officer.post_once(LIST, "key-1", wanted.clone()).await;
    let again = officer.post_once(LIST, "key-1", wanted).await;
    assert_eq!(one.expect(201), again.expect(201));
    let page = officer.get(&format!("{LIST}?limit=2")).await.expect(200);
    let next = format!("{LIST}?limit=2&cursor={}", page["next"].as_str().unwrap());
    assert_eq!(officer.get(&next).await.expect(200)["items"].as_array().unwrap().len(), 1);
    assert_eq!(
        officer.get(&format!("{LIST}?cursor=WyJ4Il0")).await.problem(422),
        "validation_failed"
    );
}
