//! Exports that are made again and again: due once however many look at the clock, delivered once whatever dies over it, to
//! whoever has the right to them at the time.

use std::path::Path;

use hanoi_ceremony::reports::schedules::{Destinations, Dispatch, begin_due, deliver_due};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _};

use super::france;
use crate::app::{Caller, NOW, SETTINGS, TestApp, statuses};

/// A service with one destination, a directory.
pub async fn start() -> (TestApp, tempfile::TempDir) {
    let archive = tempfile::tempdir().unwrap();
    let place = archive.path().display();
    let settings = format!("{SETTINGS}[exports.destinations.archive]\ndirectory = '{place}'\n");
    (TestApp::start_with(NOW, &settings).await, archive)
}

/// The names of what lies in a directory, half-written files included.
pub fn files(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).into_iter().flatten();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

impl TestApp {
    async fn begin_due(&self) {
        begin_due(self.place()).await.unwrap();
    }

    /// Delivers what is made, as often as it is tried.
    async fn deliver_exports(&self) {
        let destinations = Destinations::open(&self.app.config.exports).unwrap();
        let (place, post) = (self.place(), &self.app.post);
        let dispatch = Dispatch { place, post, destinations: &destinations };
        while Box::pin(deliver_due(dispatch)).await.unwrap() {
            self.by_owner("update export_run set due_at = now() where state = 'making'").await;
        }
    }

    /// Does what the workers do about schedules.
    pub async fn run_schedules(&self) {
        self.begin_due().await;
        self.make_exports().await;
        self.deliver_exports().await;
    }

    /// Lets every schedule come due, each for another instant.
    pub async fn come_due(&self) {
        let due = "update export_schedule s set next_at = least('2025-10-26T10:00Z', (
                       select min(planned_at) from export_run where export_schedule_id = s.export_schedule_id))
                       - interval '1 hour'";
        self.by_owner(due).await;
    }

    async fn by_owner(&self, statement: &str) {
        let mut owner = self.owner.connect().await.unwrap();
        owner.execute(AssertSqlSafe(statement.to_owned())).await.unwrap();
    }

    /// How many events of a kind the audit trail has.
    async fn told(&self, kind: &str) -> i64 {
        let mut owner = self.owner.connect().await.unwrap();
        let told = sqlx::query_scalar("select count(*) from event where kind = $1").bind(kind);
        told.fetch_one(&mut owner).await.unwrap()
    }
}

pub fn participants() -> Value {
    json!({
        "report": "participants", "format": "csv", "parameters": { "status": "draft" }, "every": "hour",
        "destination": "archive",
    })
}

pub async fn made(caller: &Caller<'_>, wanted: Value) -> String {
    let made = caller.post("/export-schedules", wanted).await;
    made.expect(201);
    format!("/export-schedules/{}", made.id())
}

#[tokio::test]
async fn a_directory_gets_what_the_report_gives_and_what_was_missed_is_made_up_for_once() {
    let (mut app, archive) = start().await;
    france(&app).await;
    let schedule = made(&app.officer(), participants()).await;
    let told = app.officer().get(&schedule).await.expect(200);
    assert_eq!(
        (&told["next_at"], &told["state"]),
        (&json!("2025-10-26T11:00:00Z"), &json!("active"))
    );
    app.run_schedules().await;
    assert_eq!(files(archive.path()), Vec::<String>::new(), "it is not due");

    app.go_to("2025-10-26T15:20:00Z").await;
    app.run_schedules().await;
    app.run_schedules().await;
    let [file] = files(archive.path()).try_into().unwrap();
    let (start, ending) = file.split_once('.').unwrap();
    assert!(start.starts_with("participants-20251026T110000Z-") && ending == "csv", "{file}");
    let written = std::fs::read_to_string(archive.path().join(&file)).unwrap();
    let report = app.officer().get("/reports/participants.csv?status=draft").await;
    assert_eq!((report.status, &written), (200, &report.text));
    let told = app.officer().get(&schedule).await.expect(200);
    assert_eq!(told["next_at"], "2025-10-26T16:00:00Z");
    let run = &told["last_run"];
    assert_eq!(
        (&run["state"], &run["file"], &told["failures"]),
        (&json!("delivered"), &json!(file), &json!(0))
    );
    let job = run["job"].as_str().unwrap().strip_prefix("/api/v1").unwrap();
    assert_eq!(
        app.officer().get(job).await.expect(200)["state"],
        "done",
        "an export like any other"
    );
    assert_eq!(app.told("export_schedule.delivered").await, 1);
    let exported = app.told("report.exported").await;
    assert_eq!(exported, 2, "this one, and the one that it was compared with");

    let daily = json!({ "report": "delegations", "format": "jsonl", "every": "day", "at": "06:30", "destination": "archive" });
    let told = app.officer().post("/export-schedules", daily).await.expect(201);
    assert_eq!(
        (&told["next_at"], &told["time_zone"]),
        (&json!("2025-10-26T23:30:00Z"), &json!("Asia/Ho_Chi_Minh"))
    );
}

#[tokio::test]
async fn r38_whoever_loses_the_right_to_a_report_gets_no_more_of_it() {
    for end in ["role = 'programme'", "disabled_at = now()"] {
        for is_made_before in [false, true] {
            let (app, archive) = start().await;
            let account = app.officer().get("/auth/me").await.id();
            let schedule = made(&app.officer(), participants()).await;
            app.come_due().await;
            if is_made_before {
                app.begin_due().await;
                app.make_exports().await;
            }
            app.by_owner(&format!("update account set {end} where account_id = '{account}'")).await;
            app.run_schedules().await;
            assert_eq!(files(archive.path()), Vec::<String>::new(), "{end}");
            let told = app.administrator().get(&schedule).await.expect(200);
            assert_eq!((&told["state"], &told["why"]), (&json!("stopped"), &json!("right_ended")));
            assert_eq!(app.told("export_schedule.stopped").await, 1);
        }
    }
    // The negative control: another name is no other right.
    let (app, archive) = start().await;
    made(&app.officer(), participants()).await;
    app.come_due().await;
    app.by_owner("update account set name = 'Another' where role = 'accreditation'").await;
    app.run_schedules().await;
    assert_eq!(files(archive.path()).len(), 1);
}

#[tokio::test]
async fn five_runs_that_do_not_arrive_stop_a_schedule_with_a_letter_and_its_owner_lets_it_go_on() {
    let (app, archive) = start().await;
    let officer = app.officer();
    let schedule = made(&officer, participants()).await;
    std::fs::remove_dir(archive.path()).unwrap();
    for failures in 1..=5 {
        app.come_due().await;
        app.run_schedules().await;
        let told = officer.get(&schedule).await.expect(200);
        assert_eq!(
            (&told["failures"], &told["last_run"]["why"]),
            (&json!(failures), &json!("unreachable"))
        );
        assert_eq!(told["state"], if failures < 5 { "active" } else { "stopped" });
    }
    app.deliver().await;
    let letters = app.letters_to("accreditation@test.example");
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert_eq!(letters[0].subject, "A report of yours is not made any more");
    app.come_due().await;
    app.run_schedules().await;
    assert_eq!(app.told("export_schedule.failed").await, 5, "it is not begun any more");

    std::fs::create_dir(archive.path()).unwrap();
    assert_eq!(
        officer.post(&format!("{schedule}/resume"), json!({})).await.problem(428),
        "precondition_required"
    );
    let told = officer.act(&format!("{schedule}/resume"), json!({})).await.expect(200);
    assert_eq!((&told["failures"], &told["next_at"]), (&json!(0), &json!("2025-10-26T11:00:00Z")));
    assert_eq!(
        officer.act(&format!("{schedule}/resume"), json!({})).await.problem(409),
        "illegal_transition"
    );
    app.come_due().await;
    app.run_schedules().await;
    assert_eq!(files(archive.path()).len(), 1);
}

#[tokio::test]
async fn two_replicas_make_and_deliver_one_file_also_when_one_dies_before_it_says_so() {
    let (app, archive) = start().await;
    let other = app.replica().await;
    made(&app.officer(), participants()).await;
    app.come_due().await;
    tokio::join!(app.begin_due(), other.begin_due(), app.begin_due(), other.begin_due());
    tokio::join!(app.make_exports(), other.make_exports());
    tokio::join!(app.deliver_exports(), other.deliver_exports());
    let delivered = files(archive.path());
    assert_eq!((delivered.len(), app.told("export.requested").await), (1, 1));
    assert_eq!(app.told("export_schedule.delivered").await, 1);
    // It had written the file, and died.
    app.by_owner("update export_run set state = 'making', ended_at = null, due_at = now()").await;
    other.deliver_exports().await;
    assert_eq!(files(archive.path()), delivered);
    assert_eq!(
        app.told("export_schedule.delivered").await,
        2,
        "the negative control: it was tried again"
    );
    // Another instant is another file, and so is another schedule of the same report.
    made(
        &app.administrator(),
        json!({ "report": "accounts", "format": "csv", "every": "hour", "destination": "archive" }),
    )
    .await;
    app.come_due().await;
    app.run_schedules().await;
    assert_eq!(files(archive.path()).len(), 3);
}

#[tokio::test]
async fn a_schedule_waits_while_its_owner_has_another_export_made() {
    let (app, archive) = start().await;
    let schedule = made(&app.officer(), participants()).await;
    app.come_due().await;
    let wanted = json!({ "report": "delegations", "format": "csv" });
    app.officer().post("/exports", wanted).await.expect(202);
    app.begin_due().await;
    let told = app.officer().get(&schedule).await.expect(200);
    assert_eq!((&told["last_run"], &told["failures"]), (&Value::Null, &json!(0)));
    app.make_exports().await;
    app.run_schedules().await;
    assert_eq!(files(archive.path()).len(), 1);
}

#[tokio::test]
async fn r54_all_that_is_wrong_with_a_schedule_is_told_at_once() {
    let (app, archive) = start().await;
    let key = age::x25519::Identity::generate().to_public().to_string();
    let path = archive.path().display().to_string();
    for (wrong, pointers) in [
        (
            json!({ "report": "../accounts", "format": "doc", "every": "week", "at": "25:00", "destination": "../archive",
                    "recipients": [key, "age1x", "ssh-ed25519 AAAA"] }),
            vec![
                "/at",
                "/destination",
                "/every",
                "/format",
                "/recipients/1",
                "/recipients/2",
                "/report",
            ],
        ),
        (
            json!({ "report": "participants", "format": "csv", "parameters": { "status": "x", "lang": "tlh" }, "every": "day",
                    "destination": path }),
            vec!["/at", "/destination", "/parameters/lang", "/parameters/status"],
        ),
        (
            json!({ "report": "participants", "format": "csv", "every": "hour", "at": "06:30", "destination": "mail" }),
            vec!["/at", "/recipients"],
        ),
        (
            json!({ "format": 1, "every": "hour", "file": "x", "recipients": "x" }),
            vec!["/destination", "/file", "/format", "/recipients", "/report"],
        ),
    ] {
        let refused = app.officer().post("/export-schedules", wrong.clone()).await;
        assert_eq!(refused.problem(422), "validation_failed");
        assert_eq!(refused.pointers(), pointers, "{wrong}");
        assert!(!refused.text.contains(&path) && !refused.text.contains("ssh-ed25519"));
    }
    // The negative control: what names nobody goes by mail as it is, and what is encrypted goes as well.
    for right in [
        json!({ "report": "treaty-status", "format": "csv", "every": "hour", "destination": "mail" }),
        json!({ "report": "participants", "format": "csv", "every": "hour", "destination": "mail", "recipients": [key] }),
    ] {
        app.officer().post("/export-schedules?dry_run=true", right).await.expect(201);
    }
    let others =
        json!({ "report": "accounts", "format": "csv", "every": "hour", "destination": "archive" });
    assert_eq!(app.officer().post("/export-schedules", others).await.problem(403), "forbidden");
    assert_eq!(
        app.focal_point("FRA").post("/export-schedules", participants()).await.problem(403),
        "forbidden"
    );
    let officer = app.officer();
    let many = (0..21).map(|_| officer.post("/export-schedules", participants()));
    let many = futures_util::future::join_all(many).await;
    assert_eq!(statuses(&many), [vec![201; 20], vec![409]].concat());
}

#[tokio::test]
async fn a_schedule_is_there_for_its_owner_and_the_administrator_and_goes_with_its_key() {
    let (app, archive) = start().await;
    let officer = app.officer();
    let scopes = json!({ "name": "Lists", "scopes": ["reports:read"] });
    let key = officer.post("/api-keys", scopes).await.expect(201);
    let (key_id, system) = (key["id"].as_str().unwrap(), app.bearer(key["key"].as_str().unwrap()));
    let own = made(&officer, participants()).await;
    let systems = made(&system, participants()).await;
    let listed = async |caller: &Caller<'_>| {
        let list = caller.get("/export-schedules").await.expect(200);
        list["items"].as_array().unwrap().len()
    };
    for stranger in [app.treaty(), app.security(), app.focal_point("FRA")] {
        assert_eq!(listed(&stranger).await, 0);
        for schedule in [&own, &systems] {
            assert_eq!(stranger.get(schedule).await.problem(404), "not_found");
            assert_eq!(stranger.delete(schedule).await.problem(404), "not_found");
            for step in ["stop", "resume"] {
                let refused = stranger.act(&format!("{schedule}/{step}"), json!({})).await;
                assert_eq!(refused.problem(404), "not_found");
            }
        }
    }
    assert_eq!((listed(&officer).await, listed(&system).await), (2, 1));
    assert_eq!(system.get(&own).await.problem(404), "not_found");

    let administrator = app.administrator();
    assert_eq!(listed(&administrator).await, 2);
    administrator.act(&format!("{own}/stop"), json!({})).await.expect(200);
    let resumed = administrator.act(&format!("{own}/resume"), json!({})).await;
    assert_eq!(resumed.problem(404), "not_found", "nobody has another's reports made");
    app.deliver().await;
    assert_eq!(app.letters_to("accreditation@test.example").len(), 1, "its owner is told");

    officer.delete(&format!("/api-keys/{key_id}")).await.expect(204);
    app.come_due().await;
    app.run_schedules().await;
    assert_eq!(files(archive.path()), Vec::<String>::new());
    assert_eq!(officer.get(&systems).await.problem(404), "not_found");
    officer.delete(&own).await.expect(204);
    assert_eq!(listed(&administrator).await, 0);
}
