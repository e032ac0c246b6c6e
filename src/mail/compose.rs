//! A letter as it goes over the wire: RFC 5322, in plain text, with names in any script (RFC 2047).

use chrono::{DateTime, Utc};
use lettre::Message;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use uuid::Uuid;

use super::texts::Written;
use crate::text::{Email, PersonName};

/// A letter cannot be written down: an address that mail does not know.
#[derive(Debug, thiserror::Error)]
#[error("the letter cannot be written down")]
pub struct Unwritable;

/// Somebody's name and address, as a header has them.
pub(super) fn mailbox(name: Option<&str>, email: &Email) -> Result<Mailbox, Unwritable> {
    let address = email.as_str().parse().map_err(|_| Unwritable)?;
    Ok(Mailbox::new(name.map(str::to_owned), address))
}

/// Where letters come from, and where answers go.
#[derive(Debug, Clone)]
pub(super) struct Sender {
    pub from: Mailbox,
    pub reply_to: Mailbox,
}

/// A file that goes with a letter.
#[derive(Debug)]
pub struct Enclosed {
    /// What it is called; of our own making, and ASCII.
    pub name: String,
    /// What it is.
    pub media_type: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Writes a letter down. The same letter has the same `Message-ID` and date, however often it is sent, so that who gets it
/// twice can tell.
pub(super) fn compose(
    sender: &Sender,
    (name, email): (&PersonName, &Email),
    (Written { subject, text }, enclosed): (&Written, Option<Enclosed>),
    id: Uuid,
    written_at: DateTime<Utc>,
) -> Result<Message, Unwritable> {
    let domain = sender.from.email.domain();
    let letter = Message::builder()
        .from(sender.from.clone())
        .reply_to(sender.reply_to.clone())
        .to(mailbox(Some(name.as_str()), email)?)
        .subject(subject)
        .date(written_at.into())
        .message_id(Some(format!("<{id}@{domain}>")))
        // Nobody's holiday answers a machine (RFC 3834).
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ));
    let letter = match enclosed {
        None => letter.header(ContentType::TEXT_PLAIN).body(text.clone()),
        Some(Enclosed { name, media_type, bytes }) => {
            let media_type = ContentType::parse(media_type).map_err(|_| Unwritable)?;
            let text = SinglePart::plain(text.clone());
            let file = Attachment::new(name).body(bytes, media_type);
            letter.multipart(MultiPart::mixed().singlepart(text).singlepart(file))
        }
    };
    letter.map_err(|_| Unwritable)
}

#[cfg(test)]
mod tests {
    use mailparse::{MailHeaderMap as _, addrparse_header, parse_mail};

    use super::*;

    fn written(name: &str, subject: &str) -> Vec<u8> {
        let address = |text| Email::parse(text).unwrap();
        let sender = Sender {
            from: mailbox(Some("Lễ ký Công ước"), &address("desk@ceremony.example")).unwrap(),
            reply_to: mailbox(None, &address("answers@ceremony.example")).unwrap(),
        };
        let letter = Written {
            subject: subject.to_owned(),
            text: "Kính gửi,\n\n.\nFrom here.\n".to_owned(),
        };
        let reader = (&PersonName::parse(name).unwrap(), &address("reader@mission.example"));
        let at = "2025-10-20T08:00:00Z".parse().unwrap();
        compose(&sender, reader, (&letter, None), Uuid::nil(), at).unwrap().formatted()
    }

    #[test]
    fn names_of_any_script_arrive_as_they_are() {
        for name in [
            "Nguyễn Thị Ví Dụ",
            "محمد المثال",
            "样本",
            "O’Sample",
            "Sample, Ann",
            "\"Ann\" <all@other.example>",
            "Ann \\ Sample (Ms.)",
            &"Ж".repeat(200),
        ] {
            let bytes = written(name, "Chữ ký: 签署");
            let mail = parse_mail(&bytes).unwrap();
            let to = addrparse_header(mail.headers.get_first_header("To").unwrap()).unwrap();
            let to = to.extract_single_info().unwrap();
            assert_eq!(
                (to.display_name.as_deref(), to.addr.as_str()),
                (Some(name), "reader@mission.example")
            );
            assert_eq!(mail.headers.get_first_value("Subject").unwrap(), "Chữ ký: 签署");
            assert_eq!(
                mail.get_body().unwrap().replace("\r\n", "\n"),
                "Kính gửi,\n\n.\nFrom here.\n"
            );
            assert!(bytes.is_ascii() && bytes.split(|b| *b == b'\n').all(|line| line.len() < 1000));
        }
    }

    #[test]
    fn nothing_that_is_filled_in_begins_a_header_of_its_own() {
        // Names and addresses with line breaks do not exist (`text.rs`); what a subject may hold is looked at here.
        for subject in
            ["a\r\nBcc: all@other.example", "a\nBcc: all@other.example", "a\r\n\r\n<script>"]
        {
            let bytes = written("Ann Sample", subject);
            let mail = parse_mail(&bytes).unwrap();
            assert_eq!(mail.headers.get_first_value("Bcc"), None, "{subject:?}");
            assert_eq!(mail.headers.get_all_values("To").len(), 1);
            assert!(mail.get_body().unwrap().starts_with("Kính"));
        }
        for injected in ["a@b.example\r\nBcc: c@d.example", "a@b.example\nRCPT TO:<c@d.example>"] {
            assert!(Email::parse(injected).is_err());
        }
        assert!(PersonName::parse("Ann\r\nBcc: c@d.example").is_err());
    }

    #[test]
    fn a_letter_that_is_sent_again_is_known_by_its_id() {
        let (one, again) = (written("Ann Sample", "A word"), written("Ann Sample", "A word"));
        assert_eq!(one, again);
        let mail = parse_mail(&one).unwrap();
        let header = |name| mail.headers.get_first_value(name).unwrap();
        assert_eq!(header("Message-ID"), "<00000000-0000-0000-0000-000000000000@ceremony.example>");
        assert_eq!(header("Auto-Submitted"), "auto-generated");
        assert_eq!(header("Date"), "Mon, 20 Oct 2025 08:00:00 +0000");
    }
}
