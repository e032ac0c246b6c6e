//! Query strings: parsed like bodies, with all their faults; what is not known is refused.

use actix_web::web::Query;
use deserr::Deserr;
use serde_json::{Map, Value};

use crate::input::Faults;
use crate::problem::{Code, Problem};

/// A route without parameters.
#[derive(Debug, Deserr)]
#[deserr(error = Faults, deny_unknown_fields)]
pub struct NoQuery {}

/// A query read, and whether it asked for a dry run.
pub struct Parsed<Q> {
    pub query: Q,
    pub is_dry_run: bool,
}

/// Reads a query string. `dry_run` belongs to every call that changes something.
pub fn read<Q: Deserr<Faults>>(query: &str, is_mutating: bool) -> Result<Parsed<Q>, Problem> {
    let pairs = Query::<Vec<(String, String)>>::from_query(query)
        .map_err(|_| Problem::of(Code::UnknownParameter))?;
    let mut members = Map::new();
    let mut is_dry_run = false;
    for (name, value) in pairs.into_inner() {
        if is_mutating && name == "dry_run" && (value == "true" || value == "false") {
            is_dry_run = value == "true";
            continue;
        }
        if members.insert(name, Value::String(value)).is_some() {
            return Err(Problem::of(Code::UnknownParameter).detail("A parameter is given twice."));
        }
    }
    let query =
        deserr::deserialize::<Q, _, Faults>(Value::Object(members)).map_err(of_parameters)?;
    Ok(Parsed { query, is_dry_run })
}

/// The refusal of parameters. What is not known is told before what is wrong.
#[must_use]
pub fn of_parameters(faults: Faults) -> Problem {
    match faults.0.iter().find(|f| f.code == "unknown_field") {
        Some(unknown) => Problem::of(Code::UnknownParameter)
            .detail(unknown.detail.replace("fields known here are", "parameters known here are"))
            .with("parameter", unknown.pointer.trim_start_matches('/')),
        None => Problem::from(faults),
    }
}

/// Parameters as they came, where the address says how to read them: by [`of_parameters`] they are refused as any others.
#[derive(Debug)]
pub struct Unread(pub Map<String, Value>);

impl Deserr<Faults> for Unread {
    fn deserialize_from_value<V: deserr::IntoValue>(
        value: deserr::Value<V>,
        _at: deserr::ValuePointerRef<'_>,
    ) -> Result<Self, Faults> {
        match Value::from(value) {
            Value::Object(parameters) => Ok(Self(parameters)),
            _ => Ok(Self(Map::new())),
        }
    }
}
