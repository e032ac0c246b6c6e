//! Whole logins by a provider.

use futures_util::future::join_all;
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, Executor as _};

use super::ministry::{Browser, Ministry, at, log_in};
use crate::app::{NOW, TestApp, statuses};
use crate::factors::Person;

fn alice() -> Value {
    json!({ "sub": "alice", "email": "alice@ministry.example", "name": "Alice Example", "groups": ["accreditors"] })
}

/// What the audit trail says was done to accounts, but for what every test begins with.
async fn events(app: &TestApp, kind: &str) -> i64 {
    let mut owner = app.owner.connect().await.unwrap();
    let count = "select count(*) from event where kind = $1";
    sqlx::query_scalar(count).bind(kind).fetch_one(&mut owner).await.unwrap()
}

#[tokio::test]
async fn whom_the_settings_make_something_gets_one_account_and_comes_back_to_it() {
    let ministry = Ministry::start();
    let app = ministry.service().await;
    let alice = alice();
    let both = join_all([log_in(&app, &ministry, &alice), log_in(&app, &ministry, &alice)]).await;
    assert_eq!(statuses(&both), [200, 200], "both at once, and for the first time");
    let accounts: Vec<Value> = both.iter().map(|reply| reply.json()["account"].clone()).collect();
    assert_eq!(accounts[0]["id"], accounts[1]["id"]);
    assert_eq!(both[0].header("cache-control"), "no-store");
    assert!(both[0].header("set-cookie").contains("Max-Age=0"), "it is of no more use");
    assert_eq!(
        (&accounts[0]["role"], &accounts[0]["email"]),
        (&json!("accreditation"), &alice["email"])
    );
    assert_eq!(events(&app, "account.created").await, 1);

    let own = app.bearer(both[1].json()["token"].as_str().unwrap());
    own.get("/delegations").await.expect(200);
    let identities = own.get("/auth/identities").await;
    let identity = identities.expect(200)["items"][0].clone();
    assert_eq!(
        (&identity["is_granted"], &identity["last_used_at"]),
        (&json!(true), &json!("2025-10-26T10:00:00Z"))
    );
    assert!(!identities.text.contains("alice"), "who it is there, is for nobody here");
    let own_way_in = format!("/auth/identities/{}", identity["id"].as_str().unwrap());
    assert_eq!(own.delete(&own_way_in).await.problem(409), "illegal_transition");

    let delegate = json!({ "sub": "bob", "email": "bob@ministry.example", "groups": "delegates" });
    let bob = log_in(&app, &ministry, &delegate).await.expect(200);
    assert_eq!(
        (&bob["account"]["role"], &bob["account"]["participants"]),
        (&json!("focal_point"), &json!(["FRA"]))
    );
}

#[tokio::test]
async fn whom_they_make_nothing_is_told_as_much_as_whose_account_is_closed() {
    let ministry = Ministry::start();
    let app = ministry.service().await;
    let id = log_in(&app, &ministry, &alice()).await.expect(200)["account"]["id"].clone();
    let close = format!("/accounts/{}/disable", id.as_str().unwrap());
    app.administrator().act(&close, json!({})).await.expect(200);
    let stranger =
        json!({ "sub": "carol", "email": "carol@ministry.example", "groups": ["staff"] });
    let mut told = Vec::new();
    for person in [alice(), stranger, json!({ "sub": "dan" })] {
        let mut reply = log_in(&app, &ministry, &person).await.expect(403);
        reply.as_object_mut().unwrap().remove("request_id");
        told.push(reply);
    }
    assert_eq!((&told[0], &told[0]), (&told[1], &told[2]));

    // Whoever keeps one ministry's accounts makes none for addresses of another, and opens none by its address.
    for (email, status, code) in [
        ("somebody@another.example", 403, "forbidden"),
        ("alice@ministry.example", 409, "duplicate"),
    ] {
        let person = json!({ "sub": "eve", "email": email, "groups": ["accreditors"] });
        assert_eq!(log_in(&app, &ministry, &person).await.problem(status), code);
    }
    assert_eq!(events(&app, "login.refused").await, 1, "once an hour, however often");
}

#[tokio::test]
async fn what_was_begun_is_finished_once_and_in_the_browser_that_began_it() {
    let ministry = Ministry::start();
    let mut app = ministry.service().await;
    let (mine, other) =
        (Browser::begin(&app, None, "").await, Browser::begin(&app, None, "").await);
    let code = ministry.vouch(&mine.asked, &alice());
    for (browser, state) in [(&other, mine.state()), (&mine, other.state()), (&mine, String::new())]
    {
        let reply = browser.finish_with(&ministry, &code, &state).await;
        assert_eq!(reply.problem(401), "unauthenticated");
    }
    // Somebody else's code in one's own browser: its proof is the answer to another question.
    let others_code = ministry.vouch(&other.asked, &alice());
    let swapped = Browser::begin(&app, None, "").await;
    let stolen = ministry.vouch(&swapped.asked, &json!({ "sub": "alice", "nonce": "of another" }));
    let reply = swapped.finish_with(&ministry, &stolen, &swapped.state()).await;
    assert_eq!(reply.problem(401), "unauthenticated");
    mine.finish_with(&ministry, &code, &mine.state()).await.expect(200);
    let again = ministry.vouch(&mine.asked, &alice());
    let reply = mine.finish_with(&ministry, &again, &mine.state()).await;
    assert_eq!(reply.problem(401), "unauthenticated", "used, with a fresh code");

    let kept = other.kept();
    app.go_to("2025-10-26T10:10:00Z").await;
    let late = Browser::of(&app, kept);
    let reply = late.finish_with(&ministry, &others_code, &late.state()).await;
    assert_eq!(reply.problem(401), "unauthenticated", "ten minutes later");
}

#[tokio::test]
async fn who_loses_the_task_at_the_ministry_loses_what_it_opened_when_we_hear_of_it() {
    let ministry = Ministry::start();
    let app = ministry.service().await;
    let token = log_in(&app, &ministry, &alice()).await.expect(200)["token"].clone();
    let own = app.bearer(token.as_str().unwrap());
    let key = json!({ "name": "A system", "scopes": ["delegations:read"] });
    let key = own.post("/api-keys", key).await.expect(201)["key"].clone();
    let key = app.bearer(key.as_str().unwrap());
    key.get("/delegations").await.expect(200);

    let moved =
        json!({ "sub": "alice", "email": "alice@ministry.example", "groups": ["delegates"] });
    assert_eq!(log_in(&app, &ministry, &moved).await.problem(403), "forbidden");
    for ended in [&own, &key] {
        assert_eq!(ended.get("/delegations").await.problem(401), "unauthenticated");
    }
    assert_eq!(events(&app, "account.grant_ended").await, 1);
    log_in(&app, &ministry, &alice()).await.expect(200);
}

#[tokio::test]
async fn an_account_that_was_made_for_a_ministry_is_opened_by_nothing_else_until_it_is_taken_away()
{
    let ministry = Ministry::start();
    let app = ministry.service().await;
    let made = log_in(&app, &ministry, &alice()).await.expect(200);
    let id = made["account"]["id"].as_str().unwrap().to_owned();
    // As if somebody knew its password.
    let person = Person::hired(&app, "gate").await;
    let mut owner = app.owner.connect().await.unwrap();
    let known = "update account set password_hash = (select password_hash from account where account_id = $1::uuid)
                 where account_id = $2::uuid";
    sqlx::query(known).bind(&person.id).bind(&id).execute(&mut owner).await.unwrap();
    let password =
        json!({ "email": "alice@ministry.example", "password": person.credentials["password"] });
    let by_password = app.anybody().post("/auth/login", password.clone()).await;
    assert_eq!(by_password.problem(401), "unauthenticated");

    // Nor do they give it another way in themselves, which would outlast the ministry's word.
    let second = json!({ "sub": "alice, at home" });
    let browser = Browser::begin(&app, made["token"].as_str(), "").await;
    assert_eq!(browser.prove(&ministry, &second).await.problem(409), "illegal_transition");
    assert_eq!(log_in(&app, &ministry, &second).await.problem(403), "forbidden");

    let identities = format!("/accounts/{id}/identities");
    let listed = app.administrator().get(&identities).await.expect(200)["items"].clone();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    let identity = format!("{identities}/{}", listed[0]["id"].as_str().unwrap());
    assert_eq!(app.officer().get(&identities).await.problem(403), "forbidden");
    assert_eq!(app.officer().delete(&identity).await.problem(403), "forbidden");
    let elsewhere = identity.replace(&id, &person.id);
    assert_eq!(app.administrator().delete(&elsewhere).await.problem(404), "not_found");
    app.administrator().delete(&identity).await.expect(204);
    assert_eq!(app.administrator().delete(&identity).await.problem(404), "not_found");
    let ended = app.bearer(made["token"].as_str().unwrap()).get("/delegations").await;
    assert_eq!(ended.problem(401), "unauthenticated");
    assert_eq!(log_in(&app, &ministry, &alice()).await.problem(409), "duplicate");
    app.anybody().post("/auth/login", password).await.expect(200);
}

#[tokio::test]
async fn an_account_of_old_is_opened_by_a_provider_once_its_owner_says_so_and_until_they_take_it_back()
 {
    let ministry = Ministry::start();
    let app = ministry.service().await;
    let person = Person::hired(&app, "gate").await;
    let (known, other) =
        (json!({ "sub": "dave" }), person.log_in(&app, json!({})).await.expect(200));
    let browser = Browser::begin(&app, Some(&person.token), "").await;
    let linked = browser.prove(&ministry, &known).await.expect(200);
    assert_eq!(linked["account"]["id"], person.id);
    let other = app.bearer(other["token"].as_str().unwrap());
    assert_eq!(other.get("/auth/me").await.problem(401), "unauthenticated", "it is another way in");
    let opened = log_in(&app, &ministry, &known).await.expect(200);
    assert_eq!(opened["account"]["id"], person.id);
    person.log_in(&app, json!({})).await.expect(200);
    assert_eq!(events(&app, "account.identity_linked").await, 1);

    let own = app.bearer(&person.token);
    let listed = own.get("/auth/identities").await.expect(200)["items"].clone();
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["is_granted"]), (1, &json!(false)));
    let identity = format!("/auth/identities/{}", listed[0]["id"].as_str().unwrap());
    assert_eq!(app.administrator().delete(&identity).await.problem(404), "not_found");
    own.delete(&identity).await.expect(204);
    let ended = app.bearer(opened["token"].as_str().unwrap()).get("/auth/me").await;
    assert_eq!(ended.problem(401), "unauthenticated");
    assert_eq!(log_in(&app, &ministry, &known).await.problem(403), "forbidden");
    assert_eq!(events(&app, "account.identity_unlinked").await, 1);
    let mut owner = app.owner.connect().await.unwrap();
    let told = "select count(*) from message where kind = 'identity_changed'";
    let told: i64 = sqlx::query_scalar(told).fetch_one(&mut owner).await.unwrap();
    assert_eq!(told, 2, "its owner is told of both");

    // An identity opens one account.
    let browser = Browser::begin(&app, Some(&person.token), "").await;
    log_in(&app, &ministry, &alice()).await.expect(200);
    assert_eq!(browser.prove(&ministry, &alice()).await.problem(409), "duplicate");
}

#[tokio::test]
async fn what_a_thief_began_to_link_ends_with_the_login_that_began_it() {
    let ministry = Ministry::start();
    let app = ministry.service().await;
    let person = Person::hired(&app, "gate").await;
    let thief = Browser::begin(&app, Some(&person.token), "").await;
    let reset = format!("/accounts/{}/reset-password", person.id);
    app.administrator().act(&reset, json!({})).await.expect(200);
    let reply = thief.prove(&ministry, &json!({ "sub": "thief" })).await;
    assert_eq!(reply.problem(401), "unauthenticated");
    assert_eq!(log_in(&app, &ministry, &json!({ "sub": "thief" })).await.problem(403), "forbidden");
}

#[tokio::test]
async fn what_is_grave_asks_for_a_proof_that_the_provider_was_given_just_now() {
    let ministry = Ministry::start();
    let app = ministry.service().await;
    let mut known = alice();
    known["auth_time"] = json!(at(NOW) - 3600);
    let old = log_in(&app, &ministry, &known).await.expect(200);
    let old = app.bearer(old["token"].as_str().unwrap());
    old.get("/delegations").await.expect(200);
    assert_eq!(old.post("/auth/totp", json!({})).await.problem(401), "step_up_required");
    let anew = Browser::begin(&app, None, "?prompt=login").await;
    assert!(anew.asked.query_pairs().any(|pair| pair == ("max_age".into(), "300".into())));
    assert_eq!(anew.prove(&ministry, &known).await.problem(401), "unauthenticated");
    let anew = Browser::begin(&app, None, "?prompt=login").await;
    let fresh = anew.prove(&ministry, &alice()).await.expect(200);
    let fresh = app.bearer(fresh["token"].as_str().unwrap());
    fresh.post("/auth/totp", json!({})).await.expect(201);

    // With a second factor of ours, a login that tells of none is half of one.
    let mut owner = app.owner.connect().await.unwrap();
    owner.execute("update totp set confirmed_at = now()").await.unwrap();
    let half = log_in(&app, &ministry, &alice()).await.expect(200);
    assert_eq!(half["must_step_up"], true);
    let half = app.bearer(half["token"].as_str().unwrap());
    assert_eq!(half.get("/delegations").await.problem(401), "step_up_required");
    let mut strong = alice();
    strong["amr"] = json!(["pwd", "mfa"]);
    let whole = log_in(&app, &ministry, &strong).await.expect(200);
    assert_eq!(whole["must_step_up"], false);
    let whole = app.bearer(whole["token"].as_str().unwrap());
    whole.get("/delegations").await.expect(200);
}

#[tokio::test]
async fn a_provider_that_is_down_is_not_asked_by_everybody_who_waits_for_it() {
    let ministry = Ministry::start();
    ministry.go_down(true);
    let mut app = ministry.service().await;
    let caller = app.anybody();
    let begun = join_all((0..20).map(|_| caller.get("/auth/oidc/ministry/start"))).await;
    assert!(begun.iter().all(|reply| reply.problem(503) == "unavailable"));
    assert_eq!(ministry.asked(), 1, "not by each of them");
    ministry.go_down(false);
    app.go_to("2025-10-26T10:00:10Z").await;
    log_in(&app, &ministry, &alice()).await.expect(200);
    ministry.change_key();
    assert_eq!(log_in(&app, &ministry, &alice()).await.problem(401), "unauthenticated");
    assert_eq!(ministry.asked(), 2, "it was asked a moment ago");
}
