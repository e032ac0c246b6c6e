//! The description of the API, taken at its word by programs: what is not in it cannot be made from it.
//!
//! `.ci/schemathesis` holds answers against it; here stands what that found once.

use std::collections::BTreeSet;

use serde_json::Value;

fn described() -> Value {
    serde_json::to_value(hanoi_ceremony::routes::description()).unwrap()
}

/// Every operation, with its method and path.
fn operations(described: &Value) -> Vec<(String, &Value)> {
    let paths = described["paths"].as_object().unwrap().iter();
    let each = paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().iter();
        methods.map(move |(method, operation)| (format!("{method} {path}"), operation))
    });
    each.collect()
}

fn parameter<'a>(operation: &'a Value, name: &str) -> Option<&'a Value> {
    let all = operation["parameters"].as_array().into_iter().flatten();
    all.into_iter().find(|parameter| parameter["name"] == name)
}

#[test]
fn r54_each_operation_says_by_which_problems_it_may_refuse() {
    let described = described();
    let refusals = &described["components"]["responses"];
    for (of, operation) in operations(&described) {
        let responses = operation["responses"].as_object().unwrap();
        for (status, response) in responses.iter().filter(|(status, _)| status.as_str() >= "400") {
            let refusal = &refusals[format!("Refused{status}")];
            let told = format!("#/components/responses/Refused{status}");
            assert_eq!(response["$ref"], told, "{of}");
            let schema = &refusal["content"]["application/problem+json"]["schema"]["$ref"];
            assert_eq!(schema, "#/components/schemas/Problem", "{of} {status}");
        }
        let says = |status: &str| responses.contains_key(status);
        assert!(says("400") && says("503"), "{of}");
        let is_for_all = operation["security"]
            .as_array()
            .is_some_and(|ways| ways == &[Value::Object(serde_json::Map::new())]);
        assert!(is_for_all || ["401", "403", "404", "429"].into_iter().all(says), "{of}");
        let is_change = !of.starts_with("get ") && !is_for_all;
        assert_eq!(is_change, parameter(operation, "dry_run").is_some(), "{of}");
        assert_eq!(is_change, parameter(operation, "Idempotency-Key").is_some(), "{of}");
        let version = parameter(operation, "If-Match").map(|parameter| &parameter["required"]);
        assert_eq!(version.is_some(), says("412") && says("428"), "{of}");
        assert!(version.is_none_or(|required| required == true), "{of}");
        if let Some(limit) = parameter(operation, "limit") {
            let bounds =
                (&limit["required"], &limit["schema"]["minimum"], &limit["schema"]["maximum"]);
            assert_eq!(bounds, (&false.into(), &1.into(), &200.into()), "{of}");
        }
    }
}

#[test]
fn each_operation_has_a_name_of_its_own() {
    let described = described();
    let all = operations(&described);
    let names: BTreeSet<_> = all.iter().map(|(_, o)| o["operationId"].as_str().unwrap()).collect();
    assert_eq!(names.len(), all.len());
    assert!(names.contains("post_delegations_code_submit"));
}

/// Calls `look` with every schema of the description, however deep.
fn each_schema<'a>(value: &'a Value, look: &mut impl FnMut(&'a Value)) {
    look(value);
    match value {
        Value::Object(members) => members.values().for_each(|value| each_schema(value, look)),
        Value::Array(items) => items.iter().for_each(|value| each_schema(value, look)),
        _ => {}
    }
}

#[test]
fn an_object_of_several_parts_can_be_all_of_them_at_once() {
    let described = described();
    let mut wholes = 0;
    each_schema(&described, &mut |schema| {
        for part in schema["allOf"].as_array().into_iter().flatten() {
            wholes += 1;
            assert!(part["oneOf"].is_null(), "what is left out is not null: {schema}");
            let name = part["$ref"].as_str().and_then(|name| name.rsplit('/').next());
            let part = name.map_or(part, |name| &described["components"]["schemas"][name]);
            assert!(part["additionalProperties"].is_null(), "it has company: {name:?} in {schema}");
        }
    });
    assert!(wholes > 30, "{wholes}");
    let translated = &described["components"]["schemas"]["Translated_Label"]["properties"];
    assert_eq!(translated["fr"]["oneOf"][1]["type"], "null", "{translated}");
    assert!(translated["en"]["oneOf"].is_null());
}
