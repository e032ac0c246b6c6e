//! Letters on their way: at least once, under one `Message-ID`, whatever dies meanwhile.

use futures_util::future::join_all;
use hanoi_ceremony::http::App;
use hanoi_ceremony::outbox;
use mailparse::MailHeaderMap as _;
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, Executor as _, PgConnection};

use super::server::{MailServer, Trouble};
use crate::app::{NOW, SETTINGS, TestApp, statuses};

/// A service that sends over this server. What fails waits until the test makes it due again.
async fn start(server: &MailServer) -> TestApp {
    let settings = format!(
        "{SETTINGS}\n[mail]\ntransport = \"smtp\"\nat_once = 4\nretry_first_ms = 600_000\n\
         [mail.smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity = \"none\"\ntimeout_seconds = 5\n",
        server.port
    );
    TestApp::start_with(NOW, &settings).await
}

/// Letters to so many accounts, waiting.
async fn write_letters(owner: &mut PgConnection, count: usize) {
    let letters = format!(
        "insert into message (message_id, kind, account_id)
         select gen_random_uuid(), 'password_changed', account_id from account order by email limit {count}"
    );
    owner.execute(sqlx::AssertSqlSafe(letters)).await.unwrap();
}

async fn count(owner: &mut PgConnection, condition: &str) -> i64 {
    let count = format!("select count(*) from message where {condition}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(count)).fetch_one(owner).await.unwrap()
}

/// Tries what waits, however long it was to wait, once.
async fn try_once(app: &TestApp, owner: &mut PgConnection) {
    owner.execute("update message set due_at = now() where state = 'waiting'").await.unwrap();
    let mut tried = 1;
    let App { db, post, ceremony, .. } = &app.app;
    while tried > 0 {
        tried = outbox::send_due(db, post, ceremony).await.unwrap();
    }
}

#[tokio::test]
async fn a_letter_reaches_its_reader_over_a_real_server() {
    let server = MailServer::start(Trouble::default()).await;
    let app = start(&server).await;
    let mut owner = app.owner.connect().await.unwrap();
    let name = "update account set name = 'Nguyễn \"Ví\" Dụ, <a@b.example>', language = 'vi' where email = 'gate@test.example'";
    owner.execute(name).await.unwrap();
    owner.execute("insert into message (message_id, kind, account_id) select gen_random_uuid(), 'password_changed', account_id from account where email = 'gate@test.example'").await.unwrap();
    app.deliver().await;

    let letters = server.letters();
    let [letter] = letters.as_slice() else { panic!("{letters:?}") };
    assert_eq!(letter.to, ["gate@test.example"]);
    let mail = mailparse::parse_mail(&letter.bytes).unwrap();
    let to = mailparse::addrparse_header(mail.headers.get_first_header("To").unwrap()).unwrap();
    let to = to.extract_single_info().unwrap();
    let name = "Nguyễn \"Ví\" Dụ, <a@b.example>";
    assert_eq!((to.display_name.as_deref(), to.addr.as_str()), (Some(name), "gate@test.example"));
    assert_eq!(letter.header("Subject"), "Mật khẩu của Quý vị đã được thay đổi");
    assert_eq!(letter.header("From"), "\"Ceremony desk\" <desk@ceremony.example>");
    let body = mail.get_body().unwrap();
    assert!(body.starts_with("Kính gửi Nguyễn \"Ví\" Dụ, <a@b.example>,"), "{body}");
    let bare = format!("http://{}", app.app.config.server.listen);
    assert!(body.contains(&format!("{bare}/account")), "the configured address: {body}");
}

#[tokio::test]
async fn a_server_that_dies_twice_loses_no_letter_and_each_has_one_id() {
    let dies_after = |count| Trouble { dies_over: Some(count), ..Trouble::default() };
    let mut server = MailServer::start(dies_after(7)).await;
    let app = start(&server).await;
    let mut owner = app.owner.connect().await.unwrap();
    write_letters(&mut owner, 30).await;
    try_once(&app, &mut owner).await;
    assert!(
        count(&mut owner, "state = 'waiting' and trouble = 'unreachable'").await > 0,
        "it died"
    );
    server = server.restart(dies_after(19)).await;
    try_once(&app, &mut owner).await;
    assert!(count(&mut owner, "state = 'waiting'").await > 0, "it died again");
    server = server.restart(Trouble::default()).await;
    while count(&mut owner, "state = 'waiting'").await > 0 {
        try_once(&app, &mut owner).await;
    }
    assert_eq!(count(&mut owner, "state = 'delivered'").await, 30);
    let ids = server.ids();
    assert_eq!(ids.len(), 30, "one id for each letter: {ids:?}");
    // The negative control: it did die over letters that it had, and those came again.
    assert!(ids.values().any(|times| *times > 1), "{ids:?}");
}

#[tokio::test]
async fn a_worker_that_dies_between_sending_and_noting_leaves_the_letter_to_the_next() {
    let mut server = MailServer::start(Trouble::default()).await;
    let app = start(&server).await;
    let mut owner = app.owner.connect().await.unwrap();
    write_letters(&mut owner, 1).await;
    let dies = "create function dies() returns trigger language plpgsql as 'begin raise exception ''dead''; end';
                create trigger dies before update of state on message for each row execute function dies()";
    owner.execute(dies).await.unwrap();
    let App { db, post, ceremony, .. } = &app.app;
    assert!(outbox::send_due(db, post, ceremony).await.is_err());
    assert_eq!(server.ids().values().collect::<Vec<_>>(), [&1]);
    // As long as the dead worker has it, nobody else takes it.
    owner.execute("drop trigger dies on message").await.unwrap();
    assert_eq!(outbox::send_due(db, post, ceremony).await.unwrap(), 0);
    try_once(&app, &mut owner).await;
    assert_eq!(count(&mut owner, "state = 'delivered' and attempts = 2").await, 1);
    assert_eq!(server.ids().values().collect::<Vec<_>>(), [&2], "again, and known as the same");
    server.kill().await;
}

#[tokio::test]
async fn workers_share_the_letters_and_send_none_twice() {
    let server = MailServer::start(Trouble::default()).await;
    let app = start(&server).await;
    let mut owner = app.owner.connect().await.unwrap();
    write_letters(&mut owner, 40).await;
    let worker = async || app.deliver().await;
    tokio::join!(worker(), worker(), worker());
    let ids = server.ids();
    assert_eq!((ids.len(), ids.values().max()), (40, Some(&1)), "{ids:?}");
    assert_eq!(count(&mut owner, "attempts = 1 and state = 'delivered'").await, 40);
    // The negative control: a worker that has a letter for no time at all shares it with the next one.
    let never = "create function never() returns trigger language plpgsql as 'begin new.due_at := old.due_at; return new; end';
                 create trigger never before update of due_at on message for each row execute function never()";
    owner.execute(never).await.unwrap();
    write_letters(&mut owner, 40).await;
    tokio::join!(worker(), worker(), worker());
    assert!(server.ids().values().any(|times| *times > 1), "blind");
}

#[tokio::test]
async fn what_is_refused_fails_for_good_and_what_is_put_off_is_tried_again() {
    let refuses = Trouble { knows_nobody: true, ..Trouble::default() };
    let mut server = MailServer::start(refuses).await;
    let app = start(&server).await;
    let mut owner = app.owner.connect().await.unwrap();
    write_letters(&mut owner, 1).await;
    try_once(&app, &mut owner).await;
    assert_eq!(
        count(&mut owner, "state = 'failed' and trouble = 'refused' and attempts = 1").await,
        1
    );

    server = server.restart(Trouble { is_full: true, ..Trouble::default() }).await;
    write_letters(&mut owner, 1).await;
    try_once(&app, &mut owner).await;
    assert!(count(&mut owner, "state = 'waiting' and trouble = 'deferred'").await == 1);
    server.kill().await;
    try_once(&app, &mut owner).await;
    assert!(count(&mut owner, "state = 'waiting' and trouble = 'unreachable'").await == 1);
    let shown = app.administrator().get("/messages?state=failed,waiting").await.expect(200);
    let troubles: Vec<&Value> =
        shown["items"].as_array().unwrap().iter().map(|item| &item["trouble"]).collect();
    assert_eq!(troubles.len(), 2);
    assert!(troubles.contains(&&json!("refused")) && troubles.contains(&&json!("unreachable")));
    // Past the time for which it is worth trying, it is given up.
    owner.execute("update message set queued_at = now() - interval '73 hours'").await.unwrap();
    try_once(&app, &mut owner).await;
    assert_eq!(count(&mut owner, "state = 'failed' and trouble = 'unreachable'").await, 1);
}

#[tokio::test]
async fn what_failed_is_sent_again_at_an_officers_word_once_however_many_say_it_at_once() {
    let refuses = Trouble { knows_nobody: true, ..Trouble::default() };
    let mut server = MailServer::start(refuses).await;
    let app = start(&server).await;
    let mut owner = app.owner.connect().await.unwrap();
    write_letters(&mut owner, 1).await;
    let office = json!({ "email": "new@ceremony.example", "name": "New", "role": "gate" });
    app.administrator().post("/invitations", office).await.expect(201);
    let id = |kind: &str, page: &Value| {
        let of_kind = |item: &&Value| item["kind"] == kind;
        let item = page["items"].as_array().unwrap().iter().find(of_kind).unwrap();
        format!("/messages/{}/resend", item["id"].as_str().unwrap())
    };
    let waiting = app.administrator().get("/messages").await.expect(200);
    let early = app.administrator().post(&id("password_changed", &waiting), json!({})).await;
    assert_eq!(
        (early.problem(409), &early.json()["current"]),
        ("illegal_transition".into(), &json!("waiting"))
    );
    try_once(&app, &mut owner).await;
    let failed = app.administrator().get("/messages?state=failed").await.expect(200);
    let notice = id("password_changed", &failed);
    // What let somebody in is forgotten: a fresh code is another letter.
    let code = app.administrator().post(&id("invitation", &failed), json!({})).await;
    assert_eq!(code.problem(409), "illegal_transition");
    for other in [app.treaty(), app.security(), app.focal_point("FRA")] {
        assert_eq!(other.post(&notice, json!({})).await.problem(403), "forbidden");
    }

    server = server.restart(Trouble::default()).await;
    owner.execute("update message set created_at = now() - interval '99 hours'").await.unwrap();
    let administrator = app.administrator();
    let replies = join_all((0..8).map(|_| administrator.post(&notice, json!({})))).await;
    let sent = statuses(&replies).into_iter().filter(|status| *status == 200).count();
    assert_eq!(sent, 1, "{:?}", statuses(&replies));
    try_once(&app, &mut owner).await;
    assert_eq!(count(&mut owner, "state = 'delivered' and attempts = 2").await, 1);
    assert_eq!(server.letters().len(), 1);
}

#[tokio::test]
async fn whoever_has_no_open_account_any_more_gets_no_letter() {
    let server = MailServer::start(Trouble::default()).await;
    let app = start(&server).await;
    let mut owner = app.owner.connect().await.unwrap();
    write_letters(&mut owner, 2).await;
    owner
        .execute(
            "update account set disabled_at = now() where email = (select min(email) from account)",
        )
        .await
        .unwrap();
    app.deliver().await;
    assert_eq!(count(&mut owner, "state = 'cancelled'").await, 1);
    assert_eq!(server.letters().len(), 1);
}
