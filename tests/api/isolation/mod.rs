//! R38 as a property: whatever a mission asks of whatever route, it learns nothing of another and changes nothing of it,
//! and neither does any statement that the service could be brought to run for it.
//!
//! "Learns nothing" is put to the test by two worlds that are alike but for one thing: in the first, France has a
//! delegation with all that belongs to it; in the second it never had one. Germany asks the same in both. If it can tell
//! them apart, be it by a 403 instead of a 404, by a count or by a cursor, then something has come through.

mod database;
mod requests;
mod rows;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor as _};

use self::requests::{Pools, Request, Requests};
use crate::app::{Caller, NOW, Reply, SETTINGS, TestApp, member, routes, send};
use crate::matrix::carry;
use crate::matrix::planting::passport;
use crate::matrix::samples::Seeds;

/// How often each route is asked.
const ROUNDS: usize = 6;

/// Chance that is the same in every run: a failure can be looked at again.
fn chance() -> TestRunner {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[38; 32]);
    TestRunner::new_with_rng(Config { failure_persistence: None, ..Config::default() }, rng)
}

/// A service at a ceremony with quotas, of which there can be exceptions. Its folder must outlive it.
async fn start() -> (TestApp, tempfile::TempDir) {
    let dir = tempfile::tempdir().unwrap();
    let quotas = "[[quota]]\ncategory = \"press\"\nfunctions = [\"press\"]\nlimit = 2\n";
    std::fs::write(dir.path().join("quotas.toml"), quotas).unwrap();
    let settings = format!("{SETTINGS}\n[ceremony]\ndir = \"{}\"\n", dir.path().display());
    (TestApp::start_with(NOW, &settings).await, dir)
}

/// France and Germany, each with something of every kind.
struct Planted {
    france: Seeds,
    germany: Seeds,
    /// Begins every word of France's that is not public.
    word: String,
    /// The identities of all that France has.
    theirs: Vec<String>,
    /// And Germany.
    own: Vec<String>,
}

impl Planted {
    async fn in_service(app: &TestApp, chance: &mut TestRunner) -> Self {
        let word = proptest::collection::vec(proptest::char::range('b', 'y'), 9);
        let word = word.new_tree(chance).unwrap().current().into_iter().collect::<String>();
        let word = format!("Q{word}");
        Seeds::plant_newcomer(app).await;
        let france = Seeds::plant_for(app, "FRA", &word).await;
        let germany = Seeds::plant_for(app, "DEU", "Ownword").await;
        for (code, word) in [("FRA", word.as_str()), ("DEU", "Ownword")] {
            let path = format!("/delegations/{code}/quota-overrides");
            let more =
                json!({ "category": "press", "limit": 9, "reason": format!("{word} asked.") });
            app.officer().post(&path, more).await.expect(201);
        }
        // An answer that is kept for whoever asks again with this key.
        let once = member(&format!("{word}Once"));
        let focal_point = app.focal_point("FRA");
        focal_point.post_once("/delegations/FRA/members", "isolation", once).await.expect(201);
        let mut owner = app.as_owner().await;
        let theirs = rows::ids_of(&mut owner, "FRA").await;
        let own = rows::ids_of(&mut owner, "DEU").await;
        Self { france, germany, word, theirs, own }
    }

    /// What of France can be found in an answer.
    fn traces(&self, reply: &Reply) -> Vec<&str> {
        let answer = format!("{:?}\n{}", reply.headers, reply.text).to_lowercase();
        let (word, passport) = (self.word.as_str(), passport(&self.word).to_lowercase());
        let ids = self.theirs.iter().map(String::as_str);
        let all = ids.chain([word]).filter(|trace| answer.contains(&trace.to_lowercase()));
        all.chain(answer.contains(&passport).then_some("the passport")).collect()
    }

    async fn pools(&self, app: &TestApp) -> Pools {
        let mut cursors = vec!["nonsense".to_owned()];
        for list in Seeds::private_lists() {
            let list = list.split('?').next().unwrap();
            for whose in ["FRA", "DEU"] {
                let page = app.focal_point(whose).get(&format!("{list}?limit=1")).await.expect(200);
                cursors.extend(page["next"].as_str().map(str::to_owned));
            }
        }
        let nobody = "01999999-9999-7999-8999-999999999999".to_owned();
        let ids = self.theirs.iter().chain(&self.own).cloned().chain([nobody]).collect();
        let codes = ["FRA", "DEU", "VNM", "EUE", "ZZZ", "fra"].map(str::to_owned).to_vec();
        let words = [self.word.as_str(), &self.word[..4], "Approved", "Exemplar", "FRA", "Ownword"];
        Pools { ids, codes, searched: words.map(str::to_owned).to_vec(), cursors }
    }
}

/// Takes all that row-level security guards of France's away, as if it had never been. What happened stays written down.
async fn erase_france(app: &TestApp) {
    let mut owner = app.as_owner().await;
    owner.execute("set session_replication_role = replica").await.unwrap();
    // What is for ever goes only where its trigger does.
    let kept = "alter table full_powers_override disable trigger full_powers_override_is_kept";
    owner.execute(kept).await.unwrap();
    for table in rows::guarded(&mut owner).await.iter().filter(|table| *table != "event") {
        let erase = format!("delete from {table} t where to_jsonb(t) ->> 'participant' = 'FRA'");
        owner.execute(AssertSqlSafe(erase)).await.unwrap();
    }
    let kept =
        "alter table full_powers_override enable always trigger full_powers_override_is_kept";
    owner.execute(kept).await.unwrap();
}

/// The routes that answer by whom they are asked. The measures are of the whole service, and told to the machine beside it.
fn asked_as_somebody() -> impl Iterator<Item = (reqwest::Method, &'static str)> {
    routes().filter(|(_, path)| *path != "/metrics")
}

/// Remembers which fresh identity came when, so that two worlds can be compared.
#[derive(Default)]
struct Ear {
    fresh: HashMap<String, usize>,
}

impl Ear {
    /// An answer without what chance put into it: identities made meanwhile, cursors, which hold some, codes and
    /// challenges.
    fn hear(&mut self, known: &BTreeSet<&str>, reply: &Reply) -> String {
        let heads =
            ["location", "etag", "allow", "dry-run", "idempotency-replayed", "content-disposition"];
        let heads = heads.map(|name| reply.header(name));
        let body = match serde_json::from_str::<Value>(&reply.text) {
            Ok(mut body) => {
                let texts = ["next", "invitation_code", "invitation_link", "secret", "link", "key"];
                for (chance, is_text) in
                    texts.map(|text| (text, true)).into_iter().chain([("public_key", false)])
                {
                    if let Some(value) = body.get_mut(chance).filter(|v| v.is_string() == is_text) {
                        *value = json!("something");
                    }
                }
                hush(&mut body);
                body.to_string()
            }
            Err(_) => reply.text.clone(),
        };
        let heard = format!("{} {} {body}", reply.status, heads.join("|"));
        let mut plain = String::new();
        let mut rest = heard.as_str();
        while let Some(first) = rest.chars().next() {
            match rest.get(..36).filter(|id| is_uuid(id)) {
                Some(id) if known.contains(id) => plain += id,
                Some(id) => {
                    let count = self.fresh.len();
                    let number = self.fresh.entry(id.to_owned()).or_insert(count);
                    write!(plain, "#{number}").unwrap();
                }
                None => {
                    plain.push(first);
                    rest = &rest[first.len_utf8()..];
                    continue;
                }
            }
            rest = &rest[36..];
        }
        plain
    }
}

/// What was exported holds identities made meanwhile, and so does its hash, which the history tells. The codes of
/// invitations and the addresses of calendars are chance. Which place somebody has on a list depends on all who are on
/// it: that somebody else is, everybody may know, and who it is, nobody learns.
fn hush(body: &mut Value) {
    match body {
        Value::Object(members) => {
            for (name, value) in members {
                let chance = ["sha256", "place", "why", "explanation", "times"];
                if chance.contains(&name.as_str()) {
                    *value = json!("something");
                } else {
                    hush(value);
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(hush),
        Value::String(code)
            if code.starts_with("hci_") || code.starts_with("/api/v1/calendars/hcf_") =>
        {
            "something".clone_into(code);
        }
        _ => {}
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

async fn ask(caller: Caller<'_>, request: &Request) -> Reply {
    let asked = caller.request(request.method.clone(), &request.path).query(&request.query);
    let asked = carry(asked, &request.content).header("x-request-id", "isolation");
    let asked =
        request.if_match.iter().fold(asked, |asked, version| asked.header("if-match", *version));
    send(request.key.iter().fold(asked, |asked, key| asked.header("idempotency-key", key))).await
}

#[tokio::test]
async fn r38_whatever_a_mission_asks_it_learns_nothing_of_another_and_changes_nothing_of_it() {
    let mut chance = chance();
    let (mut app, _ceremony) = start().await;
    let planted = Planted::in_service(&app, &mut chance).await;
    let pools = planted.pools(&app).await;
    let description = serde_json::to_value(hanoi_ceremony::routes::description()).unwrap();
    let missions = [&planted.germany, &planted.france];
    let requests = Requests { description, missions, pools };
    let without = app.twin().await;
    erase_france(&without).await;
    let before = kept_of_france(&app, &planted).await;

    let known: BTreeSet<_> =
        planted.theirs.iter().chain(&planted.own).map(String::as_str).collect();
    let (mut here, mut there) = (Ear::default(), Ear::default());
    let mut answered: BTreeMap<String, BTreeSet<u16>> = BTreeMap::new();
    let all: Vec<_> = asked_as_somebody()
        .map(|(method, path)| (requests.of(&method, path), method, path))
        .collect();
    for _ in 0..ROUNDS {
        for (strategy, method, path) in &all {
            let request = strategy.new_tree(&mut chance).unwrap().current();
            let (with, without) = tokio::join!(
                ask(app.focal_point("DEU"), &request),
                ask(without.focal_point("DEU"), &request)
            );
            // What the request itself has named is no news; a word of France's is, even then.
            let asked = format!("{request:?}");
            let mut traces = planted.traces(&with);
            traces.retain(|trace| !is_uuid(trace) || !asked.contains(trace));
            assert!(
                traces.is_empty(),
                "{traces:?} of France came through: {request:?}\n{}",
                with.text
            );
            answered.entry(format!("{method} {path}")).or_default().insert(with.status);
            let (with, without) = (here.hear(&known, &with), there.hear(&known, &without));
            assert_eq!(with, without, "France's delegation is noticed: {request:?}");
        }
    }
    // An answer that is kept for France's key is not given to Germany, whatever else it asked under that key.
    let path = "/delegations/FRA/members";
    let once = member(&format!("{}Once", planted.word));
    let stolen = app.focal_point("DEU").post_once(path, "isolation", once.clone()).await;
    assert!([404, 422].contains(&stolen.status), "{}", stolen.text);
    assert_eq!(planted.traces(&stolen), [""; 0], "{}", stolen.text);

    let after = kept_of_france(&app, &planted).await;
    for (place, kept) in before {
        assert_eq!(after.get(&place), Some(&kept), "what is France's in {place} is as it was");
    }
    // The first negative control: Germany was not merely refused.
    let came_in = |statuses: &&BTreeSet<u16>| statuses.iter().any(|s| (200..300).contains(s));
    let (came_in, asked) = (answered.values().filter(came_in).count(), answered.len());
    // A third of all routes, when there were 268 of them; those that came since are officers'.
    assert!(came_in >= 90, "Germany came in at {came_in} of {asked} routes: {answered:?}");
    let kept = app.focal_point("FRA").post_once(path, "isolation", once).await;
    assert_eq!(kept.header("idempotency-replayed"), "true", "or there was no answer to be stolen");
    // The second: what is looked for can be found, and whoever may see France's delegation can tell the worlds apart.
    let (mut found, mut told_apart) = (0, 0);
    for list in Seeds::private_lists() {
        let own = app.focal_point("FRA").get(list).await;
        found += usize::from(!planted.traces(&own).is_empty());
        let (with, without) = (app.officer().get(list).await, without.officer().get(list).await);
        told_apart += usize::from(here.hear(&known, &with) != there.hear(&known, &without));
    }
    assert_eq!([found, told_apart], [Seeds::private_lists().len(); 2], "or the test is blind");
}

/// All that is kept of France: its rows, table by table, and every file.
async fn kept_of_france(app: &TestApp, planted: &Planted) -> BTreeMap<String, Vec<Vec<u8>>> {
    let rows = rows::rows_of(&mut app.as_owner().await, "FRA", &planted.theirs).await;
    let rows = rows.into_iter();
    let rows =
        rows.map(|(table, rows)| (table, rows.into_iter().map(String::into_bytes).collect()));
    let mut kept: BTreeMap<_, _> = rows.collect();
    let mut folders = vec![app.data_dir().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                kept.insert(path.display().to_string(), vec![std::fs::read(path).unwrap()]);
            }
        }
    }
    kept
}
