//! Settings under which letters could not leave are refused at the start.

use hanoi_ceremony::config::Config;
use hanoi_ceremony::mail::Post;

fn refusal(settings: &str) -> String {
    let config = Config::from_toml(settings).unwrap();
    let dir = tempfile::tempdir().unwrap();
    Post::open(&config, dir.path()).map(drop).unwrap_err().to_string()
}

#[test]
fn a_server_that_cannot_be_used_as_it_is_set_is_refused() {
    hanoi_ceremony::secret::provide_tls();
    let smtp = "[mail]\ntransport = \"smtp\"\n[mail.smtp]\n";
    for (set, fault) in [
        ("", "mail.smtp.host is empty"),
        ("host = \"mail.example\"\nuser = \"desk\"", "go together"),
        ("host = \"mail.example\"\npassword = \"x\"", "go together"),
        (
            "host = \"mail.example\"\nsecurity = \"none\"\nuser = \"desk\"\npassword = \"x\"",
            "whoever listens",
        ),
        ("host = \"mail.example\"\nca_file = \"/nowhere.pem\"", "cannot be read"),
    ] {
        let refusal = refusal(&format!("{smtp}{set}"));
        assert!(refusal.contains(fault), "{refusal}");
    }
    for (set, key) in [
        ("[mail]\nsender = \"nobody\"", "mail.sender"),
        ("[mail]\nsender = \"a@b.example\\r\\nBcc: c@d.example\"", "mail.sender"),
        ("[mail]\nsender_name = \"a\\nb\"", "mail.sender_name"),
        ("[mail.pages]\ninvitation = \"https://other.example/\"", "mail.pages.invitation"),
        ("[mail.pages]\ninvitation = \"//other.example\"", "mail.pages.invitation"),
        ("[mail.smtp]\nsecurity = \"maybe\"", "mail.smtp.security"),
    ] {
        let refusal = Config::from_toml(set).unwrap_err().to_string();
        assert!(refusal.contains(&format!("`{key}`")), "{refusal}");
    }
}
