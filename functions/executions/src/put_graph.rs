//! `PUT /api/graphs/{graph_id}/versions/{version}`.

use http::{Method, StatusCode};
use runledger_models::{
    Id,
    bounded::VersionNumber,
    graph::{GraphVersion, NewGraphVersion, SentGraphVersion},
};
use runledger_store::{Error, graphs};
use runledger_web::{Call, Endpoint, JsonBody, NoParams, OnBehalf, Problem, Reply, params};

params! {
    /// The version of a graph.
    pub(crate) struct GraphVersionPath {
        /// The graph.
        graph_id: Id,
        /// The version.
        version: VersionNumber,
    }
}

/// Registers a version of a graph of the user that the service acts for, or brings it up to date.
pub(crate) struct PutGraphVersion;

impl Endpoint for PutGraphVersion {
    const METHOD: Method = Method::PUT;
    const PATH: &'static str = "/api/graphs/{graph_id}/versions/{version}";
    const SUMMARY: &'static str = "Register a version of a graph";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::CONFLICT];
    type Access = OnBehalf;
    type Path = GraphVersionPath;
    type Query = NoParams;
    type Body = JsonBody<SentGraphVersion>;
    type Reply = GraphVersion;

    async fn handle(call: Call<Self>) -> Result<Reply<GraphVersion>, Problem> {
        let JsonBody(sent) = call.body;
        let graph = NewGraphVersion::try_from(sent).map_err(Error::Invalid)?;
        let GraphVersionPath { graph_id, version } = call.path;
        let done = call
            .ledger
            .write(graphs::put_graph(&call.who, &graph_id, version.as_column(), &graph))
            .await?;
        Ok(Reply::done(done))
    }
}
