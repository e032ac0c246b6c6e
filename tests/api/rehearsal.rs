//! The rehearsal in its smallest form: the whole story, over HTTP, interrupted and taken up again.

use std::future::Future;
use std::path::Path;
use std::pin::pin;
use std::task::Poll;

use hanoi_ceremony::access::{self, Role, Wanted};
use hanoi_ceremony::rehearsal::{self, Administrator, Error, Options, Size, Telling};
use hanoi_ceremony::text::{Email, PersonName};
use reqwest::Method;
use sqlx::{ConnectOptions as _, Executor as _};

use crate::app::TestApp;

/// A small rehearsal at the test's service, whose administrator has a one-time password.
async fn options(app: &TestApp, folder: &Path) -> Options {
    let email = "first@administrator.example";
    let wanted = Wanted {
        email: Email::parse(email).unwrap(),
        name: PersonName::parse("First Administrator").unwrap(),
        role: Role::Administrator,
        participant: None,
    };
    let invited = access::create_account_at_server(&app.app.db, &app.app.passwords, wanted).await;
    Options {
        url: app.anybody().request(Method::GET, "//").build().unwrap().url().to_string(),
        administrator: Administrator {
            email: email.to_owned(),
            password: invited.unwrap().initial_password.into(),
        },
        state: folder.join("rehearsal.toml"),
        size: Size::Small,
        telling: Telling::Silent,
    }
}

async fn count(app: &TestApp, table: &'static str) -> i64 {
    let mut connection = app.owner.connect().await.unwrap();
    let question = format!("select count(*) from {table}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(question)).fetch_one(&mut connection).await.unwrap()
}

#[tokio::test]
async fn r29_a_small_rehearsal_ends_with_the_real_record_and_repeats_nothing() {
    let (app, folder) = (TestApp::start().await, tempfile::tempdir().unwrap());
    let options = options(&app, folder.path()).await;
    let first = rehearsal::run(&app.app.ceremony, &options).await.unwrap();
    assert_eq!(first.differences, Vec::<String>::new());
    assert_eq!(first.kept, 0);
    insta::assert_snapshot!(first.table);
    let stored =
        [count(&app, "member").await, count(&app, "act").await, count(&app, "document").await];
    // Four signatures, each certified by a second officer; each turn has gone its whole way.
    assert_eq!(stored[..2], [10, 8]);
    let steps = "event where kind in ('signing.called', 'signing.arrived')";
    assert_eq!(
        [count(&app, "signing_turn where state = 'signed'").await, count(&app, steps).await],
        [4, 8]
    );

    let again = rehearsal::run(&app.app.ceremony, &options).await.unwrap();
    assert_eq!(again.differences, Vec::<String>::new());
    assert!(again.kept > 10, "what the first run was told is looked for: {}", again.kept);
    let after =
        [count(&app, "member").await, count(&app, "act").await, count(&app, "document").await];
    assert_eq!(after, stored);
}

#[tokio::test]
async fn a_rehearsal_steps_up_by_itself_where_its_logins_are_old() {
    let (app, folder) = (TestApp::start().await, tempfile::tempdir().unwrap());
    // The negative control is the trigger: no login is fresh, but for having stepped up.
    let old = "create function age() returns trigger language plpgsql as
                   'begin new.proved_at := ''2020-01-01''; return new; end';
               create trigger login_is_old before insert on token for each row execute function age();";
    app.owner.connect().await.unwrap().execute(old).await.unwrap();
    let options = options(&app, folder.path()).await;
    let outcome = rehearsal::run(&app.app.ceremony, &options).await.unwrap();
    assert_eq!(outcome.differences, Vec::<String>::new());
    let mut connection = app.owner.connect().await.unwrap();
    let steps = "select count(*) from event where kind = 'account.stepped_up'";
    let steps: i64 = sqlx::query_scalar(steps).fetch_one(&mut connection).await.unwrap();
    assert!(steps >= 2, "the officer who confirms and the one who records: {steps}");
}

/// Runs until the service has acknowledged so many writes, then no further.
async fn run_until(app: &TestApp, options: &Options, writes: usize) {
    let acknowledged = options.state.with_extension("acknowledged");
    let mut run = pin!(rehearsal::run(&app.app.ceremony, options));
    std::future::poll_fn(|context| {
        let lines = std::fs::read_to_string(&acknowledged).unwrap_or_default().lines().count();
        if lines >= writes {
            return Poll::Ready(());
        }
        assert!(
            run.as_mut().poll(context).is_pending(),
            "the rehearsal ended before {writes} writes"
        );
        Poll::Pending
    })
    .await;
}

#[tokio::test]
async fn an_interrupted_rehearsal_goes_on_where_it_was() {
    let (app, folder) = (TestApp::start().await, tempfile::tempdir().unwrap());
    let options = options(&app, folder.path()).await;
    // Among the accounts, among the members, among the papers.
    for writes in [3, 25, 50] {
        run_until(&app, &options, writes).await;
    }
    let outcome = rehearsal::run(&app.app.ceremony, &options).await.unwrap();
    assert_eq!(outcome.differences, Vec::<String>::new());
    assert!(outcome.kept > 10);
    assert_eq!([count(&app, "member").await, count(&app, "act").await], [10, 8]);
}

#[tokio::test]
async fn what_was_acknowledged_and_is_missing_is_named() {
    let (app, folder) = (TestApp::start().await, tempfile::tempdir().unwrap());
    let options = options(&app, folder.path()).await;
    rehearsal::run(&app.app.ceremony, &options).await.unwrap();
    let mut owner = app.owner.connect().await.unwrap();
    // What a lost commit would leave behind: one member is gone, and one has never been approved.
    let spoil = "delete from member where function = 'alternate_head' and participant = 'VNM';
                 update member set version = version - 1 where function = 'head' and participant = 'VNM'";
    owner.execute(spoil).await.unwrap();
    let Err(Error::Lost(lost)) = rehearsal::run(&app.app.ceremony, &options).await else {
        panic!("the loss went unnoticed")
    };
    assert_eq!(lost.len(), 2, "{lost:?}");
    assert!(lost.iter().all(|line| line.starts_with("/delegations/VNM/members/")));
}
