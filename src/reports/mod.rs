//! Read-only views over all slices, for those who take the numbers away.
//!
//! A report is one file: its name, its titles, its columns, its query. The rest is the same for all.

pub mod api;
mod composition;
mod delegations;
mod export;
mod missing_documents;
mod participants;

use crate::text::choices;

choices! {
    /// A language in which reports are written.
    Tongue {
        /// English.
        En = "en",
        /// French.
        Fr = "fr",
        /// Spanish.
        Es = "es",
        /// Vietnamese.
        Vi = "vi",
    }
}

/// A text in each language of the reports.
type Titles = [&'static str; 4];

impl Tongue {
    /// The title in this language.
    fn of(self, titles: Titles) -> &'static str {
        let [en, fr, es, vi] = titles;
        match self {
            Self::En => en,
            Self::Fr => fr,
            Self::Es => es,
            Self::Vi => vi,
        }
    }
}

/// A column: its key for programs, its title for people.
struct Column {
    key: &'static str,
    titles: Titles,
}

/// What a report is, beside its rows.
struct Report {
    name: &'static str,
    titles: Titles,
    columns: &'static [Column],
}

/// All reports, in the order of their names.
const REPORTS: &[&Report] =
    &[&delegations::REPORT, &missing_documents::REPORT, &participants::REPORT];
