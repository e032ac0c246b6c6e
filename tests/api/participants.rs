//! The register over HTTP: who finds whom, and how the administrator adds others.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::Executor as _;

use crate::app::{TestApp, send, statuses};

fn codes(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|item| item["code"].as_str().unwrap()).collect()
}

fn sample(code: &str, name: &str) -> Value {
    json!({ "code": code, "kind": "ngo", "names": { "en": name }, "reason": "Invited by the host." })
}

#[tokio::test]
async fn r27_the_list_keeps_the_depositarys_order_over_all_pages() {
    let app = TestApp::start().await;
    let whole = app.officer().get("/participants?limit=200&include=count").await.expect(200);
    assert_eq!((whole["count"].as_i64(), whole["next"].is_null()), (Some(198), true));
    let order = codes(&whole);
    for run in
        [["CRI", "CIV", "HRV"], ["TUN", "TUR", "TKM"], ["ETH", "EUE", "FJI"], ["CYP", "CZE", "PRK"]]
    {
        assert!(order.windows(3).any(|window| window == run), "{run:?}");
    }

    let (mut paged, mut path) = (Vec::new(), "/participants?limit=45".to_owned());
    loop {
        let page = app.officer().get(&path).await.expect(200);
        paged.extend(codes(&page).into_iter().map(str::to_owned));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/participants?limit=45&cursor={next}");
    }
    assert_eq!(paged, order);
}

#[tokio::test]
async fn a_participant_is_found_by_its_names_its_kind_its_group_and_its_organization() {
    let app = TestApp::start().await;
    let page = |query: &'static str| {
        let officer = app.officer();
        async move {
            officer.get(&format!("/participants?limit=200&include=count&{query}")).await.expect(200)
        }
    };
    for (query, code) in [
        ("q=Czechia", "CZE"),
        ("q=viet%20nam", "VNM"),
        ("q=vietnam", "VNM"),
        ("q=cote%20d'ivoire", "CIV"),
        ("q=C%C3%B4te%20d%E2%80%99Ivoire", "CIV"),
        ("q=vnm", "VNM"),
        ("kind=regional_organization", "EUE"),
        ("kind=observer_state&q=palestine", "PSE"),
    ] {
        assert_eq!(codes(&page(query).await), [code], "{query}");
    }
    for (query, count) in [
        ("may_sign=true", 198),
        ("may_sign=false", 0),
        ("kind=member_state", 193),
        ("kind=observer_state,non_member_state", 4),
        ("kind=ngo,member_state&may_sign=true", 193),
        ("kind=ngo&may_sign=true", 0),
        ("regional_group=african", 54),
        ("regional_group=african,weog", 83),
        ("member_of=EUE", 27),
        ("member_of=EUE&regional_group=weog", 15),
        ("member_of=FRA", 0),
        ("q=atlantis", 0),
        ("updated_after=2999-01-01T00:00:00Z", 0),
        ("updated_after=2000-01-01T00:00:00Z", 198),
    ] {
        let page = page(query).await;
        assert_eq!(
            (page["count"].as_u64(), codes(&page).len()),
            (Some(count), usize::try_from(count).unwrap()),
            "{query}"
        );
    }
    for (query, pointer) in [
        ("q=%25", "/q"),
        ("kind=ngo,king", "/kind"),
        ("may_sign=1", "/may_sign"),
        ("include=all", "/include"),
    ] {
        let refused = app.officer().get(&format!("/participants?{query}")).await;
        assert_eq!(
            (refused.problem(422), refused.pointers()),
            ("validation_failed".into(), vec![pointer.to_owned()]),
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_participant_shows_its_names_its_right_to_sign_and_its_ties() {
    let app = TestApp::start().await;
    let reply = app.focal_point("DEU").get("/participants/FRA").await;
    let mut shown = reply.expect(200);
    shown.as_object_mut().unwrap().remove("updated_at");
    // In whichever order members come: a library of the tests keeps the order in which they were written.
    let mut alphabetical = insta::Settings::clone_current();
    alphabetical.set_sort_maps(true);
    let _alphabetical = alphabetical.bind_to_scope();
    insta::assert_json_snapshot!(shown, @r#"
    {
      "added_reason": null,
      "aliases": [],
      "code": "FRA",
      "depositary_name": "France",
      "formal_name": "French Republic",
      "iso2": "FR",
      "kind": "member_state",
      "m49": "250",
      "may_sign": true,
      "member_of": [
        "EUE"
      ],
      "members": [],
      "names": {
        "en": "France",
        "es": "Francia",
        "fr": "France",
        "vi": "Pháp"
      },
      "regional_group": "weog"
    }
    "#);
    let union = app.officer().get("/participants/EUE").await.expect(200);
    assert_eq!(
        (union["members"].as_array().unwrap().len(), &union["may_sign"]),
        (27, &json!(true))
    );
    assert_eq!(union["regional_group"], Value::Null);

    let again = app
        .officer()
        .request(Method::GET, "/participants/FRA")
        .header("if-none-match", reply.header("etag"));
    assert_eq!(send(again).await.status, 304);
    for path in
        ["/participants/ZZZ", "/participants/fra", "/participants/FRAN", "/participants/%00"]
    {
        assert_eq!(app.officer().get(path).await.problem(404), "not_found", "{path}");
    }
    assert_eq!(app.anybody().get("/participants/FRA").await.problem(401), "unauthenticated");
    assert_eq!(app.anybody().get("/participants").await.problem(401), "unauthenticated");
}

#[tokio::test]
async fn r03_the_administrator_adds_others_with_a_reason_and_nobody_else_does() {
    let app = TestApp::start().await;
    let admin = app.administrator();
    let mut wanted = sample("XEX", "Exempla Foundation");
    assert_eq!(app.officer().post("/participants", wanted.clone()).await.problem(403), "forbidden");
    let made = admin.post("/participants", wanted.clone()).await;
    let body = made.expect(201);
    assert_eq!(made.header("location"), "/api/v1/participants/XEX");
    assert_eq!(
        (&body["added_reason"], &body["may_sign"]),
        (&json!("Invited by the host."), &json!(false))
    );
    assert_eq!(
        (&body["depositary_name"], &body["formal_name"]),
        (&body["names"]["en"], &body["names"]["en"])
    );
    assert_eq!(admin.get("/participants/XEX").await.expect(200), body);
    let neighbours = app.officer().get("/participants?limit=200").await.expect(200);
    assert!(
        codes(&neighbours).windows(3).any(|window| window == ["EUE", "XEX", "FJI"]),
        "it has its place"
    );

    let mut connection = app.as_service().await;
    connection.execute("set ceremony.scope = '*'").await.unwrap();
    let events = "select kind || ' ' || participant || ' ' || reason from event where kind = 'participant.added'";
    let events: Vec<String> = sqlx::query_scalar(events).fetch_all(&mut connection).await.unwrap();
    assert_eq!(events, ["participant.added XEX Invited by the host."]);

    assert_eq!(admin.post("/participants", wanted.clone()).await.problem(409), "duplicate");
    assert_eq!(
        admin.post("/participants", sample("FRA", "Elsewhere")).await.problem(409),
        "duplicate"
    );
    assert_eq!(
        admin.post("/participants", sample("XCI", "COTE D'IVOIRE")).await.problem(409),
        "duplicate",
        "R27: one place each"
    );
    wanted.as_object_mut().unwrap().remove("reason");
    assert_eq!(admin.post("/participants", wanted).await.pointers(), ["/reason"]);
}

#[tokio::test]
async fn r54_what_does_not_fit_together_is_refused_with_its_place() {
    let app = TestApp::start().await;
    let refused = |change: Value| {
        let mut wanted = sample("XEX", "Exempla");
        wanted.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let admin = app.administrator();
        async move {
            let reply = admin.post("/participants", wanted).await;
            assert_eq!(reply.problem(422), "validation_failed");
            reply.pointers()
        }
    };
    assert_eq!(refused(json!({ "kind": "member_state" })).await, ["/regional_group"]);
    assert_eq!(refused(json!({ "regional_group": "weog" })).await, ["/regional_group"]);
    assert_eq!(refused(json!({ "members": ["FRA"] })).await, ["/members"]);
    assert_eq!(
        refused(json!({ "kind": "regional_organization", "members": ["FRA", "EUE", "ZZZ"] })).await,
        ["/members/1", "/members/2"]
    );
    assert_eq!(refused(json!({ "aliases": ["Sample", "SAMPLE"] })).await, ["/aliases"]);
    assert_eq!(
        refused(json!({ "names": { "fr": "Exemple", "de": "Beispiel" }, "code": "xex" })).await,
        ["/code", "/names/de", "/names/en"]
    );
    assert_eq!(app.officer().get("/participants/XEX").await.status, 404, "nothing was stored");
}

#[tokio::test]
async fn a_code_is_added_once_however_many_ask_at_once() {
    let app = TestApp::start().await;
    let admin = app.administrator();
    let asked =
        (0..10).map(|n| admin.post("/participants", sample("XEX", &format!("Exempla {n}"))));
    let asked: Vec<_> = join_all(asked).await;
    assert_eq!(statuses(&asked), [201, 409, 409, 409, 409, 409, 409, 409, 409, 409]);
}

#[tokio::test]
async fn what_the_administrator_added_can_be_changed_and_what_the_ceremony_brought_cannot() {
    let app = TestApp::start().await;
    let admin = app.administrator();
    let made = admin.post("/participants", sample("XEX", "Exempla")).await;
    let change = json!({ "names": { "fr": "Exemple" }, "aliases": ["Sampleland"], "depositary_name": "Åland Sample", "reason": "A better name." });
    let request = |etag: &str| {
        let request = admin.request(Method::PATCH, "/participants/XEX").header("if-match", etag);
        request.header("content-type", "application/merge-patch+json").body(change.to_string())
    };
    let unconditional = admin.request(Method::PATCH, "/participants/XEX").json(&change);
    assert_eq!(send(unconditional).await.problem(428), "precondition_required");
    let changed = send(request(made.header("etag"))).await;
    let body = changed.expect(200);
    assert_eq!(
        (&body["names"]["en"], &body["names"]["fr"]),
        (&json!("Exempla"), &json!("Exemple"))
    );
    assert_eq!(body["added_reason"], "Invited by the host.", "why it was added stays");
    assert_ne!(changed.header("etag"), made.header("etag"));
    let stale = send(request(made.header("etag"))).await;
    assert_eq!(
        (stale.problem(412).as_str(), stale.header("etag")),
        ("version_mismatch", changed.header("etag"))
    );

    assert_eq!(codes(&app.officer().get("/participants?q=sampleland").await.expect(200)), ["XEX"]);
    let first = app.officer().get("/participants?limit=2").await.expect(200);
    assert_eq!(codes(&first), ["AFG", "XEX"], "R27: it stands where its new name stands");

    let cleared =
        json!({ "names": { "fr": null, "en": null }, "aliases": null, "reason": "A slip." });
    assert_eq!(admin.patch("/participants/XEX", cleared).await.pointers(), ["/names/en"]);
    let cleared = json!({ "names": { "fr": null }, "aliases": null, "reason": "A slip." });
    let body = admin.patch("/participants/XEX", cleared).await.expect(200);
    assert_eq!((&body["names"]["fr"], &body["aliases"]), (&Value::Null, &json!([])));

    let taken = json!({ "depositary_name": "viet nam", "reason": "A slip." });
    assert_eq!(admin.patch("/participants/XEX", taken).await.problem(409), "duplicate");
    assert_eq!(
        admin
            .patch("/participants/FRA", json!({ "aliases": ["Gaul"], "reason": "A slip." }))
            .await
            .problem(403),
        "forbidden"
    );
    assert_eq!(
        admin.patch("/participants/ZZZ", json!({ "reason": "A slip." })).await.problem(404),
        "not_found"
    );
    assert_eq!(
        admin.patch("/participants/XEX", json!({ "aliases": [] })).await.pointers(),
        ["/reason"]
    );
    assert_eq!(
        app.officer().patch("/participants/XEX", json!({ "reason": "A slip." })).await.problem(403),
        "forbidden"
    );
}

#[tokio::test]
async fn r04_an_organization_that_is_added_has_member_states_and_they_know_it() {
    let app = TestApp::start().await;
    let admin = app.administrator();
    let mut wanted = sample("XUN", "Sample Union");
    wanted["kind"] = json!("regional_organization");
    wanted["members"] = json!(["VNM", "LAO"]);
    let before = app.officer().get("/participants/LAO").await;
    let made = admin.post("/participants", wanted).await.expect(201);
    assert_eq!((&made["members"], &made["may_sign"]), (&json!(["LAO", "VNM"]), &json!(true)));
    let after = app.officer().get("/participants/LAO").await;
    assert_eq!(after.expect(200)["member_of"], json!(["XUN"]));
    assert_ne!(after.header("etag"), before.header("etag"), "another answer has another version");

    let changed = json!({ "members": ["VNM", "KHM"], "reason": "Laos left." });
    assert_eq!(
        admin.patch("/participants/XUN", changed).await.expect(200)["members"],
        json!(["KHM", "VNM"])
    );
    assert_eq!(app.officer().get("/participants/LAO").await.expect(200)["member_of"], json!([]));
    let strange = json!({ "members": ["XUN"], "reason": "A slip." });
    assert_eq!(admin.patch("/participants/XUN", strange).await.pointers(), ["/members/0"]);
}
