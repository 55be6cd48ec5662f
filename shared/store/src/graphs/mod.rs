//! Graphs and blocks, as the platform registers them.

use runledger_models::{
    Id, UserId,
    graph::{Block, GraphVersion, NewBlock, NewGraphVersion},
};
use serde::Serialize;

use crate::{Write, db::carried};

/// Writes a version of a graph with its nodes and links, in place of what it was before.
const PUT_GRAPH: &str = include_str!("put_graph.sql");
/// Writes a block.
const PUT_BLOCK: &str = include_str!("put_block.sql");

#[derive(Serialize)]
struct GraphArgs<'a> {
    id: &'a Id,
    version: i32,
    user_id: &'a UserId,
    #[serde(serialize_with = "carried")]
    graph: &'a NewGraphVersion,
}

/// Registers version `version` of the graph `id` for its owner, or brings it up to date.
pub fn put_graph(owner: &UserId, id: &Id, version: i32, graph: &NewGraphVersion) -> Write<GraphVersion> {
    let args = GraphArgs {
        id,
        version,
        user_id: owner,
        graph,
    };
    let id = id.clone();
    Write::new(PUT_GRAPH, &args).map(move |graph: GraphVersion, log| {
        if graph.created_at.is_none() {
            log.warn_of_stored(&format!("createdAt of graph {id} cannot be shown and shows as null"));
        }
        graph
    })
}

#[derive(Serialize)]
struct BlockArgs<'a> {
    id: &'a Id,
    #[serde(serialize_with = "carried")]
    block: &'a NewBlock,
}

/// Registers the block `id`, or brings it up to date.
pub fn put_block(id: &Id, block: &NewBlock) -> Write<Block> {
    Write::new(PUT_BLOCK, &BlockArgs { id, block })
}
