//! What differs between two rows, as it may be shown. Pure.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::columns::{Cells, Column, cells};
use crate::delegations::members::{Identity, PassportNumber, Person};

/// What a column said, and says now; null where it says nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ImportDifference)]
pub struct Difference {
    before: Option<String>,
    after: Option<String>,
}

/// The differences by column.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(as = ImportDifferences, value_type = BTreeMap<String, Difference>)]
pub struct Differences(BTreeMap<Column, Difference>);

impl Differences {
    /// Between what was and what is said of a person.
    pub fn between(before: (&Person, &Identity), after: (&Person, &Identity)) -> Self {
        let (was, is) = (cells(before.0, before.1), cells(after.0, after.1));
        let differing = Column::ALL.iter().filter(|column| was.get(column) != is.get(column));
        let difference = |column: &Column| Difference {
            before: shown(*column, &was),
            after: shown(*column, &is),
        };
        Self(differing.map(|column| (*column, difference(column))).collect())
    }

    /// The columns that differ.
    pub fn columns(&self) -> impl Iterator<Item = Column> {
        self.0.keys().copied()
    }

    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn shown(column: Column, cells: &Cells) -> Option<String> {
    let cell = cells.get(&column).filter(|cell| !cell.is_empty())?;
    match column {
        Column::PassportNumber => PassportNumber::parse(cell).ok().map(|number| number.masked()),
        _ => Some(cell.clone()),
    }
}
