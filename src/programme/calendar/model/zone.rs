//! A time zone as a calendar has to define it (RFC 5545, VTIMEZONE).

use chrono::{DateTime, NaiveDateTime, Offset as _, TimeDelta, TimeZone as _, Utc};
use chrono_tz::{OffsetComponents as _, OffsetName as _, Tz};

use super::text::Text;

/// Clocks are changed on the full or the half hour.
const STEP: TimeDelta = TimeDelta::minutes(30);

/// How a time of the zone is written.
pub const LOCAL: &str = "%Y%m%dT%H%M%S";

/// Writes the zone as it is from one moment to another: each offset from UTC that it has meanwhile.
pub fn write(text: &mut Text, zone: Tz, from: DateTime<Utc>, until: DateTime<Utc>) {
    text.line("BEGIN:VTIMEZONE");
    text.line(&format!("TZID:{}", zone.name()));
    let begun = offset(zone, from);
    let mut before = begun;
    observe(text, zone, DateTime::UNIX_EPOCH.naive_utc(), from, begun);
    let mut moment = from;
    while moment < until {
        moment += STEP;
        let now = offset(zone, moment);
        if now != before {
            // The hour at which it happens is told by the clock that was in force.
            let by_the_old_clock = moment.naive_utc() + TimeDelta::seconds(before.into());
            observe(text, zone, by_the_old_clock, moment, before);
            before = now;
        }
    }
    text.line("END:VTIMEZONE");
}

/// One offset, from when it is in force, and the one before it.
fn observe(text: &mut Text, zone: Tz, since: NaiveDateTime, moment: DateTime<Utc>, before: i32) {
    let observed = zone.offset_from_utc_datetime(&moment.naive_utc());
    let kind = if observed.dst_offset().is_zero() { "STANDARD" } else { "DAYLIGHT" };
    text.line(&format!("BEGIN:{kind}"));
    text.line(&format!("DTSTART:{}", since.format(LOCAL)));
    text.line(&format!("TZOFFSETFROM:{}", signed(before)));
    text.line(&format!("TZOFFSETTO:{}", signed(offset(zone, moment))));
    if let Some(name) = observed.abbreviation() {
        text.line(&format!("TZNAME:{name}"));
    }
    text.line(&format!("END:{kind}"));
}

/// Seconds east of UTC.
fn offset(zone: Tz, moment: DateTime<Utc>) -> i32 {
    zone.offset_from_utc_datetime(&moment.naive_utc()).fix().local_minus_utc()
}

/// An offset as calendars write it: `+0700`.
fn signed(seconds: i32) -> String {
    let minutes = seconds.abs() / 60;
    let sign = if seconds < 0 { '-' } else { '+' };
    format!("{sign}{:02}{:02}", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(zone: &str, from: &str, until: &str) -> String {
        let mut text = Text::default();
        write(&mut text, zone.parse().unwrap(), from.parse().unwrap(), until.parse().unwrap());
        text.done().replace("\r\n", "\n")
    }

    #[test]
    fn ha_noi_has_one_offset_all_the_time() {
        assert_eq!(
            written("Asia/Ho_Chi_Minh", "2025-10-24T00:00:00Z", "2025-10-27T00:00:00Z"),
            "BEGIN:VTIMEZONE\nTZID:Asia/Ho_Chi_Minh\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0700\n\
             TZOFFSETTO:+0700\nEND:STANDARD\nEND:VTIMEZONE\n"
        );
    }

    #[test]
    fn where_clocks_are_changed_meanwhile_both_offsets_are_told() {
        let york = written("America/New_York", "2025-11-01T00:00:00Z", "2025-11-03T00:00:00Z");
        assert!(york.contains("BEGIN:DAYLIGHT\nDTSTART:19700101T000000\nTZOFFSETFROM:-0400\nTZOFFSETTO:-0400\nTZNAME:EDT"));
        assert!(york.contains("BEGIN:STANDARD\nDTSTART:20251102T020000\nTZOFFSETFROM:-0400\nTZOFFSETTO:-0500\nTZNAME:EST"));
    }
}
