//! The released programme as a calendar (RFC 5545). Pure.
//!
//! It is written here and not by a library: the one that is kept best writes no time zones, and stamps what has no stamp
//! with the machine's clock and an identity of its own.

mod text;
mod zone;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use self::text::Text;
use crate::programme::releases::Item;
use crate::programme::sessions::Announced;
use crate::programme::words::{Spoken, said};
use crate::text::Label;

/// How often a client looks again.
const REFRESH: &str = "PT15M";

/// Writes the sessions as a calendar of this name, in the language that is wanted as far as they are there in it.
#[must_use]
pub fn calendar(name: &str, items: &[Item], zone: Tz, wanted: Spoken) -> String {
    let mut text = Text::default();
    for line in [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//hanoi-ceremony//programme//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
    ] {
        text.line(line);
    }
    text.words("X-WR-CALNAME", name);
    text.line(&format!("REFRESH-INTERVAL;VALUE=DURATION:{REFRESH}"));
    text.line(&format!("X-PUBLISHED-TTL:{REFRESH}"));
    let moments = items.iter().flat_map(|item| [item.starts_at, item.ends_at]).collect();
    zone::write(&mut text, zone, &moments);
    for item in items {
        event(&mut text, item, zone, wanted);
    }
    text.line("END:VCALENDAR");
    text.done()
}

/// One session. Its UID never changes; whether it has moved its sequence says.
fn event(text: &mut Text, item: &Item, zone: Tz, wanted: Spoken) {
    let local = |moment: DateTime<Utc>| moment.with_timezone(&zone).format(zone::LOCAL).to_string();
    let stamp = item.changed_at.format("%Y%m%dT%H%M%SZ");
    let (language, title) = said(&item.title, wanted);
    text.line("BEGIN:VEVENT");
    text.line(&format!("UID:{}@hanoi-ceremony", item.id));
    text.line(&format!("DTSTAMP:{stamp}"));
    text.line(&format!("LAST-MODIFIED:{stamp}"));
    text.line(&format!("SEQUENCE:{}", item.sequence));
    text.line(if item.is_cancelled { "STATUS:CANCELLED" } else { "STATUS:CONFIRMED" });
    text.line(&format!("DTSTART;TZID={}:{}", zone.name(), local(item.starts_at)));
    text.line(&format!("DTEND;TZID={}:{}", zone.name(), local(item.ends_at)));
    text.words(&format!("SUMMARY;LANGUAGE={language}"), title.as_str());
    if let Some(room) = &item.room {
        let (language, room) = said(&room.name, wanted);
        text.words(&format!("LOCATION;LANGUAGE={language}"), room.as_str());
    }
    let about = item.about.as_ref().map(|about| said(about, wanted).1.as_str().to_owned());
    let people = item.people.iter().map(announced);
    let description: Vec<_> = about.into_iter().chain(people).collect();
    if !description.is_empty() {
        text.words("DESCRIPTION", &description.join("\n"));
    }
    text.words("CATEGORIES", item.kind.as_str());
    text.line("END:VEVENT");
}

/// Somebody in one line: "chair: Ann Sample, Minister, Ministry of Examples".
fn announced(person: &Announced) -> String {
    let more = [&person.title, &person.organization].into_iter().flatten();
    let all: Vec<_> =
        std::iter::once(person.name.as_str()).chain(more.map(Label::as_str)).collect();
    format!("{}: {}", person.part, all.join(", "))
}
