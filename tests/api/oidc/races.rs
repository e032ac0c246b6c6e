//! An identity is taken away while somebody comes in by it: the login has found it before it was, and is judged after.

use std::time::Duration;

use serde_json::json;
use sqlx::{ConnectOptions as _, Executor as _};

use super::ministry::{Browser, Ministry, log_in};
use crate::app::TestApp;
use crate::factors::Person;

/// Waits until so many of the service's sessions wait for a lock.
async fn until_waiting(app: &TestApp, wanted: i64) {
    let mut watcher = app.owner.connect().await.unwrap();
    let waiting = "select count(*) from pg_stat_activity where datname = current_database()
                   and application_name = 'hanoi-ceremony' and wait_event_type = 'Lock'";
    let all = async {
        while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut watcher).await.unwrap() < wanted
        {
        }
    };
    tokio::time::timeout(Duration::from_mins(1), all).await.expect("they meet at the account");
}

/// Somebody's identity is taken away and they come in by it at once, both held up before their account and then let in, in the
/// order in which they came. Answers the statuses of both, and what the new login then opens.
async fn meet(is_unlinked_first: bool) -> (u16, u16, Option<u16>) {
    let ministry = Ministry::start();
    let app = ministry.service().await;
    let (person, known) = (Person::hired(&app, "gate").await, json!({ "sub": "dave" }));
    let linking = Browser::begin(&app, Some(&person.token), "").await;
    linking.prove(&ministry, &known).await.expect(200);
    let own = app.bearer(&person.token);
    let listed = own.get("/auth/identities").await.expect(200)["items"].clone();
    let identity = format!("/auth/identities/{}", listed[0]["id"].as_str().unwrap());

    let mut gate = app.owner.connect().await.unwrap();
    gate.execute("begin; select from account for update").await.unwrap();
    let (before_unlinking, before_coming) = if is_unlinked_first { (0, 1) } else { (1, 0) };
    let (unlinked, login, ()) = tokio::join!(
        async {
            until_waiting(&app, before_unlinking).await;
            own.delete(&identity).await
        },
        async {
            until_waiting(&app, before_coming).await;
            log_in(&app, &ministry, &known).await
        },
        async {
            until_waiting(&app, 2).await;
            gate.execute("commit").await.unwrap();
        }
    );
    let opened = match login.status {
        200 => {
            let token = login.json()["token"].as_str().unwrap().to_owned();
            Some(app.bearer(&token).get("/auth/me").await.status)
        }
        _ => None,
    };
    (unlinked.status, login.status, opened)
}

#[tokio::test]
async fn who_comes_in_by_an_identity_that_is_being_taken_away_is_in_no_longer_than_it_stands() {
    assert_eq!(meet(true).await, (204, 403, None), "it was gone when they were let in");
    // The control: who was let in before, was; and is out with the identity.
    assert_eq!(meet(false).await, (204, 200, Some(401)));
}
