//! A copy of the tables that let people, systems and devices in lets nobody in.

use std::collections::BTreeSet;

use serde_json::json;
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgConnection};

use crate::app::{NOW, SETTINGS, TestApp};
use crate::factors::Person;

/// Whatever lets in whoever has it, or the answer in which it was given once.
const DOORS: &[&str] = &[
    "account",
    "api_key",
    "calendar_feed",
    "device",
    "idempotency",
    "invitation",
    "message",
    "password_reset",
    "password_reset_request",
    "recovery_code",
    "token",
    "totp",
];

/// Tables with bytes in them that open no door: hashes and sealed values of papers, of persons, of the record; public keys.
const OTHERS: &[&str] = &[
    "attempt",
    "change_request",
    "document",
    "event",
    "event_detail",
    "export_job",
    "export_part",
    "import",
    "installation",
    "known_network",
    "ledger_hash",
    "ledger_leaf",
    "member",
    "member_mark",
    "oidc_answer",
    "orphan_file",
    "participant",
    "passkey",
];

/// Every value of a table's latest rows, in every form in which somebody could copy it.
async fn values(connection: &mut PgConnection, table: &str) -> BTreeSet<String> {
    let latest = format!("(select * from {table} order by ctid desc limit 8)");
    let rows = format!(
        "select distinct value from {latest} t, jsonb_each_text(to_jsonb(t)) where value <> ''"
    );
    let texts: Vec<String> =
        sqlx::query_scalar(AssertSqlSafe(rows)).fetch_all(&mut *connection).await.unwrap();
    let bytes = "select attname::text from pg_attribute
                 where attrelid = to_regclass($1) and atttypid = 'bytea'::regtype and attnum > 0 and not attisdropped";
    let columns: Vec<String> =
        sqlx::query_scalar(bytes).bind(table).fetch_all(&mut *connection).await.unwrap();
    let mut all: BTreeSet<_> = texts.into_iter().collect();
    for column in columns {
        for form in ["'hex'", "'base64'", "'escape'"] {
            let forms = format!(
                "select distinct encode({column}, {form}) from {latest} t where {column} is not null"
            );
            let forms: Vec<String> =
                sqlx::query_scalar(AssertSqlSafe(forms)).fetch_all(&mut *connection).await.unwrap();
            for text in forms {
                let url_safe = text.replace('+', "-").replace('/', "_").replace(['=', '\n'], "");
                all.extend([text, url_safe]);
            }
        }
    }
    all
}

/// Tries a value wherever something lets in whoever has it. Says how many tokens it was tried as.
async fn try_at_every_door(app: &TestApp, cautious: &Person, table: &str, value: &str) -> usize {
    let mut tried = 0;
    let header: String = value.chars().filter(char::is_ascii_graphic).take(2000).collect();
    for prefix in ["", "hcs_", "hck_", "hcd_"] {
        let me = app.bearer(&format!("{prefix}{header}")).get("/auth/me").await;
        assert_eq!(me.status, 401, "{table} {prefix}");
        tried += 1;
    }
    let with = cautious.log_in(app, json!({ "recovery_code": value })).await;
    assert!([401, 422, 429].contains(&with.status), "{table}: {}", with.text);
    let accept = json!({ "code": value, "password": "a sentence of my own choice" });
    let accepted = app.anybody().post("/invitations/accept", accept).await;
    assert!([404, 422].contains(&accepted.status), "{table}: {}", accepted.text);
    let chosen = json!({ "code": value, "new": "a sentence of my own choice" });
    let chosen = app.anybody().post("/auth/password-reset/confirm", chosen).await;
    assert!([404, 422].contains(&chosen.status), "{table}: {}", chosen.text);
    let is_of_address = |sign: &char| sign.is_ascii_alphanumeric() || "-_".contains(*sign);
    let address: String = value.chars().filter(is_of_address).take(200).collect();
    for prefix in ["", "hcf_"] {
        let calendar = app.anybody().get(&format!("/calendars/{prefix}{address}")).await;
        assert_eq!(calendar.status, 404, "{table} {prefix}");
    }
    let login = json!({ "email": "new@test.example", "password": value });
    assert!([401, 422].contains(&app.anybody().post("/auth/login", login).await.status), "{table}");
    tried
}

#[tokio::test]
async fn a_copy_of_every_table_that_lets_in_lets_nobody_in() {
    // What is tried here is not to be stopped for its number: each try is to be looked at.
    let free = "free_failures = 1000000";
    let settings = format!("{SETTINGS}\n[tries.account]\n{free}\n[tries.network]\n{free}\n");
    let app = TestApp::start_with(NOW, &settings).await;
    let (administrator, france) = (app.administrator(), app.focal_point("FRA"));
    // Each under a key, so that the answers with what is shown once are kept as well.
    let given = [
        france
            .post_once("/api-keys", "1", json!({ "name": "A", "scopes": ["members:read"] }))
            .await
            .expect(201)["key"]
            .clone(),
        administrator
            .post_once("/devices", "2", json!({ "name": "B", "profile": "gate" }))
            .await
            .expect(201)["token"]
            .clone(),
    ];
    let room =
        app.programme_officer().get("/rooms?limit=1").await.expect(200)["items"][0]["id"].clone();
    let feed =
        app.programme_officer().post_once("/calendar-feeds", "5", json!({ "room": room })).await;
    let calendar = feed.expect(201)["path"].as_str().unwrap().replace("/api/v1", "");
    let account = json!({ "email": "new@test.example", "name": "New", "role": "gate" });
    let account = administrator.post_once("/accounts", "3", account).await.expect(201);
    let password = account["initial_password"].as_str().unwrap();
    let login = json!({ "email": "new@test.example", "password": password });
    let session =
        app.anybody().post("/auth/login", login.clone()).await.expect(200)["token"].clone();
    // A code for a new password that was sent, a wish for one that waits, and a letter with a code that waits.
    let forgotten = json!({ "email": "gate@test.example" });
    app.anybody().post("/auth/password-reset", forgotten.clone()).await.expect(202);
    app.deliver().await;
    let reset = app.letters_to("gate@test.example")[0].code();
    app.anybody().post("/auth/password-reset", forgotten).await.expect(202);
    let invited = json!({ "email": "in@test.example", "name": "In", "role": "gate" });
    let invited = administrator.post_once("/invitations", "4", invited).await.expect(201);
    let code = invited["code"].as_str().unwrap();

    let cautious = Person::with_an_app(&app, "programme").await;
    let mut owner = app.owner.connect().await.unwrap();
    let mut tried = 0;
    for table in DOORS {
        let values = values(&mut owner, table).await;
        assert!(!values.is_empty(), "nothing to try in {table}");
        for value in values.iter().filter(|value| value.len() >= 8) {
            tried += try_at_every_door(&app, &cautious, table, value).await;
        }
    }
    // The negative control: what was given does let in, so what was tried was tried at doors that open.
    assert!(tried > 300, "{tried}");
    for token in given.iter().chain([&session]) {
        app.bearer(token.as_str().unwrap()).get("/auth/me").await.expect(200);
    }
    app.anybody().post("/auth/login", login).await.expect(200);
    assert_eq!(app.anybody().get(&calendar).await.status, 200);
    let accept = json!({ "code": code, "password": "a sentence of my own choice" });
    app.anybody().post("/invitations/accept", accept).await.expect(200);
    let chosen = json!({ "code": reset, "new": "a sentence of my own choice" });
    app.anybody().post("/auth/password-reset/confirm", chosen).await.expect(204);
}

#[tokio::test]
async fn every_table_with_bytes_in_it_is_tried_or_known_to_open_nothing() {
    let app = TestApp::start().await;
    let mut owner = app.owner.connect().await.unwrap();
    let with_bytes = "select distinct attrelid::regclass::text from pg_attribute join pg_class c on c.oid = attrelid
                      where c.relnamespace = 'public'::regnamespace and relkind = 'r' and relname <> '_sqlx_migrations'
                        and attnum > 0 and not attisdropped
                        and (atttypid = 'bytea'::regtype or attname ~ '(hash|token|secret|code)$') order by 1";
    let tables: Vec<String> = sqlx::query_scalar(with_bytes).fetch_all(&mut owner).await.unwrap();
    let unknown: Vec<_> = tables
        .iter()
        .filter(|table| !DOORS.iter().chain(OTHERS).any(|known| known == table))
        .collect();
    assert!(unknown.is_empty(), "do they let somebody in? {unknown:?}");
}
