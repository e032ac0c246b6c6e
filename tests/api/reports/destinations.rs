//! Where planned exports go beside a directory, and who can open them there.

use std::io::Read as _;

use mailparse::{MailHeaderMap as _, parse_mail};
use serde_json::json;

use super::france;
use super::schedules::{files, made, participants, start};
use crate::app::{NOW, SETTINGS, TestApp};
use crate::documents::bucket::Store;

#[tokio::test]
async fn a_bucket_gets_what_a_directory_would() {
    let store = Store::start().await;
    let settings = format!(
        "{SETTINGS}[exports.destinations.drop.s3]\nendpoint = 'http://{}'\nregion = 'us-east-1'\nbucket = 'papers'\n\
         access_key_id = 'sample'\nsecret_access_key = 'sample-secret'\n",
        store.address
    );
    let app = TestApp::start_with(NOW, &settings).await;
    france(&app).await;
    let mut wanted = participants();
    wanted["destination"] = json!("drop");
    let schedule = made(&app.officer(), wanted).await;
    app.come_due().await;
    app.run_schedules().await;
    let told = app.officer().get(&schedule).await.expect(200);
    let file = told["last_run"]["file"].as_str().unwrap();
    let written = std::fs::read_to_string(store.bucket().join(file)).unwrap();
    let report = app.officer().get("/reports/participants.csv?status=draft").await;
    assert_eq!((&told["last_run"]["state"], written), (&json!("delivered"), report.text));
}

/// What age makes of it with this key.
fn opened(sealed: &[u8], key: &age::x25519::Identity) -> Option<String> {
    let decryptor = age::Decryptor::new(sealed).unwrap();
    let mut plain = String::new();
    let key: &dyn age::Identity = key;
    decryptor.decrypt(std::iter::once(key)).ok()?.read_to_string(&mut plain).unwrap();
    Some(plain)
}

#[tokio::test]
async fn r50_what_is_encrypted_opens_with_its_keys_alone_in_a_directory_and_in_a_letter() {
    let (app, archive) = start().await;
    france(&app).await;
    let keys = [(); 3].map(|()| age::x25519::Identity::generate());
    let recipients = [&keys[0], &keys[1]].map(|key| key.to_public().to_string());
    let mut wanted = participants();
    wanted["recipients"] = json!(recipients);
    made(&app.officer(), wanted.clone()).await;
    wanted["destination"] = json!("mail");
    made(&app.officer(), wanted).await;
    app.come_due().await;
    // One at a time is made for an account: the other one waits.
    app.run_schedules().await;
    app.run_schedules().await;

    let [file] = files(archive.path()).try_into().unwrap();
    assert!(file.ends_with(".csv.age"), "{file}");
    let in_directory = std::fs::read(archive.path().join(file)).unwrap();
    let [letter] = files(&app.data_dir().join("mail")).try_into().unwrap();
    let letter = std::fs::read(app.data_dir().join("mail").join(letter)).unwrap();
    let letter = parse_mail(&letter).unwrap();
    assert!(letter.headers.get_first_value("To").unwrap().contains("<accreditation@test.example>"));
    assert_eq!(letter.headers.get_first_value("Subject").unwrap(), "List of participants");
    let enclosed = &letter.subparts[1];
    assert!(enclosed.get_content_disposition().params["filename"].ends_with(".csv.age"));
    let report = app.officer().get("/reports/participants.csv?status=draft").await;
    for sealed in [in_directory, enclosed.get_body_raw().unwrap()] {
        assert!(!String::from_utf8_lossy(&sealed).contains("Exemplar"));
        assert_eq!(opened(&sealed, &keys[0]).as_ref(), Some(&report.text));
        assert_eq!(opened(&sealed, &keys[1]).as_ref(), Some(&report.text));
        assert_eq!(opened(&sealed, &keys[2]), None);
    }
}
