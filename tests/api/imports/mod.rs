//! A delegation's list as a file: out, in, seen first, taken in whole, taken back whole (R36–R38, R40, R50, R53, R54).

mod files;
mod isolation;
mod photos;
mod requests;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sqlx::ConnectOptions as _;

use crate::app::{Caller, Reply, TestApp, member, statuses};

const TITLES: &str = "family_name,given_names,badge_name,function,rank,functional_title,date_of_birth,nationality,\
    passport_number,passport_expires_on,email,language";

/// A row of somebody who can be registered as they are.
fn row(number: usize) -> Vec<String> {
    let texts: [&str; 12] = [
        "SAMPLE",
        "Exemplar",
        "",
        "staff",
        "official",
        "Director of Samples",
        "1980-02-29",
        "FRA",
        "X0",
        "2030-01-01",
        "@delegate.example",
        "en",
    ];
    let mut cells = texts.map(str::to_owned);
    cells[0] = format!("{} {number}", cells[0]);
    cells[8] = format!("{}{number:06}", cells[8]);
    cells[10] = format!("s{number}{}", cells[10]);
    cells.to_vec()
}

fn file(rows: &[Vec<String>]) -> Vec<u8> {
    let rows: Vec<String> = rows.iter().map(|row| row.join(",")).collect();
    format!("{TITLES}\n{}\n", rows.join("\n")).into_bytes()
}

async fn begin<'a>(app: &'a TestApp, code: &str) -> Caller<'a> {
    let mission = app.focal_point(code);
    mission.post("/delegations", json!({ "participant": code })).await.expect(201);
    mission
}

async fn upload(mission: &Caller<'_>, file: &[u8]) -> Reply {
    mission.upload("/imports?participant=FRA", "text/csv", file).await
}

async fn count(mission: &Caller<'_>) -> u64 {
    let list = mission.get("/delegations/FRA/members?include=count&limit=1").await.expect(200);
    list["count"].as_u64().unwrap()
}

/// Uploads a list without faults and commits it.
async fn take_in(mission: &Caller<'_>, file: &[u8]) -> (String, Value) {
    let seen = upload(mission, file).await;
    assert_eq!(seen.expect(201)["preview"]["faults"], json!([]), "{}", seen.text);
    let path = format!("/imports/{}", seen.id());
    let done = mission.act(&format!("{path}/commit"), json!({})).await.expect(200);
    (path, done)
}

#[tokio::test]
async fn r54_thirty_seven_faulty_cells_of_five_hundred_rows_are_named_and_nothing_is_written() {
    let app = TestApp::start().await;
    let mission = begin(&app, "FRA").await;
    let good: Vec<_> = (0..500).map(row).collect();
    let mut rows = good.clone();
    // Two to a row.
    let wrong: [(usize, &str, &str, &str); 12] = [
        (0, "family_name", "", "required"),
        (3, "function", "king", "unknown_value"),
        (0, "family_name", "a\u{202e}b", "direction_override"),
        (4, "rank", "duke", "unknown_value"),
        (6, "date_of_birth", "29/02/1980", "invalid_date"),
        (7, "nationality", "fra", "invalid_nationality"),
        (6, "date_of_birth", "2031-01-01", "too_late"),
        (8, "passport_number", "no!", "invalid_passport_number"),
        (8, "passport_number", "•••123", "masked"),
        (9, "passport_expires_on", "2025-10-25", "too_early"),
        (10, "email", "nobody", "invalid_email"),
        (11, "language", "english", "invalid_language"),
    ];
    let mut expected = BTreeSet::new();
    for (fault, (place, column, text, code)) in wrong.iter().cycle().take(36).enumerate() {
        let at = fault / 2 * 13;
        rows[at][*place] = (*text).to_owned();
        expected.insert((at + 2, (*column).to_owned(), (*code).to_owned()));
    }
    rows[499][10] = rows[498][10].clone();
    expected.insert((501, "email".to_owned(), "taken".to_owned()));
    assert_eq!(expected.len(), 37);

    let seen = upload(&mission, &file(&rows)).await;
    let body = seen.expect(201);
    let faults = body["preview"]["faults"].as_array().unwrap();
    let named: BTreeSet<_> = faults
        .iter()
        .map(|f| {
            let text = |name: &str| f[name].as_str().unwrap().to_owned();
            (usize::try_from(f["row"].as_u64().unwrap()).unwrap(), text("column"), text("code"))
        })
        .collect();
    assert_eq!((named, faults.len()), (expected.clone(), 37));
    let broken = expected.iter().map(|(row, ..)| row).collect::<BTreeSet<_>>().len();
    assert_eq!(
        body["counts"],
        json!({ "new": 500 - broken, "changed": 0, "unchanged": 0, "faulty": broken })
    );
    assert!(faults.iter().all(|f| !f["detail"].as_str().unwrap().contains("no!")));
    let refused = mission.act(&format!("/imports/{}/commit", seen.id()), json!({})).await;
    assert_eq!(refused.problem(409), "import_blocked");
    assert_eq!(refused.json()["why"], "faulty");
    assert_eq!(refused.json()["faults"].as_array().unwrap().len(), 37);
    assert_eq!(count(&mission).await, 0, "nothing was written");

    // How long it takes, `ceremony bench` measures.
    let (_, done) = take_in(&mission, &file(&good)).await;
    assert_eq!((&done["state"], &done["counts"]["new"]), (&json!("committed"), &json!(500)));
    assert_eq!(count(&mission).await, 500);

    let again = upload(&mission, &file(&good)).await.expect(201);
    let unchanged = json!({ "new": 0, "changed": 0, "unchanged": 500, "faulty": 0 });
    assert_eq!(again["counts"], unchanged, "the same file once more");
    let export = mission.get("/delegations/FRA/members.csv").await;
    let again = upload(&mission, export.text.as_bytes()).await.expect(201);
    assert_eq!(again["counts"], unchanged, "our own export");
}

#[tokio::test]
async fn r40_an_import_tells_the_history_of_each_person_and_is_taken_back_as_a_whole() {
    let app = TestApp::start().await;
    let mission = begin(&app, "FRA").await;
    let mut person = member("Known");
    person["other_passports"] =
        json!([{ "nationality": "DEU", "number": "C0000456", "expires_on": "2031-01-01" }]);
    let known = mission.post("/delegations/FRA/members", person).await;
    let path = format!("/delegations/FRA/members/{}", known.id());
    let mut rows = vec![row(1), row(2)];
    rows.push(row(3));
    rows[2][10] = "known@delegate.example".to_owned();
    rows[2][8] = "•••000".to_owned();
    let seen = upload(&mission, &file(&rows)).await;
    let body = seen.expect(201);
    let counts = json!({ "new": 2, "changed": 1, "unchanged": 0, "faulty": 0 });
    assert_eq!(body["counts"], counts, "{}", seen.text);
    let difference = &body["preview"]["rows"][2]["changes"];
    assert_eq!(difference["family_name"], json!({ "before": "KNOWN", "after": "SAMPLE 3" }));
    assert!(
        difference.get("passport_number").is_none() && difference.get("form_of_address").is_none()
    );
    let import = format!("/imports/{}", seen.id());
    assert_eq!(mission.get(&import).await.expect(200), body);

    mission.act(&format!("{import}/commit"), json!({})).await.expect(200);
    let changed = mission.get(&path).await.expect(200);
    assert_eq!(changed["family_name"], "SAMPLE 3");
    assert_eq!(changed["form_of_address"], "Ms.", "what the file does not have stays");
    assert_eq!(changed["passport"]["number"], "•••000");
    assert_eq!(changed["other_passports"][0]["number"], "•••456");
    let history = mission.get("/delegations/FRA/history").await.expect(200);
    let by_import: Vec<_> = history["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["after"]["import"] == json!(seen.id()))
        .map(|entry| entry["kind"].as_str().unwrap())
        .collect();
    assert_eq!(by_import.len(), 3);
    assert_eq!(by_import.iter().filter(|kind| **kind == "member.created").count(), 2);
    let refused = mission.act(&format!("{import}/commit"), json!({})).await;
    assert_eq!(refused.problem(409), "illegal_transition");
    assert_eq!(refused.json()["allowed"], json!(["rollback"]));
    assert!(mission.get(&import).await.expect(200).get("preview").is_none());

    mission.act(&format!("{import}/rollback"), json!({})).await.expect(200);
    let before = known.expect(201);
    let after = mission.get(&path).await.expect(200);
    for field in ["family_name", "passport", "other_passports", "date_of_birth", "email", "rank"] {
        assert_eq!(after[field], before[field], "{field}");
    }
    assert_eq!(after["badge_name"], before["badge_name"]);
    assert_eq!(count(&mission).await, 1);
    let refused = mission.act(&format!("{import}/rollback"), json!({})).await;
    assert_eq!(refused.problem(409), "illegal_transition");
}

#[tokio::test]
async fn an_import_on_which_something_was_built_is_not_taken_back() {
    let app = TestApp::start().await;
    let mission = begin(&app, "FRA").await;
    let (import, _) = take_in(&mission, &file(&[row(1), row(2), row(3)])).await;
    let list = mission.get("/delegations/FRA/members").await.expect(200);
    let id = |index: usize| list["items"][index]["id"].as_str().unwrap().to_owned();
    mission.act(&format!("/delegations/FRA/members/{}/submit", id(0)), json!({})).await.expect(200);
    mission.delete(&format!("/delegations/FRA/members/{}", id(1))).await.expect(204);
    let refused = mission.act(&format!("{import}/rollback"), json!({})).await;
    assert_eq!(refused.problem(409), "import_blocked");
    assert_eq!(refused.json()["why"], "built_on");
    let touched: BTreeSet<_> = refused.json()["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap().to_owned())
        .collect();
    assert_eq!(touched, BTreeSet::from([id(0), id(1)]));
    assert_eq!(count(&mission).await, 2);

    let (import, _) = take_in(&mission, &file(&[row(4)])).await;
    let list = mission.get("/delegations/FRA/members?q=sample%204").await.expect(200);
    let paper = format!(
        "/documents?participant=FRA&kind=passport&member={}",
        list["items"][0]["id"].as_str().unwrap()
    );
    mission.upload(&paper, "application/pdf", b"%PDF-1.7 an example").await.expect(201);
    let refused = mission.act(&format!("{import}/rollback"), json!({})).await;
    assert_eq!(
        (refused.problem(409), &refused.json()["why"]),
        ("import_blocked".into(), &json!("built_on"))
    );
}

#[tokio::test]
async fn a_commit_does_what_its_preview_said_or_nothing() {
    let app = TestApp::start().await;
    let mission = begin(&app, "FRA").await;
    let seen = upload(&mission, &file(&[row(1), row(2)])).await;
    let mut person = member("Other");
    person["email"] = json!("s1@delegate.example");
    mission.post("/delegations/FRA/members", person).await.expect(201);
    let refused = mission.act(&format!("/imports/{}/commit", seen.id()), json!({})).await;
    assert_eq!(refused.problem(409), "import_blocked");
    assert_eq!(refused.json()["why"], "outdated");
    assert_eq!(count(&mission).await, 1);
    // What would be is seen without being done.
    let seen = upload(&mission, &file(&[row(2)])).await;
    let tried =
        mission.act(&format!("/imports/{}/commit?dry_run=true", seen.id()), json!({})).await;
    assert_eq!(
        (tried.expect(200)["state"].clone(), count(&mission).await),
        (json!("committed"), 1)
    );
    // Of two who press the button at once, one commits.
    let path = format!("/imports/{}/commit", seen.id());
    let (one, other) = tokio::join!(mission.act(&path, json!({})), mission.act(&path, json!({})));
    assert_eq!((statuses(&[one, other]), count(&mission).await), (vec![200, 409], 2));
}

#[tokio::test]
async fn r33_r36_what_there_is_one_of_can_be_exchanged_and_not_doubled() {
    let app = TestApp::start().await;
    let mission = begin(&app, "FRA").await;
    let mut rows = vec![row(1), row(2)];
    (rows[0][3], rows[1][3]) = ("head".to_owned(), "staff".to_owned());
    take_in(&mission, &file(&rows)).await;
    let mut third = row(3);
    third[3] = "head".to_owned();
    let seen = upload(&mission, &file(&[third.clone()])).await.expect(201);
    let fault = &seen["preview"]["faults"][0];
    assert_eq!((&fault["column"], &fault["code"]), (&json!("function"), &json!("taken")));

    // The head and a member change places, and their addresses, in one list.
    let list = mission.get("/delegations/FRA/members.csv").await.text;
    let swapped = list
        .replace(",head,", ",~,")
        .replace(",staff,", ",head,")
        .replace(",~,", ",staff,")
        .replace("s1@", "~@")
        .replace("s2@", "s1@")
        .replace("~@", "s2@");
    let (_, done) = take_in(&mission, swapped.as_bytes()).await;
    assert_eq!(done["counts"]["changed"], 2);
    let list = mission.get("/delegations/FRA/members?function=head").await.expect(200);
    assert_eq!(list["items"][0]["email"], "s1@delegate.example");
    assert_eq!(list["items"][0]["family_name"], "SAMPLE 2");

    let twice = format!("id,{TITLES}\n,{}\n,{}\n", row(5).join(","), row(5).join(","));
    let seen = upload(&mission, twice.as_bytes()).await.expect(201);
    assert_eq!(seen["preview"]["faults"][0]["row"], 3);
    let twice = file(&[rows[0].clone(), rows[0].clone()]);
    let seen = upload(&mission, &twice).await.expect(201);
    assert_eq!(seen["preview"]["faults"][0]["code"], "twice");
}

#[tokio::test]
async fn r50_what_a_preview_holds_is_sealed_and_forgotten_after_a_day() {
    const CANARY: &str = "XCANARY77";
    let app = TestApp::start().await;
    let mission = begin(&app, "FRA").await;
    let mut canary = row(1);
    canary[8] = CANARY.to_owned();
    canary[6] = "1953-03-29".to_owned();
    let seen = upload(&mission, &file(&[canary])).await;
    assert!(!seen.text.contains(CANARY));
    let mut owner = app.owner.connect().await.unwrap();
    let everything = "select coalesce(string_agg(t, ' '), '') from (
        select import::text from import union all select event::text from event
        union all select idempotency::text from idempotency) as everything (t)";
    for step in ["previewed", "committed"] {
        let text: String = sqlx::query_scalar(everything).fetch_one(&mut owner).await.unwrap();
        for plain in [CANARY, "1953-03-29"] {
            let hex = hanoi_ceremony::secret::hex(plain.as_bytes());
            assert!(!text.contains(plain) && !text.contains(&hex), "{step} {plain}");
        }
        if step == "previewed" {
            let path = format!("/imports/{}/commit", seen.id());
            let key = mission.request(reqwest::Method::POST, &path).header("if-match", "*");
            crate::app::send(key.header("idempotency-key", "once")).await.expect(200);
        }
    }
    let old = upload(&mission, &file(&[row(2)])).await;
    sqlx::query("update import set created_at = created_at - interval '1 day', expires_at = created_at where import_id = $1::uuid")
        .bind(old.id())
        .execute(&mut owner)
        .await
        .unwrap();
    let path = format!("/imports/{}", old.id());
    let refused = mission.act(&format!("{path}/commit"), json!({})).await;
    assert_eq!(
        (refused.problem(409), &refused.json()["current"]),
        ("illegal_transition".into(), &json!("expired"))
    );
    let list = mission.get("/imports?state=expired").await.expect(200);
    assert_eq!(
        (list["items"].as_array().unwrap().len(), &list["items"][0]["id"]),
        (1, &json!(old.id()))
    );
    assert!(mission.get(&path).await.expect(200).get("preview").is_none());

    let sweep = hanoi_ceremony::delegations::imports::sweep;
    assert_eq!(sweep(&app.app.db).await.unwrap(), 1);
    let kept: i64 = sqlx::query_scalar("select count(*) from import where content is not null")
        .fetch_one(&mut owner)
        .await
        .unwrap();
    assert_eq!(
        (kept, sweep(&app.app.db).await.unwrap()),
        (1, 0),
        "the committed one can be taken back"
    );
}
