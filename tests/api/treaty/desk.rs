//! Certified by a second officer, withdrawn before, corrected after (R15, R16, R32).

use serde_json::{Value, json};
use sqlx::Executor as _;

use crate::app::TestApp;
use crate::desk::signature;

fn of(act: &str, step: &str) -> String {
    format!("/treaty/acts/{act}/{step}")
}

fn because(reason: &str) -> Value {
    json!({ "reason": reason })
}

#[tokio::test]
async fn r32_a_second_officer_certifies_and_then_nothing_is_withdrawn() {
    let app = TestApp::start().await;
    let act = app.signed("FRA").await;
    let same = app.treaty().act(&of(&act, "certify"), json!({})).await;
    assert_eq!(same.problem(409), "second_person_required");
    let certified = app.second_treaty().act(&of(&act, "certify"), json!({})).await;
    let body = certified.expect(200);
    assert_eq!((&body["state"], &body["id"]), (&json!("certified"), &json!(act)));
    assert!(body["certified"]["by"].is_string() && body["withdrawn"].is_null());
    let late = app.treaty().act(&of(&act, "withdraw"), because("Too late.")).await;
    assert_eq!(
        (late.problem(409).as_str(), &late.json()["current"]),
        ("illegal_transition", &json!("certified"))
    );
    let again = app.second_treaty().act(&of(&act, "certify"), json!({})).await;
    assert_eq!(again.problem(409), "illegal_transition");
    let stale = app.second_treaty().request(reqwest::Method::POST, &of(&act, "certify"));
    let stale = crate::app::send(stale.header("if-match", "\"1\"")).await;
    assert_eq!(
        (stale.problem(412).as_str(), stale.header("etag")),
        ("version_mismatch", certified.header("etag"))
    );
    assert_eq!(app.count("act").await, 2);
}

#[tokio::test]
async fn r32_the_recorder_withdraws_before_certification_and_the_place_is_free_again() {
    let app = TestApp::start().await;
    let signer = app.entitle("FRA").await;
    let sign = || app.record(signature("FRA", &signer.full_powers, "2025-10-25T11:02:00+07:00"));
    let first = sign().await.id();
    let other = app.second_treaty().act(&of(&first, "withdraw"), because("Not mine.")).await;
    assert_eq!(other.problem(403), "forbidden");
    let silent = app.treaty().act(&of(&first, "withdraw"), json!({})).await;
    assert_eq!(silent.pointers(), ["/reason"]);
    let gone =
        app.treaty().act(&of(&first, "withdraw"), because("Belgium's page.")).await.expect(200);
    assert_eq!(
        (&gone["state"], &gone["withdrawn"]["reason"]),
        (&json!("withdrawn"), &json!("Belgium's page."))
    );
    assert_eq!(app.status("").await["signatories"], 0);
    let twice = app.treaty().act(&of(&first, "withdraw"), because("Again.")).await;
    assert_eq!(
        (twice.problem(409).as_str(), &twice.json()["current"]),
        ("illegal_transition", &json!("withdrawn"))
    );

    let second = sign().await.id();
    let third = sign().await;
    assert_eq!(
        (third.problem(409).as_str(), &third.json()["first"]),
        ("duplicate", &json!(second))
    );
    let kinds = |page: Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items
            .map(|a| format!("{} {}", a["kind"].as_str().unwrap(), a["state"].as_str().unwrap()))
            .collect()
    };
    let record = app.treaty().get("/treaty/acts").await.expect(200);
    assert_eq!(
        kinds(record),
        ["signature withdrawn", "recording_withdrawn recorded", "signature recorded"]
    );
    let standing = app
        .treaty()
        .get("/treaty/acts?kind=signature&state=recorded,certified&participant=FRA")
        .await;
    assert_eq!(kinds(standing.expect(200)), ["signature recorded"]);
}

#[tokio::test]
async fn r04_a_signature_that_another_relies_on_is_not_withdrawn() {
    let app = TestApp::start().await;
    let france = app.signed("FRA").await;
    let union = app.signed("EUE").await;
    let refused = app.treaty().act(&of(&france, "withdraw"), because("Wrong line.")).await;
    assert_eq!(
        (refused.problem(409).as_str(), &refused.json()["because_of"]),
        ("illegal_transition", &json!(union))
    );
    app.signed("BEL").await;
    app.treaty().act(&of(&france, "withdraw"), because("Wrong line.")).await.expect(200);
}

#[tokio::test]
async fn r15_a_correction_takes_effect_when_certified_and_both_values_stay() {
    let app = TestApp::start().await;
    let act = app.signed("FRA").await;
    app.second_treaty().act(&of(&act, "certify"), json!({})).await.expect(200);
    let moved = json!({ "changes": { "done_at": "2025-10-26T09:00:00+07:00" }, "reason": "The page of the 26th." });
    let corrected = app.treaty().act(&of(&act, "correct"), moved).await;
    let correction = corrected.expect(201);
    assert_eq!((&correction["kind"], &correction["of"]), (&json!("correction"), &json!(act)));
    assert_eq!(
        correction["changes"],
        json!([
            { "field": "done_at", "old": "2025-10-25T11:02:00+07:00", "new": "2025-10-26T09:00:00+07:00" },
            { "field": "legal_date", "old": "2025-10-25", "new": "2025-10-26" },
        ])
    );
    let date = |status: Value| status["rows"][0]["signature"]["text"].clone();
    let before = app.status("").await;
    assert_eq!(date(before.clone()), "25 Oct 2025", "not certified yet");
    let same = app.treaty().act(&of(&corrected.id(), "certify"), json!({})).await;
    assert_eq!(same.problem(409), "second_person_required");
    let in_effect =
        app.second_treaty().act(&of(&corrected.id(), "certify"), json!({})).await.expect(200);
    assert_eq!(in_effect["state"], "certified");

    assert_eq!(date(app.status("").await), "26 Oct 2025");
    assert_eq!(
        app.status("?as_of=2025-10-25").await["signatories"],
        0,
        "corrections count on every day"
    );
    let known_at = |moment: &Value| format!("?known_at={}", moment.as_str().unwrap());
    let then = app.status(&known_at(&correction["recorded_at"])).await;
    assert_eq!(date(then.clone()), "25 Oct 2025", "as it was known before the certification");
    assert_eq!(then["rows"], before["rows"]);
    let now = app.status(&known_at(&in_effect["certified"]["at"])).await;
    assert_eq!(date(now), "26 Oct 2025");

    let act = app.treaty().get(&format!("/treaty/acts/{act}")).await.expect(200);
    assert_eq!(
        (&act["legal_date"], &act["corrected"]["legal_date"]),
        (&json!("2025-10-25"), &json!("2025-10-26"))
    );
    assert_eq!(act["corrections"], json!([{ "id": correction["id"], "state": "certified" }]));
}

#[tokio::test]
async fn r15_a_correction_obeys_the_rules_of_the_action() {
    let app = TestApp::start().await;
    let act = app.signed("FRA").await;
    for (changes, status, code) in [
        (json!({ "done_at": "2025-10-24T09:00:00+07:00" }), 409, "not_open_for_signature"),
        (json!({ "done_at": "2025-10-26T18:00:00+07:00" }), 422, "validation_failed"),
        (json!({ "kind": "ratification" }), 422, "validation_failed"),
        (json!({}), 422, "validation_failed"),
        (json!({ "legal_date": "2025-10-26" }), 422, "validation_failed"),
        (json!({ "participant": "BEL" }), 422, "validation_failed"),
    ] {
        let body = json!({ "changes": changes, "reason": "A test." });
        assert_eq!(
            app.treaty().act(&of(&act, "correct"), body).await.problem(status),
            code,
            "{changes}"
        );
    }
    assert_eq!(app.count("act").await, 1);
}

#[tokio::test]
async fn r15_r32_the_database_refuses_what_one_person_does_alone() {
    let app = TestApp::start().await;
    app.signed("FRA").await;
    let mut service = app.as_service().await;
    let forge = |kind: &str, by: &str| {
        sqlx::AssertSqlSafe(format!(
            "insert into act (act_id, kind, participant, action_id, of_act_id, of_recorded_by, reason, recorded_by, recorded_at)
             select gen_random_uuid(), '{kind}', participant, action_id, act_id, {by},
                    case '{kind}' when 'certification' then null else 'x' end,
                    case '{kind}' when 'certification' then recorded_by else (select account_id from account where name = 'Test treaty_2') end,
                    now() from act"
        ))
    };
    for (kind, by, constraint) in [
        ("certification", "recorded_by", "act_certified_by_a_second_officer"),
        ("recording_withdrawn", "recorded_by", "act_withdrawn_by_its_recorder"),
        // To lie about who recorded the entry does not help.
        (
            "certification",
            "(select account_id from account where name = 'Test treaty_2')",
            "act_is_of_an_entry_of_the_same_action",
        ),
    ] {
        let refused = service.execute(forge(kind, by)).await.unwrap_err();
        assert_eq!(refused.as_database_error().unwrap().constraint(), Some(constraint));
    }
}

#[tokio::test]
async fn r16_the_depositarys_notification_is_noted_beside_the_act() {
    let app = TestApp::start().await;
    let act = app.signed("FRA").await;
    let note = |number: &str| {
        let body = json!({ "number": number, "published_on": "2025-10-25" });
        let (path, officer) = (of(&act, "notifications"), app.treaty());
        async move { officer.act(&path, body).await }
    };
    for number in ["C.N.1.2025.TREATIES-XVIII.12", "C.N.1.2025"] {
        assert_eq!(note(number).await.pointers(), ["/number"]);
    }
    let noted = note("C.N.500.2025.TREATIES-XVIII.16").await.expect(200);
    assert_eq!(noted["notifications"][0]["number"], "C.N.500.2025.TREATIES-XVIII.16");
    assert_eq!(noted["notifications"][0]["published_on"], "2025-10-25");
    assert_eq!(note("C.N.500.2025.TREATIES-XVIII.16").await.problem(409), "duplicate");
}
