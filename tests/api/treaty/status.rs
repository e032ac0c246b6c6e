//! The status that anybody reads (R20, R27, R28).

use serde_json::{Value, json};

use crate::app::TestApp;
use crate::desk::{ask_again, signature};

fn names(status: &Value) -> Vec<&str> {
    status["rows"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect()
}

/// Five signatures, recorded in another order than the table's, one of them on the second day.
async fn signed() -> TestApp {
    let app = TestApp::start().await;
    for (code, at) in [
        ("VNM", "2025-10-25T10:00:00+07:00"),
        ("TUR", "2025-10-25T10:01:00+07:00"),
        ("CZE", "2025-10-26T09:00:00+07:00"),
        ("CIV", "2025-10-25T10:03:00+07:00"),
        ("EUE", "2025-10-26T09:30:00+07:00"),
    ] {
        let signer = app.entitle(code).await;
        app.record(signature(code, &signer.full_powers, at)).await.expect(201);
    }
    app
}

#[tokio::test]
async fn r27_the_table_has_the_depositarys_columns_order_and_spelling() {
    let app = signed().await;
    let status = app.status("").await;
    assert_eq!(
        names(&status),
        ["Côte d'Ivoire", "Czech Republic", "European Union", "Türkiye", "Viet Nam"]
    );
    assert_eq!(
        (&status["signatories"], &status["parties"], &status["known_at"]),
        (&json!(5), &json!(0), &Value::Null)
    );
    assert_eq!(status["entry_into_force"], "Not yet in force: 0 of 40 instruments");
    assert_eq!(status["number"], "XVIII-16");
    assert_eq!(
        status["by_date"],
        json!([{ "date": "2025-10-25", "signatures": 3 }, { "date": "2025-10-26", "signatures": 2 }])
    );

    let csv = app.anybody().get("/treaty/status.csv").await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8; header=present");
    assert_eq!(
        csv.text,
        "Participant,Signature,\"Ratification, Acceptance(A), Approval(AA), Accession(a)\"\r\n\
         Côte d'Ivoire,25 Oct 2025,\r\n\
         Czech Republic,26 Oct 2025,\r\n\
         European Union,26 Oct 2025,\r\n\
         Türkiye,25 Oct 2025,\r\n\
         Viet Nam,25 Oct 2025,\r\n"
    );
    let of_one = app.anybody().get("/treaty/status.csv?group=african").await;
    assert_eq!(of_one.text.lines().count(), 2);
}

#[tokio::test]
async fn r28_as_of_counts_days_and_known_at_what_was_recorded() {
    let app = signed().await;
    let count = |query: String| {
        let app = &app;
        async move { app.status(&query).await["signatories"].as_i64().unwrap() }
    };
    assert_eq!(count("?as_of=2025-10-24".into()).await, 0);
    assert_eq!(count("?as_of=2025-10-25".into()).await, 3);
    assert_eq!(count("?as_of=2030-01-01".into()).await, 5);
    assert_eq!(count("?known_at=2025-10-26T09:59:59Z".into()).await, 0);
    let acts = app.treaty().get("/treaty/acts").await.expect(200);
    let mut before = 0;
    for act in acts["items"].as_array().unwrap() {
        let moment = act["recorded_at"].as_str().unwrap();
        before += 1;
        assert_eq!(
            count(format!("?known_at={moment}")).await,
            before,
            "each is later than the last"
        );
    }
    assert_eq!(count("?known_at=2025-10-26T10:00:00.000002Z&as_of=2025-10-25".into()).await, 2);
    let future = app.anybody().get("/treaty/status?known_at=2025-10-26T10:00:01Z").await;
    assert_eq!(
        (future.problem(422).as_str(), future.pointers()),
        ("validation_failed", vec!["/known_at".to_owned()])
    );
    let odd = app.anybody().get("/treaty/status?as_off=2025-10-25").await;
    assert_eq!(odd.problem(400), "unknown_parameter");
    assert_eq!(app.anybody().get("/treaty/status?as_of=25.10.2025").await.pointers(), ["/as_of"]);
}

#[tokio::test]
async fn a_group_has_its_own_table() {
    let app = signed().await;
    let status = app.status("?group=african,weog").await;
    assert_eq!(names(&status), ["Côte d'Ivoire", "Türkiye"]);
    assert_eq!(status["signatories"], 2);
    assert_eq!(status["rows"][0]["regional_group"], "african");
    assert_eq!(names(&app.status("?kind=regional_organization").await), ["European Union"]);
    assert_eq!(names(&app.status("?kind=member_state&group=weog").await), ["Türkiye"]);
    assert_eq!(app.anybody().get("/treaty/status?group=martian").await.pointers(), ["/group"]);
}

#[tokio::test]
async fn the_public_answers_can_be_kept_by_anybody_and_are_asked_for_again_cheaply() {
    let app = TestApp::start().await;
    for path in [
        "/treaty",
        "/treaty/status",
        "/treaty/status.csv",
        "/treaty/status.xml",
        "/treaty/status.pdf",
        "/treaty/entry-into-force",
    ] {
        let first = app.anybody().get(path).await;
        assert_eq!(first.status, 200, "{path}");
        assert!(first.header("cache-control").starts_with("public, max-age="), "{path}");
        assert_eq!(ask_again(&app.anybody(), path, first.header("etag")).await.status, 304);
    }
    let etag = app.anybody().get("/treaty/status").await.header("etag").to_owned();
    app.signed("FRA").await;
    assert_eq!(ask_again(&app.anybody(), "/treaty/status", &etag).await.status, 200);
}

#[tokio::test]
async fn the_treaty_says_what_where_and_when() {
    let app = TestApp::start().await;
    let treaty = app.anybody().get("/treaty").await.expect(200);
    assert_eq!(treaty["number"], "XVIII-16");
    assert_eq!(treaty["depositary"], "Secretary-General of the United Nations");
    assert_eq!(treaty["entry_into_force"]["instruments"], 40);
    let windows: Vec<_> = treaty["signing_windows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|w| {
            (
                w["place"].as_str().unwrap(),
                w["time_zone"].as_str().unwrap(),
                w["last_day"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        windows,
        [
            ("hanoi", "Asia/Ho_Chi_Minh", "2025-10-26"),
            ("new_york", "America/New_York", "2026-12-31")
        ]
    );
    let force = app.anybody().get("/treaty/entry-into-force").await.expect(200);
    assert_eq!(
        (&force["needed"], &force["counted"], &force["enters_on"]),
        (&json!(40), &json!(0), &Value::Null)
    );
    assert_eq!(force["as_of"], "2025-10-26");
}
