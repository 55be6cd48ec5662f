//! `GET /api/openapi.json` and `GET /api/docs`.

use http::Method;
use runledger_web::{Call, Content, Endpoint, NoParams, Payload, Problem, Public, Reply};

/// The description of the whole API, made by `cargo xtask openapi` from the route tables.
const OPENAPI: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));
/// A page that shows it to people.
const DOCS: &str = include_str!("docs.html");

/// A JSON object whose text is there already.
pub(crate) struct JsonText(&'static str);

impl Payload for JsonText {
    const CONTENT_TYPE: Option<&'static str> = Some("application/json");

    fn into_content(self) -> Result<Content, Problem> {
        Ok(Content::Whole(self.0.as_bytes().to_vec()))
    }

    #[cfg(not(target_family = "wasm"))]
    fn schema(_: &mut runledger_web::openapi::Document) -> Option<utoipa::openapi::RefOr<utoipa::openapi::Schema>> {
        Some(
            utoipa::openapi::ObjectBuilder::new()
                .schema_type(utoipa::openapi::Type::Object)
                .into(),
        )
    }
}

/// A page for people, as it is.
pub(crate) struct Html(&'static str);

impl Payload for Html {
    const CONTENT_TYPE: Option<&'static str> = Some("text/html; charset=utf-8");

    fn into_content(self) -> Result<Content, Problem> {
        Ok(Content::Whole(self.0.as_bytes().to_vec()))
    }

    #[cfg(not(target_family = "wasm"))]
    fn schema(_: &mut runledger_web::openapi::Document) -> Option<utoipa::openapi::RefOr<utoipa::openapi::Schema>> {
        Some(
            utoipa::openapi::ObjectBuilder::new()
                .schema_type(utoipa::openapi::Type::String)
                .into(),
        )
    }
}

/// Describes the API.
pub(crate) struct GetOpenApi;

impl Endpoint for GetOpenApi {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/openapi.json";
    const CONDITIONAL: bool = true;
    const SUMMARY: &'static str = "The API's description (OpenAPI 3.1)";
    type Access = Public;
    type Path = NoParams;
    type Query = NoParams;
    type Body = ();
    type Reply = JsonText;

    async fn handle(_: Call<Self>) -> Result<Reply<JsonText>, Problem> {
        Ok(Reply::new(JsonText(OPENAPI)))
    }
}

/// Shows the API's description.
pub(crate) struct GetDocs;

impl Endpoint for GetDocs {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/docs";
    const CONDITIONAL: bool = true;
    const SUMMARY: &'static str = "The API's reference, for people";
    type Access = Public;
    type Path = NoParams;
    type Query = NoParams;
    type Body = ();
    type Reply = Html;

    async fn handle(_: Call<Self>) -> Result<Reply<Html>, Problem> {
        Ok(Reply::new(Html(DOCS)))
    }
}
