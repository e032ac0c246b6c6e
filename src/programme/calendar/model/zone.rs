//! A time zone as a calendar has to define it (RFC 5545, VTIMEZONE).

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDateTime, Offset as _, TimeDelta, TimeZone as _, Timelike as _, Utc};
use chrono_tz::{OffsetComponents as _, OffsetName as _, Tz};

use super::text::Text;

/// How a time of the zone is written.
pub const LOCAL: &str = "%Y%m%dT%H%M%S";

/// Writes the zone as it is at these moments: each offset from UTC that one of them has, and when it comes into force. However
/// far they are from each other, it takes no longer.
pub fn write(text: &mut Text, zone: Tz, moments: &BTreeSet<DateTime<Utc>>) {
    text.line("BEGIN:VTIMEZONE");
    text.line(&format!("TZID:{}", zone.name()));
    let mut last = moments.first().copied().unwrap_or_default();
    observe(text, zone, DateTime::UNIX_EPOCH.naive_utc(), last, offset(zone, last));
    for moment in moments {
        while offset(zone, last) != offset(zone, *moment) {
            let before = offset(zone, last);
            last = change(zone, last, *moment);
            // The hour at which it happens is told by the clock that was in force.
            let by_the_old_clock = last.naive_utc() + TimeDelta::seconds(before.into());
            observe(text, zone, by_the_old_clock, last, before);
        }
        last = *moment;
    }
    text.line("END:VTIMEZONE");
}

/// A moment at which the offset of the first one ends, where the last one has another: halved until it is found.
fn change(zone: Tz, first: DateTime<Utc>, last: DateTime<Utc>) -> DateTime<Utc> {
    let (begun, mut before, mut after) = (offset(zone, first), first, last);
    while after - before > TimeDelta::seconds(1) {
        let middle = before + (after - before) / 2;
        if offset(zone, middle) == begun { before = middle } else { after = middle }
    }
    // Clocks are changed on the full second.
    after.with_nanosecond(0).unwrap_or(after)
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
        let moments = [from, until].map(|moment| moment.parse().unwrap());
        write(&mut text, zone.parse().unwrap(), &moments.into());
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

    #[test]
    fn a_year_that_is_a_slip_of_the_keyboard_costs_nothing() {
        let late = written("America/New_York", "2025-07-01T00:00:00Z", "9999-01-01T00:00:00Z");
        assert_eq!(
            (late.matches("TZNAME:EDT").count(), late.matches("TZNAME:EST").count()),
            (1, 1)
        );
    }
}
