//! The papers themselves: what stands in them is what stands where it comes from.

use hanoi_ceremony::access::Role;
use serde_json::{Value, json};
use sqlx::Executor as _;

use crate::app::{Caller, TestApp, member};
use crate::desk::with;

/// The rows of a report.
pub async fn rows(caller: &Caller<'_>, report: &str) -> Vec<Value> {
    let (name, query) = report.split_once('?').unwrap_or((report, ""));
    let reply = caller.get(&format!("/reports/{name}.jsonl?{query}")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn column<'r>(rows: &'r [Value], key: &str) -> Vec<&'r str> {
    rows.iter().map(|row| row[key].as_str().unwrap_or_default()).collect()
}

#[tokio::test]
async fn r15_r28_the_signatories_stand_in_the_depositarys_order_as_known_at_any_moment() {
    let mut app = TestApp::start().await;
    let mut act = String::new();
    for code in ["FRA", "CIV", "CRI"] {
        act = app.signed(code).await;
    }
    app.second_treaty().act(&format!("/treaty/acts/{act}/certify"), json!({})).await.expect(200);
    let lists = ["signatories.csv", "treaty-status.csv"];
    let mut then = Vec::new();
    for list in lists {
        then.push(app.treaty().get(&format!("/reports/{list}")).await.text);
    }
    let known = rows(&app.treaty(), "signatories").await;
    assert_eq!(column(&known, "code"), ["CRI", "CIV", "FRA"], "Côte d'Ivoire follows Costa Rica");
    assert_eq!(
        known[0],
        json!({
            "code": "CRI", "participant": "Costa Rica", "signatory": known[0]["signatory"], "office": "Director of Samples",
            "capacity": "full_powers", "acting": false, "place": known[0]["place"], "legal_date": "2025-10-25",
            "signed_at": "2025-10-25T04:02:00Z", "ad_referendum": false, "lifted": null, "corrected": false,
        })
    );

    app.go_to("2025-10-26T11:00:00Z").await;
    let office = json!({ "changes": { "signatory_office": "Ambassador" }, "reason": "Misread." });
    let correction = app.treaty().act(&format!("/treaty/acts/{act}/correct"), office).await.id();
    let certify = format!("/treaty/acts/{correction}/certify");
    app.second_treaty().act(&certify, json!({})).await.expect(200);
    app.signed("BEL").await;
    app.go_to("2025-10-26T12:00:00Z").await;
    for (list, then) in lists.into_iter().zip(then) {
        let path = format!("/reports/{list}?known_at=2025-10-26T10:30:00Z");
        assert_eq!(app.treaty().get(&path).await.text, then, "{list}");
    }
    let now = rows(&app.treaty(), "signatories").await;
    assert_eq!((column(&now, "code")[0], column(&now, "office")[1]), ("BEL", "Ambassador"));
    assert_eq!(now[1]["corrected"], true);
    let early = rows(&app.treaty(), "signatories?as_of=2025-10-24").await;
    assert!(early.is_empty(), "nobody signed before the day");
    let status = rows(&app.security(), "treaty-status").await;
    assert_eq!(column(&status, "signature"), ["25 Oct 2025"; 4], "what the world may read");
    let future = app.treaty().get("/reports/signatories.csv?known_at=2999-01-01T00:00:00Z").await;
    assert_eq!(
        (future.problem(422), future.pointers()),
        ("validation_failed".into(), vec!["/known_at".into()])
    );
}

#[tokio::test]
async fn the_level_of_participation_is_the_highest_rank_and_its_sums_are_those_of_the_groups() {
    let mut app = TestApp::start().await;
    for (code, ranks) in [
        ("FRA", &["minister", "official", "director"][..]),
        ("DEU", &["head_of_state", "minister"]),
        ("VNM", &["minister"]),
        ("EUE", &["official"]),
    ] {
        for rank in ranks {
            app.member_of(code, rank).await;
        }
    }
    let officer = app.officer();
    let delegations = rows(&officer, "level-of-participation").await;
    assert_eq!(column(&delegations, "code"), ["EUE", "FRA", "DEU", "VNM"]);
    assert_eq!(
        column(&delegations, "level"),
        ["official", "minister", "head_of_state", "minister"]
    );
    assert_eq!((&delegations[1]["minister"], &delegations[1]["official"]), (&json!(1), &json!(1)));
    let groups = rows(&app.treaty(), "level-of-participation-by-group").await;
    let western = groups.iter().find(|group| group["regional_group"] == "weog").unwrap();
    assert_eq!(
        (
            &western["delegations"],
            &western["members"],
            &western["head_of_state"],
            &western["minister"]
        ),
        (&json!(2), &json!(5), &json!(1), &json!(1))
    );
    let sum =
        |rows: &[Value], key: &str| rows.iter().map(|row| row[key].as_i64().unwrap()).sum::<i64>();
    assert_eq!(sum(&groups, "members"), sum(&delegations, "members"));
    assert_eq!(sum(&groups, "delegations"), 4);

    let (then, before) = (delegations, "2025-10-26T10:00:00Z");
    app.go_to("2025-10-26T11:00:00Z").await;
    app.member_of("VNM", "head_of_government").await;
    let now = rows(&app.officer(), "level-of-participation").await;
    assert_eq!(now[3]["level"], "head_of_government");
    let as_of = rows(&app.officer(), &format!("level-of-participation?as_of={before}")).await;
    assert_eq!(as_of, then);
}

#[tokio::test]
async fn r07_the_report_on_full_powers_has_the_gaps_that_an_officer_is_shown() {
    let app = TestApp::start().await;
    app.entitle("FRA").await;
    let member = app.member_of("BEL", "official").await;
    let bare = json!({ "participant": "BEL", "member": member, "basis": "full_powers" });
    let lodged = app.focal_point("BEL").post("/full-powers", bare).await.id();
    let check = app.treaty().get(&format!("/full-powers/{lodged}/check")).await.expect(200);
    let codes = |all: &Value| -> Vec<String> {
        let all = all.as_array().unwrap().iter();
        all.map(|one| one["code"].as_str().unwrap().to_owned()).collect()
    };
    let report = rows(&app.treaty(), "full-powers").await;
    assert_eq!(column(&report, "code"), ["FRA", "BEL"], "in the order of lodging");
    assert_eq!((&report[0]["stage"], &report[0]["gaps"]), (&json!("confirmed"), &Value::Null));
    assert_eq!(report[0]["signs_at"], "2025-10-25T04:00:00Z");
    assert_eq!(report[1]["gaps"], codes(&check["gaps"]).join(" "));
    assert_eq!(report[1]["bars"], codes(&check["bars"]).join(" "));
    assert_eq!(report[1]["needs_paper"], true);
    assert!(!codes(&check["gaps"]).is_empty());
    let confirmed = rows(&app.officer(), "full-powers?stage=confirmed").await;
    assert_eq!(column(&confirmed, "code"), ["FRA"]);
}

#[tokio::test]
async fn r30_the_running_order_on_paper_is_the_one_at_the_table() {
    let app = TestApp::start().await;
    for code in ["FRA", "CIV", "BEL"] {
        app.entitle(code).await;
    }
    let ordering = json!({ "strategy": "alphabetical" });
    app.treaty().act("/signing/queue/order", ordering).await.expect(200);
    app.step("BEL", "call").await.expect(200);
    let queue = app.queue().await;
    let wanted: Vec<_> =
        queue["items"].as_array().unwrap().iter().map(|turn| &turn["participant"]).collect();
    let paper = rows(&app.treaty(), "running-order?place=hanoi&day=2025-10-25").await;
    assert_eq!(paper.iter().map(|turn| &turn["code"]).collect::<Vec<_>>(), wanted);
    assert_eq!(paper.iter().map(|turn| &turn["position"]).collect::<Vec<_>>(), [1, 2, 3]);
    let called = paper.iter().find(|turn| turn["code"] == "BEL").unwrap();
    assert_eq!(
        (&called["state"], &called["since"]),
        (&json!("called"), &json!("2025-10-26T10:00:00Z"))
    );
    assert!(rows(&app.treaty(), "running-order?day=2025-10-27").await.is_empty());
}

#[tokio::test]
async fn r46_the_papers_of_the_programme_say_what_is_released_where_and_for_whom() {
    let app = TestApp::start().await;
    let officer = app.programme_officer();
    let room = officer.post("/rooms", json!({ "name": { "en": "Room of Samples", "fr": "Salle des exemples" }, "capacity": 60 })).await;
    let title = json!({ "title": { "en": "A panel", "fr": "Une table ronde" }, "people": [{ "part": "chair", "name": "Ann Sample" }] });
    app.plan(Some(&room.id()), "09:00", "10:00", title).await.expect(201);
    let embargo = json!({ "title": "A secret panel", "embargo_until": "2999-01-01T00:00:00Z" });
    app.plan(None, "11:00", "12:00", embargo).await.expect(201);
    let seated = app.seated(20, 1).await;
    app.delegations(3).await;
    for (code, seats) in [("ALB", 1), ("AFG", 2)] {
        app.book(code, &seated[0], seats).await.expect(201);
    }

    let day = rows(&officer, "programme?day=2025-10-24&lang=fr").await;
    let first = day.iter().find(|item| item["title"] == "Une table ronde").unwrap();
    assert_eq!(
        (&first["from"], &first["until"], &first["room"], &first["people"], &first["starts_at"]),
        (
            &json!("09:00"),
            &json!("10:00"),
            &json!("Salle des exemples"),
            &json!("Ann Sample"),
            &json!("2025-10-24T02:00:00Z")
        )
    );
    assert!(day.iter().all(|item| item["title"] != "A secret panel"), "not even for who plans it");
    let of_room = rows(&app.security(), &format!("programme?room={}", room.id())).await;
    assert_eq!(column(&of_room, "title"), ["A panel"]);

    let seating = rows(&officer, &format!("seating?session={}", seated[0])).await;
    assert_eq!(column(&seating, "code"), ["AFG", "ALB"]);
    assert_eq!(seating.iter().map(|row| &row["seats"]).collect::<Vec<_>>(), [2, 1]);

    let plenaries = officer.get("/sessions?kind=plenary").await.expect(200);
    let plenary = plenaries["items"][0]["id"].as_str().unwrap();
    for (code, rank) in [("ALB", "official"), ("AFG", "minister")] {
        let speech = json!({ "participant": code, "speaker": format!("Speaker of {code}"), "rank": rank, "language": "en" });
        app.focal_point(code)
            .post(&format!("/sessions/{plenary}/speakers"), speech)
            .await
            .expect(201);
    }
    // What is planned meanwhile stands on no paper before it is released.
    for session in [plenary, seated[0].as_str()] {
        officer
            .patch(&format!("/sessions/{session}"), json!({ "title": "A draft" }))
            .await
            .expect(200);
    }
    for paper in ["speakers", "seating"] {
        let titles = rows(&officer, paper).await;
        assert!(!titles.is_empty() && !column(&titles, "session").contains(&"A draft"), "{paper}");
    }
    let shown = officer.get(&format!("/sessions/{plenary}/speakers")).await.expect(200);
    let speakers = rows(&officer, "speakers").await;
    assert_eq!(column(&speakers, "speaker"), ["Speaker of AFG", "Speaker of ALB"]);
    for (row, item) in speakers.iter().zip(shown["items"].as_array().unwrap()) {
        assert_eq!((&row["code"], &row["place"]), (&item["participant"], &item["place"]));
    }
}

#[tokio::test]
async fn r45_the_paper_on_side_events_has_what_was_handed_in() {
    let app = TestApp::start_at("2025-09-10T10:00:00Z").await;
    app.delegations(5).await;
    app.accept_all().await;
    let items = app.officer().get("/participants?limit=5&may_sign=true").await.expect(200);
    let code = items["items"][0]["code"].as_str().unwrap();
    app.accepted(code, json!({ "title": "=1+1" })).await;
    app.apply(code, json!({ "title": "A draft" })).await.expect(201);
    let paper = rows(&app.programme_officer(), "side-events").await;
    assert_eq!(
        (column(&paper, "title"), column(&paper, "state")),
        (vec!["=1+1"], vec!["accepted"])
    );
    assert_eq!(paper[0]["audience"], 40);
    let drafts = rows(&app.programme_officer(), "side-events?state=draft,accepted").await;
    assert_eq!(drafts.len(), 2);
}

#[tokio::test]
async fn r41_security_takes_away_who_waits_for_clearance_and_nothing_of_politics() {
    let app = TestApp::start().await;
    let france = app.focal_point("FRA");
    france.post("/delegations", json!({ "participant": "FRA" })).await.expect(201);
    for (name, rank) in
        [("Zuletzt", "head_of_state"), ("Anfang", "official"), ("Draft", "official")]
    {
        let person = with(member(name), &json!({ "rank": rank, "native_name": "Ví Dụ" }));
        let made = france.post("/delegations/FRA/members", person).await.id();
        if name != "Draft" {
            let at = format!("/delegations/FRA/members/{made}");
            france.act(&format!("{at}/submit"), json!({})).await.expect(200);
            app.officer().act(&format!("{at}/pre-approve"), json!({})).await.expect(200);
        }
    }
    let list = rows(&app.security(), "vetting").await;
    assert_eq!(column(&list, "family_name"), ["ANFANG", "ZULETZT"], "no order of rank");
    assert_eq!(
        (&list[0]["native_name"], &list[0]["has_passport"]),
        (&json!("Ví Dụ"), &json!(true))
    );
    let told = app.security().get("/reports/vetting.csv?status=draft,pre_approved").await.text;
    for politics in ["head_of_state", "Director", "X0000000"] {
        assert!(!told.contains(politics), "{told}");
    }
}

#[tokio::test]
async fn the_review_of_access_knows_who_got_in_and_no_secret() {
    let app = TestApp::start().await;
    let wanted = json!({ "email": "new@test.example", "name": "New", "role": "gate" });
    let made = app.administrator().post("/accounts", wanted).await.expect(201);
    let login = json!({ "email": "new@test.example", "password": made["initial_password"] });
    app.anybody().post("/auth/login", login).await.expect(200);
    let review = rows(&app.administrator(), "accounts").await;
    let new = review.iter().find(|account| account["email"] == "new@test.example").unwrap();
    assert_eq!(
        (
            &new["role"],
            &new["last_login_at"],
            &new["second_factor"],
            &new["logins"],
            &new["must_change_password"]
        ),
        (&json!("gate"), &json!("2025-10-26T10:00:00Z"), &json!(false), &json!(1), &json!(true))
    );
    let never = review.iter().find(|account| account["role"] == "auditor").unwrap();
    assert_eq!(never["last_login_at"], Value::Null);
    let points = rows(&app.role(Role::Auditor), "accounts?role=focal_point").await;
    assert!(points.iter().any(|account| account["participants"] == "FRA"));
    let key = json!({ "name": "Reports", "scopes": ["reports:read"] });
    let key = app.administrator().post("/api-keys", key).await.expect(201);
    let system = app.bearer(key["key"].as_str().or(key["token"].as_str()).unwrap());
    assert_eq!(
        system.get("/reports/accounts.csv").await.problem(403),
        "forbidden",
        "a person reviews"
    );
}

#[tokio::test]
async fn r51_r52_the_extract_of_the_trail_and_what_is_still_held_are_what_is_read_there() {
    let app = TestApp::start().await;
    let auditor = app.role(Role::Auditor);
    // More than one page of them.
    let many = "insert into event (event_id, happened_at, kind, participant, request_id)
                select gen_random_uuid(), now() - number * interval '1 second', 'sample.happened', 'FRA', 'r'
                from generate_series(1, 430) number";
    app.as_owner().await.execute(many).await.unwrap();
    app.member_of("FRA", "official").await;
    app.member_of("FRA", "minister").await;
    let shown = auditor.get("/audit?participant=FRA&limit=200").await.expect(200);
    let shown = shown["items"].as_array().unwrap();
    let extract = rows(&auditor, "audit-trail?participant=FRA").await;
    assert_eq!(extract.len(), 430 + 3, "each once");
    let ids: std::collections::BTreeSet<_> = column(&extract, "id").into_iter().collect();
    assert_eq!(ids.len(), extract.len());
    for (row, item) in extract.iter().zip(shown) {
        assert_eq!(
            (&row["id"], &row["event"], &row["account"]),
            (&item["id"], &item["kind"], &item["account"])
        );
    }
    let of_kind =
        rows(&auditor, "audit-trail?kind=member.created&until=2999-01-01T00:00:00Z").await;
    assert_eq!(of_kind.len(), 2);

    let shown = auditor.get("/retention").await.expect(200);
    let held = rows(&auditor, "still-held").await;
    for (row, item) in held.iter().zip(shown["data"].as_array().unwrap()) {
        assert_eq!(
            (&row["data"], &row["rows"], &row["keep_until"]),
            (&item["data"], &item["rows"], &item["keep_until"])
        );
    }
    assert!(held.iter().any(|row| row["rows"].as_i64() > Some(0)));
}
