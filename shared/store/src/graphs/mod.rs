//! Graphs and blocks, as the platform registers them.

use runledger_models::{
    Id, UserId,
    graph::{Block, GraphVersion, NewBlock, NewGraphVersion},
};
use serde::Serialize;

use crate::{Db, Done, Error, IdempotencyKey, db::carried};

/// Writes a version of a graph with its nodes and links, in place of what it was before.
pub const PUT_GRAPH: &str = concat!(
    "SELECT runledger.one_at_a_time('runledger.graph:' || ($1::jsonb ->> 'id'), $statement$\n",
    include_str!("put_graph.sql"),
    "\n$statement$, $1)::text"
);
/// Writes a block.
pub const PUT_BLOCK: &str = include_str!("put_block.sql");

#[derive(Serialize)]
struct GraphArgs<'a> {
    id: &'a Id,
    version: i32,
    user_id: &'a UserId,
    #[serde(serialize_with = "carried")]
    graph: &'a NewGraphVersion,
}

/// Registers version `version` of the graph `id` for its owner, or brings it up to date.
pub async fn put_graph(
    db: &Db,
    once: Option<&IdempotencyKey>,
    owner: &UserId,
    id: &Id,
    version: i32,
    graph: &NewGraphVersion,
) -> Result<Done<GraphVersion>, Error> {
    let args = GraphArgs {
        id,
        version,
        user_id: owner,
        graph,
    };
    let done: Done<GraphVersion> = db.write(PUT_GRAPH, &args, once).await?;
    if done.value.created_at.is_none() {
        db.log()
            .warn_of_stored(&format!("createdAt of graph {id} cannot be shown and shows as null"));
    }
    Ok(done)
}

#[derive(Serialize)]
struct BlockArgs<'a> {
    id: &'a Id,
    #[serde(serialize_with = "carried")]
    block: &'a NewBlock,
}

/// Registers the block `id`, or brings it up to date.
pub async fn put_block(
    db: &Db,
    once: Option<&IdempotencyKey>,
    id: &Id,
    block: &NewBlock,
) -> Result<Done<Block>, Error> {
    db.write(PUT_BLOCK, &BlockArgs { id, block }, once).await
}
