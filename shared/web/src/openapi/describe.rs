//! Operations, as their endpoints' types describe them.

use http::Method;
use runledger_models::Role;
use serde_json::Value;
use utoipa::openapi::{
    HttpMethod, PathItem, RefOr, Required, Schema, SecurityRequirement,
    extensions::{Extensions, ExtensionsBuilder},
    path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn},
};

use super::{
    document::{Document, text},
    responses,
};
use crate::{Access, Body, Endpoint, Params, http::endpoint::writes};

/// Adds an endpoint to the description.
pub(crate) fn describe<E: Endpoint>(document: &mut Document) {
    let roles = <E::Access as Access>::ROLES;
    let mut operation = OperationBuilder::new()
        .tag(document.tag)
        .summary(Some(E::SUMMARY))
        .operation_id(Some(operation_id::<E>()))
        .parameters(Some(E::Path::describe(ParameterIn::Path)))
        .parameters(Some(E::Query::describe(ParameterIn::Query)))
        .parameters(Some(header_parameters::<E>()))
        .request_body(E::Body::describe(document))
        .extensions(Some(extension("x-roles", role_names(roles))));
    if roles.is_empty() {
        operation = operation.securities(Some([SecurityRequirement::default()]));
    } else {
        operation = operation
            .description(Some(format!("Roles: {}.", role_names(roles).join(", "))))
            .security(SecurityRequirement::new::<_, _, String>("bearer", []));
    }

    for (status, response) in responses::of::<E>(document) {
        operation = operation.response(status, response);
    }

    let mut item = PathItem::new(http_method(&E::METHOD), operation);
    item.extensions = E::DOOR.platform_source().map(|seed| extension("x-seed", seed));
    document.paths = std::mem::take(&mut document.paths).path(E::PATH, item);
}

/// What programs may want to know, besides what OpenAPI has words for. One in a place: utoipa keeps no order of several.
fn extension(name: &str, value: impl Into<Value>) -> Extensions {
    ExtensionsBuilder::new().add(name, value).build()
}

fn role_names(roles: &[Role]) -> Vec<&'static str> {
    roles.iter().map(|role| role.as_str()).collect()
}

fn header_parameters<E: Endpoint>() -> Vec<Parameter> {
    let mut headers = Vec::new();
    let roles = <E::Access as Access>::ROLES;
    if roles.iter().any(|role| *role != Role::User) {
        let named = <E::Access as Access>::NAMES_USER;
        let (docs, required) = if named && !roles.contains(&Role::User) {
            ("The user that the service acts for.", Required::True)
        } else if named {
            (
                "The user that a service or an admin acts for, who has to name one. Ignored from a user.",
                Required::False,
            )
        } else {
            (
                "The user that a service or an admin acts for; without it, every user. Ignored from a user.",
                Required::False,
            )
        };
        headers.push(header(
            "X-User-Id",
            docs,
            required,
            // What an id may hold, and a header too.
            text()
                .min_length(Some(1))
                .max_length(Some(runledger_models::id::MAX_LENGTH))
                .pattern(Some("^[!-~]([ -~]*[!-~])?$"))
                .into(),
        ));
    }
    if writes::<E>() && !roles.is_empty() {
        let schema = text()
            .min_length(Some(1))
            .max_length(Some(255))
            .pattern(Some("^[!-~]+$"));
        let docs = "Makes the write happen once: the same key with the same request replays the answer for 24 hours.";
        headers.push(header("Idempotency-Key", docs, Required::False, schema.into()));
    }
    headers.extend(E::Body::headers());
    if E::CONDITIONAL {
        headers.push(header(
            "If-None-Match",
            "Answered with 304 when nothing changed.",
            Required::False,
            text().into(),
        ));
    }
    headers
}

/// The endpoint's name in camel case, or the method's own.
fn operation_id<E: Endpoint>() -> String {
    if E::DOOR.platform_source().is_some() {
        return E::PATH.rsplit('/').next().unwrap_or_default().to_owned();
    }
    let name = std::any::type_name::<E>().rsplit("::").next().unwrap_or_default();
    let mut letters = name.chars();
    letters
        .next()
        .map(|first| first.to_ascii_lowercase())
        .into_iter()
        .chain(letters)
        .collect()
}

fn http_method(method: &Method) -> HttpMethod {
    match method.as_str() {
        "POST" => HttpMethod::Post,
        "PUT" => HttpMethod::Put,
        "PATCH" => HttpMethod::Patch,
        "DELETE" => HttpMethod::Delete,
        _ => HttpMethod::Get,
    }
}

/// A header of requests.
pub fn header(name: &str, docs: &str, required: Required, schema: RefOr<Schema>) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(required)
        .description(Some(docs))
        .schema(Some(schema))
        .build()
}
