//! The API's description (OpenAPI 3.1), made of the route tables and the types of their endpoints.

mod responses;

use http::{Method, StatusCode};
use runledger_models::Role;
use serde_json::Value;
use utoipa::{
    ToSchema,
    openapi::{
        ComponentsBuilder, ContentBuilder, HttpMethod, InfoBuilder, License, ObjectBuilder, OpenApi, OpenApiBuilder,
        PathItem, PathsBuilder, Ref, RefOr, Required, Schema, SecurityRequirement, Type,
        extensions::{Extensions, ExtensionsBuilder},
        path::{OperationBuilder, Parameter, ParameterBuilder, ParameterIn},
        request_body::{RequestBody, RequestBodyBuilder},
        schema::AnyOfBuilder,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use crate::{Access, Body, Endpoint, Param, Params, Route, endpoint::writes, problem, rpc};

/// Another answer than the usual one, or the usual one in another form: its status, and the content type and schema of
/// its body.
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
    components = responses::shared(components);
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
            "The execution ledger of AI-agent graphs. Every error is an application/problem+json document, except that \
             the methods below /rpc raise exceptions. Where no component could answer, the host does by itself, with a \
             problem document of the type about:blank: 404 for a path without a route, 413 for a body over its own \
             limit, 500, 503 and 504. Any request may carry an X-Request-Id (1 to 128 letters, digits, dots, dashes and \
             underscores), which its response and its log lines carry too, and a traceparent of W3C Trace Context.",
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
        for (_, schema) in &mut self.schemas {
            any_of(schema);
            // It stands beside the body instead.
            if let RefOr::T(Schema::Object(object)) = schema {
                object.example = None;
            }
        }
        Ref::from_schema_name(name).into()
    }

    /// One server-sent event of a stream: its kind, one of `kinds`, and its data, JSON of a type's schema.
    pub fn event<T: ToSchema>(&mut self, kinds: &[&str]) -> RefOr<Schema> {
        let data = text()
            .content_media_type("application/json")
            .content_schema(Some(self.schema::<T>()));
        ObjectBuilder::new()
            .description(Some("Each event of the stream. Comments come in between."))
            .property(
                "id",
                text().description(Some("Where a reader goes on, in `Last-Event-ID`.")),
            )
            .property("event", text().enum_values(Some(kinds.iter().copied())))
            .property("data", data)
            .required("event")
            .required("data")
            .into()
    }
}

/// What is one of several types may fit more than one of them: an execution with its nodes is an execution too.
fn any_of(schema: &mut RefOr<Schema>) {
    if let RefOr::T(Schema::OneOf(one)) = schema {
        let types = AnyOfBuilder::new().description(one.description.take());
        let types = std::mem::take(&mut one.items)
            .into_iter()
            .fold(types, AnyOfBuilder::item);
        *schema = types.into();
    }
}

/// A body of this type, with the type's example.
pub fn body<T: ToSchema>(document: &mut Document, content_type: &str) -> RequestBody {
    body_of(content_type, document.schema::<T>(), example::<T>())
}

/// A body of this schema.
pub fn body_of(content_type: &str, schema: RefOr<Schema>, example: Option<Value>) -> RequestBody {
    let content = ContentBuilder::new().schema(Some(schema)).example(example);
    RequestBodyBuilder::new()
        .content(content_type, content.build())
        .required(Some(Required::True))
        .build()
}

/// The example of a type: its attribute `schema(example = …)`.
pub fn example<T: ToSchema>() -> Option<Value> {
    match T::schema() {
        RefOr::T(Schema::Object(object)) => object.example,
        _ => None,
    }
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
    item.extensions = E::SEED.map(|seed| extension("x-seed", seed));
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
    if E::RESUMABLE {
        let docs = "The last event that was received: the stream goes on after it.";
        let schema = text().pattern(Some("^[0-9]{1,18}$"));
        headers.push(header("Last-Event-ID", docs, Required::False, schema.into()));
    }
    if E::LONG {
        let docs = "With `respond-async` the work goes on by itself, and the answer says where to look for it.";
        headers.push(header("Prefer", docs, Required::False, text().into()));
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
