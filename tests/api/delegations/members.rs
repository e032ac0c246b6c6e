//! Members: what is sent of them, what is kept, and who sees it.

use hanoi_ceremony::access::Role;
use hanoi_ceremony::secret;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::ConnectOptions as _;

use super::{begin, head};
use crate::app::{TestApp, member, send};

const CANARY: &str = "CANARY7F3A";

#[tokio::test]
async fn r54_all_faults_are_named_at_once_and_nothing_is_stored() {
    let app = TestApp::start().await;
    let mission = begin(&app, "FRA").await;
    let refused = mission
        .post(
            "/delegations/FRA/members",
            json!({
                "given_names": "Ann\u{202E}", "function": "king", "rank": "minister", "date_of_birth": "2031-01-01",
                "nationality": "fr", "passport": { "number": "no passport!", "expires_on": "2025-10-25", "colour": "red" },
                "email": "ann@example.org\r\nBcc: x@y.example", "status": "approved"
            }),
        )
        .await;
    assert_eq!(refused.problem(422), "validation_failed");
    assert_eq!(
        refused.pointers(),
        [
            "/date_of_birth",
            "/email",
            "/family_name",
            "/function",
            "/given_names",
            "/nationality",
            "/passport/colour",
            "/passport/expires_on",
            "/passport/number",
            "/status",
        ]
    );
    for value in ["no passport!", "2031", "Bcc", "king"] {
        assert!(!refused.text.contains(value), "{value}");
    }
    let list = mission.get("/delegations/FRA/members?include=count").await.expect(200);
    assert_eq!(list["count"], 0);
}

#[tokio::test]
async fn r36_a_draft_may_have_gaps_and_a_submission_names_them_all() {
    let app = TestApp::start().await;
    let mission = begin(&app, "FRA").await;
    let sparse = json!({ "family_name": "Sample", "given_names": null, "function": "adviser", "rank": "official" });
    let made = mission.post("/delegations/FRA/members", sparse).await;
    let body = made.expect(201);
    assert_eq!((&body["status"], &body["badge_name"]), (&json!("draft"), &json!("Sample")));
    let path = format!("/delegations/FRA/members/{}", made.id());
    assert_eq!(made.header("location"), format!("/api/v1{path}"));

    let submit = format!("{path}/submit");
    let refused = mission.act(&submit, json!({})).await;
    assert_eq!(refused.problem(422), "validation_failed");
    assert_eq!(
        refused.pointers(),
        [
            "/date_of_birth",
            "/email",
            "/language",
            "/nationality",
            "/passport/expires_on",
            "/passport/number"
        ]
    );
    // R36: the highest ranks need no passport.
    mission.patch(&path, json!({ "rank": "vice_president" })).await.expect(200);
    assert_eq!(
        mission.act(&submit, json!({})).await.pointers(),
        ["/email", "/language", "/nationality"]
    );
    let rest =
        json!({ "email": "sample@delegate.example", "language": "fr", "nationality": "FRA" });
    mission.patch(&path, rest).await.expect(200);
    assert_eq!(mission.act(&submit, json!({})).await.expect(200)["status"], "submitted");
    // What was submitted stays complete, whatever is changed.
    let refused = mission.patch(&path, json!({ "rank": "official", "email": null })).await;
    assert_eq!(
        refused.pointers(),
        ["/date_of_birth", "/email", "/passport/expires_on", "/passport/number"]
    );
    let spouse = json!({ "family_name": "Sample", "given_names": "B", "function": "spouse", "rank": "none",
        "email": "b@delegate.example", "language": "fr", "nationality": "FRA" });
    let spouse = mission.post("/delegations/FRA/members", spouse).await.id();
    mission.act(&format!("/delegations/FRA/members/{spouse}/submit"), json!({})).await.expect(200);
}

#[tokio::test]
async fn r36_an_address_is_one_persons_in_the_whole_event_until_they_do_not_come() {
    let app = TestApp::start().await;
    let (france, germany) = (begin(&app, "FRA").await, begin(&app, "DEU").await);
    let id = france.post("/delegations/FRA/members", member("Sample")).await.id();
    let mut other = member("Other");
    other["email"] = json!("SAMPLE@delegate.example");
    let refused = germany.post("/delegations/DEU/members", other.clone()).await;
    assert_eq!(
        (refused.problem(409), &refused.json()["taken"]),
        ("duplicate".into(), &json!("email"))
    );
    assert!(!refused.text.contains("FRA") && !refused.text.contains("sample@"));
    let reason = json!({ "reason": "an invented reason" });
    france.act(&format!("/delegations/FRA/members/{id}/withdraw"), reason).await.expect(200);
    germany.post("/delegations/DEU/members", other).await.expect(201);
}

#[tokio::test]
async fn r41_each_office_sees_of_a_person_what_it_needs() {
    let app = TestApp::start().await;
    let mission = begin(&app, "FRA").await;
    let id = mission.post("/delegations/FRA/members", head("Sample")).await.id();
    let path = format!("/delegations/FRA/members/{id}");
    for (role, identity, protocol, email) in [
        (Role::FocalPoint, true, true, true),
        (Role::Accreditation, true, true, true),
        (Role::Security, true, false, false),
        (Role::Treaty, false, true, false),
        (Role::Auditor, false, true, false),
    ] {
        let body = app.role(role).get(&path).await.expect(200);
        for name in ["family_name", "nationality", "status", "native_name"] {
            assert!(body.get(name).is_some(), "{role} {name}");
        }
        for (name, is_seen) in [
            ("date_of_birth", identity),
            ("passport", identity),
            ("function", protocol),
            ("rank", protocol),
            ("functional_title", protocol),
            ("affiliation", protocol),
            ("form_of_address", protocol),
            ("email", email),
        ] {
            assert_eq!(body.get(name).is_some(), is_seen, "{role} {name}");
        }
        if identity {
            assert_eq!(body["passport"], json!({ "number": "•••000", "expires_on": "2030-01-01" }));
        }
        let list = app.role(role).get("/delegations/FRA/members").await.expect(200);
        let item = &list["items"][0];
        assert_eq!(
            (item.get("rank").is_some(), item.get("email").is_some()),
            (protocol, email),
            "{role}"
        );
        assert!(item.get("passport").is_none() && item.get("date_of_birth").is_none(), "{role}");
        // What cannot be read cannot be found out by a filter either.
        let filtered = app.role(role).get("/members?rank=minister").await;
        assert_eq!(filtered.status, if protocol { 200 } else { 403 }, "{role}");
        assert_eq!(
            app.role(role).get("/members?q=exemplar%20sam").await.expect(200)["items"][0]["id"],
            *id
        );
    }
    for role in [Role::Administrator, Role::Programme, Role::Gate] {
        for path in [path.as_str(), "/members", "/delegations/FRA/members"] {
            assert_eq!(app.role(role).get(path).await.problem(404), "not_found");
        }
    }
}

#[tokio::test]
async fn r50_a_passport_is_read_in_clear_only_with_a_reason_and_an_entry() {
    let app = TestApp::start().await;
    let mission = begin(&app, "FRA").await;
    let mut person = member("Sample");
    person["passport"]["number"] = json!(format!(" {} ", CANARY.to_lowercase()));
    let made = mission.post("/delegations/FRA/members", person).await;
    assert!(!made.text.contains(CANARY));
    let path = format!("/delegations/FRA/members/{}/passport", made.id());

    assert_eq!(mission.get(&path).await.pointers(), ["/reason"]);
    let read = app.security().get(&format!("{path}?reason=Look-alike%20on%20a%20list")).await;
    assert_eq!(
        read.expect(200),
        json!({ "number": CANARY, "expires_on": "2030-01-01", "other_passports": [] })
    );
    assert_eq!(read.header("cache-control"), "no-store");
    for role in [Role::Treaty, Role::Auditor] {
        assert_eq!(app.role(role).get(&format!("{path}?reason=x")).await.problem(403), "forbidden");
    }
    assert_eq!(
        app.role(Role::Gate).get(&format!("{path}?reason=x")).await.problem(404),
        "not_found"
    );

    let history = app.officer().get("/delegations/FRA/history").await.expect(200);
    let entry = &history["items"][0];
    assert_eq!(
        (&entry["kind"], &entry["reason"]),
        (&json!("member.passport_read"), &json!("Look-alike on a list"))
    );
    // Security's grounds are not the mission's to read.
    assert!(!mission.get("/delegations/FRA/history").await.text.contains("passport_read"));
}

#[tokio::test]
async fn r50_no_table_and_no_entry_holds_what_is_sealed() {
    let app = TestApp::start().await;
    let mission = begin(&app, "FRA").await;
    let mut person = member("Sample");
    person["passport"]["number"] = json!(CANARY);
    person["date_of_birth"] = json!("1953-03-29");
    let made = mission.post_once("/delegations/FRA/members", "once", person).await;
    let path = format!("/delegations/FRA/members/{}", made.id());
    let changed = mission.patch(&path, json!({ "passport": { "expires_on": "2033-11-30" } })).await;
    assert_eq!(
        changed.expect(200)["passport"],
        json!({ "number": "•••F3A", "expires_on": "2033-11-30" })
    );

    let mut owner = app.owner.connect().await.unwrap();
    let everything = "select coalesce(string_agg(t, ' '), '') from (
        select member::text from member union all select event::text from event
        union all select idempotency::text from idempotency) as everything (t)";
    let everything: String = sqlx::query_scalar(everything).fetch_one(&mut owner).await.unwrap();
    let hidden = [CANARY, "1953-03-29", "2033-11-30", "2030-01-01"];
    for plain in hidden {
        let hex = secret::hex(plain.as_bytes());
        assert!(!everything.contains(plain) && !everything.contains(&hex), "{plain}");
    }
    // Moved to another row, a sealed value does not open: the service refuses rather than show another's passport.
    let other = mission.post("/delegations/FRA/members", member("Other")).await.id();
    let swap = "update member set passport_number = (select passport_number from member where member_id = $1::uuid)
                where member_id = $2::uuid";
    sqlx::query(swap).bind(made.id()).bind(&other).execute(&mut owner).await.unwrap();
    let reply = mission.get(&format!("/delegations/FRA/members/{other}")).await;
    assert_eq!(reply.problem(503), "unavailable");
    assert!(!reply.text.contains("F3A"));
}

#[tokio::test]
async fn a_draft_is_deleted_and_what_was_submitted_is_not() {
    let app = TestApp::start().await;
    let mission = begin(&app, "FRA").await;
    let made = mission.post("/delegations/FRA/members", member("Sample")).await;
    let path = format!("/delegations/FRA/members/{}", made.id());
    let stale = mission.request(Method::DELETE, &path).header("if-match", "\"9\"");
    assert_eq!(send(stale).await.problem(412), "version_mismatch");
    assert_eq!(
        send(mission.request(Method::DELETE, &path)).await.problem(428),
        "precondition_required"
    );
    mission.delete(&path).await.expect(204);
    assert_eq!(mission.get(&path).await.problem(404), "not_found");

    let made = mission.post("/delegations/FRA/members", member("Sample")).await;
    let path = format!("/delegations/FRA/members/{}", made.id());
    mission.act(&format!("{path}/submit"), json!({})).await.expect(200);
    let refused = mission.delete(&path).await;
    assert_eq!(refused.problem(409), "illegal_transition");
    assert_eq!(refused.json()["current"], "submitted");
}

#[tokio::test]
async fn members_are_listed_by_name_and_filtered() {
    let app = TestApp::start().await;
    let (france, germany) = (begin(&app, "FRA").await, begin(&app, "DEU").await);
    for name in ["Zeta", "Élan", "Ewer", "alpha"] {
        let mut person = member("Sample");
        person["family_name"] = json!(name);
        person["badge_name"] = json!(name);
        person["email"] =
            json!(format!("{}@delegate.example", name.len() + usize::from(name.as_bytes()[0])));
        france.post("/delegations/FRA/members", person).await.expect(201);
    }
    germany.post("/delegations/DEU/members", head("Beta")).await.expect(201);
    let officer = app.officer();
    let names = async |query: &str| -> Vec<String> {
        let (mut names, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = officer.get(&format!("/members?limit=2{query}{cursor}")).await.expect(200);
            let items = page["items"].as_array().unwrap();
            names.extend(items.iter().map(|m| m["family_name"].as_str().unwrap().to_owned()));
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return names,
            }
        }
    };
    assert_eq!(names("").await, ["alpha", "BETA", "Élan", "Ewer", "Zeta"]);
    assert_eq!(names("&participant=FRA").await, ["alpha", "Élan", "Ewer", "Zeta"]);
    assert_eq!(names("&participant=FRA,DEU&function=head").await, ["BETA"]);
    assert_eq!(names("&rank=minister&status=draft").await, ["BETA"]);
    assert_eq!(names("&status=approved,submitted").await, [""; 0]);
    assert_eq!(names("&q=elan").await, ["Élan"]);
    assert_eq!(names("&updated_after=2025-10-26T10:00:00Z").await, [""; 0]);
    assert_eq!(names("&sort=-updated_at").await, ["BETA", "alpha", "Ewer", "Élan", "Zeta"]);
    assert_eq!(officer.get("/members?include=count&q=e&limit=1").await.json()["count"], 5);
    for query in ["sort=passport", "rank=king", "limit=0", "q=%25", "cursor=x"] {
        assert_eq!(
            officer.get(&format!("/members?{query}")).await.problem(422),
            "validation_failed",
            "{query}"
        );
    }
    assert_eq!(officer.get("/members?passport=X").await.problem(400), "unknown_parameter");
    assert_eq!(officer.get("/delegations/ITA/members").await.problem(404), "not_found");
    let repeated = france.post_once("/delegations/FRA/members", "k1", member("Twice")).await;
    let again = france.post_once("/delegations/FRA/members", "k1", member("Twice")).await;
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, "true"));
    assert_eq!(again.json(), repeated.json());
    let mut dry = member("Dry");
    dry["passport"] = Value::Null;
    france.post("/delegations/FRA/members?dry_run=true", dry).await.expect(201);
    assert_eq!(names("&q=dry").await, [""; 0]);
}
