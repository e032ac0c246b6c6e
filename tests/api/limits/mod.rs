//! Limits: who fails too often or asks too much waits, and nobody else does.

mod budgets;
mod desk;
mod hashing;
mod refusals;
mod tries;

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Reply, SETTINGS, TestApp, send};

/// A service behind a proxy on this machine, whose word on where a request comes from it takes.
pub const BEHIND_A_PROXY: &str = "[server]\nworkers = 1\ntrusted_proxies = \"127.0.0.1\"\n";

/// The settings of tests, behind a proxy, and these.
pub fn behind_a_proxy(more: &str) -> String {
    SETTINGS.replace("[server]\nworkers = 1\n", BEHIND_A_PROXY) + more
}

/// An account of the gate with a password that works.
pub async fn somebody(app: &TestApp, name: &str) -> (String, Value) {
    let email = format!("{name}@test.example");
    let wanted = json!({ "email": email, "name": "Somebody", "role": "gate" });
    let made = app.administrator().post("/accounts", wanted).await;
    let password = made.expect(201)["initial_password"].clone();
    (made.id(), json!({ "email": email, "password": password }))
}

/// The same credentials with a wrong password.
pub fn wrong(credentials: &Value) -> Value {
    json!({ "email": credentials["email"], "password": "not this one" })
}

/// A login that a proxy says to come from an address, by a connection of its own: of a thousand that share some, one meets
/// a connection that is just being closed.
pub async fn log_in(app: &TestApp, from: &str, credentials: &Value) -> Reply {
    let request = app.anybody().request(Method::POST, "/auth/login").header("connection", "close");
    send(request.header("x-forwarded-for", from).json(credentials)).await
}
