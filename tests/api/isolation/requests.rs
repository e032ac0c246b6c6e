//! Requests at random: each route's own parameters and bodies, as the description of the API has them, filled with what
//! a mission has, with what another has, and with what nobody has.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;
use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::matrix::samples::{Content, Sample, Seeds};

/// What a request is filled with.
pub struct Pools {
    /// Identities: one's own, the other's, nobody's.
    pub ids: Vec<String>,
    /// Codes of participants.
    pub codes: Vec<String>,
    /// What to search for.
    pub searched: Vec<String>,
    /// Where a list that the other reads goes on.
    pub cursors: Vec<String>,
}

/// One request of the mission.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: Method,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub content: Content,
    pub if_match: Option<&'static str>,
    pub key: Option<String>,
}

/// Makes requests.
pub struct Requests<'a> {
    /// The description of the API.
    pub description: Value,
    /// Who asks, and who is asked about.
    pub missions: [&'a Seeds; 2],
    pub pools: Pools,
}

impl Requests<'_> {
    /// Requests of a route. One that nobody gave a sample is nobody's to forget.
    pub fn of(&self, method: &Method, pattern: &str) -> BoxedStrategy<Request> {
        let bases = self.missions.map(|seeds| {
            seeds.sample(method, pattern).unwrap_or_else(|| {
                panic!("{method} {pattern} is new: give it a sample in tests/api/matrix/samples.rs")
            })
        });
        let [own, other] = bases.map(|sample| self.requests(method, pattern, &sample));
        prop_oneof![own, other].boxed()
    }

    fn requests(&self, method: &Method, pattern: &str, base: &Sample) -> BoxedStrategy<Request> {
        let operation = &self.description["paths"][pattern][method.as_str().to_lowercase()];
        let (path, given) = base.path.split_once('?').unwrap_or((&base.path, ""));
        let path: Vec<_> = path.split('/').map(|segment| self.stirred(segment)).collect();
        let is_read = method == Method::GET;
        let needs_key = base.needs_key;
        // Nearly all that is written is only tried, or soon nothing would be left to try.
        let is_dry = if base.is_public || is_read {
            Just(None).boxed()
        } else if pattern.ends_with("/logout") || pattern.contains("/auth/sessions/") {
            Just(Some(true)).boxed()
        } else {
            prop_oneof![3 => Just(Some(true)), 1 => Just(None)].boxed()
        };
        let key = prop_oneof![1 => Just(Some("isolation".to_owned())), 9 => Just(None)];
        let key = key.prop_map(move |key| key.or_else(|| needs_key.then(|| "own".to_owned())));
        let version = prop_oneof![8 => Just(Some("*")), 1 => Just(Some("\"1\"")), 1 => Just(None)];
        let content = self.content(&base.content, &operation["requestBody"]);
        let method = method.clone();
        (path, self.query(given, &operation["parameters"]), is_dry, key, version, content)
            .prop_map(move |(path, query, is_dry, key, if_match, content)| {
                let mut query: Vec<_> = query.into_iter().collect();
                query.extend(is_dry.map(|_| ("dry_run".to_owned(), "true".to_owned())));
                let if_match = if_match.filter(|_| method != Method::GET);
                let method = method.clone();
                Request { method, path: path.join("/"), query, content, if_match, key }
            })
            .boxed()
    }

    /// The sample's own parameters, and some of the others that the route knows.
    fn query(&self, given: &str, known: &Value) -> BoxedStrategy<BTreeMap<String, String>> {
        let given = given.split('&').filter_map(|pair| pair.split_once('='));
        let given: Vec<_> = given
            .map(|(name, value)| (Just(name.to_owned()), self.stirred(&value.replace("%20", " "))))
            .collect();
        let known = known.as_array().into_iter().flatten();
        let others: Vec<_> = known
            .filter(|parameter| parameter["in"] == "query")
            .map(|parameter| {
                let name = parameter["name"].as_str().unwrap().to_owned();
                let value = self.parameter(&name, &parameter["schema"]);
                proptest::option::weighted(0.3, (Just(name), value))
            })
            .collect();
        (given, others)
            .prop_map(|(given, others)| {
                given.into_iter().chain(others.into_iter().flatten()).collect()
            })
            .boxed()
    }

    fn parameter(&self, name: &str, schema: &Value) -> BoxedStrategy<String> {
        let text = |value: Value| match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        match name {
            "cursor" => select(self.pools.cursors.clone()).boxed(),
            "include" => Just("count".to_owned()).boxed(),
            "q" => select(self.pools.searched.clone()).boxed(),
            "participant" | "code" => self.codes(),
            "limit" => (1..=200_u8).prop_map(|limit| limit.to_string()).boxed(),
            _ => match self.value(name, schema, 2) {
                // A list of words separated by commas is described as one text.
                value if self.resolved(schema)["type"] == "string" => {
                    prop_oneof![value.prop_map(text), self.codes(), select(self.words())].boxed()
                }
                value => value.prop_map(text).boxed(),
            },
        }
    }

    fn content(&self, base: &Content, described: &Value) -> BoxedStrategy<Content> {
        let schema = ["application/json", "application/merge-patch+json"]
            .into_iter()
            .find_map(|media_type| described["content"][media_type].get("schema"));
        match base {
            Content::Json(body) => self.body(body, schema).prop_map(Content::Json).boxed(),
            Content::Patch(body) => self.body(body, schema).prop_map(Content::Patch).boxed(),
            other => Just(other.clone()).boxed(),
        }
    }

    /// The sample's body with other identities and codes in it, and with some fields as the description has them.
    fn body(&self, base: &Value, schema: Option<&Value>) -> BoxedStrategy<Value> {
        let fields = schema.map_or(Value::Null, |schema| self.resolved(schema));
        let fields: Vec<_> = fields["properties"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, schema)| {
                let value = self.value(name, schema, 4);
                proptest::option::weighted(0.2, (Just(name.clone()), value))
            })
            .collect();
        (self.stirred_body(base), fields)
            .prop_map(|(mut body, fields)| {
                for (name, value) in fields.into_iter().flatten() {
                    body[name] = value;
                }
                body
            })
            .boxed()
    }

    /// The same text; where it names something, now and then something else.
    fn stirred(&self, text: &str) -> BoxedStrategy<String> {
        let same = Just(text.to_owned());
        if text.len() == 36 {
            prop_oneof![3 => same, 1 => select(self.pools.ids.clone())].boxed()
        } else if self.pools.codes.iter().any(|code| code == text) {
            prop_oneof![3 => same, 1 => self.codes()].boxed()
        } else {
            same.boxed()
        }
    }

    fn stirred_body(&self, value: &Value) -> BoxedStrategy<Value> {
        match value {
            Value::String(text) => self.stirred(text).prop_map(Value::String).boxed(),
            Value::Array(all) => {
                let all: Vec<_> = all.iter().map(|value| self.stirred_body(value)).collect();
                all.prop_map(Value::Array).boxed()
            }
            Value::Object(fields) => {
                let fields: Vec<_> = fields
                    .iter()
                    .map(|(name, value)| (Just(name.clone()), self.stirred_body(value)))
                    .collect();
                fields.prop_map(|fields| Value::Object(fields.into_iter().collect())).boxed()
            }
            other => Just(other.clone()).boxed(),
        }
    }

    /// A value as a schema has it.
    fn value(&self, name: &str, schema: &Value, depth: u32) -> BoxedStrategy<Value> {
        let of = |values: &[Value]| select(values.to_vec()).boxed();
        let schema = self.resolved(schema);
        if let Some(choices) = schema["enum"].as_array() {
            return of(choices);
        }
        if let Some(choices) = schema.get("oneOf").or(schema.get("anyOf")).and_then(Value::as_array)
        {
            let choices = choices.iter().map(|schema| self.value(name, schema, depth));
            return proptest::strategy::Union::new(choices).boxed();
        }
        let kinds = schema["type"]
            .as_array()
            .map_or_else(|| vec![&schema["type"]], |all| all.iter().collect());
        match (kinds[0].as_str().unwrap_or_default(), schema["format"].as_str().unwrap_or_default())
        {
            ("object", _) if depth > 0 => {
                let required = schema["required"].as_array().cloned().unwrap_or_default();
                let fields: Vec<_> = schema["properties"]
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(name, schema)| {
                        let often = if required.contains(&json!(name)) { 0.95 } else { 0.4 };
                        let value = self.value(name, schema, depth - 1);
                        proptest::option::weighted(often, (Just(name.clone()), value))
                    })
                    .collect();
                fields
                    .prop_map(|fields| {
                        Value::Object(fields.into_iter().flatten().collect::<Map<_, _>>())
                    })
                    .boxed()
            }
            ("array", _) if depth > 0 => {
                let items = self.value(name, &schema["items"], depth - 1);
                proptest::collection::vec(items, 0..3).prop_map(Value::Array).boxed()
            }
            ("boolean", _) => any::<bool>().prop_map(Value::Bool).boxed(),
            ("integer" | "number", _) => (0..300).prop_map(|n| json!(n)).boxed(),
            ("string", "uuid") => select(self.pools.ids.clone()).prop_map(Value::String).boxed(),
            ("string", "date") => of(&["2025-10-25", "1980-02-29", "2031-01-01"].map(Value::from)),
            ("string", "date-time") => {
                of(&["2025-10-25T11:02:00+07:00", "2020-01-01T00:00:00Z"].map(Value::from))
            }
            ("string", _) if schema["maxLength"] == 3 => {
                self.codes().prop_map(Value::String).boxed()
            }
            ("string", _) if name.contains("email") => of(&[json!("somebody@own.example")]),
            ("string", _) => of(&["An example.", "Examples", "hanoi"].map(Value::from)),
            _ => Just(Value::Null).boxed(),
        }
    }

    fn codes(&self) -> BoxedStrategy<String> {
        select(self.pools.codes.clone()).boxed()
    }

    /// Every word that the description knows for something: kinds, states, ranks; and orders of lists.
    fn words(&self) -> Vec<String> {
        let schemas = self.description["components"]["schemas"].as_object().unwrap().values();
        let words = schemas.filter_map(|schema| schema["enum"].as_array()).flatten();
        let words = words.filter_map(|word| word.as_str().map(str::to_owned));
        let mut words: Vec<_> = words.collect();
        words.extend(["name", "-updated_at", "updated_at"].map(str::to_owned));
        words.sort();
        words.dedup();
        words
    }

    /// A schema, wherever it is written down.
    fn resolved(&self, schema: &Value) -> Value {
        match schema["$ref"].as_str().and_then(|place| place.rsplit('/').next()) {
            Some(name) => self.resolved(&self.description["components"]["schemas"][name]),
            None => schema.clone(),
        }
    }
}
