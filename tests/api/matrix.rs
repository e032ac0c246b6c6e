//! Every route for every role: who may come in, who is refused, for whom there is nothing.

mod planting;
pub mod samples;

use std::fmt::Write as _;

use hanoi_ceremony::access::Role;
use reqwest::{Method, RequestBuilder};
use serde_json::json;

use self::samples::{Content, Sample, Seeds};
use crate::app::{Caller, NOW, Reply, SETTINGS, TestApp, routes, send};

/// The request with what it carries.
pub fn carry(request: RequestBuilder, content: &Content) -> RequestBuilder {
    match content {
        Content::Nothing => request,
        Content::Json(body) => request.json(body),
        Content::Patch(body) => {
            request.header("content-type", "application/merge-patch+json").body(body.to_string())
        }
        Content::File(bytes) => request.body(*bytes),
    }
}

/// Asks for what the sample asks for. Nothing that is written is kept: whoever asks next finds the same state.
pub async fn ask(caller: &Caller<'_>, method: &Method, sample: &Sample) -> Reply {
    let mut path = sample.path.clone();
    if !sample.is_public && *method != Method::GET {
        path += if path.contains('?') { "&dry_run=true" } else { "?dry_run=true" };
    }
    let request = carry(caller.request(method.clone(), &path), &sample.content);
    let request = if method == Method::GET { request } else { request.header("if-match", "*") };
    send(if sample.needs_key { request.header("idempotency-key", "matrix") } else { request }).await
}

/// How an answer reads in the table.
fn sign(reply: &Reply) -> char {
    match reply.status {
        401 => '?',
        403 => '-',
        404 => '.',
        200..=399 => '+',
        _ => '~',
    }
}

fn everybody(app: &TestApp) -> Vec<(&'static str, Caller<'_>)> {
    let staff = Role::ALL.iter().filter(|role| **role != Role::FocalPoint);
    let mut all: Vec<_> = staff.map(|role| (&role.as_str()[..3], app.role(*role))).collect();
    all.extend([("FRA", app.focal_point("FRA")), ("DEU", app.focal_point("DEU"))]);
    all.push(("any", app.anybody()));
    all
}

#[tokio::test]
async fn every_route_answers_every_role_as_committed() {
    // All of them try the same login, and none is to wait for the others.
    let settings = format!("{SETTINGS}[tries.account]\nfree_failures = 100\n");
    let app = TestApp::start_with(NOW, &settings).await;
    let seeds = Seeds::plant(&app).await;
    let callers = everybody(&app);
    let mut table = String::from(
        "What lies in the samples is France's.\n\
         + comes in   ~ comes in, but these values are refused   - forbidden   . nothing there   ? who are you\n\n",
    );
    let names: Vec<_> = callers.iter().map(|(name, _)| *name).collect();
    writeln!(table, "{:<59}{}", "", names.join(" ")).unwrap();
    for (method, pattern) in routes() {
        let sample = seeds.sample(&method, pattern).unwrap_or_else(|| {
            panic!("{method} {pattern} is new: give it a sample in tests/api/matrix/samples.rs, then read its row of the table")
        });
        write!(table, "{:<6} {pattern:<52}", method.as_str()).unwrap();
        for (_, caller) in &callers {
            let reply = ask(caller, &method, &sample).await;
            write!(table, " {}  ", sign(&reply)).unwrap();
        }
        table.truncate(table.trim_end().len());
        table.push('\n');
    }
    insta::assert_snapshot!(table);
}

#[tokio::test]
async fn r38_a_delegation_does_not_exist_for_another_missions_focal_point() {
    let app = TestApp::start().await;
    let seeds = Seeds::plant(&app).await;
    let (own, other) = (app.focal_point("FRA"), app.focal_point("DEU"));
    let mut found_by_their_own = 0;
    for (method, pattern) in routes() {
        let sample = seeds.sample(&method, pattern).unwrap();
        let reply = ask(&other, &method, &sample).await;
        if sample.is_of_france {
            assert_eq!(reply.problem(404), "not_found", "{method} {pattern}");
        }
        if method == Method::GET {
            let traces = seeds.traces(&reply.text);
            assert!(traces.is_empty(), "{pattern} shows {traces:?}: {}", reply.text);
            found_by_their_own += seeds.traces(&ask(&own, &method, &sample).await.text).len();
        }
    }
    // The negative control: their own focal point finds them, so the traces are such as can be found.
    assert!(found_by_their_own >= seeds.planted(), "{found_by_their_own}");
}

#[tokio::test]
async fn r38_no_list_and_no_count_knows_of_another_missions_delegation() {
    let app = TestApp::start().await;
    Seeds::plant(&app).await;
    for list in Seeds::private_lists() {
        let others = app.focal_point("DEU").get(list).await.expect(200);
        let own = app.focal_point("FRA").get(list).await.expect(200);
        assert_eq!(others["items"], json!([]), "{list}");
        assert_ne!(own["items"], json!([]), "the negative control: {list}");
        if list.contains("count") {
            assert_eq!(others["count"], 0, "{list}");
            assert!(own["count"].as_u64() > Some(0), "the negative control: {list}");
        }
    }
}
