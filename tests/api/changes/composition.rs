//! Who made up a delegation: now, and at any moment that has passed.

use hanoi_ceremony::access::Role;
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, Executor as _};

use super::{ask, cleared, head, why};
use crate::app::{Caller, TestApp, member};

/// Who made up France's delegation: function, family name and status.
async fn composition(caller: &Caller<'_>, query: &str) -> Vec<(String, String, String)> {
    let seen = caller.get(&format!("/delegations/FRA/composition{query}")).await.expect(200);
    let text = |member: &Value, name: &str| member[name].as_str().unwrap_or_default().to_owned();
    let members = seen["members"].as_array().unwrap().iter();
    members.map(|m| (text(m, "function"), text(m, "family_name"), text(m, "status"))).collect()
}

fn row(function: &str, name: &str, status: &str) -> (String, String, String) {
    (function.to_owned(), name.to_owned(), status.to_owned())
}

/// A minister, cleared long ago, is replaced the evening before. The service stands at the morning after.
async fn replaced() -> TestApp {
    let mut app = TestApp::start_at("2025-10-20T08:00:00Z").await;
    let old = cleared(&app, head("Predecessor")).await;
    cleared(&app, member("Adviser")).await;

    // The evening before: the successor is entered beside the minister, vetted, and cleared.
    app.go_to("2025-10-24T18:00:00Z").await;
    let new = cleared(&app, member("Successor")).await;
    let (mission, officer) = (app.focal_point("FRA"), app.officer());
    let changes = json!({ "function": "head", "rank": "minister", "functional_title": "Minister of Examples" });
    let (_, request) = ask(&mission, &new, changes).await;
    // A delegation has one head (R33): the request waits until the place is free.
    let accept = format!("{request}/accept");
    let early = officer.act(&accept, json!({})).await;
    assert_eq!((early.problem(409), &early.json()["taken"]), ("duplicate".into(), &json!("head")));
    assert_eq!(officer.get(&request).await.json()["state"], "open");

    app.go_to("2025-10-24T20:00:00Z").await;
    let (mission, officer) = (app.focal_point("FRA"), app.officer());
    let ill = json!({ "reason": "The minister fell ill." });
    let withdrawn = mission.act(&format!("{old}/withdraw"), ill).await.expect(200);
    assert_eq!(withdrawn["revoked"], json!(["approval"]));
    let accepted = officer.act(&accept, json!({})).await.expect(200);
    assert_eq!(
        accepted["member_status"], "approved",
        "the clearance holds: who it is did not change"
    );

    app.go_to("2025-10-25T01:00:00Z").await;
    app
}

#[tokio::test]
async fn r39_an_approved_minister_is_replaced_the_evening_before_and_both_compositions_are_printed()
{
    let app = replaced().await;
    let (mission, officer) = (app.focal_point("FRA"), app.officer());
    let adviser = row("representative", "ADVISER", "approved");
    let before = [row("head", "PREDECESSOR", "approved"), adviser.clone()];
    assert_eq!(composition(&mission, "?as_of=2025-10-24T17:59:59Z").await, before);
    let between = composition(&mission, "?as_of=2025-10-24T19:00:00Z").await;
    assert_eq!(between[0], row("head", "PREDECESSOR", "approved"));
    assert_eq!(between[2], row("representative", "SUCCESSOR", "approved"));
    let after = [row("head", "SUCCESSOR", "approved"), adviser];
    assert_eq!(composition(&mission, "?as_of=2025-10-24T20:00:00Z").await, after);
    assert_eq!(composition(&mission, "").await, after);
    assert_eq!(
        composition(&officer, "?status=withdrawn").await,
        [row("head", "PREDECESSOR", "withdrawn")]
    );
    // Before there was a delegation there is nothing, and what is to come nobody knows.
    let path = "/delegations/FRA/composition";
    assert_eq!(
        mission.get(&format!("{path}?as_of=2025-10-20T07:59:59Z")).await.problem(404),
        "not_found"
    );
    let future = mission.get(&format!("{path}?as_of=2025-10-25T01:00:01Z")).await;
    assert_eq!(
        (future.problem(422), future.pointers()),
        ("validation_failed".into(), vec!["/as_of".into()])
    );

    for (as_of, name) in
        [("2025-10-24T12:00:00Z", "PREDECESSOR"), ("2025-10-25T00:00:00Z", "SUCCESSOR")]
    {
        let printed = mission.get(&format!("{path}.csv?as_of={as_of}&lang=vi")).await;
        assert_eq!(printed.status, 200, "{}", printed.text);
        let mut lines = csv::Reader::from_reader(printed.text.as_bytes());
        assert_eq!(lines.headers().unwrap().get(2), Some("Chức năng"));
        let rows: Vec<_> = lines.records().map(|r| r.unwrap()).collect();
        assert_eq!(rows.len(), 2);
        assert_eq!(
            (&rows[0][0], &rows[0][1], &rows[0][2], &rows[0][4]),
            ("FRA", as_of, "head", name)
        );
    }
    let mut owner = app.owner.connect().await.unwrap();
    let exported = "select after->'filter' from event where kind = 'report.exported' order by event_id limit 1";
    let filter: Value = sqlx::query_scalar(exported).fetch_one(&mut owner).await.unwrap();
    assert_eq!(
        (&filter["participant"], &filter["as_of"]),
        (&json!("FRA"), &json!("2025-10-24T12:00:00Z"))
    );
}

#[tokio::test]
async fn r39_who_was_replaced_can_be_followed_by_a_head_entered_after_them() {
    let mut app = TestApp::start_at("2025-10-20T08:00:00Z").await;
    let old = cleared(&app, head("Predecessor")).await;
    app.go_to("2025-10-24T18:00:00Z").await;
    app.focal_point("FRA").act(&format!("{old}/withdraw"), why()).await.expect(200);
    cleared(&app, head("Successor")).await;
    let mission = app.focal_point("FRA");
    assert_eq!(composition(&mission, "").await, [row("head", "SUCCESSOR", "approved")]);
    assert_eq!(
        composition(&mission, "?as_of=2025-10-24T17:00:00Z").await,
        [row("head", "PREDECESSOR", "approved")]
    );
}

#[tokio::test]
async fn r39_a_removed_draft_was_there_until_it_was_removed() {
    let mut app = TestApp::start_at("2025-10-20T08:00:00Z").await;
    let mission = app.focal_point("FRA");
    mission.post("/delegations", json!({ "participant": "FRA" })).await.expect(201);
    let id = mission.post("/delegations/FRA/members", member("Sample")).await.id();
    app.go_to("2025-10-21T08:00:00Z").await;
    let mission = app.focal_point("FRA");
    mission
        .patch(&format!("/delegations/FRA/members/{id}"), json!({ "family_name": "Renamed" }))
        .await
        .expect(200);
    mission.act("/delegations/FRA/submit", json!({})).await.expect(200);
    app.go_to("2025-10-22T08:00:00Z").await;
    app.focal_point("FRA").delete(&format!("/delegations/FRA/members/{id}")).await.expect(204);
    app.go_to("2025-10-23T08:00:00Z").await;
    let mission = app.focal_point("FRA");
    for (as_of, stage, names) in [
        ("2025-10-20T09:00:00Z", "draft", vec!["SAMPLE"]),
        ("2025-10-21T08:00:00Z", "submitted", vec!["Renamed"]),
        ("2025-10-22T07:59:59Z", "submitted", vec!["Renamed"]),
        ("2025-10-22T08:00:00Z", "submitted", vec![]),
    ] {
        let seen =
            mission.get(&format!("/delegations/FRA/composition?as_of={as_of}")).await.expect(200);
        let family: Vec<_> = seen["members"]
            .as_array()
            .unwrap()
            .iter()
            .map(|m| m["family_name"].as_str().unwrap())
            .collect();
        assert_eq!((seen["stage"].as_str().unwrap(), family), (stage, names), "{as_of}");
    }
}

#[tokio::test]
async fn r39_the_past_is_shown_as_the_present_is_and_the_service_cannot_rewrite_it() {
    let app = TestApp::start().await;
    cleared(&app, head("Sample")).await;
    let path = "/delegations/FRA/composition";
    for (role, protocol) in [
        (Role::FocalPoint, true),
        (Role::Treaty, true),
        (Role::Auditor, true),
        (Role::Security, false),
    ] {
        let seen = app.role(role).get(path).await.expect(200);
        let member = &seen["members"][0];
        assert_eq!(member.get("rank").is_some(), protocol, "{role}");
        for name in ["email", "passport", "date_of_birth"] {
            assert!(member.get(name).is_none(), "{role} {name}");
        }
        let printed = app.role(role).get(&format!("{path}.csv")).await;
        assert_eq!(printed.status, if protocol { 200 } else { 403 }, "{role}");
    }
    for caller in [app.role(Role::Gate), app.focal_point("DEU")] {
        assert_eq!(caller.get(path).await.problem(404), "not_found");
        assert_eq!(caller.get(&format!("{path}.csv")).await.problem(404), "not_found");
    }

    let mut service = app.as_service().await;
    service.execute("select set_config('ceremony.scope', '*', false)").await.unwrap();
    for attack in [
        "update member_version set family_name = 'OTHER'",
        "delete from member_version",
        "insert into delegation_version select gen_random_uuid(), version, began_at, ended_at, participant, stage,
             stage_changed_at, stage_reason from delegation_version",
        "truncate delegation_version",
    ] {
        let refused = service.execute(attack).await.unwrap_err();
        assert_eq!(hanoi_ceremony::db::sqlstate(&refused).as_deref(), Some("42501"), "{attack}");
    }
    // A transaction that waited, and so says an earlier moment than the one before it, does not turn time back.
    let mut owner = app.owner.connect().await.unwrap();
    let late = "update member set family_name = 'LATE', updated_at = updated_at - interval '1 hour', version = version + 1";
    owner.execute(late).await.unwrap();
    let gaps = "select count(*) from member_version a join member_version b
                    on b.member_id = a.member_id and b.version = a.version + 1 and b.began_at = a.ended_at";
    let gapless: i64 = sqlx::query_scalar(gaps).fetch_one(&mut owner).await.unwrap();
    let all: i64 = sqlx::query_scalar("select count(*) from member_version")
        .fetch_one(&mut owner)
        .await
        .unwrap();
    assert_eq!((gapless, all), (4, 5));
    assert_eq!(composition(&app.officer(), "").await[0].1, "LATE");
}
