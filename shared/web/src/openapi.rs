//! The API's description (OpenAPI 3.1), made of the route tables and the types of their endpoints.

use std::collections::BTreeSet;

use http::{Method, StatusCode};
use runledger_models::Role;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ComponentsBuilder, Content, ContentBuilder, HttpMethod, InfoBuilder, License, ObjectBuilder, OpenApi,
        OpenApiBuilder, PathItem, PathsBuilder, Ref, RefOr, Required, ResponseBuilder, Schema, SecurityRequirement,
        Type,
        extensions::{Extensions, ExtensionsBuilder},
        header::HeaderBuilder,
        path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn},
        request_body::{RequestBody, RequestBodyBuilder},
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use crate::{Access, Body, Endpoint, Param, Params, Payload, Route, endpoint::writes, problem, rpc};

/// Another answer than the usual one: its status, and the content type and schema of its body.
pub type Other = (StatusCode, Option<(&'static str, RefOr<Schema>)>);

/// A description in the making.
#[derive(Default)]
pub struct Document {
    schemas: Vec<(String, RefOr<Schema>)>,
    paths: PathsBuilder,
    tag: &'static str,
}

/// The description of the whole API: each function's name and route table.
pub fn document(functions: &[(&'static str, &'static [Route])]) -> OpenApi {
    let mut document = Document::default();
    document.schema::<problem::Document>();
    document.schema::<rpc::RemoteCallError>();
    for (name, routes) in functions {
        document.tag = name;
        for route in *routes {
            (route.describe)(&mut document);
        }
    }
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .build();
    let mut components = ComponentsBuilder::new().security_scheme("bearer", SecurityScheme::Http(bearer));
    let mut named: Vec<(String, RefOr<Schema>)> = Vec::new();
    for (name, schema) in document.schemas {
        match named.iter().find(|(known, _)| *known == name) {
            Some((_, known)) => assert!(
                *known == schema,
                "two types are called {name}; rename one with `schema(as = …)`"
            ),
            None => named.push((name, schema)),
        }
    }
    for (name, schema) in named {
        components = components.schema(name, schema);
    }
    let info = InfoBuilder::new()
        .title("Runledger")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "The execution ledger of AI-agent graphs. Every error is an application/problem+json document.",
        ))
        .license(Some(License::new("Apache-2.0")))
        .build();
    OpenApiBuilder::new()
        .info(info)
        .paths(document.paths)
        .components(Some(components.build()))
        .build()
}

impl Document {
    /// A reference to a type's schema, which becomes part of the description.
    pub fn schema<T: ToSchema>(&mut self) -> RefOr<Schema> {
        let name = T::name().into_owned();
        self.schemas.push((name.clone(), T::schema()));
        T::schemas(&mut self.schemas);
        Ref::from_schema_name(name).into()
    }
}

/// A JSON body of this schema.
pub fn json_body(schema: RefOr<Schema>) -> RequestBody {
    RequestBodyBuilder::new()
        .content("application/json", Content::new(Some(schema)))
        .required(Some(Required::True))
        .build()
}

/// A parameter of this type.
pub fn parameter<T: Param>(place: &ParameterIn, name: &str, docs: &str) -> Parameter {
    let required = if T::REQUIRED { Required::True } else { Required::False };
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place.clone())
        .required(required)
        .description(Some(docs.trim()))
        .schema(Some(T::schema()))
        .build()
}

fn header(name: &str, docs: &str, required: Required, schema: RefOr<Schema>) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(required)
        .description(Some(docs))
        .schema(Some(schema))
        .build()
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

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
        .extensions(Some(extensions::<E>()));
    if roles.is_empty() {
        operation = operation.securities(Some([SecurityRequirement::default()]));
    } else {
        let names: Vec<_> = roles.iter().map(|role| role.as_str()).collect();
        operation = operation
            .description(Some(format!("Roles: {}.", names.join(", "))))
            .security(SecurityRequirement::new::<_, _, String>("bearer", []));
    }

    let mut success = ResponseBuilder::new().description(reason(E::STATUS.as_u16())).header(
        "X-Request-Id",
        HeaderBuilder::new()
            .schema(Some(text()))
            .description(Some("The request's id."))
            .build(),
    );
    if let (Some(schema), Some(content_type)) = (E::Reply::schema(document), E::Reply::CONTENT_TYPE) {
        success = success.content(content_type, ContentBuilder::new().schema(Some(schema)).build());
    }
    if E::CONDITIONAL {
        success = success.header("ETag", HeaderBuilder::new().schema(Some(text())).build());
        operation = operation.response("304", ResponseBuilder::new().description(reason(304)).build());
    }
    if E::STATUS == StatusCode::CREATED {
        success = success.header("Location", HeaderBuilder::new().schema(Some(text())).build());
    }
    operation = operation.response(E::STATUS.as_str(), success.build());
    for (status, body) in E::Reply::others(document) {
        let mut other = ResponseBuilder::new().description(reason(status.as_u16()));
        if let Some((content_type, schema)) = body {
            other = other.content(content_type, Content::new(Some(schema)));
        }
        if status == StatusCode::ACCEPTED {
            other = other.header("Location", HeaderBuilder::new().schema(Some(text())).build());
        }
        operation = operation.response(status.as_str(), other.build());
    }
    let (error, content_type) = match E::SEED {
        Some(_) => ("RemoteCallError", "application/json"),
        None => ("Problem", "application/problem+json"),
    };
    for status in problems::<E>() {
        let content = Content::new(Some(Ref::from_schema_name(error)));
        let response = ResponseBuilder::new()
            .description(reason(status))
            .content(content_type, content);
        operation = operation.response(status.to_string(), response.build());
    }

    let item = PathItem::new(http_method(&E::METHOD), operation);
    document.paths = std::mem::take(&mut document.paths).path(E::PATH, item);
}

/// What programs may want to know of an operation, besides what OpenAPI has words for.
fn extensions<E: Endpoint>() -> Extensions {
    let roles: Vec<_> = <E::Access as Access>::ROLES.iter().map(|role| role.as_str()).collect();
    let extensions = ExtensionsBuilder::new().add("x-roles", roles);
    match E::SEED {
        Some(seed) => extensions.add("x-seed", seed).build(),
        None => extensions.build(),
    }
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
            <runledger_models::Id as PartialSchema>::schema(),
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
    if E::RESUMABLE {
        let docs = "The last event that was received: the stream goes on after it.";
        headers.push(header("Last-Event-ID", docs, Required::False, text().into()));
    }
    if E::LONG {
        let docs = "With `respond-async` the work goes on by itself, and the answer says where to look for it.";
        headers.push(header("Prefer", docs, Required::False, text().into()));
        let docs = "With `text/event-stream` the answer tells of the work as it goes on.";
        headers.push(header("Accept", docs, Required::False, text().into()));
    }
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

/// The statuses of the problems that an endpoint may answer with.
fn problems<E: Endpoint>() -> BTreeSet<u16> {
    let mut statuses: BTreeSet<u16> = E::PROBLEMS.iter().copied().collect();
    if !<E::Access as Access>::ROLES.is_empty() {
        statuses.extend([401, 403, 422, 503]);
    }
    if <E::Access as Access>::ROLES == Role::ALL {
        statuses.remove(&403);
    }
    if E::Body::EXPECTED {
        statuses.extend([400, 413, 415]);
    }
    statuses.insert(500);
    if E::SEED.is_some() {
        // What does not fit raises a ValueError; what goes wrong inside raises others.
        statuses.remove(&422);
        statuses.remove(&503);
    }
    statuses
}

fn reason(status: u16) -> &'static str {
    StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or("")
}

/// The endpoint's name in camel case, or the method's own.
fn operation_id<E: Endpoint>() -> String {
    if E::SEED.is_some() {
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
