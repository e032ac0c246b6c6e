//! Exports as jobs: made while nobody waits, once, whatever dies over it; fetched in any ranges, by whoever asked, for a day.

use std::future::Future;
use std::pin::pin;

use hanoi_ceremony::reports::Place;
use hanoi_ceremony::reports::jobs::{sweep, work_due};
use hanoi_ceremony::secret::{hex, sha256};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection};

use super::france;
use crate::app::{Caller, Reply, TestApp, send, statuses};
use crate::logins::somebody_waits;

impl TestApp {
    /// What a worker of this service works with.
    pub fn place(&self) -> Place<'_> {
        let app = &self.app;
        Place { db: &app.db, ceremony: &app.ceremony, workshop: &app.workshop }
    }

    /// Makes what is asked for, as the worker does.
    pub async fn make_exports(&self) {
        while work_due(self.place()).await.unwrap() {}
    }
}

fn participants() -> Value {
    json!({ "report": "participants", "format": "csv", "parameters": { "status": "draft" } })
}

/// Asks for the list of participants. Gives the job's address.
async fn asked(caller: &Caller<'_>) -> String {
    let reply = caller.post("/exports", participants()).await;
    reply.expect(202);
    reply.header("location").strip_prefix("/api/v1").unwrap().to_owned()
}

async fn state(caller: &Caller<'_>, job: &str) -> (String, Value) {
    let job = caller.get(job).await.expect(200);
    (job["state"].as_str().unwrap().to_owned(), job["why"].clone())
}

/// What of an export lies in the database: its parts, and its entries in the audit trail.
async fn left(owner: &mut PgConnection) -> (i64, i64) {
    let left = "select (select count(*) from export_part), (select count(*) from event where kind = 'report.exported')";
    sqlx::query_as(left).fetch_one(owner).await.unwrap()
}

async fn fetched(caller: &Caller<'_>, job: &str, headers: &[(&str, &str)]) -> Reply {
    let mut request = caller.request(Method::GET, &format!("{job}/result"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    send(request).await
}

#[tokio::test]
async fn r53_an_export_is_made_while_nobody_waits_and_fetched_whole_or_in_ranges() {
    let app = TestApp::start().await;
    let mut owner = app.owner.connect().await.unwrap();
    // More than one part.
    owner
        .execute(
            "insert into account (account_id, email, name, role, password_hash, must_change_password, created_at, updated_at)
             select gen_random_uuid(), 'gate-' || n || '@test.example', 'Sample Đỗ ' || n, 'gate', '-', false,
                    '2025-10-01T00:00Z', '2025-10-01T00:00Z'
             from generate_series(1, 4000) n",
        )
        .await
        .unwrap();
    let administrator = app.administrator();
    let wanted = json!({ "report": "accounts", "format": "csv", "parameters": { "role": "gate", "lang": "fr" } });
    let begun = administrator.post_once("/exports", "one", wanted.clone()).await;
    let told = begun.expect(202);
    assert_eq!(
        (&told["state"], &told["result"], &told["rows"]),
        (&json!("waiting"), &Value::Null, &json!(0))
    );
    let again = administrator.post_once("/exports", "one", wanted).await;
    assert_eq!((again.id(), again.header("idempotency-replayed")), (begun.id(), "true"));
    let job = format!("/jobs/{}", begun.id());
    assert_eq!(fetched(&administrator, &job, &[]).await.problem(409), "illegal_transition");
    app.make_exports().await;

    let done = administrator.get(&job).await.expect(200);
    assert_eq!((&done["state"], &done["rows"]), (&json!("done"), &json!(4001)));
    assert_eq!(done["result"], format!("/api/v1{job}/result"));
    let whole = fetched(&administrator, &job, &[("accept-encoding", "gzip")]).await;
    let streamed = administrator.get("/reports/accounts.csv?role=gate&lang=fr").await;
    assert_eq!((whole.status, &whole.text), (200, &streamed.text));
    let hash = hex(&sha256(&whole.text));
    assert_eq!((&done["sha256"], whole.header("etag")), (&json!(hash), &*format!("\"{hash}\"")));
    assert_eq!(whole.header("accept-ranges"), "bytes");
    let size = whole.text.len();
    assert!(size > 300_000 && done["size_bytes"] == size, "{size}");
    let manifest = administrator.get(&format!("/exports/{}", begun.id())).await.expect(200);
    assert_eq!((&manifest["sha256"], &manifest["rows"]), (&json!(hash), &json!(4001)));

    for (range, from, to) in [
        ("bytes=0-9".to_owned(), 0, 10),
        ("bytes=262140-262150".to_owned(), 262_140, 262_151),
        ("bytes=262144-".to_owned(), 262_144, size),
        ("bytes=-7".to_owned(), size - 7, size),
        (format!("bytes=5-{}", size * 2), 5, size),
    ] {
        let part =
            fetched(&administrator, &job, &[("range", &range), ("if-range", whole.header("etag"))])
                .await;
        assert_eq!(part.status, 206, "{range}");
        assert_eq!(part.text, String::from_utf8_lossy(&whole.text.as_bytes()[from..to]), "{range}");
        assert_eq!(part.header("content-range"), format!("bytes {from}-{}/{size}", to - 1));
    }
    let other =
        fetched(&administrator, &job, &[("range", "bytes=0-9"), ("if-range", "\"other\"")]).await;
    assert_eq!((other.status, other.text.len()), (200, size), "what was resumed is another file");
    let past = fetched(&administrator, &job, &[("range", &format!("bytes={size}-"))]).await;
    assert_eq!(past.problem(416), "range_not_satisfiable");
    assert_eq!(past.header("content-range"), format!("bytes */{size}"));
}

#[tokio::test]
async fn r54_all_that_is_wrong_with_an_export_is_told_at_once() {
    let app = TestApp::start().await;
    let wrong = json!({ "report": "participants", "format": "doc",
        "parameters": { "status": "present", "lang": "tlh", "as_of": "2999-01-01T00:00:00Z", "stage": "x" } });
    let refused = app.officer().post("/exports", wrong).await;
    assert_eq!(refused.problem(422), "validation_failed");
    let pointers = ["/format", "/parameters/lang", "/parameters/stage", "/parameters/status"];
    assert_eq!(refused.pointers(), pointers);
    let unknown =
        app.officer().post("/exports", json!({ "report": "nothing", "format": "doc" })).await;
    assert_eq!(unknown.problem(422), "validation_failed");
    assert_eq!(unknown.pointers(), ["/format", "/report"]);
    let missing = app.officer().post("/exports", json!({ "parameters": [], "to": "x" })).await;
    assert_eq!(missing.problem(422), "validation_failed");
    assert_eq!(missing.pointers(), ["/format", "/parameters", "/report", "/to"]);
    let others = json!({ "report": "accounts", "format": "csv" });
    assert_eq!(app.officer().post("/exports", others).await.problem(403), "forbidden");
    assert_eq!(
        app.focal_point("FRA").post("/exports", participants()).await.problem(403),
        "forbidden"
    );
}

#[tokio::test]
async fn an_export_is_there_for_whoever_asked_and_for_nobody_else() {
    let app = TestApp::start().await;
    france(&app).await;
    let officer = app.officer();
    let scopes = json!({ "name": "Lists", "scopes": ["reports:read"] });
    let key = officer.post("/api-keys", scopes).await.expect(201);
    let (key_id, system) = (key["id"].as_str().unwrap(), app.bearer(key["key"].as_str().unwrap()));
    let own = asked(&officer).await;
    app.make_exports().await;
    let systems = asked(&system).await;
    app.make_exports().await;
    for stranger in
        [app.role(hanoi_ceremony::access::Role::Auditor), app.focal_point("FRA"), app.treaty()]
    {
        for job in [&own, &systems] {
            assert_eq!(stranger.get(job).await.problem(404), "not_found");
            assert_eq!(fetched(&stranger, job, &[]).await.problem(404), "not_found");
            assert_eq!(stranger.delete(job).await.problem(404), "not_found");
        }
    }
    // A key has what it asked for; whoever it is of has that as well.
    assert_eq!(system.get(&own).await.problem(404), "not_found");
    assert_eq!(fetched(&system, &own, &[]).await.problem(404), "not_found");
    for (caller, job) in [(&system, &systems), (&officer, &systems), (&officer, &own)] {
        assert_eq!(fetched(caller, job, &[]).await.status, 200);
    }
    // Its result goes with the key, and another's stays.
    officer.delete(&format!("/api-keys/{key_id}")).await.expect(204);
    assert_eq!(state(&officer, &systems).await, ("cancelled".into(), json!("right_ended")));
    assert_eq!(state(&officer, &own).await.0, "done");
    officer.delete(&own).await.expect(204);
    assert_eq!(fetched(&officer, &own, &[]).await.problem(409), "illegal_transition");
    assert_eq!(officer.delete(&own).await.problem(409), "illegal_transition");
    assert_eq!(left(&mut app.owner.connect().await.unwrap()).await, (0, 2));
}

#[tokio::test]
async fn one_export_is_made_for_an_account_at_a_time_however_many_ask_on_two_replicas() {
    let app = TestApp::start().await;
    let other = app.replica().await;
    let officers = [app.officer(), other.officer()];
    let replies = (0..10).map(|at| officers[at % 2].post("/exports", participants()));
    let replies = futures_util::future::join_all(replies).await;
    assert_eq!(statuses(&replies), [vec![202], vec![409; 9]].concat());
    let begun = replies.iter().find(|reply| reply.status == 202).unwrap();
    let refused = replies.iter().find(|reply| reply.status == 409).unwrap();
    assert_eq!(refused.problem(409), "quota_exceeded");
    assert_eq!(refused.json()["job"], begun.header("location"));
    // The negative control: somebody else is in nobody's way, and neither is what has ended.
    app.administrator()
        .post("/exports", json!({ "report": "accounts", "format": "jsonl" }))
        .await
        .expect(202);
    officers[1].delete(&format!("/jobs/{}", begun.id())).await.expect(204);
    officers[0].post("/exports", participants()).await.expect(202);
}

/// Runs `meanwhile` when `work` waits for the list of participants, which is held until then.
async fn while_held<T>(
    app: &TestApp,
    work: impl Future<Output = T>,
    meanwhile: impl AsyncFnOnce(&mut PgConnection),
) -> T {
    let (mut held, mut watcher) =
        (app.owner.connect().await.unwrap(), app.owner.connect().await.unwrap());
    let mut holding = held.begin().await.unwrap();
    holding.execute("lock table member_version in access exclusive mode").await.unwrap();
    let ending = async {
        while !somebody_waits(&mut watcher).await {}
        meanwhile(&mut watcher).await;
        holding.commit().await.unwrap();
    };
    tokio::join!(work, ending).0
}

/// An export during which, or after which, `what` happens to the officer's account. Gives its state, and what is left of it.
async fn ended_by(what: &str, is_done_before: bool) -> ((String, Value), (i64, i64)) {
    let app = TestApp::start().await;
    france(&app).await;
    let account = app.officer().get("/auth/me").await.id();
    let what = AssertSqlSafe(what.replace("$id", &format!("'{account}'")));
    let job = asked(&app.officer()).await;
    let mut owner = app.owner.connect().await.unwrap();
    if is_done_before {
        app.make_exports().await;
        assert_eq!(left(&mut owner).await.0, 1);
        owner.execute(what).await.unwrap();
    } else {
        while_held(&app, app.make_exports(), async |owner| {
            owner.execute(what).await.unwrap();
        })
        .await;
    }
    let id = job.trim_start_matches("/jobs/");
    let state = format!(
        "select state, coalesce(to_jsonb(why), 'null') from export_job where export_job_id = '{id}'"
    );
    let state = sqlx::query_as(AssertSqlSafe(state)).fetch_one(&mut owner).await.unwrap();
    (state, left(&mut owner).await)
}

#[tokio::test]
async fn r38_an_export_and_its_result_end_when_the_right_to_it_ends() {
    for end in [
        "update account set disabled_at = now() where account_id = $id",
        "update account set role = 'treaty' where account_id = $id",
        "update account set password_hash = 'another' where account_id = $id",
    ] {
        let cancelled = ("cancelled".to_owned(), json!("right_ended"));
        assert_eq!(
            Box::pin(ended_by(end, false)).await,
            (cancelled.clone(), (0, 0)),
            "{end}, during"
        );
        assert_eq!(
            Box::pin(ended_by(end, true)).await,
            (cancelled, (0, 1)),
            "{end}, before it is fetched"
        );
    }
    // The negative control: what changes nothing of it ends nothing.
    let other = "update account set name = 'Another' where account_id = $id";
    for is_done_before in [false, true] {
        let (state, left) = Box::pin(ended_by(other, is_done_before)).await;
        assert_eq!((state.0.as_str(), left), ("done", (1, 1)));
    }
}

#[tokio::test]
async fn a_result_is_kept_for_a_day_and_then_destroyed_whether_or_not_the_service_runs() {
    let mut app = TestApp::start().await;
    france(&app).await;
    let job = asked(&app.officer()).await;
    app.make_exports().await;
    app.go_to("2025-10-27T09:59:59Z").await;
    assert_eq!(sweep(&app.app.db).await.unwrap(), 0);
    assert_eq!(fetched(&app.officer(), &job, &[]).await.status, 200);
    app.go_to("2025-10-27T10:00:00Z").await;
    // Before anybody sweeps.
    assert_eq!(state(&app.officer(), &job).await, ("expired".into(), Value::Null));
    assert_eq!(fetched(&app.officer(), &job, &[]).await.problem(409), "illegal_transition");
    assert_eq!(sweep(&app.app.db).await.unwrap(), 1);
    let mut owner = app.owner.connect().await.unwrap();
    assert_eq!(left(&mut owner).await.0, 0);
    owner.execute("update export_job set ended_at = ended_at - interval '8 days'").await.unwrap();
    sweep(&app.app.db).await.unwrap();
    assert_eq!(app.officer().get(&job).await.problem(404), "not_found");
}

/// Waits until the database keeps somebody waiting.
async fn until_it_waits(watcher: &mut PgConnection) {
    while !somebody_waits(watcher).await {}
}

#[tokio::test]
async fn what_a_dead_worker_left_another_makes_and_nothing_is_made_twice() {
    let app = TestApp::start().await;
    france(&app).await;
    let other = app.replica().await;
    let job = asked(&app.officer()).await;
    let (mut held, mut owner) =
        (app.owner.connect().await.unwrap(), app.owner.connect().await.unwrap());
    let lock = "lock table member_version in access exclusive mode";
    let give_up = "update export_job set due_at = now() where state = 'running'";

    let mut holding = held.begin().await.unwrap();
    holding.execute(lock).await.unwrap();
    tokio::select! {
        _ = work_due(app.place()) => panic!("it is held"),
        () = until_it_waits(&mut owner) => {}
    }
    // It is dead, and nobody knows yet.
    assert_eq!(state(&app.officer(), &job).await.0, "running");
    assert!(!work_due(other.place()).await.unwrap(), "the job is the first worker's for a while");
    owner.execute(give_up).await.unwrap();
    holding.commit().await.unwrap();
    other.make_exports().await;
    assert_eq!(state(&app.officer(), &job).await.0, "done");
    assert_eq!(left(&mut owner).await, (1, 1));
    let first = fetched(&app.officer(), &job, &[]).await;
    assert_eq!((first.status, first.text.lines().count()), (200, 4));

    // Another one only seems dead: what it still does, when the job is done, changes nothing.
    let job = asked(&app.officer()).await;
    let mut holding = held.begin().await.unwrap();
    holding.execute(lock).await.unwrap();
    let mut stalled = pin!(work_due(app.place()));
    tokio::select! {
        _ = &mut stalled => panic!("it is held"),
        () = until_it_waits(&mut owner) => {}
    }
    owner.execute(give_up).await.unwrap();
    holding.commit().await.unwrap();
    other.make_exports().await;
    let done = app.officer().get(&job).await.expect(200);
    assert!(stalled.await.unwrap());
    assert_eq!(app.officer().get(&job).await.expect(200), done);
    assert_eq!(left(&mut owner).await, (2, 2));
    assert_eq!(fetched(&app.officer(), &job, &[]).await.text, first.text);

    // What kills every worker is given up.
    let job = asked(&app.officer()).await;
    owner.execute("update export_job set attempts = 5 where state = 'waiting'").await.unwrap();
    assert!(!work_due(app.place()).await.unwrap());
    assert_eq!(state(&app.officer(), &job).await, ("failed".into(), json!("given_up")));
}

#[tokio::test]
async fn r52_who_is_erased_stands_in_no_file_that_is_still_handed_out() {
    let app = TestApp::start().await;
    france(&app).await;
    let officer = app.officer();
    let job = asked(&officer).await;
    app.make_exports().await;
    let members = officer.get("/members?q=second").await.expect(200);
    let member = members["items"][0]["id"].as_str().unwrap();
    let member = format!("/delegations/FRA/members/{member}");
    let reason = json!({ "reason": "An example." });
    officer.act(&format!("{member}/withdraw"), reason.clone()).await.expect(200);
    assert_eq!(state(&officer, &job).await.0, "done", "the negative control");
    officer.act(&format!("{member}/erase"), reason).await.expect(201);
    assert_eq!(state(&officer, &job).await, ("expired".into(), json!("erasure")));
    assert_eq!(left(&mut app.owner.connect().await.unwrap()).await.0, 0);
}

#[tokio::test]
async fn r50_a_result_is_unreadable_in_a_dump_and_out_of_a_missions_reach() {
    let app = TestApp::start().await;
    france(&app).await;
    asked(&app.officer()).await;
    app.make_exports().await;
    let mut owner = app.owner.connect().await.unwrap();
    let sealed: Vec<u8> =
        sqlx::query_scalar("select sealed from export_part").fetch_one(&mut owner).await.unwrap();
    assert!(!String::from_utf8_lossy(&sealed).contains("Exemplar"));
    let mut service = app.as_service().await;
    for (scope, seen) in [("FRA", 0), ("", 0), ("*", 2)] {
        let scope = format!("select set_config('ceremony.scope', '{scope}', false)");
        service.execute(AssertSqlSafe(scope)).await.unwrap();
        let all = "select (select count(*) from export_job) + (select count(*) from export_part)";
        let all: i64 = sqlx::query_scalar(all).fetch_one(&mut service).await.unwrap();
        assert_eq!(all, seen);
    }
}
