//! Every route for every role and every kind of token: who may come in, who is refused, for whom there is nothing.

mod others;
pub mod planting;
mod programme;
pub mod samples;
mod side_events;
mod tokens;

use std::fmt::Write as _;

use hanoi_ceremony::access::Reach;
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

/// What a key may do beyond its owner: nothing. And without the scope that the route asks for, nothing at all.
fn check_keys(route: &str, reach: Reach, login: &Reply, key: &Reply, without: Option<&Reply>) {
    if [401, 403, 404].contains(&login.status) && key.status != 403 {
        assert_eq!(key.status, login.status, "{route}: a key does what its owner may not");
    }
    if let (Reach::Key(scope), Some(without)) = (reach, without) {
        assert_eq!(without.problem(403), "insufficient_scope", "{route}");
        assert_eq!(without.json()["missing_scope"], scope.as_str(), "{route}");
        assert!(without.header("www-authenticate").contains(scope.as_str()), "{route}");
    }
}

#[tokio::test]
async fn every_route_answers_every_role_as_committed() {
    // All of them try the same login, and none is to wait for the others; and each person has a key for each scope that
    // it lacks.
    let settings = SETTINGS
        .replace("[access.argon2]", "[access]\napi_keys_per_account = 1000\n[access.argon2]");
    let settings = format!("{settings}\n[tries.account]\nfree_failures = 100\n");
    let app = TestApp::start_with(NOW, &settings).await;
    let seeds = Seeds::plant(&app).await;
    let people = tokens::everybody(&app).await;
    let others = [tokens::device(&app).await, app.anybody()];
    let mut table = String::from(
        "What lies in the samples is France's. Of each person two signs: logged in, and by an API key with every scope.\n\
         nos: by a key without the route's scope, whoever's; dev: by a gate's device; any: without a token.\n\
         + comes in   ~ comes in, but these values are refused   - forbidden   . nothing there   ? who are you\n\n",
    );
    let names: Vec<_> =
        people.iter().map(|person| person.name).chain(["nos", "dev", "any"]).collect();
    writeln!(table, "{:<59}{}", "", names.join(" ")).unwrap();
    for (method, pattern) in routes() {
        let route = format!("{method} {pattern}");
        let sample = seeds.sample(&method, pattern).unwrap_or_else(|| {
            panic!("{route} is new: give it a sample in tests/api/matrix/samples.rs, then read its row of the table")
        });
        let reach = Reach::of(method.as_str(), pattern).unwrap_or_else(|| {
            panic!("{route} is new: say in src/access/reach.rs which tokens open it")
        });
        let [device, anybody] = others.each_ref().map(|caller| ask(caller, &method, &sample));
        let (device, anybody) = (device.await, anybody.await);
        // Where nobody is asked for a token, none is looked at.
        let is_open = anybody.status != 401 && !pattern.ends_with("/accept");
        write!(table, "{:<6} {pattern:<52}", method.as_str()).unwrap();
        let mut lacking = None;
        for person in &people {
            let login = ask(&person.login, &method, &sample).await;
            let key = ask(&person.key(), &method, &sample).await;
            let without = match reach {
                Reach::Key(scope) if !is_open => {
                    Some(ask(&person.key_without(scope), &method, &sample).await)
                }
                _ => None,
            };
            check_keys(&route, reach, &login, &key, without.as_ref());
            write!(table, " {}{} ", sign(&login), sign(&key)).unwrap();
            lacking = without.or(Some(key));
        }
        let lacking = lacking.as_ref().map_or(' ', sign);
        writeln!(table, " {lacking}   {}   {}", sign(&device), sign(&anybody)).unwrap();
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
