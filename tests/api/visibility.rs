//! Who sees what of a delegation, by whatever way out (R41): every field × every role × every route.

mod fields;
mod files;
mod planting;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use hanoi_ceremony::access::Role;
use serde_json::json;

use self::fields::Described;
use self::planting::{PLANTED, Planted};
use crate::app::{Caller, TestApp, member, routes};
use crate::matrix::ask;
use crate::matrix::samples::Seeds;

/// Who may see a field; everybody else never does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Who somebody is by name, and where they stand: whoever has to do with delegations.
    Known,
    /// What somebody is in politics, and what the mission has to say: not security.
    Protocol,
    /// What identifies somebody, and the paper that proves it: the mission, the secretariat, security.
    Identity,
    /// How somebody is reached, and what was changed in detail: the mission and the secretariat.
    Contact,
    /// What officers are warned of: the secretariat and security.
    Warned,
    /// Who works on what waits: those who work on it.
    Clearance,
    /// Papers, each sort to those whom it concerns; which, the planted ones show.
    Lodged,
    /// What each mission is told of itself alone; the isolation test has the rows.
    Own,
    /// What became of what one asked for, and of nothing else.
    Answer,
    /// Full powers, and who signs: not security.
    Paper,
    /// What was erased, without whom: who answers for it.
    Erasure,
    /// What is the world's, or of the whole event: whoever takes reports.
    Staff,
    /// The programme and what is applied for: those who plan it, and who looks on.
    Planned,
    /// Who can get in: who answers for it, and who looks on.
    Access,
    /// Who did what: who looks on.
    Trail,
}

impl Class {
    /// The columns of the table in which it may stand.
    fn seen_by(self) -> &'static [&'static str] {
        match self {
            Self::Known | Self::Lodged => &["acc", "tre", "sec", "aud", "FRA"],
            Self::Protocol | Self::Paper => &["acc", "tre", "aud", "FRA"],
            Self::Identity => &["acc", "sec", "FRA"],
            Self::Contact => &["acc", "FRA"],
            Self::Warned | Self::Clearance => &["acc", "sec"],
            Self::Own => &["acc", "FRA", "DEU"],
            Self::Answer => &["acc", "tre", "sec", "aud", "FRA", "DEU"],
            Self::Erasure => &["adm", "acc", "aud"],
            Self::Staff => &["adm", "acc", "tre", "pro", "sec", "aud"],
            Self::Planned => &["adm", "pro", "aud"],
            Self::Access => &["adm", "aud"],
            Self::Trail => &["aud"],
        }
    }
}

/// The officer of each role, the mission itself, another mission, and nobody.
fn everybody(app: &TestApp) -> Vec<(&'static str, Caller<'_>)> {
    let staff = Role::ALL.iter().filter(|role| **role != Role::FocalPoint);
    let mut all: Vec<_> = staff.map(|role| (&role.as_str()[..3], app.role(*role))).collect();
    all.extend([
        ("FRA", app.focal_point("FRA")),
        ("DEU", app.focal_point("DEU")),
        ("any", app.anybody()),
    ]);
    all
}

/// For each reader what they were shown, and by which routes.
type Shown = BTreeMap<&'static str, BTreeMap<String, BTreeSet<String>>>;

/// Everything that every reader gets from every route: by the fields of the description, and by the planted values.
async fn walk(app: &TestApp, described: &Described) -> (Shown, Shown) {
    let seeds = Seeds::plant(app).await;
    let planted = Planted::plant(app).await;
    let (mut fields, mut values) = (Shown::new(), Shown::new());
    for (method, pattern) in routes() {
        let mut sample =
            seeds.sample(&method, pattern).expect("the matrix wants a sample of each route");
        planted.put_into(&mut sample, pattern);
        for (name, caller) in everybody(app) {
            let reply = ask(&caller, &method, &sample).await;
            let route = format!("{method} {pattern}");
            for field in described.seen(&method, pattern, &reply) {
                fields.entry(name).or_default().entry(field).or_default().insert(route.clone());
            }
            // The words of a closed list stand in the description for all, and those of ranks in the list of reports.
            let is_word = |field: &str| match pattern {
                "/openapi.json" => true,
                "/api/v1/reports" => field == "rank",
                _ => false,
            };
            let met = PLANTED
                .iter()
                .filter(|field| !is_word(field.name) && reply.text.contains(field.value));
            for value in met {
                let seen = values.entry(name).or_default().entry(value.name.to_owned());
                seen.or_default().insert(route.clone());
            }
        }
    }
    (fields, values)
}

/// What somebody was shown who is not to see it.
fn leaks(shown: &Shown, class: impl Fn(&str) -> Option<Class>) -> String {
    let mut told = String::new();
    for (reader, seen) in shown {
        for (what, routes) in seen {
            if class(what).is_some_and(|class| !class.seen_by().contains(reader)) {
                writeln!(told, "{reader} sees {what} by {routes:?}").unwrap();
            }
        }
    }
    told
}

/// Who saw what, as a table: a line for each set of readers.
fn table(shown: &Shown, all: impl Iterator<Item = String>) -> String {
    let mut lines = BTreeMap::<(String, String), Vec<String>>::new();
    for what in all {
        let readers: Vec<_> = shown
            .iter()
            .filter(|(_, seen)| seen.contains_key(&what))
            .map(|(name, _)| *name)
            .collect();
        let (of, name) = what.split_once('/').unwrap_or(("planted", &what));
        lines.entry((of.to_owned(), readers.join(" "))).or_default().push(name.to_owned());
    }
    lines.into_iter().fold(String::new(), |mut table, ((of, readers), names)| {
        writeln!(table, "{of:<22} {readers:<24} {}", names.join(", ")).unwrap();
        table
    })
}

#[tokio::test]
async fn r41_each_role_sees_its_fields_and_no_others_by_whatever_way_out() {
    let described = Described::read();
    let app = TestApp::start().await;
    let (fields, values) = walk(&app, &described).await;
    let met: BTreeSet<String> = fields.values().flat_map(BTreeMap::keys).cloned().collect();
    let known = described.fields();
    let of_files = met.iter().filter(|field| field.contains(".csv/"));
    let undecided = known.iter().chain(of_files).filter(|field| fields::class(field).is_none());
    let undecided: Vec<_> = undecided.collect();
    let gone = fields::gone(&known.union(&met).cloned().collect());
    let leaked = leaks(&fields, fields::class) + &leaks(&values, planting::class);
    assert!(
        undecided.is_empty() && gone.is_empty() && leaked.is_empty(),
        "say in tests/api/visibility/fields.rs who sees {undecided:?}\ndecided, and nowhere: {gone:?}\n{leaked}"
    );
    // The negative control: the mission itself finds what was planted, so it can be found.
    for planted in PLANTED {
        assert!(values["FRA"].contains_key(planted.name), "{} is nowhere", planted.name);
    }
    let planted = PLANTED.iter().map(|planted| planted.name.to_owned());
    insta::assert_snapshot!(table(&fields, fields::decided()) + "\n" + &table(&values, planted));
}

#[tokio::test]
async fn r41_the_order_of_a_composition_tells_security_nothing_of_rank() {
    let app = TestApp::start().await;
    let france = app.focal_point("FRA");
    france.post("/delegations", json!({ "participant": "FRA" })).await.expect(201);
    for (name, rank) in [("Zuletzt", "head_of_state"), ("Anfang", "official")] {
        let mut person = member(name);
        person["rank"] = json!(rank);
        france.post("/delegations/FRA/members", person).await.expect(201);
    }
    let names = |reply: serde_json::Value| {
        let members = reply["members"].as_array().unwrap().clone();
        members.iter().map(|m| m["family_name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let composition = "/delegations/FRA/composition";
    assert_eq!(names(france.get(composition).await.expect(200)), ["ZULETZT", "ANFANG"]);
    assert_eq!(names(app.security().get(composition).await.expect(200)), ["ANFANG", "ZULETZT"]);
}
