//! Codes on paper.

use futures_util::future::join_all;
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, Executor as _};

use super::{Person, factors};
use crate::app::{TestApp, statuses};

fn with(code: &str) -> Value {
    json!({ "recovery_code": code })
}

#[tokio::test]
async fn a_code_of_the_paper_lets_in_once_and_a_new_paper_ends_the_old_one() {
    let app = TestApp::start().await;
    let person = Person::with_an_app(&app, "gate").await;
    let own = app.bearer(&person.token);
    person.log_in(&app, with(&person.paper[0])).await.expect(200);
    let again = person.log_in(&app, with(&person.paper[0])).await;
    assert_eq!(again.problem(401), "second_factor_required");
    // As people type it.
    person.log_in(&app, with(&format!(" {} ", person.paper[1].to_uppercase()))).await.expect(200);
    assert_eq!(factors(&own).await["recovery_codes_left"], 8);

    let both = json!({ "recovery_code": person.paper[2], "totp": "000000" });
    assert_eq!(person.log_in(&app, both).await.pointers(), ["/recovery_code"]);
    let renewed = own.post("/auth/recovery-codes", json!({})).await.expect(200);
    assert_eq!(person.log_in(&app, with(&person.paper[2])).await.status, 401);
    person.log_in(&app, with(renewed["recovery_codes"][2].as_str().unwrap())).await.expect(200);
}

#[tokio::test]
async fn a_paper_is_for_who_has_a_factor_and_of_nobody_else() {
    let app = TestApp::start().await;
    let none = app.officer().post("/auth/recovery-codes", json!({})).await;
    assert_eq!(none.problem(409), "illegal_transition");
    let person = Person::with_an_app(&app, "gate").await;
    // Another account's code is no code, whatever the password.
    let steal = "update recovery_code set account_id = (select account_id from account where email = 'auditor@test.example')";
    app.owner.connect().await.unwrap().execute(steal).await.unwrap();
    assert_eq!(person.log_in(&app, with(&person.paper[0])).await.status, 401);
}

/// Ten log in at once with one code.
async fn ten_at_once(before: &'static str) -> Vec<u16> {
    let app = TestApp::start().await;
    let person = Person::with_an_app(&app, "gate").await;
    app.owner.connect().await.unwrap().execute(before).await.unwrap();
    statuses(&join_all((0..10).map(|_| person.log_in(&app, with(&person.paper[0])))).await)
}

#[tokio::test]
async fn a_code_of_the_paper_lets_in_once_however_many_use_it_at_once() {
    let one = ten_at_once("select").await;
    // The others were wrong, or one wrong code too many.
    assert!(one[0] == 200 && one[1..].iter().all(|status| [401, 429].contains(status)), "{one:?}");
    let forget = "create function forget_use() returns trigger language plpgsql as
                      'begin new.used_at := null; return new; end';
                  create trigger paper_forgets before update on recovery_code for each row execute function forget_use();";
    assert_eq!(ten_at_once(forget).await, [200; 10], "the negative control");
}
