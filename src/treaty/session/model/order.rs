//! The running order: made by a strategy or by hand, and able to say why each place is what it is (R30).

use std::collections::HashMap;

use super::{Criterion, Place, PlacedBy, Strategy, Turn};
use crate::ids::AppointmentId;
use crate::secret;
use crate::text::ParticipantCode;

/// A turn's place in an order that is being made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Whose turn.
    pub appointment: AppointmentId,
    /// Where, and why.
    pub place: Place,
}

/// Why turns are not placed so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotPlaced {
    /// Somebody stands in the list twice.
    #[error("a participant stands in the order twice")]
    Twice(usize),
    /// Somebody of the list has no turn that is still to come.
    #[error("a participant of the order has no turn to come")]
    NotToCome(usize),
    /// There is no such place.
    #[error("there is no such place among those to come")]
    NoSuchPlace,
}

/// What a turn is compared by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Value {
    Number(i64),
    Bytes(Vec<u8>),
}

impl Turn {
    fn value(&self, criterion: Criterion, host: &ParticipantCode, seed: &str) -> Value {
        match criterion {
            Criterion::Host => Value::Number(i64::from(self.participant != *host)),
            Criterion::Alphabetical => Value::Bytes(self.sort_key.as_bytes().to_vec()),
            Criterion::Rank => {
                let ranks = crate::delegations::Rank::ALL.iter();
                let place = ranks.take_while(|rank| **rank != self.rank).count();
                Value::Number(i64::try_from(place).unwrap_or(i64::MAX))
            }
            Criterion::RequestedAt => Value::Number(self.requested_at.timestamp_micros()),
            Criterion::AppointedAt => Value::Number(self.at.timestamp_micros()),
            Criterion::Lot => Value::Bytes(lot(seed, &self.participant).to_vec()),
        }
    }

    fn shown(&self, criterion: Criterion, host: &ParticipantCode, seed: &str) -> String {
        match criterion {
            Criterion::Host if self.participant == *host => "the host".to_owned(),
            Criterion::Host => "not the host".to_owned(),
            Criterion::Alphabetical => self.name.to_string(),
            Criterion::Rank => self.rank.to_string(),
            Criterion::RequestedAt => self.requested_at.to_rfc3339(),
            Criterion::AppointedAt => self.at.to_rfc3339(),
            Criterion::Lot => secret::hex(&lot(seed, &self.participant)),
        }
    }
}

/// A participant's lot: anybody who knows the seed can draw it again.
fn lot(seed: &str, participant: &ParticipantCode) -> [u8; 32] {
    secret::sha256(format!("{seed}\n{participant}"))
}

/// The running order by a strategy. Who has been called keeps the place in front; who is to come is ordered behind.
#[must_use]
pub fn arrange(
    turns: &[Turn],
    strategy: &Strategy,
    host: &ParticipantCode,
    seed: &str,
) -> Vec<Placed> {
    let values = |turn: &Turn| -> Vec<Value> {
        strategy.keys.iter().map(|key| turn.value(*key, host, seed)).collect()
    };
    let (mut to_come, called): (Vec<&Turn>, Vec<&Turn>) =
        turns.iter().partition(|turn| turn.state.is_to_come());
    to_come.sort_by_cached_key(|turn| (values(turn), turn.appointment));
    let mut placed = in_front(&called);
    for (place, turn) in to_come.iter().enumerate() {
        // What sets it apart from who comes behind it; for the last, from who comes before.
        let other = to_come.get(place + 1).or_else(|| to_come.get(place.wrapping_sub(1)));
        let decides = |key: &&Criterion| {
            other
                .is_none_or(|other| turn.value(**key, host, seed) != other.value(**key, host, seed))
        };
        let keys = &strategy.keys;
        let Some(key) = keys.iter().find(decides).or(keys.last()) else { continue };
        let value = turn.shown(*key, host, seed);
        placed.push((turn.appointment, (*key).into(), value));
    }
    counted(placed)
}

/// An officer's own order: those named in front of all who are to come, the others behind them as they were.
pub fn by_hand(turns: &[Turn], named: &[ParticipantCode]) -> Result<Vec<Placed>, NotPlaced> {
    let (to_come, called): (Vec<&Turn>, Vec<&Turn>) =
        turns.iter().partition(|turn| turn.state.is_to_come());
    let mut ahead: Vec<&Turn> = Vec::new();
    for (place, code) in named.iter().enumerate() {
        if named.iter().take(place).any(|before| before == code) {
            return Err(NotPlaced::Twice(place));
        }
        let theirs: Vec<&Turn> =
            to_come.iter().filter(|turn| turn.participant == *code).copied().collect();
        if theirs.is_empty() {
            return Err(NotPlaced::NotToCome(place));
        }
        ahead.extend(theirs);
    }
    let behind = to_come.into_iter().filter(|turn| !named.contains(&turn.participant));
    let by_officer = |turn: &Turn| (turn.appointment, PlacedBy::Officer, turn.name.to_string());
    let placed = in_front(&called).into_iter().chain(ahead.into_iter().map(by_officer));
    Ok(counted(placed.chain(behind.map(as_it_was)).collect()))
}

/// One turn moved to another place; all others keep their order, and why they have it.
pub fn moved(turns: &[Turn], which: AppointmentId, to: usize) -> Result<Vec<Placed>, NotPlaced> {
    let first = turns.iter().take_while(|turn| !turn.state.is_to_come()).count();
    let mut order: Vec<&Turn> = turns.iter().collect();
    let from = order.iter().position(|turn| turn.appointment == which);
    let (Some(from), Some(to)) = (from, to.checked_sub(1)) else {
        return Err(NotPlaced::NoSuchPlace);
    };
    if to < first || to >= order.len() {
        return Err(NotPlaced::NoSuchPlace);
    }
    let turn = order.remove(from);
    order.insert(to, turn);
    Ok(counted(order.into_iter().map(as_it_was).collect()))
}

/// Those who have been called, in the order in which they stand.
fn in_front(called: &[&Turn]) -> Vec<(AppointmentId, PlacedBy, String)> {
    let before = |turn: &&Turn| (turn.appointment, PlacedBy::CalledBefore, turn.state.to_string());
    called.iter().map(before).collect()
}

/// The reason that a turn has already; the hour of its appointment where no order has placed it yet.
fn as_it_was(turn: &Turn) -> (AppointmentId, PlacedBy, String) {
    match &turn.place {
        Some(place) => (turn.appointment, place.by, place.value.clone()),
        None => (turn.appointment, PlacedBy::AppointedAt, turn.at.to_rfc3339()),
    }
}

fn counted(placed: Vec<(AppointmentId, PlacedBy, String)>) -> Vec<Placed> {
    let numbered = (1..).zip(placed);
    let placed = numbered.map(|(position, (appointment, by, value))| Placed {
        appointment,
        place: Place { position, by, value },
    });
    placed.collect()
}

/// Why a turn stands where it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// What decided.
    pub by: PlacedBy,
    /// Its value.
    pub value: String,
    /// The same in words.
    pub sentence: String,
}

/// Why each turn of a session stands where it does.
#[must_use]
pub fn why(turns: &[Turn]) -> HashMap<AppointmentId, Why> {
    let explained = |turn: &Turn| {
        let (_, by, value) = as_it_was(turn);
        let decided = match by {
            PlacedBy::Host => format!("By who is the host: {value}."),
            PlacedBy::Alphabetical => format!("In the Depositary's order of names: {value}."),
            PlacedBy::Rank => format!("By the rank of the signer: {value}."),
            PlacedBy::RequestedAt => format!("By when the full powers were lodged: {value}."),
            PlacedBy::AppointedAt => format!("By the hour of the appointment: {value}."),
            PlacedBy::Lot => {
                format!("By lot, the SHA-256 of the seed, a line break and the code: {value}.")
            }
            PlacedBy::Officer => "Placed by an officer.".to_owned(),
            PlacedBy::CalledBefore => "It had been called before the order was made.".to_owned(),
        };
        let sentence = match &turn.moved {
            None => decided,
            Some(moved) => format!("{decided} An officer then moved it from place {}.", moved.from),
        };
        (turn.appointment, Why { by, value, sentence })
    };
    turns.iter().map(explained).collect()
}

#[cfg(test)]
mod tests {
    use super::super::samples::{session, turn};
    use super::super::{RunningOrders, StrategyName, TurnState};
    use super::*;

    fn strategy(name: &str) -> Strategy {
        let text = include_str!("../../../../config/ceremony/running_order.toml");
        let mut faults = Vec::new();
        let all = RunningOrders::read(text, &mut faults);
        assert!(faults.is_empty());
        all.find(&StrategyName::parse(name).unwrap()).unwrap().clone()
    }

    fn viet_nam() -> ParticipantCode {
        ParticipantCode::parse("VNM").unwrap()
    }

    /// The codes in the order made, each with what decided.
    fn shown(turns: &[Turn], placed: &[Placed]) -> Vec<String> {
        let code =
            |id| turns.iter().find(|turn| turn.appointment == id).unwrap().participant.clone();
        placed.iter().map(|p| format!("{} {}", code(p.appointment), p.place.by)).collect()
    }

    fn ordered(name: &str, seed: &str) -> Vec<String> {
        let turns = session();
        shown(&turns, &arrange(&turns, &strategy(name), &viet_nam(), seed))
    }

    #[test]
    fn r30_each_strategy_orders_by_its_criteria_and_each_place_says_which_decided() {
        assert_eq!(
            ordered("host_first", ""),
            ["VNM host", "FRA alphabetical", "TUR alphabetical", "USA alphabetical"]
        );
        assert_eq!(
            ordered("alphabetical", ""),
            ["FRA alphabetical", "TUR alphabetical", "USA alphabetical", "VNM alphabetical"]
        );
        // The American is a minister; the others are ambassadors, of whom the Turk asked first.
        assert_eq!(
            ordered("rank", ""),
            ["USA rank", "TUR requested_at", "FRA requested_at", "VNM requested_at"]
        );
        assert_eq!(ordered("appointment", "")[0], "VNM appointed_at");
    }

    #[test]
    fn r30_the_lot_is_drawn_again_by_its_seed_and_another_seed_draws_another() {
        let drawn = |seed: &str| ordered("lot", seed);
        assert_eq!(drawn("a"), drawn("a"));
        assert!((0..20).any(|n| drawn(&n.to_string()) != drawn("a")), "the seed matters");
        let turns = session();
        let placed = arrange(&turns, &strategy("lot"), &viet_nam(), "a");
        let first = turns.iter().find(|t| t.appointment == placed[0].appointment).unwrap();
        let again = secret::hex(&secret::sha256(format!("a\n{}", first.participant)));
        assert_eq!(placed[0].place.value, again);
    }

    #[test]
    fn r30_who_has_been_called_keeps_the_place() {
        let mut turns = session();
        turns[1].state = TurnState::Called;
        let placed = arrange(&turns, &strategy("alphabetical"), &viet_nam(), "");
        assert_eq!(
            shown(&turns, &placed),
            ["USA called_before", "FRA alphabetical", "TUR alphabetical", "VNM alphabetical"]
        );
    }

    #[test]
    fn r30_an_officer_names_who_comes_first_and_moves_one() {
        let codes = |texts: &[&str]| -> Vec<_> {
            texts.iter().map(|code| ParticipantCode::parse(code).unwrap()).collect()
        };
        let mut turns = session();
        let placed = by_hand(&turns, &codes(&["USA", "FRA"])).unwrap();
        assert_eq!(
            shown(&turns, &placed),
            ["USA officer", "FRA officer", "VNM appointed_at", "TUR appointed_at"]
        );
        assert_eq!(by_hand(&turns, &codes(&["USA", "USA"])), Err(NotPlaced::Twice(1)));
        assert_eq!(by_hand(&turns, &codes(&["USA", "BEL"])), Err(NotPlaced::NotToCome(1)));

        let last = turns[3].appointment;
        let placed = moved(&turns, last, 2).unwrap();
        assert_eq!(placed[1].appointment, last);
        assert_eq!(placed.len(), 4);
        for nowhere in [0, 5] {
            assert_eq!(moved(&turns, last, nowhere), Err(NotPlaced::NoSuchPlace));
        }
        turns[0].state = TurnState::Signed;
        assert_eq!(moved(&turns, last, 1), Err(NotPlaced::NoSuchPlace), "it has been taken");
    }

    #[test]
    fn r30_a_place_says_why_and_who_moved_it() {
        let mut one = turn("FRA", "France", "2025-10-25T11:00:00+07:00");
        let said =
            |turn: &Turn| why(std::slice::from_ref(turn))[&turn.appointment].sentence.clone();
        assert_eq!(said(&one), "By the hour of the appointment: 2025-10-25T11:00:00+07:00.");
        one.place = Some(Place { position: 2, by: PlacedBy::Rank, value: "minister".into() });
        one.moved = Some(super::super::Moved {
            from: 5,
            by: crate::ids::AccountId::fresh(),
            at: one.requested_at,
            because: crate::text::Reason::parse("The minister's flight").unwrap(),
        });
        assert_eq!(
            said(&one),
            "By the rank of the signer: minister. An officer then moved it from place 5."
        );
    }
}
