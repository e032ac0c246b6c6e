//! Checklists: what is needed, what is there, who has to act; and the papers behind them.

use futures_util::future::join_all;
use hanoi_ceremony::access::Role;
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, PgConnection};

use crate::app::{Caller, NOW, Reply, SETTINGS, TestApp, member, statuses};

const PDF: &[u8] = b"%PDF-1.7 an invented paper";

/// France's mission, its delegation begun.
async fn begin(app: &TestApp) -> Caller<'_> {
    let mission = app.focal_point("FRA");
    mission.post("/delegations", json!({ "participant": "FRA" })).await.expect(201);
    mission
}

async fn enter(mission: &Caller<'_>, name: &str, function: &str, rank: &str) -> String {
    let mut person = member(name);
    person["function"] = json!(function);
    person["rank"] = json!(rank);
    let made = mission.post("/delegations/FRA/members", person).await;
    made.expect(201);
    made.id()
}

async fn lodge(caller: &Caller<'_>, query: &str) -> Reply {
    let path = format!("/documents?participant=FRA&{query}");
    let bytes = if query.contains("kind=photo") { portrait(600, 800) } else { PDF.to_vec() };
    caller.upload(&path, "application/octet-stream", &bytes).await
}

/// A JPEG as far as its header goes.
fn portrait(width: u16, height: u16) -> Vec<u8> {
    let head = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xc0\0\x11\x08";
    let sides = [height.to_be_bytes(), width.to_be_bytes()].concat();
    [head.as_slice(), &sides, &[3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]].concat()
}

/// The lines of a checklist in short: item, state, who has to act.
fn lines(list: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let items = list["items"].as_array().unwrap().iter();
    items.map(|i| [&i["item"], &i["state"], &i["waits_for"]].map(text).join(" ")).collect()
}

#[tokio::test]
async fn r35_the_checklist_says_what_is_there_what_is_not_and_who_has_to_act() {
    let app = TestApp::start().await;
    let (mission, officer) = (begin(&app).await, app.officer());
    let seen = mission.get("/delegations/FRA/checklist").await.expect(200);
    assert_eq!(lines(&seen), ["note_verbale missing mission", "head missing mission"]);
    assert_eq!((&seen["required_open"], &seen["members"]), (&json!(2), &json!([])));

    let minister = enter(&mission, "Sample", "head", "minister").await;
    enter(&mission, "Writer", "press", "none").await;
    let note = lodge(&mission, "kind=note_verbale").await;
    let photo = lodge(&mission, &format!("kind=photo&member={minister}")).await;
    photo.expect(201);
    let seen = mission.get("/delegations/FRA/checklist").await.expect(200);
    assert_eq!(lines(&seen), ["note_verbale received -", "head present -"]);
    assert_eq!(seen["required_open"], 0);
    let [first, second] = [&seen["members"][0], &seen["members"][1]];
    assert_eq!((&first["id"], &first["family_name"]), (&json!(minister), &json!("SAMPLE")));
    assert_eq!(lines(first), ["passport missing mission", "photo received -"]);
    assert_eq!(first["items"][1]["document"], photo.id());
    assert_eq!(
        lines(second),
        ["passport missing mission", "photo missing mission", "press_card missing mission"]
    );
    assert_eq!((&second["required_open"], &second["recommended_open"]), (&json!(0), &json!(3)));

    // The original seen, the paper found in order, and then found wanting after all.
    let path = format!("/documents/{}", note.id());
    officer.act(&format!("{path}/original-seen"), json!({})).await.expect(200);
    officer.act(&format!("{path}/verify"), json!({})).await.expect(200);
    let seen = officer.get("/delegations/FRA/checklist").await.expect(200);
    assert_eq!(lines(&seen)[0], "note_verbale verified -");
    assert_eq!(seen["items"][0]["original_seen_at"], NOW);
    let reason = json!({ "reason": "The seal is another." });
    officer.act(&format!("{path}/refuse"), reason.clone()).await.expect(200);
    let seen = officer.get("/delegations/FRA/checklist").await.expect(200);
    assert_eq!(lines(&seen)[0], "note_verbale refused mission");

    mission.act("/delegations/FRA/submit", json!({})).await.expect(200);
    let refused = officer.act("/delegations/FRA/accept", json!({})).await;
    assert_eq!(refused.problem(409), "checklist_gaps");
    assert_eq!(refused.json()["gaps"], json!(["note_verbale"]));
    assert_eq!(lines(&refused.json()), ["note_verbale refused mission"]);
    // Who does not come needs nothing.
    let withdrawn = format!("/delegations/FRA/members/{minister}/withdraw");
    mission.act(&withdrawn, reason).await.expect(200);
    let seen = officer.get("/delegations/FRA/checklist").await.expect(200);
    assert_eq!(seen["members"].as_array().unwrap().len(), 1);
    assert_eq!(lines(&seen)[1], "head missing mission");
}

#[tokio::test]
async fn a_paper_whose_last_day_is_past_counts_no_more() {
    let app = TestApp::start().await;
    let (mission, officer) = (begin(&app).await, app.officer());
    let late = lodge(&mission, "kind=note_verbale&expires_on=2025-10-25").await;
    assert_eq!(
        (late.problem(422), late.pointers()),
        ("validation_failed".into(), vec!["/expires_on".into()])
    );
    let note = lodge(&mission, "kind=note_verbale&expires_on=2025-10-26").await;
    assert_eq!(note.expect(201)["expires_on"], "2025-10-26");
    let path = format!("/documents/{}", note.id());
    let late = officer.act(&format!("{path}/verify"), json!({ "expires_on": "2025-10-25" })).await;
    assert_eq!(late.pointers(), ["/expires_on"]);
    let verified =
        officer.act(&format!("{path}/verify"), json!({ "expires_on": "2025-10-27" })).await;
    assert_eq!(verified.expect(200)["expires_on"], "2025-10-27");
    for (query, found) in [("2025-10-27", 0), ("2025-10-28", 1)] {
        let list = officer.get(&format!("/documents?expires_before={query}")).await.expect(200);
        assert_eq!(list["items"].as_array().unwrap().len(), found, "{query}");
    }

    let mut db = app.owner.connect().await.unwrap();
    for (last_day, state) in [("2025-10-26", "verified -"), ("2025-10-25", "expired mission")] {
        let past = "update document set expires_on = $1::date";
        sqlx::query(past).bind(last_day).execute(&mut db).await.unwrap();
        let seen = mission.get("/delegations/FRA/checklist").await.expect(200);
        assert_eq!(lines(&seen)[0], format!("note_verbale {state}"));
    }
    // What ended before it was looked at is not found in order.
    let received = "update document set state = 'received', decided_by = null, decided_at = null";
    sqlx::query(received).execute(&mut db).await.unwrap();
    assert_eq!(officer.act(&format!("{path}/verify"), json!({})).await.pointers(), ["/expires_on"]);
}

#[tokio::test]
async fn r41_each_office_reads_the_lines_that_its_task_needs() {
    let app = TestApp::start().await;
    let mission = begin(&app).await;
    enter(&mission, "Sample", "head", "minister").await;
    for (caller, own, members) in [
        (app.officer(), vec!["note_verbale", "head"], vec!["passport", "photo"]),
        (app.treaty(), vec!["note_verbale", "head"], vec![]),
        (app.security(), vec![], vec!["passport", "photo"]),
        (app.role(Role::Auditor), vec!["head"], vec![]),
    ] {
        let seen = caller.get("/delegations/FRA/checklist").await.expect(200);
        let items = |list: &Value| -> Vec<String> {
            lines(list).iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect()
        };
        assert_eq!(items(&seen), own);
        assert_eq!(items(&seen["members"][0]), members);
        assert_eq!(seen["members"][0]["recommended_open"], members.len());
    }
    for other in [app.focal_point("DEU"), app.administrator(), app.role(Role::Gate)] {
        assert_eq!(other.get("/delegations/FRA/checklist").await.problem(404), "not_found");
    }
    let nobody_there = app.officer().get("/delegations/DEU/checklist").await;
    assert_eq!(nobody_there.problem(404), "not_found");
}

#[tokio::test]
async fn r38_a_paper_belongs_to_a_member_of_the_same_delegation() {
    let app = TestApp::start().await;
    let (mission, germany) = (begin(&app).await, app.focal_point("DEU"));
    let theirs = enter(&mission, "Sample", "head", "minister").await;
    let made = lodge(&mission, &format!("kind=passport&member={theirs}")).await;
    assert_eq!(made.expect(201)["member"], theirs.as_str());
    let list = mission.get(&format!("/documents?member={theirs}")).await.expect(200);
    assert_eq!(list["items"][0]["id"], made.id());
    assert_eq!(
        germany.get(&format!("/documents?member={theirs}")).await.json()["items"],
        json!([])
    );

    // Another mission's member and nobody at all are the same to a stranger.
    let nobody = "0199e000-0000-7000-8000-000000000000";
    for member in [theirs.as_str(), nobody] {
        let path = format!("/documents?participant=DEU&kind=photo&member={member}");
        let refused = germany.upload(&path, "image/jpeg", &portrait(600, 800)).await;
        assert_eq!(
            (refused.problem(422), refused.pointers()),
            ("validation_failed".into(), vec!["/member".into()])
        );
        assert_eq!(refused.json()["errors"][0]["code"], "unknown_member");
    }
    let of_the_mission = lodge(&mission, &format!("kind=letter&member={theirs}")).await;
    assert_eq!(of_the_mission.json()["errors"][0]["code"], "not_of_a_member");
    // Until when a passport is valid is sealed in its holder's entry (R50).
    let in_clear = lodge(&mission, "kind=passport&expires_on=2030-01-01").await;
    assert_eq!(in_clear.pointers(), ["/expires_on"]);

    // Under the application's own checks: the service's role can neither pair nor move them otherwise.
    let mut db = app.as_service().await;
    sqlx::query("select set_config('ceremony.scope', '*', false)").execute(&mut db).await.unwrap();
    let moved = "update document set member_id = null";
    assert_eq!(refusal(&mut db, moved).await, "42501");
    let mut owner = app.owner.connect().await.unwrap();
    assert_eq!(refusal(&mut owner, "update document set participant = 'DEU'").await, "23503");
    // A draft that somebody's paper hangs on is withdrawn, not deleted.
    let deleted = mission.delete(&format!("/delegations/FRA/members/{theirs}")).await;
    assert_eq!(
        (deleted.problem(409), &deleted.json()["taken"]),
        ("duplicate".into(), &json!("reference"))
    );
}

async fn refusal(db: &mut PgConnection, statement: &'static str) -> String {
    let refused = sqlx::query(statement).execute(db).await.unwrap_err();
    hanoi_ceremony::db::sqlstate(&refused).unwrap()
}

#[tokio::test]
async fn an_original_is_seen_once_by_who_looks_at_the_paper() {
    let app = TestApp::start().await;
    let (mission, officer) = (begin(&app).await, app.officer());
    let path = format!("/documents/{}", lodge(&mission, "kind=letter").await.id());
    let seen = format!("{path}/original-seen");
    assert_eq!(mission.act(&seen, json!({})).await.problem(403), "forbidden");
    assert_eq!(officer.post(&seen, json!({})).await.problem(428), "precondition_required");
    let body = officer.act(&seen, json!({})).await.expect(200);
    assert_eq!((&body["state"], &body["original_seen_at"]), (&json!("received"), &json!(NOW)));
    assert!(body["original_seen_by"].is_string());
    let again = officer.act(&seen, json!({})).await;
    assert_eq!(again.problem(409), "illegal_transition");
    assert_eq!(again.json()["allowed"], json!(["verify", "refuse"]));
    let mut db = app.owner.connect().await.unwrap();
    let events = "select count(*) from event where kind = 'document.original_seen'";
    assert_eq!(sqlx::query_scalar::<_, i64>(events).fetch_one(&mut db).await.unwrap(), 1);
}

#[tokio::test]
async fn r36_a_photograph_has_its_measures_and_a_warning_where_it_will_be_cut() {
    let app = TestApp::start().await;
    let mission = begin(&app).await;
    let upload = async |bytes: Vec<u8>| {
        mission.upload("/documents?participant=FRA&kind=photo", "image/jpeg", &bytes).await
    };
    assert_eq!(upload(portrait(600, 800)).await.expect(201).get("warnings"), None);
    let wide = upload(portrait(800, 600)).await.expect(201);
    assert_eq!(wide["warnings"][0]["code"], "not_3_to_4");
    assert_eq!(upload(portrait(6001, 6001)).await.problem(413), "too_large");
    let small = upload(portrait(299, 400)).await;
    assert_eq!(
        (small.problem(422), small.pointers()),
        ("validation_failed".into(), vec![String::new()])
    );
    let heavy = [portrait(600, 800), vec![0; 5_242_881]].concat();
    let heavy = upload(heavy).await;
    assert_eq!(
        (heavy.problem(413), &heavy.json()["limit_bytes"]),
        ("too_large".into(), &json!(5_242_880))
    );
    // Any other paper may be a larger scan.
    let scan = [portrait(9000, 9000), vec![0; 5_242_881]].concat();
    lodge_scan(&mission, &scan).await.expect(201);
}

async fn lodge_scan(mission: &Caller<'_>, bytes: &[u8]) -> Reply {
    mission.upload("/documents?participant=FRA&kind=passport", "image/jpeg", bytes).await
}

/// Papers as if they had been handed in before, so many of so many bytes.
async fn fill(app: &TestApp, code: &str, papers: i32, bytes: i64) {
    let mut db = app.owner.connect().await.unwrap();
    sqlx::query(
        "insert into document (document_id, participant, kind, state, file_name, media_type, size_bytes, sha256,
                               sealed_key, sealed_sha256, uploaded_by, uploaded_at, updated_at)
         select gen_random_uuid(), $1, 'credentials', 'received', 'x.pdf', 'application/pdf', $3,
                sha256(convert_to($1 || n, 'UTF8')), (select key_id from installation) || 'key', sha256(convert_to($1 || n, 'UTF8')), account_id, now(), now()
         from generate_series(1, $2) n, (select account_id from account limit 1) someone",
    )
    .bind(code)
    .bind(papers)
    .bind(bytes)
    .execute(&mut db)
    .await
    .unwrap();
}

#[tokio::test]
async fn no_participant_fills_the_disk_for_the_others_however_many_uploads_come_at_once() {
    let app = TestApp::start().await;
    let mission = app.focal_point("FRA");
    fill(&app, "FRA", 1997, 9).await;
    let replies = join_all((0..10).map(|_| lodge(&mission, "kind=letter"))).await;
    let expected = [[201; 3].as_slice(), &[409; 7]].concat();
    assert_eq!(statuses(&replies), expected);
    let refused = lodge(&mission, "kind=letter").await;
    assert_eq!(refused.problem(409), "quota_exceeded");
    assert_eq!(refused.json()["papers"], json!({ "held": 2000, "limit": 2000 }));
    let mut db = app.owner.connect().await.unwrap();
    let held = "select count(*) from document where participant = 'FRA'";
    assert_eq!(sqlx::query_scalar::<_, i64>(held).fetch_one(&mut db).await.unwrap(), 2000);
    let files = std::fs::read_dir(app.data_dir().join("documents")).unwrap();
    // Beside the directories of the papers lies the mark of the installation.
    let papers = files.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let files: usize = papers.map(|dir| std::fs::read_dir(dir).unwrap().count()).sum();
    assert_eq!(files, 3, "nothing of what was refused stays on the disk");

    // Others are not held up, and bytes are counted as papers are.
    let letter = "/documents?participant=DEU&kind=letter";
    let room = 2048 * 1_048_576 - i64::try_from(PDF.len()).unwrap();
    fill(&app, "DEU", 1, room).await;
    let germany = app.focal_point("DEU");
    germany.upload(letter, "application/pdf", PDF).await.expect(201);
    let refused = germany.upload(letter, "application/pdf", PDF).await;
    assert_eq!(refused.problem(409), "quota_exceeded");
    assert_eq!(refused.json()["bytes"]["limit"], 2_147_483_648_i64);
}

#[tokio::test]
async fn a_ceremony_with_other_checklists_refuses_each_step_for_what_it_requires() {
    let dir = tempfile::tempdir().unwrap();
    let lists = "[[delegation]]\nitem = \"letter\"\nstep = \"submit\"\nlevel = \"required\"\nenough = \"verified\"\n\
        [[member]]\nitem = \"photo\"\nstep = \"pre_approve\"\nlevel = \"required\"\n\
        [[member]]\nitem = \"passport\"\nstep = \"approve\"\nlevel = \"required\"\nenough = \"verified\"\n";
    std::fs::write(dir.path().join("checklists.toml"), lists).unwrap();
    let settings = format!("{SETTINGS}\n[ceremony]\ndir = {:?}\n", dir.path());
    let app = TestApp::start_with(NOW, &settings).await;
    let (mission, officer, security) = (begin(&app).await, app.officer(), app.security());
    let gap = |reply: &Reply| {
        assert_eq!(reply.problem(409), "checklist_gaps");
        lines(&reply.json())
    };

    let submit = "/delegations/FRA/submit";
    assert_eq!(gap(&mission.act(submit, json!({})).await), ["letter missing mission"]);
    let letter = lodge(&mission, "kind=letter").await.id();
    assert_eq!(gap(&mission.act(submit, json!({})).await), ["letter received secretariat"]);
    officer.act(&format!("/documents/{letter}/verify"), json!({})).await.expect(200);
    mission.act(submit, json!({})).await.expect(200);

    let id = enter(&mission, "Sample", "adviser", "official").await;
    let step = |step: &str| format!("/delegations/FRA/members/{id}/{step}");
    mission.act(&step("submit"), json!({})).await.expect(200);
    let refused = officer.act(&step("pre-approve"), json!({})).await;
    assert_eq!(gap(&refused), ["photo missing mission"]);
    lodge(&mission, &format!("kind=photo&member={id}")).await.expect(201);
    officer.act(&step("pre-approve"), json!({})).await.expect(200);
    let passport = lodge(&mission, &format!("kind=passport&member={id}")).await.id();
    let refused = security.act(&step("approve"), json!({})).await;
    assert_eq!(gap(&refused), ["passport received secretariat"]);
    officer.act(&format!("/documents/{passport}/verify"), json!({})).await.expect(200);
    security.act(&step("approve"), json!({})).await.expect(200);
    // R36: of a Head of State nothing of it is asked.
    let id = enter(&mission, "Highest", "head", "head_of_state").await;
    let step = |step: &str| format!("/delegations/FRA/members/{id}/{step}");
    mission.act(&step("submit"), json!({})).await.expect(200);
    officer.act(&step("pre-approve"), json!({})).await.expect(200);
    security.act(&step("approve"), json!({})).await.expect(200);
}

#[tokio::test]
async fn what_is_missing_of_each_mission_is_a_report_for_who_knows_of_every_paper() {
    let app = TestApp::start().await;
    let mission = begin(&app).await;
    enter(&mission, "Sample", "head", "minister").await;
    let germany = app.focal_point("DEU");
    germany.post("/delegations", json!({ "participant": "DEU" })).await.expect(201);
    let report = async |query: &str| {
        let reply = app.officer().get(&format!("/reports/missing-documents.csv{query}")).await;
        assert_eq!(reply.status, 200);
        let mut rows = csv::Reader::from_reader(reply.text.as_bytes());
        let short =
            |row: csv::StringRecord| [&row[0], &row[3], &row[5], &row[7], &row[9]].join(" ");
        rows.records().map(|row| short(row.unwrap())).collect::<Vec<_>>()
    };
    assert_eq!(
        report("").await,
        [
            "FRA  note_verbale required mission",
            "FRA SAMPLE passport recommended mission",
            "FRA SAMPLE photo recommended mission",
            "DEU  note_verbale required mission",
            "DEU  head required mission",
        ]
    );
    assert_eq!(report("?level=required&stage=draft").await.len(), 3);
    assert_eq!(report("?stage=accepted,submitted").await, [""; 0]);
    for caller in [app.role(Role::Auditor), app.security(), germany.clone()] {
        let refused = caller.get("/reports/missing-documents.csv").await;
        assert_eq!(refused.problem(403), "forbidden");
    }
}
