//! What is the same for every report: who may take it, what can be asked, as what it comes, and how it ends.

use calamine::{Reader as _, Xlsx};
use hanoi_ceremony::access::Role;
use hanoi_ceremony::reports::{Format, REPORTS};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _};

use super::france;
use crate::app::{Caller, TestApp, member};
use crate::logins::somebody_waits;

pub async fn bytes(caller: &Caller<'_>, path: &str) -> Vec<u8> {
    let reply = caller.request(Method::GET, path).send().await.unwrap();
    assert_eq!(reply.status(), 200, "{path}");
    reply.bytes().await.unwrap().to_vec()
}

#[tokio::test]
async fn r38_everybody_is_shown_the_reports_that_they_may_take_and_gets_no_others() {
    let app = TestApp::start().await;
    assert_eq!(app.anybody().get("/reports").await.problem(401), "unauthenticated");
    let mut offered = Vec::new();
    for role in Role::ALL {
        let caller = app.role(*role);
        let list = caller.get("/reports").await;
        let list = if list.status == 200 { list.json() } else { json!({ "items": [] }) };
        for report in REPORTS {
            let is_shown =
                list["items"].as_array().unwrap().iter().any(|item| item["name"] == report.name);
            for format in Format::ALL {
                let reply = caller.get(&format!("/reports/{}.{format}", report.name)).await;
                // What has to be said first is told once it is known that they may.
                let is_given = [200, 422].contains(&reply.status);
                assert_eq!(is_given, is_shown, "{role} {} {}", report.name, reply.status);
            }
            if is_shown {
                offered.push(report.name);
            }
        }
    }
    let orphans: Vec<_> = REPORTS.iter().filter(|report| !offered.contains(&report.name)).collect();
    assert!(orphans.is_empty(), "each report is somebody's");
    for nothing in ["/reports/nothing.csv", "/reports/participants.exe", "/reports/participants"] {
        assert_eq!(app.officer().get(nothing).await.problem(404), "not_found");
    }
}

#[tokio::test]
async fn a_report_says_what_it_is_in_the_language_that_is_asked_for() {
    let app = TestApp::start().await;
    let list = app.officer().get("/reports?lang=vi").await.expect(200);
    let items = list["items"].as_array().unwrap();
    let participants = items.iter().find(|report| report["name"] == "participants").unwrap();
    assert_eq!(participants["title"], "Danh sách đại biểu");
    assert_eq!(
        participants["columns"][1],
        json!({ "key": "participant", "title": "Bên tham gia", "kind": "text" })
    );
    let parameters = &participants["parameters"];
    assert_eq!(parameters["additionalProperties"], false);
    let known: Vec<_> = parameters["properties"].as_object().unwrap().keys().collect();
    assert_eq!(known, ["status", "as_of", "lang"]);
    let lang = parameters["properties"]["lang"].to_string();
    assert!(lang.contains(r#""enum":["en","fr","es","vi"]"#), "{lang}");
    let names: Vec<_> = REPORTS.iter().map(|report| report.name).collect();
    assert!(names.is_sorted(), "{names:?}");
}

#[tokio::test]
async fn r54_all_that_is_wrong_with_what_is_asked_is_told_at_once() {
    let app = TestApp::start().await;
    let officer = app.officer();
    let wrong =
        "/reports/participants.xlsx?status=present,approved&lang=tlh&as_of=2999-01-01T00:00:00Z";
    let refused = officer.get(wrong).await;
    assert_eq!(refused.problem(422), "validation_failed");
    assert_eq!(refused.pointers(), ["/lang", "/status"]);
    let future = officer.get("/reports/participants.csv?as_of=2999-01-01T00:00:00Z").await;
    assert_eq!(
        (future.problem(422), future.pointers()),
        ("validation_failed".into(), vec!["/as_of".into()])
    );
    for path in
        ["/reports/participants.csv?stage=draft", "/delegations/FRA/composition.csv?stage=draft"]
    {
        let unknown = officer.get(path).await;
        assert_eq!(unknown.problem(400), "unknown_parameter");
        assert_eq!(unknown.json()["parameter"], "stage");
        assert!(unknown.json()["detail"].as_str().unwrap().ends_with(", lang"), "{}", unknown.text);
    }
    assert_eq!(officer.get("/reports/participants.csv?lang=fr&lang=en").await.status, 400);
}

#[tokio::test]
async fn r53_the_same_rows_come_in_every_format_and_each_is_audited_with_its_hash() {
    let app = TestApp::start().await;
    france(&app).await;
    let officer = app.officer();
    let asked = "status=draft&lang=fr";
    let csv = bytes(&officer, &format!("/reports/participants.csv?{asked}")).await;
    let mut csv = csv::Reader::from_reader(csv.as_slice());
    let from_csv: Vec<Vec<String>> = csv
        .records()
        .map(|row| {
            row.unwrap().iter().map(|cell| cell.trim_start_matches('\'').to_owned()).collect()
        })
        .collect();
    let lines = bytes(&officer, &format!("/reports/participants.jsonl?{asked}")).await;
    let lines: Vec<Value> = std::str::from_utf8(&lines)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let reply = officer.request(Method::GET, &format!("/reports/participants.xlsx?{asked}"));
    let reply = reply.send().await.unwrap();
    let export = reply.headers()["export-id"].to_str().unwrap().to_owned();
    let xlsx = reply.bytes().await.unwrap();
    let mut book: Xlsx<_> = Xlsx::new(std::io::Cursor::new(&xlsx[..])).unwrap();
    let sheet = book.worksheet_range("Liste des participants").unwrap();
    let from_xlsx: Vec<Vec<String>> =
        sheet.rows().skip(1).map(|row| row.iter().map(ToString::to_string).collect()).collect();
    // A workbook says codes in words, and the list of reports which: programs read the codes.
    let list = officer.get("/reports?lang=fr").await.expect(200);
    let report = list["items"].as_array().unwrap().iter().find(|one| one["name"] == "participants");
    let columns = report.unwrap()["columns"].as_array().unwrap().clone();
    let in_words: Vec<Vec<String>> = from_csv
        .iter()
        .map(|row| {
            let cells = row.iter().zip(&columns);
            cells.map(|(cell, column)| column["words"][cell].as_str().unwrap_or(cell).to_owned())
        })
        .map(Iterator::collect)
        .collect();
    assert_eq!(from_xlsx, in_words);
    assert_eq!((&*from_csv[0][3], &*from_xlsx[0][3]), ("head", "Chef de délégation"));
    assert_eq!(lines[0]["function"], "head");
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[1]["family_name"], "=HYPERLINK(\"http://x.example\")");
    assert_eq!(lines[1]["family_name"], from_xlsx[1][5]);

    // Whoever took it can tell later whether a file is what was handed out; so can whoever audits, and nobody else.
    let manifest = officer.get(&format!("/exports/{export}")).await.expect(200);
    let hash = hanoi_ceremony::secret::hex(&hanoi_ceremony::secret::sha256(&xlsx));
    assert_eq!(
        manifest,
        json!({
            "id": export, "exported_at": "2025-10-26T10:00:00Z", "report": "participants", "format": "xlsx",
            "filter": { "status": ["draft"], "lang": "fr" }, "rows": 3, "sha256": hash,
        })
    );
    let path = format!("/exports/{export}");
    assert_eq!(app.role(Role::Auditor).get(&path).await.expect(200), manifest);
    assert_eq!(app.treaty().get(&path).await.problem(404), "not_found");
    assert_eq!(std::fs::read_dir(app.data_dir().join("exports")).unwrap().count(), 0);
}

/// Takes the list of participants away while the database keeps it waiting, and `what` happens to the officer's account
/// meanwhile. Gives the rows that came, or nothing where the transfer broke.
async fn take_while(what: &str) -> (Option<usize>, i64) {
    let app = TestApp::start().await;
    france(&app).await;
    let officer = app.officer();
    let account = officer.get("/auth/me").await.id();
    let (mut held, mut watcher) =
        (app.owner.connect().await.unwrap(), app.owner.connect().await.unwrap());
    let mut holding = held.begin().await.unwrap();
    holding.execute("lock table member_version in access exclusive mode").await.unwrap();
    let taking = async {
        let reply = officer.request(Method::GET, "/reports/participants.csv?status=draft");
        let reply = reply.send().await.unwrap();
        assert_eq!(reply.status(), 200);
        reply.text().await.ok().map(|text| text.lines().count() - 1)
    };
    let ending = async {
        while !somebody_waits(&mut watcher).await {}
        let what = what.replace("$id", &format!("'{account}'"));
        watcher.execute(AssertSqlSafe(what)).await.unwrap();
        holding.commit().await.unwrap();
    };
    let (rows, ()) = tokio::join!(taking, ending);
    let audited = "select count(*) from event where kind = 'report.exported'";
    (rows, sqlx::query_scalar(audited).fetch_one(&mut watcher).await.unwrap())
}

#[tokio::test]
async fn r38_an_export_ends_when_the_right_to_it_ends() {
    for end in [
        "update account set disabled_at = now() where account_id = $id",
        "update account set role = 'gate' where account_id = $id",
        "delete from token where account_id = $id",
    ] {
        assert_eq!(take_while(end).await, (None, 0), "{end}");
    }
    // The negative control: what changes nothing of it breaks nothing.
    let other = "update account set name = 'Another' where account_id = $id";
    assert_eq!(take_while(other).await, (Some(3), 1));
}

#[tokio::test]
async fn r28_a_list_as_of_a_moment_is_byte_for_byte_what_was_taken_away_then() {
    let mut app = TestApp::start().await;
    france(&app).await;
    let members = app.officer().get("/members?q=second").await.expect(200);
    let second =
        format!("/delegations/FRA/members/{}", members["items"][0]["id"].as_str().unwrap());
    let reports = [
        "participants.csv?status=draft,submitted",
        "participants.jsonl?status=draft,submitted",
        "delegations.csv?lang=en",
        "delegations.jsonl?lang=en",
    ];
    let mut then = Vec::new();
    for report in reports {
        then.push(bytes(&app.officer(), &format!("/reports/{report}")).await);
    }
    app.go_to("2025-10-26T10:30:00Z").await;
    let renamed = json!({ "family_name": "ANOTHER" });
    app.officer().patch(&second, renamed).await.expect(200);
    app.officer().act(&format!("{second}/submit"), json!({})).await.expect(200);
    let reason = json!({ "reason": "An example." });
    app.officer().act(&format!("{second}/reject"), reason).await.expect(200);
    for name in ["Later", "Latest"] {
        app.officer().post("/delegations/FRA/members", member(name)).await.expect(201);
    }
    app.go_to("2025-10-26T11:00:00Z").await;
    for (report, then) in reports.into_iter().zip(then) {
        let asked = format!("/reports/{report}&as_of=2025-10-26T10:00:00Z");
        let as_of = bytes(&app.officer(), &asked).await;
        assert_eq!(as_of, then, "{report}: {}", String::from_utf8_lossy(&as_of));
        let now = bytes(&app.officer(), &format!("/reports/{report}")).await;
        assert_ne!(now, then, "the negative control");
    }
}

#[tokio::test]
async fn a_paper_that_would_be_too_long_is_refused_before_its_first_byte() {
    let app = TestApp::start().await;
    let mut owner = app.owner.connect().await.unwrap();
    owner
        .execute(
            "insert into account (account_id, email, name, role, password_hash, must_change_password, created_at, updated_at)
             select gen_random_uuid(), 'gate-' || n || '@test.example', 'Sample', 'gate', '-', false, now(), now()
             from generate_series(1, 10001) n",
        )
        .await
        .unwrap();
    let administrator = app.administrator();
    let refused = administrator.get("/reports/accounts.pdf?role=gate").await;
    assert_eq!(refused.problem(413), "too_large");
    assert_eq!(refused.json()["limit_rows"], 10_000);
    assert_eq!(refused.header("export-id"), "");
    // So it is where nobody waits.
    let wanted = json!({ "report": "accounts", "format": "pdf", "parameters": { "role": "gate" } });
    let job = administrator.post("/exports", wanted).await;
    job.expect(202);
    app.make_exports().await;
    let job = administrator.get(&format!("/jobs/{}", job.id())).await.expect(200);
    assert_eq!(
        (&job["state"], &job["why"], &job["result"]),
        (&json!("failed"), &json!("too_large"), &Value::Null)
    );
    // The negative control: a paper that is short comes.
    let short = administrator.request(Method::GET, "/reports/accounts.pdf?role=auditor");
    let short = short.send().await.unwrap();
    assert_eq!(short.status(), 200);
    assert!(short.bytes().await.unwrap().starts_with(b"%PDF"));
}
