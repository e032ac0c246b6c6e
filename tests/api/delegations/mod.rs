//! Delegations: the way of each, and what others see of it.

mod members;
mod steps;
mod whole;

use futures_util::future::join_all;
use hanoi_ceremony::access::Role;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _};

use crate::app::{Caller, Reply, TestApp, member, routes, send, statuses};

const PDF: &[u8] = b"%PDF-1.7 the Embassy presents its compliments";

/// Begins the delegation of a participant.
async fn begin<'a>(app: &'a TestApp, code: &str) -> Caller<'a> {
    let mission = app.focal_point(code);
    mission.post("/delegations", json!({ "participant": code })).await.expect(201);
    mission
}

/// Hands in a paper.
pub async fn lodge(mission: &Caller<'_>, code: &str, kind: &str) -> Reply {
    let path = format!("/documents?participant={code}&kind={kind}");
    let reply = mission.upload(&path, "application/pdf", PDF).await;
    reply.expect(201);
    reply
}

/// The head of a delegation, who can be registered as they are.
fn head(name: &str) -> Value {
    let mut head = member(name);
    head["function"] = json!("head");
    head["rank"] = json!("minister");
    head
}

#[tokio::test]
async fn r34_a_delegation_is_submitted_returned_mended_and_accepted() {
    let app = TestApp::start().await;
    let (officer, mission) = (app.officer(), begin(&app, "FRA").await);
    mission.post("/delegations/FRA/members", head("Sample")).await.expect(201);
    lodge(&mission, "FRA", "note_verbale").await;

    let submitted = mission.act("/delegations/FRA/submit", json!({})).await;
    assert_eq!(submitted.expect(200)["stage"], "submitted");
    let reason = json!({ "reason": "The list of advisers is not complete." });
    let returned = officer.act("/delegations/FRA/return", reason.clone()).await.expect(200);
    assert_eq!((&returned["stage"], &returned["reason"]), (&json!("returned"), &reason["reason"]));
    assert_eq!(mission.get("/delegations/FRA").await.expect(200), {
        let mut seen = returned.clone();
        seen["contact_email"] = Value::Null;
        // Who works on it is not the mission's to know.
        seen.as_object_mut().unwrap().remove("assigned_to");
        seen
    });
    // Nobody needs to send a body who has nothing to say.
    let request = mission.request(Method::POST, "/delegations/FRA/submit");
    send(request.header("if-match", "\"3\"")).await.expect(200);
    let accepted = officer.act("/delegations/FRA/accept", json!({ "reason": "Complete." })).await;
    let body = accepted.expect(200);
    assert_eq!(
        (&body["stage"], &body["accepted_at"]),
        (&json!("accepted"), &json!(crate::app::NOW))
    );
    assert_eq!(accepted.header("etag"), "\"5\"");

    let history = mission.get("/delegations/FRA/history").await.expect(200);
    let kinds: Vec<_> = history["items"].as_array().unwrap().iter().map(|e| &e["kind"]).collect();
    assert_eq!(
        kinds,
        [
            "delegation.accepted",
            "delegation.submitted",
            "delegation.returned",
            "delegation.submitted",
            "member.created",
            "delegation.created",
        ]
    );
    assert_eq!(history["items"][0]["reason"], "Complete.");
    assert_eq!(history["items"][2]["after"], json!({ "stage": "returned" }));
}

#[tokio::test]
async fn r34_an_illegal_step_is_refused_with_the_legal_ones() {
    let app = TestApp::start().await;
    let (officer, mission) = (app.officer(), begin(&app, "FRA").await);
    let refused = officer.act("/delegations/FRA/accept", json!({})).await;
    assert_eq!(refused.problem(409), "illegal_transition");
    assert_eq!(refused.json()["current"], "draft");
    assert_eq!(refused.json()["allowed"], json!(["submit", "withdraw"]));

    let silent = mission.act("/delegations/FRA/withdraw", json!({})).await;
    assert_eq!(
        (silent.problem(422), silent.pointers()),
        ("validation_failed".into(), vec!["/reason".into()])
    );
    let why = json!({ "reason": "The minister is needed at home." });
    mission.act("/delegations/FRA/withdraw", why.clone()).await.expect(200);
    let refused = mission.act("/delegations/FRA/withdraw", why).await;
    assert_eq!(refused.problem(409), "illegal_transition");
    assert_eq!(refused.json()["allowed"], json!(["reopen"]));

    let late = mission.post("/delegations/FRA/members", member("Late")).await;
    assert_eq!(
        (late.problem(409), &late.json()["current"]),
        ("illegal_transition".into(), &json!("withdrawn"))
    );
    let late = mission.patch("/delegations/FRA", json!({ "remarks": "late" })).await;
    assert_eq!(late.problem(409), "illegal_transition");
    mission.act("/delegations/FRA/reopen", json!({})).await.expect(403);
    assert_eq!(
        officer.act("/delegations/FRA/reopen", json!({})).await.expect(200)["stage"],
        "draft"
    );
}

#[tokio::test]
async fn r35_a_delegation_without_its_paper_or_head_is_not_accepted() {
    let app = TestApp::start().await;
    let officer = app.officer();
    for (code, paper, wrong_paper) in
        [("FRA", "note_verbale", "letter"), ("EUE", "letter", "note_verbale")]
    {
        let mission = begin(&app, code).await;
        let accept = format!("/delegations/{code}/accept");
        mission.act(&format!("/delegations/{code}/submit"), json!({})).await.expect(200);
        let refused = officer.act(&accept, json!({})).await;
        assert_eq!(refused.problem(409), "checklist_gaps");
        assert_eq!(refused.json()["gaps"], json!([paper, "head"]));

        lodge(&mission, code, wrong_paper).await;
        let sample = head(&format!("Sample{code}"));
        let id = mission.post(&format!("/delegations/{code}/members"), sample).await.id();
        assert_eq!(officer.act(&accept, json!({})).await.json()["gaps"], json!([paper]));

        // A paper that was found wanting is no paper, and who does not come leads nobody.
        let bad = lodge(&mission, code, paper).await.id();
        let reason = json!({ "reason": "an invented reason" });
        officer.act(&format!("/documents/{bad}/refuse"), reason.clone()).await.expect(200);
        mission
            .act(&format!("/delegations/{code}/members/{id}/withdraw"), reason)
            .await
            .expect(200);
        assert_eq!(officer.act(&accept, json!({})).await.json()["gaps"], json!([paper, "head"]));

        lodge(&mission, code, paper).await;
        let another = head(&format!("Another{code}"));
        mission.post(&format!("/delegations/{code}/members"), another).await.expect(201);
        officer.act(&accept, json!({})).await.expect(200);
    }
}

#[tokio::test]
async fn r33_a_country_registers_once_however_many_ask_at_once() {
    let app = TestApp::start().await;
    let (officer, body) = (app.officer(), json!({ "participant": "FRA" }));
    let replies = join_all((0..50).map(|_| officer.post("/delegations", body.clone()))).await;
    let made = statuses(&replies).iter().filter(|status| **status == 201).count();
    assert_eq!((made, statuses(&replies)[1]), (1, 409));
    assert!(replies.iter().filter(|r| r.status == 409).all(|r| r.problem(409) == "duplicate"));

    // The control: without the constraint, two who look first and act later both succeed.
    let mut owner = app.owner.connect().await.unwrap();
    let weaken = "alter table member drop constraint member_of_a_delegation;
                  alter table delegation drop constraint delegation_participant_once; delete from delegation";
    owner.execute(weaken).await.unwrap();
    let insert = "insert into delegation (delegation_id, participant, stage, stage_changed_at, created_at, updated_at)
                  select gen_random_uuid(), 'FRA', 'draft', now(), now(), now()
                  where not exists (select from delegation where participant = 'FRA')";
    let mut other = app.owner.connect().await.unwrap();
    let (mut first, mut second) = (owner.begin().await.unwrap(), other.begin().await.unwrap());
    assert_eq!(first.execute(insert).await.unwrap().rows_affected(), 1);
    assert_eq!(second.execute(insert).await.unwrap().rows_affected(), 1);
    first.commit().await.unwrap();
    second.commit().await.unwrap();
}

#[tokio::test]
async fn r33_a_delegation_has_one_head_however_many_are_entered_at_once() {
    let app = TestApp::start().await;
    let mission = begin(&app, "FRA").await;
    let enter = |i: usize| mission.post("/delegations/FRA/members", head(&format!("Sample{i}")));
    let replies = join_all((0..20).map(enter)).await;
    assert_eq!(statuses(&replies).iter().filter(|s| **s == 201).count(), 1);
    let refused = replies.iter().find(|r| r.status == 409).unwrap();
    assert_eq!(
        (refused.problem(409), &refused.json()["taken"]),
        ("duplicate".into(), &json!("head"))
    );

    // The control: without its index several lead.
    let mut owner = app.owner.connect().await.unwrap();
    owner.execute("drop index delegation_has_one_head").await.unwrap();
    let replies = join_all((20..40).map(enter)).await;
    assert_eq!(statuses(&replies).iter().filter(|s| **s == 201).count(), 20);
}

#[tokio::test]
async fn what_is_not_of_the_register_has_no_delegation() {
    let app = TestApp::start().await;
    let refused = app.officer().post("/delegations", json!({ "participant": "XQZ" })).await;
    assert_eq!(
        (refused.problem(422), refused.pointers()),
        ("validation_failed".into(), vec!["/participant".into()])
    );
    let refused = app
        .officer()
        .post("/delegations", json!({ "participant": "FRA", "stage": "accepted" }))
        .await;
    assert_eq!(refused.pointers(), ["/stage"]);
    assert_eq!(app.officer().get("/delegations/FRA").await.problem(404), "not_found");
    assert_eq!(app.officer().get("/delegations/fra").await.problem(404), "not_found");
}

#[tokio::test]
async fn a_change_needs_the_version_that_stands() {
    let app = TestApp::start().await;
    let mission = begin(&app, "FRA").await;
    let etag = mission.get("/delegations/FRA").await.header("etag").to_owned();
    for (method, path) in
        [(Method::PATCH, "/delegations/FRA"), (Method::POST, "/delegations/FRA/submit")]
    {
        let request = || mission.request(method.clone(), path).json(&json!({}));
        assert_eq!(send(request()).await.problem(428), "precondition_required");
        let stale = send(request().header("if-match", "\"7\"")).await;
        assert_eq!(
            (stale.problem(412), stale.header("etag")),
            ("version_mismatch".into(), etag.as_str())
        );
    }
    let wanted = json!({ "remarks": "Two vans,\nplease.", "contact_email": "Mission@FRA.example" });
    let changed = mission.patch("/delegations/FRA", wanted).await;
    assert_eq!(changed.header("etag"), "\"2\"");
    assert_eq!(changed.expect(200)["contact_email"], "mission@fra.example");
    let cleared =
        mission.patch("/delegations/FRA", json!({ "contact_email": null })).await.expect(200);
    assert_eq!(
        (&cleared["contact_email"], &cleared["remarks"]),
        (&Value::Null, &json!("Two vans,\nplease."))
    );
    let read = mission.request(Method::GET, "/delegations/FRA").header("if-none-match", "\"3\"");
    assert_eq!(send(read).await.status, 304);
    let history = mission.get("/delegations/FRA/history?limit=1").await.expect(200);
    assert_eq!(history["items"][0]["after"], json!({ "contact_email": "changed" }));
    let next = history["next"].as_str().unwrap();
    let older =
        mission.get(&format!("/delegations/FRA/history?limit=1&cursor={next}")).await.expect(200);
    assert_eq!(
        older["items"][0]["after"],
        json!({ "remarks": "Two vans,\nplease.", "contact_email": "changed" })
    );
}

#[tokio::test]
async fn r38_another_missions_delegation_does_not_exist() {
    let app = TestApp::start().await;
    let (france, germany) = (begin(&app, "FRA").await, begin(&app, "DEU").await);
    let id = france.post("/delegations/FRA/members", head("Sample")).await.id();
    let own = germany.post("/delegations/DEU/members", head("Other")).await.id();

    let ours = |path: &str| path.starts_with("/api/v1/delegations/{code}");
    let mut walked = 0;
    for (method, path) in routes().filter(|(_, path)| ours(path)) {
        // Theirs under their code, and theirs under one's own.
        for (code, member) in [("FRA", &id), ("FRA", &own), ("DEU", &id)] {
            if code == "DEU" && !path.contains("{id}") {
                continue;
            }
            let path = path.replace("{code}", code).replace("{id}", member).replace("/api/v1", "");
            let mut request = germany.request(method.clone(), &path).header("if-match", "*");
            if method != Method::GET && method != Method::DELETE {
                // Wrong for some routes: what does not exist has nothing to be wrong with.
                request = request.json(&json!({ "reason": "curious" }));
            }
            let reply = send(request).await;
            let is_plain_refusal = code == "DEU" && [403, 422].contains(&reply.status);
            assert!(reply.status == 404 || is_plain_refusal, "{method} {path}: {}", reply.text);
            walked += 1;
        }
    }
    assert!(walked > 30, "{walked}");

    for path in ["/delegations?include=count", "/members?include=count"] {
        let list = germany.get(path).await.expect(200);
        assert_eq!((list["items"].as_array().unwrap().len(), &list["count"]), (1, &json!(1)));
        assert_eq!(list["items"][0]["participant"], "DEU");
    }
    assert_eq!(germany.get("/members?participant=FRA&include=count").await.json()["count"], 0);
    assert_eq!(germany.get("/members?q=sample").await.json()["items"], json!([]));

    // The same below the application: in the service's own role, with Germany's scope.
    let mut service = app.as_service().await;
    service.execute("select set_config('ceremony.scope', 'DEU', false)").await.unwrap();
    for table in ["delegation", "member"] {
        let count = format!("select count(*) from {table} where participant <> 'DEU'");
        let seen: i64 =
            sqlx::query_scalar(sqlx::AssertSqlSafe(count)).fetch_one(&mut service).await.unwrap();
        assert_eq!(seen, 0, "{table}");
    }
    let moved = "update member set participant = 'FRA'";
    assert!(service.execute(moved).await.is_err(), "a row cannot be pushed out of sight");
    let stolen = "update delegation set remarks = 'x' where participant = 'FRA'";
    assert_eq!(service.execute(stolen).await.unwrap().rows_affected(), 0);
}

#[tokio::test]
async fn r41_each_office_sees_what_it_needs() {
    let app = TestApp::start().await;
    let mission = begin(&app, "FRA").await;
    let wanted = json!({ "remarks": "a word", "contact_email": "mission@fra.example" });
    mission.patch("/delegations/FRA", wanted).await.expect(200);
    let seen = async |role: Role| app.role(role).get("/delegations/FRA").await;
    for (role, remarks, email) in [
        (Role::FocalPoint, true, true),
        (Role::Accreditation, true, true),
        (Role::Treaty, true, false),
        (Role::Auditor, true, false),
        (Role::Security, false, false),
    ] {
        let body = seen(role).await.expect(200);
        assert_eq!(
            (body.get("remarks").is_some(), body.get("contact_email").is_some()),
            (remarks, email),
            "{role}"
        );
        let history = app.role(role).get("/delegations/FRA/history").await.expect(200);
        assert_eq!(history.to_string().contains("a word"), email, "{role}");
    }
    for role in [Role::Administrator, Role::Programme, Role::Gate] {
        assert_eq!(seen(role).await.problem(404), "not_found");
        assert_eq!(app.role(role).get("/delegations").await.problem(404), "not_found");
    }
}

#[tokio::test]
async fn delegations_are_listed_in_the_depositarys_order_page_by_page() {
    let app = TestApp::start().await;
    let officer = app.officer();
    for code in ["TUR", "CIV", "HRV", "CRI", "TUN", "TKM"] {
        officer.post("/delegations", json!({ "participant": code })).await.expect(201);
    }
    officer.act("/delegations/HRV/submit", json!({})).await.expect(200);
    for (sort, expected) in [
        ("participant", ["CRI", "CIV", "HRV", "TUN", "TUR", "TKM"]),
        ("-updated_at", ["TKM", "TUN", "CRI", "HRV", "CIV", "TUR"]),
    ] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page =
                officer.get(&format!("/delegations?sort={sort}&limit=2{cursor}")).await.expect(200);
            seen.extend(page["items"].as_array().unwrap().iter().map(|d| d["participant"].clone()));
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, expected, "{sort}");
    }
    let list =
        officer.get("/delegations?stage=submitted,returned&q=croa&include=count").await.expect(200);
    assert_eq!((&list["items"][0]["participant"], &list["count"]), (&json!("HRV"), &json!(1)));
    assert_eq!(officer.get("/delegations?stage=approved").await.problem(422), "validation_failed");
    assert_eq!(officer.get("/delegations?status=draft").await.problem(400), "unknown_parameter");
    assert_eq!(
        officer.get("/delegations?sort=-updated_at&cursor=WyJmb28iXQ").await.problem(422),
        "validation_failed"
    );
}
