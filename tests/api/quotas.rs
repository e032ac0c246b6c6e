//! Quotas: how many of a category a delegation may announce, and who makes exceptions.

use futures_util::future::join_all;
use hanoi_ceremony::access::Role;
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _};

use crate::app::{Caller, NOW, SETTINGS, TestApp, member, statuses};
use crate::bulk::{each, results, row_by_row};
use crate::changes::{ask, cleared};

const QUOTAS: &str = r#"
[[quota]]
category = "press"
functions = ["press"]
limit = 2
[[quota]]
category = "everybody"
kinds = ["regional_organization"]
limit = 1
"#;

async fn start() -> TestApp {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("quotas.toml"), QUOTAS).unwrap();
    let settings = format!("{SETTINGS}\n[ceremony]\ndir = \"{}\"\n", dir.path().display());
    TestApp::start_with(NOW, &settings).await
}

/// Begins a delegation with this many members of the press, who are drafts.
async fn press(mission: &Caller<'_>, code: &str, members: usize) -> Vec<String> {
    mission.post("/delegations", json!({ "participant": code })).await.expect(201);
    let mut ids = Vec::new();
    for number in 0..members {
        ids.push(enter(mission, code, &format!("Reporter{code}{number}"), "press").await);
    }
    ids
}

async fn enter(mission: &Caller<'_>, code: &str, name: &str, function: &str) -> String {
    let mut person = member(name);
    person["function"] = json!(function);
    let made = mission.post(&format!("/delegations/{code}/members"), person).await;
    made.expect(201);
    made.id()
}

fn step(id: &str, verb: &str) -> String {
    format!("/delegations/FRA/members/{id}/{verb}")
}

#[tokio::test]
async fn r33_a_full_category_takes_nobody_until_a_place_is_free_or_an_officer_makes_one() {
    let app = start().await;
    let (mission, officer) = (app.focal_point("FRA"), app.officer());
    let ids = press(&mission, "FRA", 4).await;
    for id in &ids[..2] {
        mission.act(&step(id, "submit"), json!({})).await.expect(200);
    }
    let refused = mission.act(&step(&ids[2], "submit"), json!({})).await;
    assert_eq!(refused.problem(409), "quota_exceeded");
    let body = refused.json();
    let told = (&body["category"], &body["limit"], &body["count"]);
    assert_eq!(told, (&json!("press"), &json!(2), &json!(2)));

    // Other functions are not limited, and nobody comes in by another door.
    let adviser = enter(&mission, "FRA", "Adviser", "adviser").await;
    mission.act(&step(&adviser, "submit"), json!({})).await.expect(200);
    let path = format!("/delegations/FRA/members/{adviser}");
    let turned = mission.patch(&path, json!({ "function": "press" })).await;
    assert_eq!(turned.problem(409), "quota_exceeded");
    mission.patch(&path, json!({ "functional_title": "Adviser" })).await.expect(200);

    let why = json!({ "reason": "an invented reason" });
    mission.act(&step(&ids[0], "withdraw"), why).await.expect(200);
    mission.act(&step(&ids[2], "submit"), json!({})).await.expect(200);
    mission.act(&step(&ids[3], "submit"), json!({})).await.expect(409);

    let wanted = json!({ "category": "press", "limit": 3, "reason": "The host asked for them." });
    let made = officer.post("/delegations/FRA/quota-overrides", wanted.clone()).await;
    assert_eq!((&made.expect(201)["limit"], &made.json()["made_at"]), (&json!(3), &json!(NOW)));
    mission.act(&step(&ids[3], "submit"), json!({})).await.expect(200);
    let list = mission.get("/delegations/FRA/quota-overrides").await.expect(200);
    assert_eq!(list["items"], json!([made.json()]));
    let history = mission.get("/delegations/FRA/history").await.expect(200);
    let entry = &history["items"][1];
    assert_eq!(
        (&entry["kind"], &entry["reason"]),
        (&json!("delegation.quota_overridden"), &wanted["reason"])
    );
    assert_eq!(entry["before"], json!({ "category": "press", "limit": 2 }));
    assert_eq!(entry["after"], json!({ "category": "press", "limit": 3 }));

    // The latest exception stands, a narrower one too; who has a place keeps it.
    let narrower = json!({ "category": "press", "limit": 0, "reason": "The hall is small." });
    officer.post("/delegations/FRA/quota-overrides", narrower).await.expect(201);
    let list = officer.get("/delegations/FRA/quota-overrides?limit=1").await.expect(200);
    assert_eq!(list["items"][0]["limit"], 0);
    let next = list["next"].as_str().unwrap();
    let older = format!("/delegations/FRA/quota-overrides?limit=1&cursor={next}");
    assert_eq!(officer.get(&older).await.expect(200)["items"][0]["limit"], 3);
    officer.act(&step(&ids[3], "pre-approve"), json!({})).await.expect(200);
}

#[tokio::test]
async fn r33_an_accepted_change_brings_nobody_into_a_full_category() {
    let app = start().await;
    let (mission, officer) = (app.focal_point("FRA"), app.officer());
    let ids = press(&mission, "FRA", 2).await;
    for id in &ids {
        mission.act(&step(id, "submit"), json!({})).await.expect(200);
    }
    let path = cleared(&app, member("Adviser")).await;
    let (_, request) = ask(&mission, &path, json!({ "function": "press" })).await;
    let accept = format!("{request}/accept");
    let refused = officer.act(&accept, json!({})).await;
    assert_eq!(refused.problem(409), "quota_exceeded");
    assert_eq!(refused.json()["category"], "press");
    assert_eq!(officer.get(&request).await.expect(200)["state"], "open", "nothing is kept");
    assert_eq!(mission.get(&path).await.expect(200)["function"], "representative");

    let why = json!({ "reason": "an invented reason" });
    mission.act(&step(&ids[0], "withdraw"), why).await.expect(200);
    officer.act(&accept, json!({})).await.expect(200);
    assert_eq!(mission.get(&path).await.expect(200)["function"], "press");
    // Who is counted already keeps the place, whatever else changes.
    let (_, request) = ask(&mission, &path, json!({ "affiliation": "A newspaper" })).await;
    officer.act(&format!("{request}/accept"), json!({})).await.expect(200);
}

#[tokio::test]
async fn r33_the_last_place_is_given_once_though_a_change_and_a_submission_want_it_at_once() {
    let app = start().await;
    let (mission, officer) = (app.focal_point("FRA"), app.officer());
    let ids = press(&mission, "FRA", 2).await;
    mission.act(&step(&ids[0], "submit"), json!({})).await.expect(200);
    let path = cleared(&app, member("Adviser")).await;
    let (_, request) = ask(&mission, &path, json!({ "function": "press" })).await;
    let (accept, submit) = (format!("{request}/accept"), step(&ids[1], "submit"));
    let (one, other) =
        tokio::join!(officer.act(&accept, json!({})), mission.act(&submit, json!({})));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
}

#[tokio::test]
async fn r33_an_exception_is_an_officers_for_a_category_that_is_limited() {
    let app = start().await;
    press(&app.focal_point("FRA"), "FRA", 0).await;
    let path = "/delegations/FRA/quota-overrides";
    let wanted = json!({ "category": "press", "limit": 3, "reason": "an invented reason" });
    for (role, status) in [
        (Role::FocalPoint, 403),
        (Role::Security, 403),
        (Role::Treaty, 403),
        (Role::Auditor, 403),
        (Role::Administrator, 404),
    ] {
        assert_eq!(app.role(role).post(path, wanted.clone()).await.status, status, "{role}");
    }
    assert_eq!(app.focal_point("DEU").post(path, wanted.clone()).await.problem(404), "not_found");
    assert_eq!(app.focal_point("DEU").get(path).await.problem(404), "not_found");
    assert_eq!(app.security().get(path).await.problem(403), "forbidden");
    let officer = app.officer();
    // The second is limited for others only; the third nowhere.
    for category in ["everybody", "kings"] {
        let mut unknown = wanted.clone();
        unknown["category"] = json!(category);
        assert_eq!(officer.post(path, unknown).await.pointers(), ["/category"]);
    }
    let faulty = json!({ "category": "Press!", "limit": -1 });
    assert_eq!(officer.post(path, faulty).await.pointers(), ["/category", "/limit", "/reason"]);
    assert_eq!(
        officer.post("/delegations/ITA/quota-overrides", wanted).await.problem(404),
        "not_found"
    );
    assert_eq!(officer.get(path).await.expect(200)["items"], json!([]));
    let mut service = app.as_service().await;
    let scope = "select set_config('ceremony.scope', 'DEU', false)";
    service.execute(scope).await.unwrap();
    let forged = "insert into quota_override
        select gen_random_uuid(), 'FRA', 'press', 9, 'x', account_id, now() from account limit 1";
    assert!(service.execute(forged).await.is_err());
}

#[tokio::test]
async fn r33_no_place_is_given_twice_however_many_submit_at_once() {
    let app = start().await;
    let mission = app.focal_point("FRA");
    let ids = press(&mission, "FRA", 12).await;
    let replies =
        join_all(ids.iter().map(|id| async { mission.act(&step(id, "submit"), json!({})).await }))
            .await;
    assert_eq!(statuses(&replies).iter().filter(|status| **status == 200).count(), 2);
    assert!(replies.iter().filter(|r| r.status != 200).all(|r| r.problem(409) == "quota_exceeded"));

    // The control: without the lock on the delegation, two who count at once both find the last place.
    let (mut one, mut other) =
        (app.owner.connect().await.unwrap(), app.owner.connect().await.unwrap());
    one.execute("update member set status = 'draft' where status = 'submitted'").await.unwrap();
    let (mut first, mut second) = (one.begin().await.unwrap(), other.begin().await.unwrap());
    for (transaction, id) in [(&mut first, &ids[0]), (&mut second, &ids[1])] {
        let submit = "update member set status = 'submitted' where member_id = $1::uuid and
            (select count(*) from member where function = 'press' and status <> 'draft') < 1";
        let done = sqlx::query(submit).bind(id).execute(&mut **transaction).await.unwrap();
        assert_eq!(done.rows_affected(), 1);
    }
    first.commit().await.unwrap();
    second.commit().await.unwrap();
}

#[tokio::test]
async fn r33_a_batch_gives_the_places_that_there_are_in_its_order() {
    let app = start().await;
    let mission = app.focal_point("FRA");
    let ids = press(&mission, "FRA", 5).await;
    let done = row_by_row(&mission, each("submit", "FRA", &ids[..4])).await.expect(200);
    assert_eq!(results(&done), [200, 200, 409, 409]);
    let refused: &Value = &done["results"][2]["problem"];
    assert_eq!((&refused["code"], &refused["count"]), (&json!("quota_exceeded"), &json!(2)));
    // Who gives a place back in the batch makes room for who comes behind.
    let mut turned = each("withdraw", "FRA", &ids[..1]);
    turned.extend(each("submit", "FRA", &ids[2..4]));
    assert_eq!(results(&row_by_row(&mission, turned).await.json()), [200, 200, 409]);

    // Of an organization everybody counts.
    let mission = app.focal_point("EUE");
    let ids = press(&mission, "EUE", 1).await;
    let other = enter(&mission, "EUE", "Adviser", "adviser").await;
    let both = each("submit", "EUE", &[ids[0].clone(), other]);
    let done = row_by_row(&mission, both).await.expect(200);
    assert_eq!(results(&done), [200, 409]);
    assert_eq!(done["results"][1]["problem"]["category"], "everybody");
}

#[tokio::test]
async fn r33_a_list_takes_no_place_that_is_not_there() {
    let app = start().await;
    let mission = app.focal_point("FRA");
    let mut ids = press(&mission, "FRA", 2).await;
    ids.push(enter(&mission, "FRA", "Writer", "staff").await);
    for id in &ids {
        mission.act(&step(id, "submit"), json!({})).await.expect(200);
    }
    let upload = async |list: &str| {
        mission.upload("/imports?participant=FRA", "text/csv", list.as_bytes()).await
    };
    let list = mission.get("/delegations/FRA/members.csv").await.text;
    let seen = upload(&list.replace(",staff,", ",press,")).await.expect(201);
    let fault = &seen["preview"]["faults"][0];
    assert_eq!((&fault["column"], &fault["code"]), (&json!("function"), &json!("quota_exceeded")));
    // One leaves the category for the other, in this order.
    let exchanged = list.replace(",staff,", ",~,").replacen(",press,", ",staff,", 1);
    let seen = upload(&exchanged.replace(",~,", ",press,")).await.expect(201);
    assert_eq!(seen["counts"]["changed"], 2, "{seen}");
    // A draft takes no place yet.
    let titles = "family_name,given_names,function,rank,email";
    let seen = upload(&format!("{titles}\nNEW,Ann,press,none,new@delegate.example\n")).await;
    assert_eq!(seen.expect(201)["counts"]["new"], 1);
}
