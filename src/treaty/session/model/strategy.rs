//! By what the running order goes: strategies are data of the ceremony (R30).

use serde::Deserialize;

use crate::table::FileFault;
use crate::text::{Fault, choices, text_types};

const FILE: &str = "running_order.toml";

/// The strategy that is nobody's but the officer's.
pub const MANUAL: &str = "manual";

text_types! {
    /// The name of a strategy: `host_first`.
    StrategyName: 40, name;
}

fn name(input: &str, max_chars: usize) -> Result<String, Fault> {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    if !input.is_empty() && input.len() <= max_chars && input.bytes().all(is_plain) {
        Ok(input.to_owned())
    } else {
        Err(Fault::new("invalid_strategy", "the name of a strategy like host_first is expected"))
    }
}

choices! {
    /// What decides between two who are to sign.
    Criterion {
        /// The host of the event comes first.
        Host = "host",
        /// The Depositary's order of names (R27).
        Alphabetical = "alphabetical",
        /// The signer's rank.
        Rank = "rank",
        /// When what entitles the signer was lodged.
        RequestedAt = "requested_at",
        /// The hour of the appointment.
        AppointedAt = "appointed_at",
        /// The lot.
        Lot = "lot",
    }

    /// Why a turn has its place.
    PlacedBy {
        /// The host of the event comes first.
        Host = "host",
        /// The Depositary's order of names.
        Alphabetical = "alphabetical",
        /// The signer's rank.
        Rank = "rank",
        /// When what entitles the signer was lodged.
        RequestedAt = "requested_at",
        /// The hour of the appointment.
        AppointedAt = "appointed_at",
        /// The lot.
        Lot = "lot",
        /// An officer's own order.
        Officer = "officer",
        /// It had been called, or signed, before the order was made.
        CalledBefore = "called_before",
    }
}

impl From<Criterion> for PlacedBy {
    fn from(criterion: Criterion) -> Self {
        match criterion {
            Criterion::Host => Self::Host,
            Criterion::Alphabetical => Self::Alphabetical,
            Criterion::Rank => Self::Rank,
            Criterion::RequestedAt => Self::RequestedAt,
            Criterion::AppointedAt => Self::AppointedAt,
            Criterion::Lot => Self::Lot,
        }
    }
}

/// A strategy: criteria, of which the first that makes a difference decides.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Strategy {
    /// How an officer names it.
    pub name: StrategyName,
    /// By what it goes; never empty.
    pub keys: Vec<Criterion>,
}

impl Strategy {
    /// Whether it needs a seed.
    #[must_use]
    pub fn draws_lots(&self) -> bool {
        self.keys.contains(&Criterion::Lot)
    }
}

/// The strategies of the ceremony.
#[derive(Debug, Clone, Default)]
pub struct RunningOrders(Vec<Strategy>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OrderFile {
    #[serde(default)]
    strategy: Vec<Strategy>,
}

impl RunningOrders {
    /// Reads `running_order.toml`.
    pub fn read(text: &str, faults: &mut Vec<FileFault>) -> Self {
        let OrderFile { strategy: strategies } = match toml::from_str(text) {
            Ok(file) => file,
            Err(error) => {
                faults.push(FileFault::of_toml(FILE, text, &error));
                return Self::default();
            }
        };
        for (place, Strategy { name, keys }) in strategies.iter().enumerate() {
            let mut fault = |what: &str| {
                faults.push(FileFault::of(FILE, format!("the strategy {name} {what}")));
            };
            if keys.is_empty() {
                fault("goes by nothing");
            }
            if name.as_str() == MANUAL {
                fault("is the officer's own and not of this file");
            }
            if strategies.iter().take(place).any(|before| before.name == *name) {
                fault("stands here twice");
            }
        }
        Self(strategies)
    }

    /// The strategy of a name.
    #[must_use]
    pub fn find(&self, name: &StrategyName) -> Option<&Strategy> {
        self.0.iter().find(|strategy| strategy.name == *name)
    }

    /// The names, with the officer's own at the end.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|strategy| strategy.name.as_str()).chain([MANUAL])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r30_a_faulty_file_is_told_of_whole() {
        let text = "[[strategy]]\nname = \"manual\"\nkeys = []\n[[strategy]]\nname = \"a\"\nkeys = [\"lot\"]\n\
                    [[strategy]]\nname = \"a\"\nkeys = [\"rank\"]\n";
        let mut faults = Vec::new();
        RunningOrders::read(text, &mut faults);
        assert_eq!(faults.len(), 3, "{faults:?}");
        faults.clear();
        RunningOrders::read("[[strategy]]\nname = \"a\"\nkeys = [\"weight\"]\n", &mut faults);
        assert_eq!(faults.len(), 1);
    }

    #[test]
    fn r30_each_criterion_says_why_by_its_own_name() {
        for criterion in Criterion::ALL {
            assert_eq!(PlacedBy::from(*criterion).as_str(), criterion.as_str());
        }
    }
}
