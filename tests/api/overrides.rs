//! What an officer sees of full powers before they decide (R6, R7, R10), and overrides by two of them (R12).

use hanoi_ceremony::access::Role;
use serde_json::{Value, json};
use sqlx::Executor as _;

use crate::app::{Reply, TestApp};
use crate::desk::{signature, with};

const AT_THE_TABLE: &str = "2025-10-25T11:02:00+07:00";

/// Confirmed full powers with an appointment, whose original has not come.
pub async fn without_original(app: &TestApp, code: &str) -> String {
    let member = app.member_of(code, "permanent_representative").await;
    let lodged =
        app.focal_point(code).post("/full-powers", app.application(code, &member).await).await;
    let path = format!("/full-powers/{}", lodged.id());
    app.treaty().act(&format!("{path}/verify"), json!({})).await.expect(200);
    app.second_treaty().act(&format!("{path}/confirm"), json!({})).await.expect(200);
    app.appoint(&lodged.id(), "hanoi", "2025-10-25T11:00:00+07:00").await.expect(201);
    lodged.id()
}

pub async fn propose(app: &TestApp, full_powers: &str, lifts: Value) -> Reply {
    let wanted =
        json!({ "lifts": lifts, "reason": "The original is in a bag that the airline lost." });
    app.treaty().post(&format!("/full-powers/{full_powers}/overrides"), wanted).await
}

fn codes(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|item| item["code"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn r12_two_officers_override_with_a_reason_and_the_record_shows_it_for_ever() {
    let app = TestApp::start().await;
    let id = without_original(&app, "FRA").await;
    let sign = || app.record(signature("FRA", &id, AT_THE_TABLE));
    assert_eq!(sign().await.json()["errors"][0]["code"], "original_not_received");

    let proposed = propose(&app, &id, json!(["original_not_received"])).await;
    assert_eq!(proposed.expect(201)["is_approved"], false);
    assert_eq!(sign().await.problem(409), "full_powers_missing", "nobody has approved it yet");
    let approve = format!("/overrides/{}/approve", proposed.id());
    let alone = app.treaty().act(&approve, json!({})).await;
    assert_eq!(alone.problem(409), "second_person_required");
    let approved = app.second_treaty().act(&approve, json!({})).await;
    assert_eq!(
        (&approved.expect(200)["is_approved"], approved.header("etag")),
        (&json!(true), "\"2\"")
    );
    let again = app.second_treaty().act(&approve, json!({})).await;
    assert_eq!(again.problem(409), "illegal_transition");

    let signed = sign().await;
    let shown = signed.expect(201)["overrides"].clone();
    assert_eq!(shown[0]["lifted"], json!(["original_not_received"]));
    assert_eq!(shown[0]["reason"], "The original is in a bag that the airline lost.");
    assert_ne!(shown[0]["proposed_by"], shown[0]["approved_by"]);
    let status = app.status("").await;
    assert_eq!(status["rows"][0]["signature"]["lifted"], json!(["original_not_received"]));

    // What happens to the papers later changes nothing in the record.
    let why = json!({ "reason": "A change of government." });
    app.treaty().act(&format!("/full-powers/{id}/revoke"), why).await.expect(200);
    let act = app.treaty().get(&format!("/treaty/acts/{}", signed.id())).await.expect(200);
    assert_eq!(act["overrides"], shown);
    let told = "event where kind in ('full_powers.override_proposed', 'full_powers.override_approved') and reason is not null";
    assert_eq!(app.count(told).await, 2);
    let listed = app.focal_point("FRA").get(&format!("/full-powers/{id}/overrides")).await;
    assert_eq!(listed.expect(200)["items"][0]["id"], json!(proposed.id()));
}

#[tokio::test]
async fn r12_what_nobody_has_approved_is_taken_back_with_a_reason_and_kept() {
    let app = TestApp::start().await;
    let id = without_original(&app, "FRA").await;
    let made = propose(&app, &id, json!(["original_not_received"])).await.id();
    let path = format!("/overrides/{made}");
    let why = || json!({ "reason": "The airline has found the bag." });
    let nobody = app.treaty().act(&format!("{path}/withdraw"), json!({})).await;
    assert_eq!(
        (nobody.problem(422).as_str(), nobody.pointers()),
        ("validation_failed", vec!["/reason".to_owned()])
    );
    let own = app.focal_point("FRA").act(&format!("{path}/withdraw"), why()).await;
    assert_eq!(own.problem(403), "forbidden");
    let withdrawn = app.second_treaty().act(&format!("{path}/withdraw"), why()).await;
    assert_eq!(withdrawn.expect(200)["withdrawn_reason"], "The airline has found the bag.");
    assert_eq!(withdrawn.header("etag"), "\"2\"");
    for (step, body) in [("withdraw", why()), ("approve", json!({}))] {
        let late = app.second_treaty().act(&format!("{path}/{step}"), body).await;
        assert_eq!(
            (late.problem(409).as_str(), &late.json()["current"]),
            ("illegal_transition", &json!("withdrawn"))
        );
    }
    let refused = app.record(signature("FRA", &id, AT_THE_TABLE)).await;
    assert_eq!(codes(&refused.json()["errors"]), ["original_not_received"]);
    let listed = app.focal_point("FRA").get(&format!("/full-powers/{id}/overrides")).await;
    assert_eq!(listed.expect(200)["items"][0]["is_approved"], false);
    assert_eq!(app.count("event where kind = 'full_powers.override_withdrawn' and reason = 'The airline has found the bag.'").await, 1);

    // Approved, it is in force, and nobody takes it back.
    let made = propose(&app, &id, json!(["original_not_received"])).await.id();
    app.second_treaty().act(&format!("/overrides/{made}/approve"), json!({})).await.expect(200);
    let late = app.treaty().act(&format!("/overrides/{made}/withdraw"), why()).await;
    assert_eq!(
        (late.problem(409).as_str(), &late.json()["current"]),
        ("illegal_transition", &json!("approved"))
    );
    let mut service = app.as_service().await;
    service.execute("select set_config('ceremony.scope', '*', false)").await.unwrap();
    let both = "update full_powers_override set withdrawn_by = proposed_by, withdrawn_at = now(), withdrawn_reason = 'x'";
    let refused = service.execute(both).await.unwrap_err();
    assert_eq!(hanoi_ceremony::db::sqlstate(&refused).as_deref(), Some("23001"));
    // Both at once: one of them.
    let made = propose(&app, &id, json!(["not_confirmed"])).await.id();
    let (approve, withdraw) =
        (format!("/overrides/{made}/approve"), format!("/overrides/{made}/withdraw"));
    let (first, second) = (app.second_treaty(), app.treaty());
    let (one, other) = tokio::join!(first.act(&approve, json!({})), second.act(&withdraw, why()));
    assert_eq!([one.status, other.status].iter().filter(|status| **status == 200).count(), 1);
}

#[tokio::test]
async fn r12_an_override_lifts_what_it_names_and_what_can_be_lifted() {
    let app = TestApp::start().await;
    let member = app.member_of("FRA", "permanent_representative").await;
    let undated = with(app.application("FRA", &member).await, &json!({ "issued_on": null }));
    let lodged = app.focal_point("FRA").post("/full-powers", undated).await;
    lodged.expect(201);
    let refused = propose(&app, &lodged.id(), json!(["revoked", "not_verified", "expired"])).await;
    assert_eq!(
        (refused.problem(422).as_str(), refused.pointers()),
        ("validation_failed", vec!["/lifts/0".to_owned(), "/lifts/2".to_owned()])
    );
    assert_eq!(propose(&app, &lodged.id(), json!([])).await.pointers(), ["/lifts"]);
    assert_eq!(app.count("full_powers_override").await, 0);

    // Nobody verifies a paper without a date; two officers may still let its holder come to the table.
    let id = lodged.id();
    let hour = || app.appoint(&id, "hanoi", "2025-10-25T11:00:00+07:00");
    assert_eq!(hour().await.problem(409), "illegal_transition");
    let lifts = json!(["not_verified", "original_not_received"]);
    let made = propose(&app, &lodged.id(), lifts).await.id();
    app.second_treaty().act(&format!("/overrides/{made}/approve"), json!({})).await.expect(200);
    hour().await.expect(201);
    let why = json!({ "reason": "Recalled." });
    let recall = format!("/delegations/FRA/members/{member}/withdraw");
    app.focal_point("FRA").act(&recall, why).await.expect(200);
    let refused = app.record(signature("FRA", &lodged.id(), AT_THE_TABLE)).await;
    assert_eq!(codes(&refused.json()["errors"]), ["not_of_delegation"]);
}

#[tokio::test]
async fn r12_the_database_knows_of_no_override_by_one_officer_and_keeps_each_for_ever() {
    let app = TestApp::start().await;
    let id = without_original(&app, "FRA").await;
    let made = propose(&app, &id, json!(["original_not_received"])).await.id();
    let mut service = app.as_service().await;
    service.execute("select set_config('ceremony.scope', '*', false)").await.unwrap();
    let alone =
        "update full_powers_override set approved_by = proposed_by, approved_at = proposed_at";
    let refused = service.execute(alone).await.unwrap_err();
    let constraint = refused.as_database_error().unwrap().constraint();
    assert_eq!(constraint, Some("full_powers_override_by_two_officers"));

    app.second_treaty().act(&format!("/overrides/{made}/approve"), json!({})).await.expect(200);
    app.record(signature("FRA", &id, AT_THE_TABLE)).await.expect(201);
    let mut owner = app.as_owner().await;
    for attack in [
        "update full_powers_override set approved_by = null, approved_at = null",
        "update full_powers_override set reason = 'Another'",
        "delete from full_powers_override",
        "truncate full_powers_override cascade",
        "update act_override set reason = 'Another'",
        "delete from act_override",
        "truncate act_override",
    ] {
        let refused = owner.execute(attack).await.unwrap_err();
        let state = hanoi_ceremony::db::sqlstate(&refused);
        assert_eq!(state.as_deref(), Some("23001"), "{attack}");
    }
    // An act cannot be said to stand by what nobody has approved.
    let other = propose(&app, &id, json!(["not_confirmed"])).await.id();
    let forged = format!(
        "insert into act_override select act_id, '{other}', full_powers_id, lifted, reason, proposed_by, approved_by from act_override"
    );
    let refused = service.execute(sqlx::AssertSqlSafe(forged)).await.unwrap_err();
    let constraint = refused.as_database_error().unwrap().constraint();
    assert_eq!(constraint, Some("act_override_was_approved"));
}

#[tokio::test]
async fn r38_an_override_is_the_treaty_officers_and_seen_by_its_own_mission() {
    let app = TestApp::start().await;
    let id = without_original(&app, "FRA").await;
    let made = propose(&app, &id, json!(["original_not_received"])).await.id();
    let (list, one) = (format!("/full-powers/{id}/overrides"), format!("/overrides/{made}"));
    let wanted = json!({ "lifts": ["not_confirmed"], "reason": "A test." });
    let own = app.focal_point("FRA");
    for (caller, status) in [(own, 403), (app.focal_point("BEL"), 404), (app.security(), 404)] {
        assert_eq!(caller.post(&list, wanted.clone()).await.status, status);
        assert_eq!(caller.act(&format!("{one}/approve"), json!({})).await.status, status);
        assert_eq!(caller.get(&one).await.status, if status == 403 { 200 } else { 404 });
    }
    app.role(Role::Auditor).get(&one).await.expect(200);
}

#[tokio::test]
async fn r07_every_gap_and_every_bar_is_seen_before_anything_is_tried() {
    let app = TestApp::start().await;
    let member = app.member_of("FRA", "minister").await;
    let needed = app.treaty();
    let needed =
        needed.get(&format!("/delegations/FRA/members/{member}/signing-requirement")).await;
    let needed = needed.expect(200);
    assert_eq!(needed["exempt_as"], json!(["foreign_minister"]));
    assert_eq!(needed["needs_full_powers"], false);
    let ambassador = app.member_of("BEL", "permanent_representative").await;
    let path = format!("/delegations/BEL/members/{ambassador}/signing-requirement");
    let needed = app.focal_point("BEL").get(&path).await.expect(200);
    assert_eq!((&needed["exempt_as"], &needed["needs_full_powers"]), (&json!([]), &json!(true)));
    assert_eq!(app.focal_point("FRA").get(&path).await.problem(404), "not_found");

    let bare = json!({ "participant": "FRA", "member": member, "basis": "full_powers", "names_person": false });
    let lodged = app.focal_point("FRA").post("/full-powers", bare).await;
    let check = format!("/full-powers/{}/check", lodged.id());
    let seen = app.focal_point("FRA").get(&check).await.expect(200);
    let gaps = [
        "treaty_not_named",
        "person_not_named",
        "signing_not_granted",
        "undated",
        "issuer_not_named",
        "no_document",
    ];
    assert_eq!(codes(&seen["gaps"]), gaps);
    assert_eq!(codes(&seen["bars"]), ["not_verified", "original_not_received", "no_appointment"]);
    assert_eq!((&seen["place"], &seen["day"]), (&json!("hanoi"), &json!("2025-10-26")));

    let entitled = app.entitle("VNM").await.full_powers;
    let seen = app.treaty().get(&format!("/full-powers/{entitled}/check")).await.expect(200);
    assert_eq!(
        (&seen["gaps"], &seen["bars"], &seen["day"]),
        (&json!([]), &json!([]), &json!("2025-10-25"))
    );
    assert_eq!(
        app.focal_point("FRA").get(&format!("/full-powers/{entitled}/check")).await.problem(404),
        "not_found"
    );
}

#[tokio::test]
async fn r10_what_was_revoked_has_no_hour_left_and_nobody_is_appointed_past_the_papers_last_day() {
    let app = TestApp::start().await;
    let signer = app.entitle("FRA").await;
    let why = json!({ "reason": "A change of government." });
    let revoke = format!("/full-powers/{}/revoke", signer.full_powers);
    app.treaty().act(&revoke, why).await.expect(200);
    let made = app.treaty().get("/appointments?participant=FRA").await.expect(200);
    assert_eq!(made["items"][0]["reason"], "A change of government.");
    assert_eq!(app.count("event where kind = 'appointment.cancelled'").await, 1);

    let member = app.member_of("BEL", "permanent_representative").await;
    let short = with(app.application("BEL", &member).await, &json!({ "expires_on": "2025-10-26" }));
    let lodged = app.focal_point("BEL").post("/full-powers", short).await.id();
    app.treaty().act(&format!("/full-powers/{lodged}/verify"), json!({})).await.expect(200);
    let late = app.appoint(&lodged, "new_york", "2025-10-27T09:00:00-04:00").await;
    assert_eq!(late.problem(409), "full_powers_missing");
    assert_eq!(codes(&late.json()["errors"]), ["expired"]);
    app.appoint(&lodged, "hanoi", "2025-10-26T09:00:00+07:00").await.expect(201);
}

#[tokio::test]
async fn r06_who_acts_in_an_office_is_confirmed_like_its_holder() {
    let app = TestApp::start().await;
    let lodge = async |rank: &str| {
        let member = app.member_of("FRA", rank).await;
        let office = json!({ "participant": "FRA", "member": member, "basis": "foreign_minister", "acting": true });
        let lodged = app.focal_point("FRA").post("/full-powers", office).await;
        lodged.expect(201);
        lodged.id()
    };
    let ambassador = lodge("permanent_representative").await;
    let refused = app.treaty().act(&format!("/full-powers/{ambassador}/verify"), json!({})).await;
    assert_eq!(codes(&refused.json()["errors"]), ["office_not_held"]);
    let deputy = lodge("vice_minister").await;
    let path = format!("/full-powers/{deputy}");
    app.treaty().act(&format!("{path}/verify"), json!({})).await.expect(200);
    app.appoint(&deputy, "hanoi", "2025-10-25T11:00:00+07:00").await.expect(201);
    let sign = || app.record(signature("FRA", &deputy, AT_THE_TABLE));
    assert_eq!(codes(&sign().await.json()["errors"]), ["not_confirmed"]);
    app.second_treaty().act(&format!("{path}/confirm"), json!({})).await.expect(200);
    let signed = sign().await.expect(201);
    assert_eq!(
        (&signed["signatory"]["capacity"], &signed["signatory"]["acting"]),
        (&json!("foreign_minister"), &json!(true))
    );
}
