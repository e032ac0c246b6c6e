//! The tokens that people, their systems and devices come with.

use hanoi_ceremony::access::{KeyScope, Role};
use hanoi_ceremony::secret;
use serde_json::json;
use sqlx::ConnectOptions as _;

use crate::app::{Caller, TestApp};

/// Somebody, with each kind of token of theirs.
pub struct Person<'a> {
    pub name: &'static str,
    pub login: Caller<'a>,
    whose: String,
    app: &'a TestApp,
}

impl<'a> Person<'a> {
    /// A system with a key of theirs that may do all that they may.
    pub fn key(&self) -> Caller<'a> {
        self.app.bearer(&format!("hck_test_{}_all", self.whose))
    }

    /// The same, but for one scope.
    pub fn key_without(&self, scope: KeyScope) -> Caller<'a> {
        self.app.bearer(&format!("hck_test_{}_without_{scope}", self.whose))
    }
}

/// The officer of each role, and the focal points of France and of Germany, with their keys.
pub async fn everybody(app: &TestApp) -> Vec<Person<'_>> {
    let staff = Role::ALL.iter().filter(|role| **role != Role::FocalPoint);
    let mut all: Vec<_> = staff
        .map(|role| {
            let (name, whose) = (&role.as_str()[..3], role.as_str().to_owned());
            Person { name, login: app.role(*role), whose, app }
        })
        .collect();
    for code in ["FRA", "DEU"] {
        all.push(Person { name: code, login: app.focal_point(code), whose: code.to_owned(), app });
    }
    plant_keys(app, &all).await;
    all
}

/// For each person a key with every scope, and for each scope one that has every other. Stored hashed, like any other.
async fn plant_keys(app: &TestApp, all: &[Person<'_>]) {
    let (mut whose, mut hashes, mut scopes) = (Vec::new(), Vec::new(), Vec::new());
    for person in all {
        let lacking = KeyScope::ALL.iter().map(|scope| (format!("without_{scope}"), Some(*scope)));
        for (name, lacking) in lacking.chain([("all".to_owned(), None)]) {
            let has = KeyScope::ALL.iter().filter(|scope| {
                // All reports together are each of them.
                lacking.is_none_or(|lacking| !scope.covers(lacking))
            });
            whose.push(format!("Test {}", person.whose));
            hashes.push(secret::sha256(format!("hck_test_{}_{name}", person.whose)).to_vec());
            scopes.push(has.map(KeyScope::as_str).collect::<Vec<_>>().join(" "));
        }
    }
    let planted = sqlx::query(
        "insert into api_key (api_key_id, account_id, name, hash, scopes, created_at, expires_at)
         select gen_random_uuid(), account_id, 'Matrix', hash, string_to_array(scopes, ' '), '2025-01-01', '2999-01-01'
         from unnest($1::text[], $2::bytea[], $3::text[]) as planted (name, hash, scopes) join account using (name)",
    );
    let planted = planted.bind(&whose).bind(&hashes).bind(&scopes);
    let done = planted.execute(&mut app.owner.connect().await.unwrap()).await.unwrap();
    assert_eq!(done.rows_affected(), u64::try_from(whose.len()).unwrap());
}

/// A device of the gate's profile.
pub async fn device(app: &TestApp) -> Caller<'_> {
    let wanted = json!({ "name": "Scanner of the matrix", "profile": "gate" });
    let made = app.administrator().post("/devices", wanted).await.expect(201);
    app.bearer(made["token"].as_str().unwrap())
}
