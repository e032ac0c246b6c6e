//! Plans: how the database finds a page among ten thousand members.

use hanoi_ceremony::db::Scope;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _};

use crate::app::TestApp;

/// A queue, by status, in the order of waiting; its statement, and what it has for arguments.
const QUEUE: &str = "/members?status=submitted&sort=status_since";
const BY_SINCE: &str = "order by status_changed_at, member_id limit";
const FIRST_PAGE: &str =
    "null, '{submitted}', null, null, null, null, false, null, null, null, 51, 'submitted'";
const NEXT_PAGE: &str = "null, '{submitted}', null, null, null, null, false, null,
    '2025-10-20T00:00:00Z', '01980000-0000-7000-8000-000000000000', 51, 'submitted'";
const NOBODYS: &str =
    "null, '{submitted}', null, null, null, null, true, null, null, null, 51, 'submitted'";
const SOMEBODYS: &str = "null, '{submitted}', null, null, null, null, false,
    '01980000-0000-7000-8000-000000000000', null, null, 51, 'submitted'";
const ALL_THAT_WAIT: &str = "null, null, null, null, null, null, false, null, null, null, 51, null";

/// The list by name.
const BY_NAME: &str = "order by sort_name, member_id limit";
const NAMES: &str = "null, null, null, null, null, null, false, null, null, null, 51";
const NAMES_AFTER: &str = "null, null, null, null, null, null, false, null,
    'sample 5', '01980000-0000-7000-8000-000000000000', 51";
const OF_FRANCE: &str = "'{FRA}', null, null, null, null, null, false, null, null, null, 51";
const MONARCHS: &str =
    "null, null, null, '{head_of_state}', null, null, false, null, null, null, 51";
const INTERPRETERS: &str =
    "null, null, '{interpreter}', null, null, null, false, null, null, null, 51";

/// Fills the register's delegations with 10,000 members, whose rows are as wide as real ones.
async fn ten_thousand(app: &TestApp) {
    let mut owner = app.owner.connect().await.unwrap();
    let fill = r"
        insert into delegation (delegation_id, participant, stage, stage_changed_at, created_at, updated_at)
        select gen_random_uuid(), participant, 'submitted', now(), now(), now() from participant;
        insert into member (member_id, participant, family_name, given_names, badge_name, form_of_address, function,
            rank, functional_title, affiliation, nationality, email, language, sealed_key, date_of_birth,
            passport_number, passport_expires_on, status, status_changed_at, sort_name, search_text, created_at, updated_at)
        select gen_random_uuid(), theirs.participant, 'SAMPLE ' || n, 'Exemplar', 'Exemplar Sample', 'H.E. Ms.',
            (array['adviser', 'expert', 'staff', 'representative'])[1 + n % 4],
            case when n % 100 = 0 then 'minister' else 'official' end, 'Director of Samples', 'Ministry of Examples',
            theirs.participant, 's' || n || '@delegate.example', 'en', sealed, sealed, sealed, sealed,
            coalesce((array['submitted', 'pre_approved', 'draft'])[1 + n % 32], 'approved'),
            now() - make_interval(mins => n), 'sample ' || n || e'\texemplar', ' exemplar sample ' || n, now(),
            now() - make_interval(mins => n)
        from generate_series(0, 9999) n, decode(repeat('00', 60), 'hex') sealed,
            (select participant, row_number() over (order by participant) - 1 as place from participant) theirs
        where theirs.place = n % 198;
        analyze";
    sqlx::raw_sql(fill).execute(&mut owner).await.unwrap();
}

/// How the database answers the very statement that a request has just sent, in the service's own role: its plan.
async fn plan(app: &TestApp, path: &str, order: &str, arguments: &str) -> String {
    app.officer().get(path).await.expect(200);
    let mut held = Vec::new();
    for _ in 0..10 {
        let mut tx = app.app.db.read(&Scope::all()).await.unwrap();
        let prepared = "select name from pg_prepared_statements where statement like '%from member%' || $1 || '%'";
        let name: Option<String> =
            sqlx::query_scalar(prepared).bind(order).fetch_optional(&mut *tx).await.unwrap();
        if let Some(name) = name {
            tx.execute("set local plan_cache_mode = force_custom_plan").await.unwrap();
            let explain = format!("explain (costs off) execute {name} ({arguments})");
            let lines: Vec<String> =
                sqlx::query_scalar(AssertSqlSafe(explain)).fetch_all(&mut *tx).await.unwrap();
            return lines.join("\n");
        }
        held.push(tx);
    }
    panic!("no connection knows the statement of {path}");
}

#[tokio::test]
async fn a_page_of_ten_thousand_members_is_read_from_an_index() {
    let app = TestApp::start().await;
    ten_thousand(&app).await;
    for (arguments, index) in [
        (FIRST_PAGE, "member_status_idx"),
        (NEXT_PAGE, "member_status_idx"),
        (NOBODYS, "member_status_idx"),
        (SOMEBODYS, "member_assigned_idx"),
        (ALL_THAT_WAIT, "member_since_idx"),
    ] {
        let plan = plan(&app, QUEUE, BY_SINCE, arguments).await;
        assert!(plan.contains(index), "{arguments}\n{plan}");
        let reads_all = plan.contains("Seq Scan on member") || plan.contains("Sort");
        assert!(!reads_all, "{arguments}\n{plan}");
    }
    for (arguments, index) in [
        (NAMES, "member_name_idx"),
        (NAMES_AFTER, "member_name_idx"),
        (OF_FRANCE, "member_of_delegation_idx"),
        (MONARCHS, "member_rank_idx"),
        (INTERPRETERS, "member_function_idx"),
    ] {
        let plan = plan(&app, "/members", BY_NAME, arguments).await;
        assert!(plan.contains(index), "{arguments}\n{plan}");
        assert!(!plan.contains("Seq Scan on member"), "{arguments}\n{plan}");
    }
    // The control: without its index a queue reads everybody.
    let mut owner = app.owner.connect().await.unwrap();
    owner.execute("drop index member_status_idx; drop index member_since_idx").await.unwrap();
    let plan = plan(&app, QUEUE, BY_SINCE, FIRST_PAGE).await;
    assert!(plan.contains("Seq Scan on member") && plan.contains("Sort"), "{plan}");
}
