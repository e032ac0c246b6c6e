//! A report, what is asked of it, and what it reads from.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use deserr::Deserr;
use futures_util::future::LocalBoxFuture;
use serde::Serialize;
use serde_json::{Map, Value, json};
use sqlx::{Postgres, Transaction};
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};

use super::export::{Broken, Sink};
use super::model::{Column, Head, Titles, Tongue};
use crate::access::{Action, Actor, Denied, Permit};
use crate::ceremony::{Ceremony, PlaceCode};
use crate::input::Faults;

/// What a report is, beside its rows.
pub struct Report {
    /// As in its address.
    pub name: &'static str,
    /// What people call it.
    pub titles: Titles,
    /// What somebody must be allowed to do to take it away: each of these.
    pub seen_by: &'static [Action<'static>],
    /// Its columns, in their order.
    pub columns: &'static [Column],
    /// What can be asked of it beside the language: `parameters` of its filter.
    pub parameters: fn() -> Vec<Parameter>,
    /// Reads what is asked of it: `Asked::of` its filter.
    pub order: fn(Asked) -> Result<Order, Faults>,
}

impl Report {
    /// With what it begins.
    #[must_use]
    pub fn head(&self, tongue: Tongue) -> Head {
        Head { name: self.name, titles: self.titles, columns: self.columns, tongue }
    }

    /// Whether it may say who people are: whoever takes it away shows a factor anew.
    #[must_use]
    pub fn is_personal(&self) -> bool {
        self.seen_by.iter().any(|action| action.is_grave())
    }

    /// The proof that somebody may take it away.
    pub fn permit(&self, actor: &Actor) -> Result<Permit, Denied> {
        permit(actor, self.seen_by)
    }
}

/// The proof that all of this is permitted; the first of them speaks for the others.
pub fn permit(actor: &Actor, actions: &[Action<'_>]) -> Result<Permit, Denied> {
    let mut permits = actions.iter().map(|action| actor.permit(*action));
    let first = permits.next().ok_or(Denied::Forbidden)??;
    permits.try_for_each(|permit| permit.map(drop))?;
    Ok(first)
}

/// What can be asked of a report beside the language.
pub trait Filter: Deserr<Faults> + IntoParams + Serialize + 'static {
    /// The same, held against the clock: what is not known yet cannot be asked for.
    fn at(self, _now: DateTime<Utc>) -> Result<Self, Faults> {
        Ok(self)
    }
}

/// The parameters of a filter, described.
pub fn parameters<F: Filter>() -> Vec<Parameter> {
    F::into_params(|| Some(ParameterIn::Query))
}

/// A report without parameters but the language.
#[derive(Debug, Serialize, Deserr, IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Whole {}

impl Filter for Whole {}

/// The language, which can be asked for of every report.
#[derive(Debug, Deserr, IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Language {
    /// The language of titles and of participants' names: English where nothing is said, or where a name is not known
    /// in it.
    #[deserr(default = Tongue::En)]
    #[param(inline, value_type = Option<Tongue>)]
    pub lang: Tongue,
}

/// What somebody asks of a report, as it came.
pub struct Asked {
    /// The parameters by their names.
    pub parameters: Map<String, Value>,
    /// When.
    pub now: DateTime<Utc>,
}

/// A report as it was asked for.
pub struct Order {
    /// In which language.
    pub tongue: Tongue,
    /// What was asked for, as the audit trail keeps it.
    pub filter: Value,
    /// Writes its rows.
    pub fill: Fill,
}

/// Writes the rows of a report.
pub type Fill =
    Box<dyn for<'a> FnOnce(&'a mut Source, &'a mut Sink) -> LocalBoxFuture<'a, Result<(), Broken>>>;

/// What a report reads from.
pub struct Source {
    /// One snapshot of the database, within the scope of whoever asks.
    pub tx: Transaction<'static, Postgres>,
    /// The ceremony's own data.
    pub ceremony: Arc<Ceremony>,
    /// In which language.
    pub tongue: Tongue,
    /// When it was asked for.
    pub now: DateTime<Utc>,
}

impl Source {
    /// What a place of signature is called.
    pub fn place<'a>(&'a self, place: &'a PlaceCode) -> &'a str {
        let window = self.ceremony.window(place);
        window.map_or(place.as_str(), |window| self.tongue.said(&window.name).as_str())
    }
}

impl Asked {
    /// Reads what is asked for, with all its faults.
    pub fn read<F: Filter>(mut self) -> Result<(Tongue, F), Faults> {
        let language: Map<_, _> = self.parameters.remove_entry("lang").into_iter().collect();
        let language = deserr::deserialize::<Language, _, Faults>(Value::Object(language));
        let filter = deserr::deserialize::<F, _, Faults>(Value::Object(self.parameters))
            .and_then(|filter| filter.at(self.now));
        match (language, filter) {
            (Ok(Language { lang }), Ok(filter)) => Ok((lang, filter)),
            (language, filter) => {
                let filter = filter.err().map(|faults| faults.knowing("lang"));
                let faults = language.err().into_iter().chain(filter);
                Err(Faults(faults.flat_map(|Faults(faults)| faults).collect()))
            }
        }
    }

    /// The same, for a report that `fill` writes.
    pub fn of<F: Filter>(
        self,
        fill: impl for<'a> AsyncFnOnce(F, &'a mut Source, &'a mut Sink) -> Result<(), Broken> + 'static,
    ) -> Result<Order, Faults> {
        let (tongue, filter) = self.read::<F>()?;
        Ok(Order::of(tongue, filter, fill))
    }
}

impl Order {
    /// Of what was asked for, and who writes it.
    pub fn of<F: Serialize + 'static>(
        tongue: Tongue,
        filter: F,
        fill: impl for<'a> AsyncFnOnce(F, &'a mut Source, &'a mut Sink) -> Result<(), Broken> + 'static,
    ) -> Self {
        let mut told = json!(filter);
        if let Some(told) = told.as_object_mut() {
            told.insert("lang".to_owned(), json!(tongue));
        }
        let fill: Fill = Box::new(move |source, sink| Box::pin(fill(filter, source, sink)));
        Self { tongue, filter: told, fill }
    }
}
