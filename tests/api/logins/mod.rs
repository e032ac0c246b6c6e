//! Logins in races with who takes them away, and the accounts without which nobody gets in.

mod ends;

use futures_util::future::join_all;
use hanoi_ceremony::access::Role;
use hanoi_ceremony::server::first_administrator;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection};

use crate::app::{Caller, TestApp, statuses};

/// An account with a password that works, and its login.
async fn somebody(app: &TestApp, role: &str) -> (String, Value) {
    let wanted = json!({ "email": "somebody@test.example", "name": "Somebody", "role": role });
    let made = app.administrator().post("/accounts", wanted).await;
    let password = made.expect(201)["initial_password"].clone();
    (made.id(), json!({ "email": "somebody@test.example", "password": password }))
}

/// Whether a session of the service waits for a lock.
pub async fn somebody_waits(connection: &mut PgConnection) -> bool {
    let waiting = "select exists (select from pg_stat_activity where datname = current_database()
                   and application_name = 'hanoi-ceremony' and wait_event_type = 'Lock')";
    sqlx::query_scalar(waiting).fetch_one(connection).await.unwrap()
}

/// Logs in while another transaction, which has done `what` to the account, is about to commit: the password was
/// verified before, the token is written after. Answers the login's status, and how many logins the account then has.
async fn log_in_during(what: &str) -> (u16, i64) {
    let app = TestApp::start().await;
    let (id, credentials) = somebody(&app, "gate").await;
    let mut watcher = app.owner.connect().await.unwrap();
    let mut other = app.owner.connect().await.unwrap();
    let mut taking = other.begin().await.unwrap();
    let what = what.replace("$id", &format!("'{id}'"));
    taking.execute(AssertSqlSafe(what)).await.unwrap();
    let anybody = app.anybody();
    let login = anybody.post("/auth/login", credentials);
    let commit = async {
        // A login that does not look again has gone through meanwhile, and is found below.
        let logged_in = "select exists (select from token where account_id::text = $1)";
        while !somebody_waits(&mut watcher).await
            && !sqlx::query_scalar::<_, bool>(logged_in)
                .bind(&id)
                .fetch_one(&mut watcher)
                .await
                .unwrap()
        {}
        taking.commit().await.unwrap();
    };
    let (reply, ()) = tokio::join!(login, commit);
    let logins = "select count(*) from token where account_id::text = $1";
    (reply.status, sqlx::query_scalar(logins).bind(&id).fetch_one(&mut watcher).await.unwrap())
}

#[tokio::test]
async fn a_login_that_races_with_a_new_password_does_not_survive_it() {
    let reset =
        "update account set password_hash = 'other', version = version + 1 where account_id = $id;
                 delete from token where account_id = $id";
    assert_eq!(log_in_during(reset).await, (401, 0));
}

#[tokio::test]
async fn a_login_that_races_with_closing_and_opening_the_account_does_not_survive_it() {
    let closed_and_opened = "update account set disabled_at = now(), version = version + 1 where account_id = $id;
                             delete from token where account_id = $id;
                             update account set disabled_at = null, version = version + 1 where account_id = $id";
    assert_eq!(log_in_during(closed_and_opened).await, (401, 0));
}

#[tokio::test]
async fn a_login_waits_for_a_change_that_does_not_happen_and_goes_through() {
    // The negative control of the two above: the row is held, and nothing of it changes.
    let held = "select from account where account_id = $id for update";
    assert_eq!(log_in_during(held).await, (200, 1));
}

#[tokio::test]
async fn a_first_password_is_not_replaced_by_itself() {
    let app = TestApp::start().await;
    let (_, credentials) = somebody(&app, "gate").await;
    let first = credentials["password"].clone();
    let login = app.anybody().post("/auth/login", credentials).await.expect(200);
    let gate = app.bearer(login["token"].as_str().unwrap());
    let same = gate.post("/auth/password", json!({ "current": first, "new": first })).await;
    assert_eq!(
        (same.problem(422), same.pointers()),
        ("validation_failed".into(), vec!["/new".into()])
    );
    assert_eq!(gate.get("/auth/me").await.expect(200)["must_change_password"], true);
    // Who does not know the password learns nothing from it.
    let wrong =
        json!({ "current": "a wrong and long password", "new": "a wrong and long password" });
    assert_eq!(gate.post("/auth/password", wrong).await.pointers(), ["/current"]);
}

async fn disable(by: &Caller<'_>, id: &str) -> crate::app::Reply {
    by.act(&format!("/accounts/{id}/disable"), json!({})).await
}

#[tokio::test]
async fn the_last_administrator_cannot_be_closed_out() {
    let app = TestApp::start().await;
    let own = app.administrator().get("/auth/me").await.id();
    assert_eq!(disable(&app.administrator(), &own).await.problem(409), "illegal_transition");

    let (other, _) = somebody(&app, "administrator").await;
    disable(&app.administrator(), &other).await.expect(200);
    assert_eq!(
        disable(&app.administrator(), &own).await.problem(409),
        "illegal_transition",
        "a closed one does not count"
    );
    app.administrator().act(&format!("/accounts/{other}/enable"), json!({})).await.expect(200);

    // Both at once: one remains.
    let administrator = app.administrator();
    let replies = join_all([disable(&administrator, &own), disable(&administrator, &other)]).await;
    let closed = replies.iter().filter(|reply| reply.status == 200).count();
    assert_eq!(closed, 1, "{replies:?}");
    let gate = app.role(Role::Gate).get("/auth/me").await.id();
    assert!([200, 401].contains(&disable(&administrator, &gate).await.status));
}

#[tokio::test]
async fn two_services_that_start_at_once_make_one_administrator() {
    let app = TestApp::start().await;
    let mut connection = app.owner.connect().await.unwrap();
    let nobody = "set session_replication_role = replica; delete from token; delete from focal_point; delete from account";
    connection.execute(nobody).await.unwrap();
    let made = join_all((0..4).map(|_| first_administrator(&app.app))).await;
    let made: Vec<_> = made.into_iter().map(|one| one.unwrap()).collect();
    assert_eq!(made.iter().flatten().count(), 1);
    assert_eq!(statuses(&[app.anybody().get("//health/ready").await]), [200]);
}
