//! Ten thousand members: how the database finds a page of them, and with how many statements.

use hanoi_ceremony::db::Scope;
use hanoi_ceremony::text::ParticipantCode;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _, Postgres, Transaction};

use crate::app::{Caller, NOW, SETTINGS, TestApp};

/// What is asked for, a part of the statement that is sent for it, the arguments, and what the plan must speak of.
type Question = (&'static str, &'static str, &'static str, &'static str);

const SOMEBODY: &str = "01980000-0000-7000-8000-000000000000";

/// The statements of lists, and the order by which they are known.
const WAITING: &str = "order by status_changed_at, member_id limit";
const BY_NAME: &str = "order by sort_name, member_id limit";
const BY_CHANGE: &str = "order by updated_at desc, member_id desc limit";
const REQUESTS: &str = "order by requested_at, change_request_id limit";

/// The first page of a queue, the next one, what nobody has, what somebody has, everybody in the order of waiting: read
/// in their order, without sorting.
const QUEUES: &[Question] = &[
    (
        "/members?status=submitted&sort=status_since",
        WAITING,
        "null, '{submitted}', null, null, null, null, false, null, null, null, null, 51, 'submitted'",
        "member_status_idx",
    ),
    (
        "/members?status=submitted&sort=status_since",
        WAITING,
        "null, '{submitted}', null, null, null, null, false, null, null, '2025-10-20T00:00:00Z', '$me', 51, 'submitted'",
        "member_status_idx",
    ),
    (
        "/members?status=submitted&sort=status_since&assigned_to=none",
        WAITING,
        "null, '{submitted}', null, null, null, null, true, null, null, null, null, 51, 'submitted'",
        "member_status_idx",
    ),
    (
        "/members?status=submitted&sort=status_since&assigned_to=me",
        WAITING,
        "null, '{submitted}', null, null, null, null, false, '$me', null, null, null, 51, 'submitted'",
        "member_assigned_idx",
    ),
    (
        "/members?sort=status_since",
        WAITING,
        "null, null, null, null, null, null, false, null, null, null, null, 51, null",
        "member_since_idx",
    ),
];

/// By name, from the middle, by change, of one delegation, of a rank, of a function; a search that finds few, and the
/// same once it is known whom; the queue of changes; a search that finds most.
const LISTS: &[Question] = &[
    (
        "/members",
        BY_NAME,
        "null, null, null, null, null, null, false, null, null, null, null, 51",
        "member_name_idx",
    ),
    (
        "/members",
        BY_NAME,
        "null, null, null, null, null, null, false, null, null, 'sample 5', '$me', 51",
        "member_name_idx",
    ),
    (
        "/members?sort=-updated_at",
        BY_CHANGE,
        "null, null, null, null, null, null, false, null, null, null, null, 51",
        "member_updated_idx",
    ),
    (
        "/members?participant=FRA",
        BY_NAME,
        "'{FRA}', null, null, null, null, null, false, null, null, null, null, 51",
        "member_of_delegation_idx",
    ),
    (
        "/members?rank=head_of_state",
        BY_NAME,
        "null, null, null, '{head_of_state}', null, null, false, null, null, null, null, 51",
        "member_rank_idx",
    ),
    (
        "/members?function=interpreter",
        BY_NAME,
        "null, null, '{interpreter}', null, null, null, false, null, null, null, null, 51",
        "member_function_idx",
    ),
    ("/members?q=sample+99", "from member_word", "'sample 99', 1001", "member_word_idx"),
    (
        "/members?q=sample+99",
        BY_NAME,
        "null, null, null, null, '% sample 99%', null, false, null, '{$me}', null, null, 51",
        "Index Cond: (member_id = ANY",
    ),
    (
        "/change-requests?state=open",
        REQUESTS,
        "null, null, '{open}', null, false, null, null, null, 51, 'open'",
        "change_request_state_idx",
    ),
    ("/members?q=exemplar", "from member_word", "'exemplar', 1001", "member_word_idx"),
    (
        "/members?q=exemplar",
        BY_NAME,
        "null, null, null, null, '% exemplar%', null, false, null, null, null, null, 51",
        "member_name_idx",
    ),
];

/// A service over ten thousand members, which reads by one connection: of the two that it must have, one is held.
async fn ten_thousand() -> (TestApp, Transaction<'static, Postgres>) {
    let settings = SETTINGS.replace(
        "read_connections = 10",
        "read_connections = 2\nidle_in_transaction_timeout_ms = 3_600_000",
    );
    let app = TestApp::start_with(NOW, &settings).await;
    let held = app.app.db.read(&Scope::all()).await.unwrap();
    app.officer().get("/auth/me").await.expect(200);
    let mut owner = app.owner.connect().await.unwrap();
    let members = include_str!("../../src/bench/members.sql");
    for fill in
        ["set ceremony.wanted = 10000", members, include_str!("../../src/bench/ten_thousand.sql")]
    {
        sqlx::raw_sql(fill).execute(&mut owner).await.unwrap();
    }
    let count = "select count(*) from member";
    let count: i64 = sqlx::query_scalar(count).fetch_one(&mut owner).await.unwrap();
    assert_eq!(count, 10_000);
    (app, held)
}

/// How the database answers the very statement that a request has just sent, in the service's own role: its plan.
async fn plan(app: &TestApp, scope: &Scope, (path, part, arguments, _): Question) -> String {
    app.officer().get(path).await.expect(200);
    let mut tx = app.app.db.read(scope).await.unwrap();
    let prepared = "select name from pg_prepared_statements where statement like '%' || $1 || '%'
        and statement not like '%pg_prepared_statements%'";
    let name: String = sqlx::query_scalar(prepared).bind(part).fetch_one(&mut *tx).await.unwrap();
    let arguments = arguments.replace("$me", SOMEBODY);
    let explain = format!("explain (costs off) execute {name} ({arguments})");
    let lines: Vec<String> =
        sqlx::query_scalar(AssertSqlSafe(explain)).fetch_all(&mut *tx).await.unwrap();
    lines.join("\n")
}

#[tokio::test]
async fn each_queue_list_and_search_of_ten_thousand_members_reads_an_index() {
    let (app, _held) = ten_thousand().await;
    let all = Scope::all();
    for question in QUEUES.iter().chain(LISTS) {
        let plan = plan(&app, &all, *question).await;
        assert!(plan.contains(question.3), "{question:?}\n{plan}");
        assert!(!plan.contains("Seq Scan"), "{question:?}\n{plan}");
        let is_queue = QUEUES.contains(question);
        assert!(!is_queue || !plan.contains("Sort"), "{question:?}\n{plan}");
        // R38: the scope is asked once and not for each row.
        assert!(plan.contains("InitPlan"), "{question:?}\n{plan}");
        assert!(!plan.contains("current_setting"), "{question:?}\n{plan}");
    }
    let of_mission = Scope::of([&ParticipantCode::parse("FRA").unwrap()]);
    let plan_of_mission = plan(&app, &of_mission, LISTS[3]).await;
    assert!(plan_of_mission.contains(LISTS[3].3), "{plan_of_mission}");

    // The controls: without its index a queue reads everybody, and a function in a policy is called for each row.
    let mut owner = app.owner.connect().await.unwrap();
    owner.execute("drop index member_status_idx; drop index member_since_idx").await.unwrap();
    let without = plan(&app, &all, QUEUES[0]).await;
    assert!(without.contains("Seq Scan on member") && without.contains("Sort"), "{without}");
    let back = "alter policy member_in_scope on member using (in_scope(participant))";
    owner.execute(back).await.unwrap();
    let without = plan(&app, &all, LISTS[0]).await;
    assert!(without.contains("current_setting"), "{without}");
}

/// How many statements the service has sent by its connection for reading, this one among them.
async fn sent(app: &TestApp) -> i64 {
    let sent = "select sum(generic_plans + custom_plans)::bigint from pg_prepared_statements";
    let mut tx = app.app.db.read(&Scope::all()).await.unwrap();
    sqlx::query_scalar(sent).fetch_one(&mut *tx).await.unwrap()
}

/// With how many statements a list is answered, and how many items it has.
async fn answered(app: &TestApp, who: &Caller<'_>, path: &str) -> (i64, usize) {
    // Once before, when the connection learns the statements.
    who.get(path).await.expect(200);
    sent(app).await;
    let before = sent(app).await;
    let page = who.get(path).await.expect(200);
    (sent(app).await - before - 1, page["items"].as_array().unwrap().len())
}

#[tokio::test]
async fn no_list_sends_more_statements_for_more_items() {
    let (app, _held) = ten_thousand().await;
    let (officer, mission) = (app.officer(), app.focal_point("FRA"));
    for (who, path) in [
        (&officer, "/members?sort=name"),
        (&officer, "/members?status=submitted&sort=status_since"),
        (&officer, "/members?assigned_to=none&sort=-updated_at&include=count"),
        (&officer, "/members?q=sample+9"),
        (&officer, "/members?q=exemplar"),
        (&officer, "/delegations?stage=submitted&sort=stage_since"),
        (&officer, "/change-requests?state=open"),
        (&officer, "/delegations/FRA/members?sort=name"),
        (&mission, "/members?sort=name"),
        (&mission, "/members?q=sample"),
        (&mission, "/delegations/FRA/members?sort=name"),
    ] {
        let (of_one, one) = answered(&app, who, &format!("{path}&limit=1")).await;
        let (of_many, many) = answered(&app, who, &format!("{path}&limit=200")).await;
        assert!(one == 1 && many > 40, "{path}: {many} items");
        assert!(of_one > 0, "{path}: the statements are counted");
        assert_eq!(of_many, of_one, "{path}");
    }
}
