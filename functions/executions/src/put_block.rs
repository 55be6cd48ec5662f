//! `PUT /api/blocks/{id}`.

use http::{Method, StatusCode};
use runledger_models::{
    Id,
    graph::{Block, NewBlock},
};
use runledger_store::graphs;
use runledger_web::{Call, Endpoint, JsonBody, NoParams, Problem, Reply, ServiceOnly, params};

params! {
    /// The block.
    pub(crate) struct BlockPath {
        /// The block.
        id: Id,
    }
}

/// Registers a block, or brings it up to date.
pub(crate) struct PutBlock;

impl Endpoint for PutBlock {
    const METHOD: Method = Method::PUT;
    const PATH: &'static str = "/api/blocks/{id}";
    const SUMMARY: &'static str = "Register a block";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::CONFLICT];
    type Access = ServiceOnly;
    type Path = BlockPath;
    type Query = NoParams;
    type Body = JsonBody<NewBlock>;
    type Reply = Block;

    async fn handle(call: Call<Self>) -> Result<Reply<Block>, Problem> {
        let JsonBody(block) = call.body;
        if !(1..=255).contains(&block.name.chars().count()) {
            return Err(Problem::invalid_at("/name", "must have 1 to 255 characters"));
        }
        let done = call.ledger.write(graphs::put_block(&call.path.id, &block)).await?;
        Ok(Reply::done(done))
    }
}
