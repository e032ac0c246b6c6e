//! The board, and what of it a screen has not seen yet. Pure; and nothing on it that is not for everybody.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use crate::ceremony::PlaceCode;
use crate::text::{Label, ParticipantCode};
use crate::treaty::model::{Act, ActKind, Entry, Listed, Record, Status};
use crate::treaty::session::{Session, Turn, TurnState, in_line};

/// So many are announced.
const NEXT: usize = 3;

/// So many acts stand on the board.
const LAST_ACTS: usize = 5;

/// So many acts are kept for screens that come back; who was away for longer sees the board alone.
const KEPT_ACTS: usize = 200;

/// What screens show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Board {
    /// The session that is under way.
    pub place: Option<PlaceCode>,
    /// Its day, local to the place.
    pub day: Option<NaiveDate>,
    /// Who is at the table, and who is called to it.
    pub now_signing: Vec<OnStage>,
    /// The next three.
    pub next: Vec<Announced>,
    /// How many there are.
    pub tally: Tally,
    /// What was recorded last, the latest first.
    pub last_acts: Vec<ActShown>,
}

/// A participant that is called, or at the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct OnStage {
    /// Who.
    pub participant: ParticipantCode,
    /// Its name in the Depositary's tables.
    pub name: Label,
    /// Called, or at the table.
    pub state: TurnState,
}

/// A participant that is to come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Announced {
    /// Who.
    pub participant: ParticipantCode,
    /// Its name in the Depositary's tables.
    pub name: Label,
}

/// How many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Tally {
    /// How many have signed.
    pub signatories: usize,
    /// How many are bound.
    pub parties: usize,
}

/// An entry of the record, as screens show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = ActOnBoard)]
pub struct ActShown {
    /// What it is.
    pub kind: ActKind,
    /// Whose it is.
    pub participant: ParticipantCode,
    /// Its name in the Depositary's tables.
    pub name: Label,
    /// The legal date, as it was recorded; of an action only.
    pub legal_date: Option<NaiveDate>,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
}

/// The board as it was read last, with the acts before it.
#[derive(Debug)]
pub struct Latest {
    /// Rises with each change.
    pub position: i64,
    /// What is shown.
    pub board: Board,
    /// The acts of late, in the order of recording.
    pub acts: Vec<ActShown>,
}

/// How far a screen has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen {
    /// The last act, by the microsecond of its recording, which no two acts share.
    pub act_micros: i64,
    /// The position of the board.
    pub position: i64,
}

/// What a screen has not seen yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News<'l> {
    /// An act.
    Act(&'l ActShown),
    /// The board as it now is.
    Board(&'l Board),
}

impl Board {
    /// The board of a session, a record and the status derived from it.
    #[must_use]
    pub fn of(session: Option<(Session, &[Turn])>, status: &Status, acts: &[ActShown]) -> Self {
        let turns = session.as_ref().map_or(&[][..], |(_, turns)| turns);
        let mut now_signing: Vec<OnStage> = turns
            .iter()
            .filter(|turn| turn.state.takes_the_table())
            .map(|turn| OnStage {
                participant: turn.participant.clone(),
                name: turn.name.clone(),
                state: turn.state,
            })
            .collect();
        now_signing.sort_by_key(|one| one.state != TurnState::AtTheTable);
        let next = in_line(turns).into_iter().take(NEXT);
        let next = next.map(|turn| Announced {
            participant: turn.participant.clone(),
            name: turn.name.clone(),
        });
        Self {
            next: next.collect(),
            now_signing,
            tally: Tally { signatories: status.signatories, parties: status.parties },
            last_acts: acts.iter().rev().take(LAST_ACTS).cloned().collect(),
            day: session.as_ref().map(|(session, _)| session.day),
            place: session.map(|(session, _)| session.place),
        }
    }
}

/// The acts of late as screens show them: who certified what is the officers' own affair.
#[must_use]
pub fn shown(record: &Record<'_>, listed: &[Listed]) -> Vec<ActShown> {
    let wanted = |act: &&Act| !matches!(act.entry, Entry::Certification { .. });
    let all: Vec<&Act> = record.acts().filter(wanted).collect();
    let late = all.get(all.len().saturating_sub(KEPT_ACTS)..).unwrap_or_default();
    let shown = |act: &&Act| {
        let action = record.action(act)?;
        let of = listed.iter().find(|listed| listed.code == action.participant)?;
        let is_action = matches!(act.entry, Entry::Action(_));
        Some(ActShown {
            kind: act.kind(),
            participant: of.code.clone(),
            name: of.depositary_name.clone(),
            legal_date: is_action.then_some(action.legal_date),
            recorded_at: act.recorded_at,
        })
    };
    late.iter().filter_map(shown).collect()
}

impl Seen {
    /// Reads how far a screen has seen, as the stream told it.
    #[must_use]
    pub fn parse(id: &str) -> Option<Self> {
        let (act, position) = id.split_once('-')?;
        Some(Self { act_micros: act.parse().ok()?, position: position.parse().ok()? })
    }

    /// As the stream tells it.
    #[must_use]
    pub fn id(self) -> String {
        format!("{}-{}", self.act_micros, self.position)
    }

    /// All that a screen which has seen so far has not, each with how far it has seen then. One that has seen nothing yet
    /// is shown the board alone.
    #[must_use]
    pub fn news(before: Option<Self>, latest: &Latest) -> Vec<(Self, News<'_>)> {
        let last = latest.acts.last().map_or(0, |act| act.recorded_at.timestamp_micros());
        let whole = Self { act_micros: last, position: latest.position };
        let board = (whole, News::Board(&latest.board));
        let Some(before) = before else { return vec![board] };
        let unseen = latest.acts.iter().map(|act| (act.recorded_at.timestamp_micros(), act));
        let unseen = unseen.filter(|(micros, _)| *micros > before.act_micros);
        let mut news: Vec<_> = unseen
            .map(|(act_micros, act)| (Self { act_micros, ..before }, News::Act(act)))
            .collect();
        if before.position != latest.position {
            news.push(board);
        }
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act(minute: i64) -> ActShown {
        ActShown {
            kind: ActKind::Signature,
            participant: ParticipantCode::parse("FRA").unwrap(),
            name: Label::parse("France").unwrap(),
            legal_date: None,
            recorded_at: DateTime::from_timestamp_micros(minute).unwrap(),
        }
    }

    fn latest(position: i64, acts: &[i64]) -> Latest {
        let board = Board {
            place: None,
            day: None,
            now_signing: vec![],
            next: vec![],
            tally: Tally { signatories: 0, parties: 0 },
            last_acts: vec![],
        };
        Latest { position, board, acts: acts.iter().copied().map(act).collect() }
    }

    fn told(before: Option<&str>, latest: &Latest) -> Vec<String> {
        let news = Seen::news(before.and_then(Seen::parse), latest).into_iter();
        let name = |news: &News<'_>| if matches!(news, News::Act(_)) { "act" } else { "board" };
        news.map(|(seen, news)| format!("{} {}", seen.id(), name(&news))).collect()
    }

    #[test]
    fn a_screen_is_told_what_it_has_not_seen_and_nothing_twice() {
        let latest = latest(7, &[10, 20, 30]);
        assert_eq!(told(None, &latest), ["30-7 board"]);
        assert_eq!(told(Some("30-7"), &latest), [""; 0]);
        assert_eq!(told(Some("30-6"), &latest), ["30-7 board"]);
        // Whoever loses the connection among the acts is still owed the board.
        assert_eq!(told(Some("10-5"), &latest), ["20-5 act", "30-5 act", "30-7 board"]);
        assert_eq!(told(Some("20-5"), &latest), ["30-5 act", "30-7 board"]);
        for nonsense in ["", "x", "1", "1-", "-1-x", "9999999999999999999999-1"] {
            assert_eq!(told(Some(nonsense), &latest), ["30-7 board"], "{nonsense}");
        }
    }
}
