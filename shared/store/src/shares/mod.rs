//! Share links: made, ended, followed.

use runledger_logging::Log;
use runledger_models::{
    Id, Scope, ShareToken, SharedExecution, StoredStatus, Timestamp,
    node::{BoundaryNode, graph_outputs},
    time::StoredTime,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    Budget, Read, Write,
    executions::BoundaryRow,
    stored::{Row, decoded, shown_time},
};

/// What a shared result may have in bytes, less what stands around its outputs.
const SHARED_BUDGET: u64 = (4 << 20) - (64 << 10);

/// Shares an execution under a new token.
const CREATE: &str = include_str!("create.sql");
/// Ends an execution's link.
const REVOKE: &str = include_str!("revoke.sql");
/// Sets an execution's link to what the platform says.
const SET: &str = include_str!("set.sql");
/// What is shared under a token.
const READ: &str = include_str!("read.sql");

/// A link: who has its token reads the result, until it ends.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Link {
    /// The secret part.
    pub token: ShareToken,
    /// When it ends; `None` for a link without an end.
    pub expires_at: Option<Timestamp>,
}

#[derive(Serialize)]
struct LinkArgs<'a> {
    id: &'a Id,
    graph_id: &'a Id,
    user_id: Option<&'a str>,
    #[serde(flatten)]
    link: Option<Link>,
}

/// Shares the execution `id` of the graph `graph_id` under `link`; an older link ends.
pub fn create(scope: &Scope, graph_id: &Id, id: &Id, link: Link) -> Write<Link> {
    let user_id = scope.user_id();
    let args = LinkArgs {
        id,
        graph_id,
        user_id,
        link: Some(link),
    };
    Write::new(CREATE, &args)
}

/// Ends the link of the execution `id` of the graph `graph_id`, if it has one.
pub fn revoke(scope: &Scope, graph_id: &Id, id: &Id) -> Write<()> {
    let user_id = scope.user_id();
    let args = LinkArgs {
        id,
        graph_id,
        user_id,
        link: None,
    };
    Write::<Box<RawValue>>::new(REVOKE, &args).unit()
}

/// The state of an execution's link, as the platform keeps it.
#[derive(Debug, Serialize)]
pub struct ShareStatus {
    /// The secret part; `None` for an execution that is not shared.
    pub token: Option<ShareToken>,
    /// When it was shared; now if that is not said.
    pub shared_at: Option<Timestamp>,
}

#[derive(Serialize)]
struct SetArgs<'a> {
    id: &'a Id,
    user_id: Option<&'a str>,
    #[serde(flatten)]
    status: ShareStatus,
}

/// Shares the execution `id` under a token of the caller's making and without an end, or ends its link.
pub fn set(scope: &Scope, id: &Id, status: ShareStatus) -> Write<()> {
    let user_id = scope.user_id();
    let args = SetArgs { id, user_id, status };
    Write::<Box<RawValue>>::new(SET, &args).unit()
}

#[derive(Debug, Deserialize)]
struct SharedRow {
    id: String,
    graph_name: Option<String>,
    graph_description: Option<String>,
    status: StoredStatus,
    created_at: StoredTime,
    boundary: Vec<Row<BoundaryRow>>,
}

#[derive(Serialize)]
struct ReadArgs<'a> {
    token: Option<&'a ShareToken>,
    boundary_budget: u64,
}

impl SharedRow {
    /// What is shared; what is odd about it goes to the log.
    fn into_execution(self, log: &Log) -> SharedExecution {
        let boundary = decoded(log, self.boundary, "a node's data", |row| row);
        let is_truncated = boundary.iter().any(BoundaryRow::is_cut);
        SharedExecution {
            created_at: shown_time(
                log,
                Some(&self.created_at),
                &format!("execution {}", self.id),
                "createdAt",
            ),
            id: self.id,
            graph_name: self.graph_name.unwrap_or_else(|| SharedExecution::UNNAMED.to_owned()),
            graph_description: self.graph_description,
            status: self.status,
            outputs: graph_outputs(boundary.into_iter().map(BoundaryNode::from).collect()),
            is_truncated,
        }
    }
}

/// What is shared under `token`, within `budget`; without a token nothing is found, in the same way. The one read without a
/// scope: the token itself is the right to read.
pub fn read(token: Option<&ShareToken>, budget: Budget) -> Read<SharedExecution> {
    let args = ReadArgs {
        token,
        boundary_budget: SHARED_BUDGET.min(budget.bytes()),
    };
    Read::new(READ, &args).map(|row: SharedRow, log| row.into_execution(log))
}
