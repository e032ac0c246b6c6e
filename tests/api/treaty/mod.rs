//! The record of treaty actions over HTTP: what is recorded, what is refused, and what is never changed (R13–R22).

mod desk;
mod history;
mod papers;
mod races;
mod status;

use chrono::Utc;
use hanoi_ceremony::access::Role;
use serde_json::{Value, json};
use sqlx::Executor as _;

use crate::app::TestApp;
use crate::desk::{signature, with};

const AT_THE_TABLE: &str = "2025-10-25T11:02:00+07:00";

#[tokio::test]
async fn r16_a_signature_is_recorded_with_all_that_is_kept_apart() {
    let app = TestApp::start().await;
    let signer = app.entitle("FRA").await;
    let declared = json!([{ "kind": "reservation", "language": "fr", "text": "Sous réserve\n\tde l’article 63.",
        "translation": { "language": "en", "text": "Subject to article 63." } }]);
    let body = with(
        signature("FRA", &signer.full_powers, AT_THE_TABLE),
        &json!({ "declarations": declared }),
    );
    let made = app.record(body).await;
    let act = made.expect(201);
    assert_eq!(made.header("location"), format!("/api/v1/treaty/acts/{}", made.id()));
    assert_eq!(
        (&act["kind"], &act["participant"], &act["state"]),
        (&json!("signature"), &json!("FRA"), &json!("recorded"))
    );
    assert_eq!((&act["done_at"], &act["legal_date"]), (&json!(AT_THE_TABLE), &json!("2025-10-25")));
    assert_eq!(act["recorded_at"], crate::app::NOW);
    assert_eq!(act["signatory"]["name"], "Exemplar FRAPERMANENT_REPRESENTATIVE");
    assert_eq!(act["full_powers"], signer.full_powers);
    assert_eq!(act["declarations"][0]["text"], declared[0]["text"]);
    assert_eq!(act["declarations"][0]["to_be_confirmed"], true);
    assert_eq!(act["ledger"]["index"], 1, "the first leaf is the treaty");
    let read = app.treaty().get(&format!("/treaty/acts/{}", made.id())).await;
    assert_eq!((read.expect(200), read.header("etag")), (act, made.header("etag")));

    let mut owner = app.as_owner().await;
    let heard: (String, String, Option<String>) = sqlx::query_as(
        "select kind, participant, after ->> 'legal_date' from event where kind like 'act.%'",
    )
    .fetch_one(&mut owner)
    .await
    .unwrap();
    assert_eq!(heard, ("act.recorded".into(), "FRA".into(), Some("2025-10-25".into())));
}

/// What may not be signed: in words, what replaces the signature of France with full powers in order, and the answer.
fn refused(union: &str, unchecked: &str) -> Vec<(&'static str, Value, u16, &'static str)> {
    let none = "01890000-0000-7000-8000-000000000000";
    let belgium = |powers| json!({ "participant": "BEL", "full_powers": powers });
    let (missing, faulty) = ((409, "full_powers_missing"), (422, "validation_failed"));
    let (unfit, shut) = ((409, "not_eligible"), (409, "not_open_for_signature"));
    [
        ("an ambassador without full powers", belgium(json!(null)), missing),
        ("an ambassador with full powers that do not exist", belgium(json!(none)), missing),
        ("an ambassador whose full powers nobody verified", belgium(json!(unchecked)), missing),
        ("with another State's full powers", json!({ "participant": "BEL" }), missing),
        (
            "the European Union before any member State",
            json!({ "participant": "EUE", "full_powers": union }),
            unfit,
        ),
        ("a company", json!({ "participant": "XCO" }), unfit),
        ("the day before", json!({ "signed_at": "2025-10-24T23:59:59+07:00" }), shut),
        ("in New York too early", json!({ "place": "new_york" }), shut),
        ("at no place of signature", json!({ "place": "geneva" }), faulty),
        ("in the future", json!({ "signed_at": "2025-10-26T17:00:01+07:00" }), faulty),
        ("nobody of the register", json!({ "participant": "ZZZ" }), faulty),
    ]
    .map(|(what, more, (status, code))| (what, more, status, code))
    .into()
}

#[tokio::test]
async fn r01_r02_r04_r05_r06_what_may_not_be_signed_is_refused_and_nothing_is_stored() {
    let app = TestApp::start().await;
    let company = json!({ "code": "XCO", "kind": "company", "names": { "en": "Example Company" },
        "reason": "Invited by the host." });
    app.administrator().post("/participants", company).await.expect(201);
    let (france, union) = (app.entitle("FRA").await, app.entitle("EUE").await);
    let ambassador = app.member_of("BEL", "permanent_representative").await;
    let claim = app.application("BEL", &ambassador).await;
    let unchecked = app.focal_point("BEL").post("/full-powers", claim).await.id();

    let right = signature("FRA", &france.full_powers, AT_THE_TABLE);
    for (what, more, status, code) in refused(&union.full_powers, &unchecked) {
        let answer = app.record(with(right.clone(), &more)).await;
        assert_eq!(answer.problem(status), code, "{what}");
    }
    for table in ["act", "act_slot", "act_declaration", "idempotency"] {
        assert_eq!(app.count(table).await, 0, "{table}");
    }

    let first = app.record(right.clone()).await;
    first.expect(201);
    let later = json!({ "signed_at": "2025-10-26T09:00:00+07:00" });
    let second = app.record(with(right, &later)).await;
    assert_eq!(second.problem(409), "duplicate");
    assert_eq!(second.json()["first"], first.id());
    app.record(signature("EUE", &union.full_powers, AT_THE_TABLE)).await.expect(201);
    assert_eq!(app.count("act").await, 2);
}

#[tokio::test]
async fn r06_every_reason_against_a_signer_is_told() {
    let app = TestApp::start().await;
    let ambassador = app.member_of("BEL", "permanent_representative").await;
    let claim = app.application("BEL", &ambassador).await;
    let unchecked = app.focal_point("BEL").post("/full-powers", claim).await.id();
    let refused = app.record(signature("FRA", &unchecked, AT_THE_TABLE)).await;
    assert_eq!(refused.problem(409), "full_powers_missing");
    let codes: Vec<_> =
        refused.json()["errors"].as_array().unwrap().iter().map(|e| e["code"].clone()).collect();
    assert_eq!(
        codes,
        ["not_verified", "original_not_received", "of_another_participant", "no_appointment"]
    );
}

#[tokio::test]
async fn r54_a_body_that_does_not_fit_its_kind_is_told_with_all_faults() {
    let app = TestApp::start().await;
    let body = json!({ "kind": "signature", "participant": "FRA", "place": "hanoi", "done_at": AT_THE_TABLE });
    assert_eq!(app.record(body).await.pointers(), ["/done_at", "/signed_at"]);
    let body = json!({ "kind": "ratification", "participant": "FRA", "place": "new_york", "signed_at": AT_THE_TABLE,
        "full_powers": "01890000-0000-7000-8000-000000000000" });
    assert_eq!(app.record(body).await.pointers(), ["/done_at", "/full_powers", "/signed_at"]);
    let body = json!({ "kind": "definitive_signature", "participant": "fra", "place": "Ha Noi", "signed_at": "noon",
        "recorded_at": AT_THE_TABLE, "legal_date": "2025-10-25" });
    assert_eq!(
        app.record(body).await.pointers(),
        ["/kind", "/legal_date", "/participant", "/place", "/recorded_at", "/signed_at"]
    );
}

#[tokio::test]
async fn r55_an_act_needs_a_key_which_is_kept_for_good() {
    let app = TestApp::start().await;
    let signer = app.entitle("FRA").await;
    let body = signature("FRA", &signer.full_powers, AT_THE_TABLE);
    let keyless = app.treaty().post("/treaty/acts", body.clone()).await;
    assert_eq!(keyless.problem(400), "idempotency_key_required");
    assert_eq!(app.count("act").await, 0);
    let first = app.treaty().post_once("/treaty/acts", "fra", body.clone()).await;
    first.expect(201);
    let mut owner = app.as_owner().await;
    let until: bool =
        sqlx::query_scalar("select kept_until = 'infinity' from idempotency where key = 'fra'")
            .fetch_one(&mut owner)
            .await
            .unwrap();
    assert!(until, "the answer to an act outlives every other");
    app.app.db.tidy().await.unwrap();
    let again = app.treaty().post_once("/treaty/acts", "fra", body).await;
    assert_eq!((again.expect(201), again.header("idempotency-replayed")), (first.json(), "true"));
    let other = signature("BEL", &signer.full_powers, AT_THE_TABLE);
    assert_eq!(
        app.treaty().post_once("/treaty/acts", "fra", other).await.problem(422),
        "idempotency_mismatch"
    );
    assert_eq!(app.count("act").await, 1);
}

#[tokio::test]
async fn a_dry_run_of_an_act_says_what_would_be_and_keeps_nothing() {
    let app = TestApp::start().await;
    let signer = app.entitle("FRA").await;
    let body = signature("FRA", &signer.full_powers, AT_THE_TABLE);
    let dry = app.treaty().post_once("/treaty/acts?dry_run=true", "dry", body.clone()).await;
    assert_eq!(
        (dry.expect(201)["state"].clone(), dry.header("dry-run")),
        (json!("recorded"), "true")
    );
    assert_eq!((app.count("act").await, app.count("act_slot").await), (0, 0));
    app.record(body).await.expect(201);
}

#[tokio::test]
async fn r15_r25_nothing_recorded_can_be_changed_by_the_service_or_by_the_owner() {
    let app = TestApp::start().await;
    let act = app.signed("FRA").await;
    let number = json!({ "number": "C.N.500.2025.TREATIES-XVIII.16" });
    app.treaty().act(&format!("/treaty/acts/{act}/notifications"), number).await.expect(200);
    let office = json!({ "changes": { "signatory_office": "Ambassador" }, "reason": "Misread." });
    app.treaty().act(&format!("/treaty/acts/{act}/correct"), office).await.expect(201);
    let mut service = app.as_service().await;
    let mut owner = app.as_owner().await;
    owner.execute("set role ceremony_owner").await.unwrap();
    let mut superuser = app.as_owner().await;
    superuser.execute("set session_replication_role = replica").await.unwrap();
    for (table, column) in [
        ("act", "recorded_at = now()"),
        ("act_change", "old_value = 'x'"),
        ("act_notification", "number = 'x'"),
        ("act_declaration", "words = 'x'"),
    ] {
        for attack in [
            format!("update {table} set {column}"),
            format!("delete from {table}"),
            format!("truncate {table} cascade"),
        ] {
            // A trigger for each row has nothing to refuse in an empty table.
            let is_empty = table == "act_declaration" && !attack.starts_with("truncate");
            for attacker in [&mut service, &mut owner, &mut superuser] {
                let outcome = attacker.execute(sqlx::AssertSqlSafe(attack.clone())).await;
                let state = outcome.err().and_then(|e| hanoi_ceremony::db::sqlstate(&e));
                assert!(
                    is_empty || matches!(state.as_deref(), Some("42501" | "23001")),
                    "{attack}: {state:?}"
                );
            }
        }
    }
    for attack in ["alter table act disable trigger all", "drop table act cascade"] {
        assert!(service.execute(attack).await.is_err(), "{attack}");
    }
    assert_eq!(app.count("act").await, 2);
}

#[tokio::test]
async fn the_record_is_for_treaty_officers_and_auditors() {
    let app = TestApp::start().await;
    let act = app.signed("FRA").await;
    let path = format!("/treaty/acts/{act}");
    let why = json!({ "reason": "Curious." });
    for role in [
        Role::Administrator,
        Role::Accreditation,
        Role::Programme,
        Role::Security,
        Role::Gate,
        Role::FocalPoint,
    ] {
        let caller = app.role(role);
        assert_eq!(caller.get("/treaty/acts").await.problem(403), "forbidden", "{role}");
        assert_eq!(caller.get(&path).await.problem(403), "forbidden", "{role}");
        assert_eq!(
            caller
                .post_once("/treaty/acts", "k", signature("BEL", &act, AT_THE_TABLE))
                .await
                .problem(403),
            "forbidden"
        );
        assert_eq!(
            caller.act(&format!("{path}/certify"), json!({})).await.problem(403),
            "forbidden"
        );
        assert_eq!(
            caller.act(&format!("{path}/withdraw"), why.clone()).await.problem(403),
            "forbidden"
        );
    }
    app.role(Role::Auditor).get(&path).await.expect(200);
    assert_eq!(
        app.role(Role::Auditor).act(&format!("{path}/certify"), json!({})).await.problem(403),
        "forbidden"
    );
    assert_eq!(app.anybody().get("/treaty/acts").await.problem(401), "unauthenticated");
    let nowhere = "/treaty/acts/01890000-0000-7000-8000-000000000000";
    assert_eq!(app.treaty().get(nowhere).await.problem(404), "not_found");
    assert_eq!(
        app.treaty().act(&format!("{nowhere}/certify"), json!({})).await.problem(404),
        "not_found"
    );
}

#[tokio::test]
async fn r18_r20_to_r22_all_other_actions_follow_their_rules() {
    let now = "2027-06-03T12:00:00Z";
    let app = TestApp::start_at(now).await;
    let act = |kind: &str, code: &str, at: &str| json!({ "kind": kind, "participant": code, "place": "new_york", "done_at": at });
    let (deposited, later) = ("2026-03-02T12:00:00-05:00", "2026-06-02T12:00:00-04:00");
    assert_eq!(
        app.record(act("ratification", "FRA", deposited)).await.problem(409),
        "not_eligible"
    );
    let signed = app.signed("FRA").await;
    let accedes = app.record(act("accession", "FRA", deposited)).await;
    assert_eq!(
        (accedes.problem(409).as_str(), &accedes.json()["because_of"]),
        ("not_eligible", &json!(signed))
    );
    app.record(act("notice_of_not_becoming_party", "FRA", deposited)).await.expect(201);
    let ratified = app.record(act("ratification", "FRA", later)).await;
    assert_eq!(ratified.expect(201)["legal_date"], "2026-06-02");
    let again = app.record(act("approval", "FRA", later)).await;
    assert_eq!(
        (again.problem(409).as_str(), &again.json()["first"]),
        ("duplicate", &json!(ratified.id()))
    );
    app.record(act("accession", "VAT", deposited)).await.expect(201);
    app.record(act("denunciation", "VAT", later)).await.expect(201);
    let vague = with(act("denunciation", "FRA", later), &json!({ "ad_referendum": true }));
    assert_eq!(app.record(vague).await.pointers(), ["/ad_referendum"]);

    app.signed("EUE").await;
    let approval = act("approval", "EUE", "2026-07-02T12:00:00-04:00");
    assert_eq!(app.record(approval.clone()).await.pointers(), ["/declarations"]);
    let competence = json!([{ "kind": "declaration_of_competence", "language": "en", "text": "Of this and that." }]);
    app.record(with(approval, &json!({ "declarations": competence }))).await.expect(201);

    let status = app.status("").await;
    assert_eq!(
        (&status["signatories"], &status["parties"], &status["force"]["counted"]),
        (&json!(2), &json!(2), &json!(1))
    );
    let force = app.anybody().get("/treaty/entry-into-force?as_of=2026-06-30").await.expect(200);
    assert_eq!(
        (&force["counted"], &force["line"]),
        (&json!(2), &json!("Not yet in force: 2 of 40 instruments"))
    );
    assert_eq!(force["parties"][0]["until"], "2027-06-02");
    assert_eq!(
        now.parse::<chrono::DateTime<Utc>>().unwrap().date_naive().to_string(),
        status["as_of"].as_str().unwrap()
    );
}
