//! `GET /assets/{name}`: the stylesheet and the module, under names that change with their content.

use http::{HeaderValue, Method, header};
use runledger_models::Id;
use runledger_web::{Call, Door, Endpoint, NoParams, Problem, Public, Reply, page::Rendered, params};

use crate::DOOR;

include!(concat!(env!("OUT_DIR"), "/names.rs"));

const STYLESHEET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/app.css"));
const MODULE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/app.js"));
const FAVICON: &[u8] = include_bytes!("../assets/favicon.svg");

/// What is asked for under its present name never changes.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

params! {
    /// Which asset.
    pub(crate) struct AssetPath {
        /// Its name.
        name: Id,
    }
}

/// Serves an asset.
pub(crate) struct GetAsset;

impl Endpoint for GetAsset {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/assets/{name}";
    const SUMMARY: &'static str = "The stylesheet and the module of the pages";
    const DOOR: Door = DOOR;
    type Access = Public;
    type Path = AssetPath;
    type Query = NoParams;
    type Body = ();
    type Reply = Rendered;

    async fn handle(call: Call<Self>) -> Result<Reply<Rendered>, Problem> {
        let name = call.path.name.as_str();
        let is = |path: &str| path.strip_prefix("/assets/") == Some(name);
        let file = if is(STYLESHEET_PATH) {
            Rendered::file("text/css; charset=utf-8", STYLESHEET)
        } else if is(MODULE_PATH) {
            Rendered::file("text/javascript; charset=utf-8", MODULE)
        } else {
            return Err(Problem::not_found(
                "there is no such file; the application may have been updated since",
            ));
        };
        Ok(file.with(header::CACHE_CONTROL, FOR_EVER))
    }
}

/// Serves the icon of the tab.
pub(crate) struct GetFavicon;

impl Endpoint for GetFavicon {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/favicon.ico";
    const SUMMARY: &'static str = "The icon of the pages";
    const DOOR: Door = DOOR;
    type Access = Public;
    type Path = NoParams;
    type Query = NoParams;
    type Body = ();
    type Reply = Rendered;

    async fn handle(_: Call<Self>) -> Result<Reply<Rendered>, Problem> {
        let a_day = HeaderValue::from_static("public, max-age=86400");
        Ok(Rendered::file("image/svg+xml", FAVICON).with(header::CACHE_CONTROL, a_day))
    }
}
