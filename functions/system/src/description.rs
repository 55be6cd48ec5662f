//! `GET /api/openapi.json`. The pages of `functions/web-app` show it to people.

use http::Method;
use runledger_web::{Call, Endpoint, NoParams, Problem, Public, Reply};

use crate::text::JsonText;

/// The description of the whole API, made by `cargo xtask openapi` from the route tables.
const OPENAPI: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));

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
