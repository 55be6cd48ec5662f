//! The description of the whole API.

use utoipa::openapi::{
    ComponentsBuilder, InfoBuilder, License, OpenApi, OpenApiBuilder, RefOr, Schema,
    security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};

use super::{document::Document, responses};
use crate::{ProblemDocument, Route, rpc};

/// The description of the whole API: each function's name and route table.
pub fn document(functions: &[(&'static str, &'static [Route])]) -> OpenApi {
    let mut document = Document::default();
    document.schema::<ProblemDocument>();
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
