//! What the tests of full powers and of the record have in common: signers, their papers, and signatures.

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::AssertSqlSafe;

use crate::app::{Caller, Reply, TestApp, member, send};

/// Somebody who can sign, and by what.
pub struct Signer {
    /// The member.
    pub member: String,
    /// The full powers: confirmed, with an appointment in Ha Noi.
    pub full_powers: String,
}

/// A body with some of its members replaced.
pub fn with(mut body: Value, more: &Value) -> Value {
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

/// A signature in Ha Noi.
pub fn signature(code: &str, full_powers: &str, at: &str) -> Value {
    json!({ "kind": "signature", "participant": code, "full_powers": full_powers, "place": "hanoi", "signed_at": at })
}

impl TestApp {
    /// A person of this rank in the delegation of a participant, which is begun where there is none.
    pub async fn member_of(&self, code: &str, rank: &str) -> String {
        let mission = self.focal_point(code);
        mission.post("/delegations", json!({ "participant": code })).await;
        let person = with(member(&format!("{code}{rank}")), &json!({ "rank": rank }));
        let made = mission.post(&format!("/delegations/{code}/members"), person).await;
        made.expect(201);
        made.id()
    }

    /// The copy of a paper that entitles to sign.
    pub async fn paper(&self, code: &str, kind: &str) -> String {
        let path = format!("/documents?participant={code}&kind={kind}");
        let paper = format!("%PDF-1.7 {code} grants an invented person full powers");
        let made = self.focal_point(code).upload(&path, "application/pdf", paper.as_bytes()).await;
        made.expect(201);
        made.id()
    }

    /// Full powers without a gap, as a mission lodges them.
    pub async fn application(&self, code: &str, member: &str) -> Value {
        json!({
            "participant": code, "member": member, "basis": "full_powers", "treaty": "XVIII-16", "acts": ["sign"],
            "issued_by": { "name": "Paul Example", "office": "foreign_minister" }, "issued_on": "2025-10-01",
            "document": self.paper(code, "full_powers").await,
        })
    }

    /// An ambassador with full powers that two officers have found right, and an appointment.
    pub async fn entitle(&self, code: &str) -> Signer {
        let member = self.member_of(code, "permanent_representative").await;
        let application = self.application(code, &member).await;
        let lodged = self.focal_point(code).post("/full-powers", application).await;
        lodged.expect(201);
        let full_powers = lodged.id();
        let path = format!("/full-powers/{full_powers}");
        self.treaty().act(&format!("{path}/verify"), json!({})).await.expect(200);
        self.second_treaty().act(&format!("{path}/confirm"), json!({})).await.expect(200);
        self.appoint(&full_powers, "hanoi", "2025-10-25T11:00:00+07:00").await.expect(201);
        self.treaty().act(&format!("{path}/original-received"), json!({})).await.expect(200);
        Signer { member, full_powers }
    }

    /// An hour for these full powers.
    pub async fn appoint(&self, full_powers: &str, place: &str, at: &str) -> Reply {
        let hour = json!({ "full_powers": full_powers, "place": place, "at": at });
        self.treaty().post("/appointments", hour).await
    }

    /// Signs in Ha Noi on the first day, with all that it needs; gives the act's id.
    pub async fn signed(&self, code: &str) -> String {
        let signer = self.entitle(code).await;
        let body = signature(code, &signer.full_powers, "2025-10-25T11:02:00+07:00");
        let made = self.record(body).await;
        made.expect(201);
        made.id()
    }

    /// Records an action under a key of its own.
    pub async fn record(&self, body: Value) -> Reply {
        let key = hanoi_ceremony::secret::random_text();
        self.treaty().post_once("/treaty/acts", &key, body).await
    }

    /// How many rows a table has.
    pub async fn count(&self, table: &str) -> i64 {
        let mut owner = self.as_owner().await;
        let count = format!("select count(*) from {table}");
        sqlx::query_scalar(AssertSqlSafe(count)).fetch_one(&mut owner).await.unwrap()
    }

    /// The status, by anybody.
    pub async fn status(&self, query: &str) -> Value {
        self.anybody().get(&format!("/treaty/status{query}")).await.expect(200)
    }

    /// A connection as whoever owns the cluster.
    pub async fn as_owner(&self) -> sqlx::PgConnection {
        use sqlx::ConnectOptions as _;
        self.owner.connect().await.unwrap()
    }
}

/// GET with the version that the caller knows.
pub async fn ask_again(caller: &Caller<'_>, path: &str, etag: &str) -> Reply {
    send(caller.request(Method::GET, path).header("if-none-match", etag)).await
}
