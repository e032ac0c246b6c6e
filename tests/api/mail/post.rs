//! The post of a test: letters are sent when the test says so, and read where they arrive.

use hanoi_ceremony::access::reset;
use hanoi_ceremony::outbox;
use mailparse::{MailHeaderMap as _, parse_mail};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _};

use crate::app::TestApp;

/// A letter as its reader sees it.
#[derive(Debug, Clone)]
pub struct Letter {
    pub to: String,
    pub subject: String,
    pub text: String,
}

impl Letter {
    /// The code that it carries.
    pub fn code(&self) -> String {
        let mut words = self.text.split_whitespace();
        words.find(|word| word.starts_with("hc")).unwrap().to_owned()
    }
}

impl TestApp {
    /// Answers who asked for a new password, and sends what is due, until nothing is.
    pub async fn deliver(&self) {
        let app = &self.app;
        reset::answer_requests(&app.db, app.config.access.reset_minutes.get()).await.unwrap();
        while outbox::send_due(&app.db, &app.post, &app.ceremony).await.unwrap() > 0 {}
    }

    /// Makes everything due that waits, however long it was to wait, and sends it.
    pub async fn deliver_all(&self) {
        let mut owner = self.owner.connect().await.unwrap();
        owner.execute("update message set due_at = now() where state = 'waiting'").await.unwrap();
        owner.close().await.unwrap();
        self.deliver().await;
    }

    /// The letters that left as files, in the order in which they were written.
    pub fn letters(&self) -> Vec<Letter> {
        let entries = std::fs::read_dir(self.data_dir().join("mail")).into_iter().flatten();
        let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let letters = files.iter().map(|file| {
            let bytes = std::fs::read(file).unwrap();
            let mail = parse_mail(&bytes).unwrap();
            let header = |name| mail.headers.get_first_value(name).unwrap_or_default();
            let text = mail.get_body().unwrap().replace("\r\n", "\n");
            Letter { to: header("To"), subject: header("Subject"), text }
        });
        letters.collect()
    }

    /// The same of one reader.
    pub fn letters_to(&self, address: &str) -> Vec<Letter> {
        let is_theirs = |letter: &Letter| letter.to.contains(&format!("<{address}>"));
        self.letters().into_iter().filter(is_theirs).collect()
    }
}
