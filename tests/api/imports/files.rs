//! Files as they come and go.

use calamine::{Reader as _, Xlsx};
use rust_xlsxwriter::Workbook;
use serde_json::json;

use super::{TITLES, begin, file, row, take_in, upload};
use crate::app::{TestApp, member};

#[tokio::test]
async fn r53_an_export_is_safe_to_open_masked_recorded_and_changes_nothing_when_it_returns() {
    let app = TestApp::start().await;
    let mission = begin(&app, "FRA").await;
    let mut person = member("Sample");
    person["family_name"] = json!("=HYPERLINK(\"x\")");
    person["badge_name"] = json!("'t Sample, \"the\" second");
    person["affiliation"] = json!("+Ministry");
    mission.post("/delegations/FRA/members", person).await.expect(201);
    let sparse = json!({ "family_name": "Mononym", "given_names": null, "function": "staff", "rank": "none" });
    mission.post("/delegations/FRA/members", sparse).await.expect(201);
    let gone = mission.post("/delegations/FRA/members", member("Gone")).await.id();
    let reason = json!({ "reason": "an invented reason" });
    mission.act(&format!("/delegations/FRA/members/{gone}/withdraw"), reason).await.expect(200);

    let export = mission.get("/delegations/FRA/members.csv").await;
    assert_eq!(export.status, 200);
    assert_eq!(export.header("content-disposition"), "attachment; filename=\"FRA-members.csv\"");
    assert!(export.text.starts_with("\u{feff}id,family_name,given_names,"));
    assert!(export.text.contains("\"'=HYPERLINK") && export.text.contains(",'+Ministry,"));
    assert!(export.text.contains("•••000") && !export.text.contains("X0000000"));
    assert!(!export.text.contains("GONE"), "who does not come is not on the list");
    let history = mission.get("/delegations/FRA/history").await.expect(200);
    let entry = &history["items"][0];
    assert_eq!(
        (&entry["kind"], &entry["after"]["rows"]),
        (&json!("delegation.exported"), &json!(2))
    );
    assert_eq!(entry["after"]["sha256"].as_str().unwrap().len(), 64);

    let unchanged = json!({ "new": 0, "changed": 0, "unchanged": 2, "faulty": 0 });
    for delimiter in [",", ";"] {
        let text = if delimiter == ";" {
            export.text.replace("Sample, ", "Sample~ ").replace(',', ";").replace('~', ",")
        } else {
            export.text.clone()
        };
        let back = upload(&mission, text.as_bytes()).await;
        assert_eq!(back.expect(201)["counts"], unchanged, "{}", back.text);
    }
    // By way of a workbook.
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let mut reader = csv_lines(export.text.trim_start_matches('\u{feff}'));
    for (number, cells) in (0..).zip(reader.drain(..)) {
        for (place, cell) in (0..).zip(cells) {
            sheet.write_string(number, place, cell).unwrap();
        }
    }
    let back = upload(&mission, &book.save_to_buffer().unwrap()).await.expect(201);
    assert_eq!((&back["counts"], &back["format"]), (&unchanged, &json!("xlsx")));
}

/// The cells of CSV with quotes, read by hand.
fn csv_lines(text: &str) -> Vec<Vec<String>> {
    let read = |line: &str| {
        let (mut cells, mut is_quoted) = (vec![String::new()], false);
        for c in line.chars() {
            match c {
                '"' => is_quoted = !is_quoted,
                ',' if !is_quoted => cells.push(String::new()),
                c => cells.last_mut().unwrap().push(c),
            }
        }
        cells
    };
    text.lines()
        .map(|line| read(&line.replace("\"\"\"", "\"~").replace("\"\"", "~")))
        .map(|cells| cells.into_iter().map(|cell| cell.replace('~', "\"")).collect())
        .collect()
}

#[tokio::test]
async fn a_template_has_the_titles_the_choices_and_cells_of_text() {
    let app = TestApp::start().await;
    let mission = begin(&app, "FRA").await;
    let csv = mission.get("/delegations/FRA/import-template.csv").await;
    assert!(csv.text.contains("head alternate_head"));
    let filled = format!(
        "{}{},\n",
        csv.text,
        ["", "SAMPLE", "Ann", "", "", "", "staff", "none", "", "", "", "", "", "", "a@x.example"]
            .join(",")
    );
    assert_eq!(upload(&mission, filled.as_bytes()).await.expect(201)["counts"]["new"], 1);

    let path = "/delegations/FRA/import-template.xlsx";
    let response = mission.request(reqwest::Method::GET, path).send().await.unwrap();
    let bytes = response.bytes().await.unwrap();
    let mut book: Xlsx<_> = Xlsx::new(std::io::Cursor::new(bytes.to_vec())).unwrap();
    let sheet = book.worksheet_range("Members").unwrap();
    let titles: Vec<_> = sheet.rows().next().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(titles.join(","), csv.text.lines().next().unwrap().trim_start_matches('\u{feff}'));
    assert_eq!(book.sheet_names(), ["Members", "Values"]);
    let empty = upload(&mission, &bytes).await.expect(201);
    assert_eq!((&empty["format"], &empty["preview"]["rows"]), (&json!("xlsx"), &json!([])));
}

#[tokio::test]
async fn r54_what_is_no_list_is_refused_before_anything_is_unpacked() {
    let app = TestApp::start().await;
    let mission = begin(&app, "FRA").await;
    for bytes in [
        &b"<html><script>alert(1)</script></html>"[..],
        b"%PDF-1.7",
        b"\x89PNG\r\n\x1a\n",
        b"PK\x03\x04",
        b"family_name,given_names,function,rank\n\xff,A,staff,none",
        b"",
        b"hello",
    ] {
        assert_eq!(upload(&mission, bytes).await.problem(415), "unsupported_media_type");
    }
    let long = file(&(0..2001).map(row).collect::<Vec<_>>());
    let refused = upload(&mission, &long).await;
    assert_eq!(
        (refused.problem(413), &refused.json()["limit_rows"]),
        ("too_large".into(), &json!(2000))
    );
    let refused = upload(&mission, &vec![b'x'; 5 * 1024 * 1024 + 1]).await;
    assert_eq!(refused.problem(413), "too_large");
    let other = TITLES.replace("rank", "colour");
    let refused = upload(&mission, format!("{other}\n").as_bytes()).await;
    assert_eq!(refused.problem(422), "validation_failed");
    assert_eq!(refused.pointers(), ["/colour", "/rank"]);
    assert_eq!(app.officer().get("/imports").await.expect(200)["items"], json!([]));
}

#[tokio::test]
async fn an_empty_cell_clears_what_was_said_and_a_person_is_told_by_id_or_address() {
    let app = TestApp::start().await;
    let mission = begin(&app, "FRA").await;
    take_in(&mission, &file(&[row(1)])).await;
    let list = mission.get("/delegations/FRA/members").await.expect(200);
    let id = list["items"][0]["id"].as_str().unwrap();
    let titles = "id,family_name,given_names,function,rank,functional_title,email";
    let text = format!("{titles}\n{id},SAMPLE 1,Exemplar,staff,official,,other@delegate.example\n");
    let (_, done) = take_in(&mission, text.as_bytes()).await;
    assert_eq!(done["counts"]["changed"], 1);
    let body = mission.get(&format!("/delegations/FRA/members/{id}")).await.expect(200);
    assert_eq!(
        (&body["functional_title"], &body["email"]),
        (&json!(null), &json!("other@delegate.example"))
    );
    assert_eq!(body["passport"]["number"], "•••001");
    let unknown = "01890a5d-ac96-774b-bcce-b302099a8057";
    let text = format!(
        "{titles}\n{unknown},A,B,staff,none,,a@x.example\nno id,A,B,staff,none,,b@x.example\n,A,B,staff,none,,\n"
    );
    let seen = upload(&mission, text.as_bytes()).await.expect(201);
    let faults = seen["preview"]["faults"].as_array().unwrap();
    let named: Vec<_> = faults
        .iter()
        .map(|f| {
            (f["row"].as_u64().unwrap(), f["column"].as_str().unwrap(), f["code"].as_str().unwrap())
        })
        .collect();
    assert_eq!(
        named,
        [(2, "id", "unknown_member"), (3, "id", "unknown_member"), (4, "email", "required")]
    );
}
