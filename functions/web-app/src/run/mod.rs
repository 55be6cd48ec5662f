//! A run: what was asked, what came out, what happened, and what its owner may do about it.

mod actions;
mod came_from;
mod data;
mod deleted;
mod history;
pub(crate) mod nodes;
mod page;
mod share;
mod values;

use runledger_models::Id;
use runledger_store::pages::run::Relative;
use runledger_web::params;

pub(crate) use actions::{PostDelete, PostRestore, PostStop};
pub(crate) use data::GetData;
pub(crate) use deleted::GetDeleted;
pub(crate) use page::GetRun;
pub(crate) use share::{PostShare, PostUnshare};

use crate::{address::Address, format::short_id};

params! {
    /// The run.
    pub(crate) struct RunPath {
        /// The run.
        id: Id,
    }
}

/// What people call a graph: its name, or the beginning of its id.
pub(crate) fn graph_name(name: Option<&str>, graph_id: &str) -> String {
    name.map_or_else(|| format!("Agent {}", short_id(graph_id)), str::to_owned)
}

/// Another run, as a link to it.
struct RelativeView {
    path: String,
    id: String,
    name: String,
    status: String,
    created_at: Option<runledger_models::Timestamp>,
}

impl From<Relative> for RelativeView {
    fn from(run: Relative) -> Self {
        Self {
            path: Address::run(&run.id).to_string(),
            name: graph_name(run.graph_name.as_deref(), &run.graph_id),
            status: run.status.as_str().to_owned(),
            created_at: run.created_at,
            id: run.id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_graph_without_a_name_is_called_by_its_id() {
        assert_eq!(graph_name(None, "0190a1b2-c3d4"), "Agent 0190a1b2");
    }
}
