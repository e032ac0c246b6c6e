//! Members whole: several passports, and what officers alone are warned of (R36).

use hanoi_ceremony::access::Role;
use hanoi_ceremony::{delegations, secret};
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, Executor as _};

use super::begin;
use crate::app::{Caller, TestApp, member};

const CANARY: &str = "CANARY7F3A";

fn another(nationality: &str, number: &str) -> Value {
    json!({ "nationality": nationality, "number": number, "expires_on": "2026-01-31" })
}

/// The codes of the warnings about somebody, as this caller reads them; none where there is no such field.
async fn warned(caller: &Caller<'_>, path: &str) -> Option<Vec<String>> {
    let body = caller.get(path).await.expect(200);
    let codes = body.get("warnings")?.as_array().unwrap().iter();
    Some(codes.map(|warning| warning["code"].as_str().unwrap().to_owned()).collect())
}

#[tokio::test]
async fn r36_a_person_has_several_passports_sealed_masked_and_read_in_clear_with_an_entry() {
    let app = TestApp::start().await;
    let mission = begin(&app, "FRA").await;
    let mut person = member("Sample");
    person["other_passports"] = json!([another("DEU", CANARY), another("ITA", "Y0000456")]);
    let made = mission.post("/delegations/FRA/members", person.clone()).await;
    let path = format!("/delegations/FRA/members/{}", made.id());
    let masked = json!([
        { "nationality": "DEU", "number": "•••F3A", "expires_on": "2026-01-31" },
        { "nationality": "ITA", "number": "•••456", "expires_on": "2026-01-31" },
    ]);
    assert_eq!(made.expect(201)["other_passports"], masked);
    for (role, sees) in [(Role::Accreditation, true), (Role::Security, true), (Role::Treaty, false)]
    {
        let body = app.role(role).get(&path).await.expect(200);
        assert_eq!(body.get("other_passports"), sees.then_some(&masked), "{role}");
    }
    let clear =
        app.security().get(&format!("{path}/passport?reason=Two%20States")).await.expect(200);
    assert_eq!(clear["other_passports"][0], another("DEU", CANARY));

    // A list takes the place of the list before; what is not sent stays.
    let changed = mission.patch(&path, json!({ "affiliation": null })).await.expect(200);
    assert_eq!(changed["other_passports"], masked);
    let list = json!({ "other_passports": [another("DEU", CANARY)] });
    assert_eq!(mission.patch(&path, list).await.expect(200)["other_passports"], json!([masked[0]]));
    let faulty = json!({ "other_passports": [another("DEU", CANARY), another("DEU", &CANARY.to_lowercase())] });
    assert_eq!(mission.patch(&path, faulty).await.pointers(), ["/other_passports"]);
    let faulty = json!({ "other_passports": [{ "nationality": "de", "number": "•••F3A" }] });
    assert_eq!(
        mission.patch(&path, faulty).await.pointers(),
        [
            "/other_passports/0/expires_on",
            "/other_passports/0/nationality",
            "/other_passports/0/number"
        ]
    );

    let mut owner = app.owner.connect().await.unwrap();
    let everything = "select coalesce(string_agg(t, ' '), '') from (
        select member::text from member union all select event::text from event
        union all select member_mark::text from member_mark) as everything (t)";
    let everything: String = sqlx::query_scalar(everything).fetch_one(&mut owner).await.unwrap();
    assert!(!everything.contains(CANARY) && !everything.contains(&secret::hex(CANARY.as_bytes())));
    // The audit trail says that they changed, never to what (R51).
    let told = "select count(*) from event where after ->> 'other_passports' = 'changed'";
    let told: i64 = sqlx::query_scalar(told).fetch_one(&mut owner).await.unwrap();
    assert_eq!(told, 1);
    assert_eq!(
        mission.patch(&path, json!({ "other_passports": null })).await.expect(200)["other_passports"],
        json!([])
    );
}

#[tokio::test]
async fn r37_a_change_of_a_further_passport_is_material_and_shown_masked() {
    let app = TestApp::start().await;
    let mission = begin(&app, "FRA").await;
    let path = format!(
        "/delegations/FRA/members/{}",
        mission.post("/delegations/FRA/members", member("Sample")).await.id()
    );
    mission.act(&format!("{path}/submit"), json!({})).await.expect(200);
    app.officer().act(&format!("{path}/pre-approve"), json!({})).await.expect(200);
    app.security().act(&format!("{path}/approve"), json!({})).await.expect(200);
    let changes = json!({ "changes": { "other_passports": [another("DEU", CANARY)] } });
    let asked = mission.post(&format!("{path}/change-requests"), changes).await;
    let expected = json!([{ "field": "other_passports", "is_material": true, "before": null,
        "after": "DEU •••F3A (2026-01-31)" }]);
    assert_eq!(asked.expect(201)["difference"], expected);
    assert!(!asked.text.contains(CANARY));
    let accept = format!("/change-requests/{}/accept", asked.id());
    let accepted = app.officer().act(&accept, json!({})).await.expect(200);
    assert_eq!(accepted["member_status"], "pre_approved");
    let clear = app.security().get(&format!("{path}/passport?reason=Vetting")).await.expect(200);
    assert_eq!(clear["other_passports"], json!([another("DEU", CANARY)]));
}

#[tokio::test]
async fn r36_a_likely_double_is_told_to_officers_and_to_no_mission() {
    let app = TestApp::start().await;
    let (france, germany) = (begin(&app, "FRA").await, begin(&app, "DEU").await);
    let mut person = member("Sample");
    person["passport"]["number"] = json!("F0000001");
    let first = france.post("/delegations/FRA/members", person.clone()).await.id();
    // The same person for another State: another passport first, the same one second; the name divided otherwise.
    person["family_name"] = json!("Exemplar");
    person["given_names"] = json!("Sâmple");
    person["email"] = json!("other@delegate.example");
    person["passport"]["number"] = json!("G0000002");
    person["other_passports"] = json!([another("FRA", "f0000001")]);
    let second = germany.post("/delegations/DEU/members", person.clone()).await;
    assert!(!second.text.contains("warnings"), "{}", second.text);
    let (first, second) = (
        format!("/delegations/FRA/members/{first}"),
        format!("/delegations/DEU/members/{}", second.id()),
    );
    let both = Some(vec!["same_passport".to_owned(), "same_name_and_birth".to_owned()]);
    for officer in [app.officer(), app.security()] {
        assert_eq!(warned(&officer, &first).await, both);
        assert_eq!(warned(&officer, &second).await, both);
        let list = officer.get("/members").await.expect(200);
        assert_eq!(list["items"][0]["warnings"][0]["members"].as_array().unwrap().len(), 1);
    }
    let told = app.officer().get(&first).await.expect(200);
    assert_eq!(
        told["warnings"][0]["members"],
        json!([{ "id": second.rsplit_once('/').unwrap().1, "participant": "DEU", "status": "draft" }])
    );
    for (caller, path) in [
        (france.clone(), &first),
        (germany.clone(), &second),
        (app.treaty(), &first),
        (app.role(Role::Auditor), &first),
    ] {
        assert_eq!(warned(&caller, path).await, None);
        assert!(!caller.get("/members").await.text.contains("warnings"));
    }
    // The database itself lets a mission compare only its own people.
    let mut connection = app.as_service().await;
    connection.execute("select set_config('ceremony.scope', 'DEU', false)").await.unwrap();
    let seen: i64 =
        sqlx::query_scalar("select count(*) from member_mark where participant <> 'DEU'")
            .fetch_one(&mut connection)
            .await
            .unwrap();
    assert_eq!(seen, 0);

    // An answer that an officer has already does not hide a warning that came later, nor one that went.
    let etag = app.officer().get(&first).await.header("etag").to_owned();
    germany
        .patch(&second, json!({ "date_of_birth": "1980-02-28", "other_passports": null }))
        .await
        .expect(200);
    let request = app.officer().request(reqwest::Method::GET, &first).header("if-none-match", etag);
    assert_eq!(crate::app::send(request).await.expect(200)["warnings"], json!([]));
    // A draft that is removed is like nobody.
    germany.patch(&second, json!({ "passport": { "number": "F0000001" } })).await.expect(200);
    assert_eq!(warned(&app.officer(), &first).await, Some(vec!["same_passport".to_owned()]));
    germany.delete(&second).await.expect(204);
    assert_eq!(warned(&app.officer(), &first).await, Some(Vec::new()));
}

#[tokio::test]
async fn r36_letters_that_look_alike_are_a_warning_and_hinder_nothing() {
    let app = TestApp::start().await;
    let mission = begin(&app, "FRA").await;
    let mut person = member("Sample");
    // The А is Cyrillic.
    person["family_name"] = json!("SАMPLE");
    let made = mission.post("/delegations/FRA/members", person).await;
    let path = format!("/delegations/FRA/members/{}", made.id());
    mission.act(&format!("{path}/submit"), json!({})).await.expect(200);
    let body = app.officer().get(&path).await.expect(200);
    assert_eq!(
        (&body["warnings"][0]["code"], &body["warnings"][0]["fields"]),
        (&json!("mixed_scripts"), &json!(["family_name"]))
    );
    assert_eq!(warned(&mission, &path).await, None);
}

#[tokio::test]
async fn r36_who_was_entered_before_there_were_marks_is_marked_by_housekeeping() {
    let app = TestApp::start().await;
    let (france, germany) = (begin(&app, "FRA").await, begin(&app, "DEU").await);
    let first = france.post("/delegations/FRA/members", member("Sample")).await.id();
    let mut person = member("Sample");
    person["email"] = json!("other@delegate.example");
    germany.post("/delegations/DEU/members", person).await.expect(201);
    let path = format!("/delegations/FRA/members/{first}");
    let mut owner = app.owner.connect().await.unwrap();
    owner.execute("delete from member_mark; update member set marked_with = null").await.unwrap();
    assert_eq!(warned(&app.officer(), &path).await, Some(Vec::new()));
    delegations::mark_the_unmarked(&app.app.db).await.unwrap();
    assert_eq!(warned(&app.officer(), &path).await.map(|codes| codes.len()), Some(2));
    // Whoever changes a name behind the service's back takes the marks' validity away with it.
    owner.execute("update member set family_name = 'Other'").await.unwrap();
    delegations::mark_the_unmarked(&app.app.db).await.unwrap();
    let codes = warned(&app.officer(), &path).await.unwrap();
    assert_eq!(codes, ["same_passport", "same_name_and_birth"]);
    let third = "update member set family_name = 'Third' where member_id = $1::uuid";
    sqlx::query(third).bind(&first).execute(&mut owner).await.unwrap();
    delegations::mark_the_unmarked(&app.app.db).await.unwrap();
    assert_eq!(warned(&app.officer(), &path).await.unwrap(), ["same_passport"]);
}
