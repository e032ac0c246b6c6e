//! Full powers over HTTP: what is taken in, what two officers make of it, and who may see it (R6–R11, R38).

use hanoi_ceremony::access::Role;
use serde_json::{Value, json};
use sqlx::Executor as _;

use crate::app::TestApp;
use crate::desk::{signature, with};

#[tokio::test]
async fn r09_full_powers_go_from_the_mission_to_the_second_officer() {
    let app = TestApp::start().await;
    let member = app.member_of("FRA", "permanent_representative").await;
    let lodged =
        app.focal_point("FRA").post("/full-powers", app.application("FRA", &member).await).await;
    let body = lodged.expect(201);
    assert_eq!(body["stage"], "lodged");
    assert_eq!(body["names_person"], true, "what lodging says where the body says nothing");
    assert_eq!(
        body["signer"],
        json!({ "name": "Exemplar FRAPERMANENT_REPRESENTATIVE", "office": "Director of Samples" })
    );
    let path = format!("/full-powers/{}", lodged.id());

    let early = app.appoint(&lodged.id(), "hanoi", "2025-10-25T11:00:00+07:00").await;
    assert_eq!(early.problem(409), "illegal_transition");
    let early = app.second_treaty().act(&format!("{path}/confirm"), json!({})).await;
    assert_eq!(
        (early.problem(409).as_str(), &early.json()["current"]),
        ("illegal_transition", &json!("lodged"))
    );

    let verified = app.treaty().act(&format!("{path}/verify"), json!({})).await;
    assert_eq!(verified.expect(200)["stage"], "verified");
    let stale = app.second_treaty().request(reqwest::Method::POST, &format!("{path}/confirm"));
    let stale = crate::app::send(stale.header("if-match", lodged.header("etag"))).await;
    assert_eq!(stale.problem(412), "version_mismatch");
    let confirmed =
        app.second_treaty().act(&format!("{path}/confirm"), json!({})).await.expect(200);
    assert_eq!(confirmed["stage"], "confirmed");
    assert_ne!(confirmed["verified_by"], confirmed["confirmed_by"]);
    let original = app.treaty().act(&format!("{path}/original-received"), json!({})).await;
    assert_eq!(original.expect(200)["original_received_at"], crate::app::NOW);
    let seen = app.focal_point("FRA").get(&path).await;
    assert_eq!((seen.expect(200), seen.header("etag")), (original.json(), original.header("etag")));
}

#[tokio::test]
async fn r07_the_answer_lists_every_gap_and_nothing_is_verified() {
    let app = TestApp::start().await;
    let member = app.member_of("FRA", "minister").await;
    let bare = json!({ "participant": "FRA", "member": member, "basis": "full_powers", "names_person": false });
    let lodged = app.focal_point("FRA").post("/full-powers", bare).await;
    lodged.expect(201);
    let path = format!("/full-powers/{}", lodged.id());
    let refused = app.treaty().act(&format!("{path}/verify"), json!({})).await;
    assert_eq!(refused.problem(409), "full_powers_missing");
    assert_eq!(
        refused.pointers(),
        ["/acts", "/document", "/issued_by", "/issued_on", "/names_person", "/treaty"]
    );
    let mut owner = app.as_owner().await;
    let stage: String =
        sqlx::query_scalar("select stage from full_powers").fetch_one(&mut owner).await.unwrap();
    assert_eq!(stage, "lodged");
}

#[tokio::test]
async fn r09_a_paper_found_false_is_confirmed_by_nobody_and_nobody_signs_by_it() {
    let app = TestApp::start().await;
    let member = app.member_of("FRA", "permanent_representative").await;
    let application = app.application("FRA", &member).await;
    let paper = application["document"].as_str().unwrap().to_owned();
    let lodged = app.focal_point("FRA").post("/full-powers", application).await;
    let path = format!("/full-powers/{}", lodged.id());
    app.treaty().act(&format!("{path}/verify"), json!({})).await.expect(200);
    let forged = json!({ "reason": "The seal is another ministry's" });
    app.treaty().act(&format!("/documents/{paper}/refuse"), forged.clone()).await.expect(200);
    let refused = app.second_treaty().act(&format!("{path}/confirm"), json!({})).await;
    assert_eq!(refused.problem(409), "full_powers_missing");
    assert_eq!(refused.pointers(), ["/document"]);

    let signer = app.entitle("VNM").await;
    let entitled = app.treaty().get(&format!("/full-powers/{}", signer.full_powers)).await;
    let paper = entitled.expect(200)["document"].as_str().unwrap().to_owned();
    app.treaty().act(&format!("/documents/{paper}/refuse"), forged).await.expect(200);
    let body = signature("VNM", &signer.full_powers, "2025-10-25T11:02:00+07:00");
    let refused = app.record(body).await;
    assert_eq!(refused.problem(409), "full_powers_missing");
    assert_eq!(refused.json()["errors"][0]["code"], "paper_refused");
    assert_eq!(app.count("act").await, 0);
}

#[tokio::test]
async fn r09_nobody_signs_by_full_powers_whose_original_has_not_arrived() {
    let app = TestApp::start().await;
    let member = app.member_of("VNM", "permanent_representative").await;
    let lodged =
        app.focal_point("VNM").post("/full-powers", app.application("VNM", &member).await).await;
    let path = format!("/full-powers/{}", lodged.id());
    app.treaty().act(&format!("{path}/verify"), json!({})).await.expect(200);
    app.second_treaty().act(&format!("{path}/confirm"), json!({})).await.expect(200);
    app.appoint(&lodged.id(), "hanoi", "2025-10-25T11:00:00+07:00").await.expect(201);
    let body = signature("VNM", &lodged.id(), "2025-10-25T11:02:00+07:00");
    let refused = app.record(body.clone()).await;
    assert_eq!(refused.problem(409), "full_powers_missing");
    assert_eq!(refused.json()["errors"][0]["code"], "original_not_received");
    app.treaty().act(&format!("{path}/original-received"), json!({})).await.expect(200);
    app.record(body).await.expect(201);
}

#[tokio::test]
async fn r11_a_delegation_that_was_withdrawn_or_rejected_does_not_sign() {
    let app = TestApp::start().await;
    let why = json!({ "reason": "The mission does not take part" });
    for (code, steps) in [("VNM", vec!["withdraw"]), ("FRA", vec!["submit", "reject"])] {
        let signer = app.entitle(code).await;
        for step in steps {
            let caller = if step == "reject" { app.officer() } else { app.focal_point(code) };
            caller.act(&format!("/delegations/{code}/{step}"), why.clone()).await.expect(200);
        }
        let body = signature(code, &signer.full_powers, "2025-10-25T11:02:00+07:00");
        let refused = app.record(body).await;
        assert_eq!(refused.problem(409), "full_powers_missing");
        let told = &refused.json()["errors"];
        let codes: Vec<_> = told.as_array().unwrap().iter().map(|e| &e["code"]).collect();
        assert!(codes.contains(&&json!("delegation_not_standing")), "{told}");
    }
    assert_eq!(app.count("act").await, 0);
}

#[tokio::test]
async fn r07_each_gap_is_told_by_its_code() {
    let app = TestApp::start().await;
    let member = app.member_of("FRA", "permanent_representative").await;
    let credentials = app.paper("FRA", "credentials").await;
    let refused = app.paper("FRA", "full_powers").await;
    let whole = app.application("FRA", &member).await;
    let issuer = |office: &str, of: &str| json!({ "name": "Paul Example", "office": office, "participant": of });
    for (more, gap) in [
        (json!({ "document": credentials, "acts": ["represent"] }), "signing_not_granted"),
        (json!({ "treaty": "XVIII-12" }), "treaty_not_named"),
        (json!({ "issued_on": "2025-10-27" }), "dated_in_future"),
        (json!({ "expires_on": "2025-10-25" }), "expired"),
        (json!({ "issued_by": issuer("other", "FRA") }), "issuer_without_office"),
        (json!({ "issued_by": issuer("head_of_state", "BEL") }), "issuer_of_another_participant"),
        (json!({ "basis": "foreign_minister" }), "office_not_held"),
        (json!({ "document": refused }), "no_document"),
    ] {
        let lodged = app.focal_point("FRA").post("/full-powers", with(whole.clone(), &more)).await;
        lodged.expect(201);
        if gap == "no_document" {
            let why = json!({ "reason": "The seal is not the ministry's." });
            app.treaty().act(&format!("/documents/{refused}/refuse"), why).await.expect(200);
        }
        let answer =
            app.treaty().act(&format!("/full-powers/{}/verify", lodged.id()), json!({})).await;
        assert_eq!(answer.problem(409), "full_powers_missing", "{gap}");
        let codes: Vec<_> =
            answer.json()["errors"].as_array().unwrap().iter().map(|e| e["code"].clone()).collect();
        assert_eq!(codes, [gap]);
    }
    // R8: credentials that grant both are full powers as well.
    let both =
        with(whole, &json!({ "document": credentials, "acts": ["sign", "represent", "sign"] }));
    let lodged = app.focal_point("FRA").post("/full-powers", both).await;
    assert_eq!(lodged.expect(201)["acts"], json!(["represent", "sign"]));
    app.treaty().act(&format!("/full-powers/{}/verify", lodged.id()), json!({})).await.expect(200);
}

#[tokio::test]
async fn r09_who_verified_cannot_confirm_and_the_database_says_so_too() {
    let app = TestApp::start().await;
    let member = app.member_of("FRA", "permanent_representative").await;
    let lodged =
        app.focal_point("FRA").post("/full-powers", app.application("FRA", &member).await).await;
    let path = format!("/full-powers/{}", lodged.id());
    app.treaty().act(&format!("{path}/verify"), json!({})).await.expect(200);
    let same = app.treaty().act(&format!("{path}/confirm"), json!({})).await;
    assert_eq!(same.problem(409), "second_person_required");
    assert_eq!(app.treaty().get(&path).await.expect(200)["stage"], "verified");

    let mut service = app.as_service().await;
    service.execute("select set_config('ceremony.scope', '*', false)").await.unwrap();
    let forged = "update full_powers set stage = 'confirmed', confirmed_by = verified_by, confirmed_at = verified_at";
    let refused = service.execute(forged).await.unwrap_err();
    let constraint = refused.as_database_error().unwrap().constraint();
    assert_eq!(constraint, Some("full_powers_confirmed_by_a_second_officer"));
}

#[tokio::test]
async fn r11_the_signer_is_a_person_of_that_delegation() {
    let app = TestApp::start().await;
    let belgian = app.member_of("BEL", "minister").await;
    let french = app.member_of("FRA", "minister").await;
    for member in [belgian.as_str(), "01890000-0000-7000-8000-000000000000"] {
        let lodged = json!({ "participant": "FRA", "member": member, "basis": "foreign_minister" });
        let refused = app.treaty().post("/full-powers", lodged).await;
        assert_eq!(
            (refused.problem(422).as_str(), refused.pointers()),
            ("validation_failed", vec!["/member".to_owned()])
        );
    }
    let of_belgium = app.paper("BEL", "full_powers").await;
    let lodged = json!({ "participant": "FRA", "member": french, "basis": "full_powers", "document": of_belgium });
    assert_eq!(app.treaty().post("/full-powers", lodged).await.pointers(), ["/document"]);
    let odd = json!({
        "participant": "FRA", "member": french, "basis": "full_powers", "acting": true,
        "issued_on": "2025-10-01", "expires_on": "2025-09-01",
    });
    assert_eq!(app.treaty().post("/full-powers", odd).await.pointers(), ["/acting", "/expires_on"]);
    assert_eq!(app.count("full_powers").await, 0);

    // Who is taken back by the mission after lodging signs no more.
    let signer = app.entitle("FRA").await;
    let why = json!({ "reason": "Recalled." });
    let path = format!("/delegations/FRA/members/{}/withdraw", signer.member);
    app.focal_point("FRA").act(&path, why).await.expect(200);
    let refused =
        app.record(signature("FRA", &signer.full_powers, "2025-10-25T11:02:00+07:00")).await;
    assert_eq!(refused.problem(409), "full_powers_missing");
    assert_eq!(refused.json()["errors"][0]["code"], "not_of_delegation");
}

#[tokio::test]
async fn r06_an_exempt_office_signs_without_a_paper_and_is_confirmed_the_same_way() {
    let app = TestApp::start().await;
    let member = app.member_of("VNM", "head_of_state").await;
    let office = json!({ "participant": "VNM", "member": member, "basis": "head_of_state" });
    let lodged = app.focal_point("VNM").post("/full-powers", office).await;
    lodged.expect(201);
    let path = format!("/full-powers/{}", lodged.id());
    app.treaty().act(&format!("{path}/verify"), json!({})).await.expect(200);
    app.appoint(&lodged.id(), "hanoi", "2025-10-25T10:00:00+07:00").await.expect(201);
    let sign = || app.record(signature("VNM", &lodged.id(), "2025-10-25T10:01:00+07:00"));
    let early = sign().await;
    assert_eq!(
        (early.problem(409).as_str(), &early.json()["errors"][0]["code"]),
        ("full_powers_missing", &json!("not_confirmed"))
    );
    app.second_treaty().act(&format!("{path}/confirm"), json!({})).await.expect(200);
    assert_eq!(sign().await.expect(201)["signatory"]["capacity"], "head_of_state");
}

#[tokio::test]
async fn r09_an_appointment_is_inside_a_window_and_one_stands_at_a_time() {
    let app = TestApp::start().await;
    let signer = app.entitle("FRA").await;
    let id = signer.full_powers.as_str();
    let again = app.appoint(id, "hanoi", "2025-10-26T09:00:00+07:00").await;
    assert_eq!(again.problem(409), "duplicate");
    let made = app.treaty().get("/appointments?participant=FRA").await.expect(200);
    let made = &made["items"][0];
    assert_eq!(made["at"], "2025-10-25T11:00:00+07:00");
    let path = format!("/appointments/{}", made["id"].as_str().unwrap());
    let why = json!({ "reason": "The flight is late." });
    let cancelled = app.treaty().act(&format!("{path}/cancel"), why.clone()).await.expect(200);
    assert_eq!(cancelled["reason"], "The flight is late.");
    assert_eq!(
        app.treaty().act(&format!("{path}/cancel"), why).await.problem(409),
        "illegal_transition"
    );

    for (place, at, status, code) in [
        ("hanoi", "2025-10-27T00:00:00+07:00", 409, "not_open_for_signature"),
        ("new_york", "2025-10-26T09:00:00-04:00", 409, "not_open_for_signature"),
        ("geneva", "2025-10-26T09:00:00+02:00", 422, "validation_failed"),
    ] {
        assert_eq!(app.appoint(id, place, at).await.problem(status), code, "{place} {at}");
    }
    app.appoint(id, "new_york", "2025-10-27T09:00:00-04:00").await.expect(201);
    let elsewhere = app.record(signature("FRA", id, "2025-10-26T09:00:00+07:00")).await;
    assert_eq!(elsewhere.problem(409), "full_powers_missing");
    assert_eq!(elsewhere.json()["errors"][0]["code"], "appointed_elsewhere");
    let cancelled = app.treaty().get("/appointments?cancelled=true").await.expect(200);
    assert_eq!(cancelled["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn r10_revoked_full_powers_entitle_nobody_and_change_nothing_that_was_signed() {
    let app = TestApp::start().await;
    let why = json!({ "reason": "A change of government." });
    let (france, belgium) = (app.entitle("FRA").await, app.entitle("BEL").await);
    let revoke = |id: &str| format!("/full-powers/{id}/revoke");
    app.treaty().act(&revoke(&france.full_powers), why.clone()).await.expect(200);
    let refused =
        app.record(signature("FRA", &france.full_powers, "2025-10-25T11:02:00+07:00")).await;
    assert_eq!(refused.problem(409), "full_powers_missing");
    assert_eq!(refused.json()["errors"][0]["code"], "revoked");

    app.record(signature("BEL", &belgium.full_powers, "2025-10-25T11:02:00+07:00"))
        .await
        .expect(201);
    let before = app.status("").await;
    app.treaty().act(&revoke(&belgium.full_powers), why).await.expect(200);
    assert_eq!(app.status("").await, before);
    assert_eq!(before["signatories"], 1);
}

#[tokio::test]
async fn r38_a_focal_point_sees_its_own_full_powers_only() {
    let app = TestApp::start().await;
    let france = app.entitle("FRA").await;
    app.entitle("BEL").await;
    let (own, other) = (app.focal_point("FRA"), app.focal_point("BEL"));
    let listed = |page: Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|item| item["participant"].as_str().unwrap().to_owned()).collect()
    };
    for path in ["/full-powers", "/appointments"] {
        assert_eq!(listed(own.get(path).await.expect(200)), ["FRA"]);
        assert_eq!(listed(app.treaty().get(path).await.expect(200)), ["FRA", "BEL"]);
        assert_eq!(other.get(&format!("{path}?participant=FRA")).await.problem(404), "not_found");
    }
    let path = format!("/full-powers/{}", france.full_powers);
    let appointment =
        own.get("/appointments").await.json()["items"][0]["id"].as_str().unwrap().to_owned();
    let appointment = format!("/appointments/{appointment}");
    own.get(&path).await.expect(200);
    own.get(&appointment).await.expect(200);
    let why = json!({ "reason": "Curious." });
    for (step, body) in [
        ("verify", json!({})),
        ("confirm", json!({})),
        ("refuse", why.clone()),
        ("revoke", why.clone()),
        ("original-received", json!({})),
    ] {
        let step = format!("{path}/{step}");
        assert_eq!(other.act(&step, body.clone()).await.problem(404), "not_found", "{step}");
        assert_eq!(own.act(&step, body.clone()).await.problem(403), "forbidden", "{step}");
        assert_eq!(app.officer().act(&step, body.clone()).await.problem(403), "forbidden");
        assert_eq!(
            app.role(Role::Auditor).act(&step, body.clone()).await.problem(403),
            "forbidden"
        );
        for role in [Role::Security, Role::Administrator, Role::Programme, Role::Gate] {
            assert_eq!(app.role(role).act(&step, body.clone()).await.problem(404), "not_found");
        }
    }
    assert_eq!(other.get(&path).await.problem(404), "not_found");
    assert_eq!(other.get(&appointment).await.problem(404), "not_found");
    let cancel = format!("{appointment}/cancel");
    assert_eq!(other.act(&cancel, why.clone()).await.problem(404), "not_found");
    assert_eq!(own.act(&cancel, why).await.problem(403), "forbidden");
    let foreign =
        json!({ "participant": "FRA", "member": france.member, "basis": "foreign_minister" });
    assert_eq!(other.post("/full-powers", foreign).await.problem(404), "not_found");
    assert_eq!(app.count("full_powers").await, 2);
}

#[tokio::test]
async fn full_powers_are_listed_page_by_page_and_by_stage() {
    let app = TestApp::start().await;
    let member = app.member_of("FRA", "minister").await;
    let office = json!({ "participant": "FRA", "member": member, "basis": "foreign_minister" });
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(app.treaty().post("/full-powers", office.clone()).await.id());
    }
    app.treaty().act(&format!("/full-powers/{}/verify", ids[3]), json!({})).await.expect(200);
    let (mut seen, mut path) = (Vec::new(), "/full-powers?limit=2".to_owned());
    loop {
        let page = app.treaty().get(&path).await.expect(200);
        seen.extend(
            page["items"].as_array().unwrap().iter().map(|i| i["id"].as_str().unwrap().to_owned()),
        );
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/full-powers?limit=2&cursor={next}");
    }
    assert_eq!(seen, ids);
    let verified = app.treaty().get("/full-powers?stage=verified,confirmed").await.expect(200);
    assert_eq!(
        (verified["items"].as_array().unwrap().len(), &verified["items"][0]["id"]),
        (1, &json!(ids[3]))
    );
    assert_eq!(app.treaty().get("/full-powers?cursor=WyJ4Il0").await.pointers(), ["/cursor"]);
}
