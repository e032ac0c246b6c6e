//! What every request may bring and be told, in the description of the API. A handler describes what is its own; what
//! [`Call`](super::Call) and [`Visit`](super::Visit) ask of each request, and refuse, stands here once.

use utoipa::openapi::header::Header;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Components, Content, OpenApi, Ref, RefOr, Required};

use crate::problem::Code;

/// Completes the description: to each operation its refusals and the headers and parameters that belong to all of its kind.
pub fn describe(described: &mut OpenApi) {
    let components = described.components.get_or_insert_default();
    for code in Code::ALL {
        add_refusal(components, code.status());
    }
    open_parts(components);
    for (path, item) in &mut described.paths.paths {
        let operations = [
            ("get", &mut item.get),
            ("post", &mut item.post),
            ("patch", &mut item.patch),
            ("delete", &mut item.delete),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                operation.operation_id = Some(operation_id(method, path));
                complete(operation, method != "get", path.contains('{'));
            }
        }
    }
}

/// A name that no other operation has, as programs made from the description want it: `post_delegations_code_submit`.
fn operation_id(method: &str, path: &str) -> String {
    let path = path.trim_start_matches("/api/v1");
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.fold(method.to_owned(), |id, word| format!("{id}_{word}"))
}

/// What is a part of another object has company there: it cannot say that nothing else stands in it.
fn open_parts(components: &mut Components) {
    let wholes = components.schemas.values().filter_map(|schema| match schema {
        RefOr::T(Schema::AllOf(whole)) => Some(&whole.items),
        _ => None,
    });
    let parts = wholes.flatten().filter_map(|part| match part {
        RefOr::Ref(part) => part.ref_location.rsplit('/').next().map(str::to_owned),
        RefOr::T(_) => None,
    });
    for part in parts.collect::<Vec<_>>() {
        if let Some(RefOr::T(Schema::Object(part))) = components.schemas.get_mut(&part) {
            part.additional_properties = None;
        }
    }
}

/// The refusal with this status, for all operations together: the codes that it comes with, and its headers.
fn add_refusal(components: &mut Components, status: u16) {
    let codes = Code::ALL.iter().filter(|code| code.status() == status);
    let codes: Vec<String> = codes.map(|code| format!("`{}`", code.as_str())).collect();
    let problem = Ref::from_schema_name("Problem");
    let response = ResponseBuilder::new()
        .description(codes.join(", "))
        .content("application/problem+json", Content::new(Some(problem)));
    let response = headers(status).iter().fold(response, |response, (name, says)| {
        let text = ObjectBuilder::new().schema_type(Type::String).build();
        let mut header = Header::new(text);
        header.description = Some((*says).to_owned());
        response.header(*name, header)
    });
    components.responses.insert(name(status), RefOr::T(response.build()));
}

fn name(status: u16) -> String {
    format!("Refused{status}")
}

fn headers(status: u16) -> &'static [(&'static str, &'static str)] {
    match status {
        401 => &[("WWW-Authenticate", "How one shows who one is.")],
        412 => &[("ETag", "The version that stands.")],
        429 | 503 => &[("Retry-After", "After so many seconds the same request is taken again.")],
        _ => &[],
    }
}

fn complete(operation: &mut Operation, is_mutating: bool, names_something: bool) {
    // Where no security is named, that of the whole description holds: a token.
    let takes_token = operation
        .security
        .as_ref()
        .is_none_or(|ways| ways.iter().any(|way| *way != SecurityRequirement::default()));
    let is_change_of_somebody = is_mutating && takes_token;
    let names_version = operation.responses.responses.contains_key("412");
    let has_query = operation.parameters.iter().flatten().any(|parameter| {
        matches!(parameter, RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Query)
    });
    let has_body = operation.request_body.is_some();

    let refusals = [
        (400, true),
        (401, takes_token),
        (403, takes_token),
        (404, names_something || takes_token),
        (409, is_change_of_somebody),
        (413, is_mutating),
        (415, has_body),
        (422, has_body || has_query || is_change_of_somebody),
        (428, names_version),
        (429, takes_token || is_mutating),
        (503, true),
    ];
    let known = &mut operation.responses.responses;
    for (status, _) in refusals.into_iter().filter(|(_, is_possible)| *is_possible) {
        known.entry(status.to_string()).or_insert_with(|| RefOr::T(Response::default()));
    }
    // What a handler says of a refusal is that there is one: what it is like is the same for all.
    for (status, response) in known.iter_mut() {
        if let Ok(status @ 400..) = status.parse::<u16>() {
            *response = RefOr::Ref(Ref::from_response_name(name(status)));
        }
    }
    if names_version {
        add(
            operation,
            header(
                "If-Match",
                Required::True,
                "The version that is meant, as its `ETag` says; `*`: any.",
            ),
        );
    }
    if is_change_of_somebody {
        add(operation, dry_run());
        add(
            operation,
            header(
                "Idempotency-Key",
                Required::False,
                "Repeated with the same key, a request has one effect and the first answer.",
            ),
        );
    }
}

/// Adds a parameter, where the handler does not describe it itself.
fn add(operation: &mut Operation, parameter: Parameter) {
    let all = operation.parameters.get_or_insert_default();
    let is_new = |known: &RefOr<Parameter>| !matches!(known, RefOr::T(known) if known.name.eq_ignore_ascii_case(&parameter.name));
    if all.iter().all(is_new) {
        all.push(RefOr::T(parameter));
    }
}

fn header(name: &str, required: Required, says: &str) -> Parameter {
    let value =
        ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(255));
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(required)
        .description(Some(says))
        .schema(Some(value.pattern(Some("^[!-~]+$"))))
        .build()
}

fn dry_run() -> Parameter {
    ParameterBuilder::new()
        .name("dry_run")
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some("`true`: everything is checked and answered, and nothing is kept."))
        .schema(Some(ObjectBuilder::new().schema_type(Type::Boolean)))
        .build()
}
