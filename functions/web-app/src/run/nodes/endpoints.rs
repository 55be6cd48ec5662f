//! `GET /runs/{id}/nodes` and `GET /runs/{id}/nodes/{node_exec_id}`: the nodes of a run and one of their executions, as pages
//! of their own, and as the fragments that the module loads into others.

use askama::Template;
use http::Method;
use runledger_models::{Bounded, Id};
use runledger_web::{AnyRole, Call, Door, Endpoint, Problem, Reply, page::Rendered, params};

use super::{super::RunPath, Inspector, NodesQuery, NodesView, path_of};
use crate::{
    DOOR,
    format::short_id,
    shell::{Section, Shell, render},
};

params! {
    /// Which node run of which run.
    pub(crate) struct NodeRunPath {
        /// The run's id.
        id: Id,
        /// The node run's id.
        node_exec_id: Id,
    }
}

params! {
    /// How much of the page is asked for.
    pub(crate) struct FragmentQuery {
        /// `1` for the part without what surrounds it.
        fragment: Option<Bounded<0, 1>>,
    }
}

impl FragmentQuery {
    fn is_fragment(&self) -> bool {
        self.fragment.is_some_and(|fragment| fragment.get() == 1)
    }
}

#[derive(Template)]
#[template(path = "run/nodes_page.html")]
struct NodesPage {
    shell: Shell,
    run: String,
    run_path: String,
    nodes: NodesView,
}

/// Shows the nodes of a run.
pub(crate) struct GetNodes;

impl Endpoint for GetNodes {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/runs/{id}/nodes";
    const SUMMARY: &'static str = "What happened inside a run, when, and for how long?";
    const DOOR: Door = DOOR;
    type Access = AnyRole;
    type Path = RunPath;
    type Query = (NodesQuery, FragmentQuery);
    type Body = ();
    type Reply = Rendered;

    async fn handle(call: Call<Self>) -> Result<Reply<Rendered>, Problem> {
        let (query, fragment) = call.query;
        let run = call.path.id;
        let nodes = NodesView::load(&call.ledger, &call.who.scope(), &run, &query, &[]).await?;
        if fragment.is_fragment() {
            return render(&nodes);
        }
        render(&NodesPage {
            shell: Shell::new(
                format!("Nodes of run {}", short_id(run.as_str())),
                Section::Runs,
                &call.who,
            ),
            run_path: path_of(&run, None).trim_end_matches("/nodes").to_owned(),
            run: run.as_str().to_owned(),
            nodes,
        })
    }
}

#[derive(Template)]
#[template(path = "run/node_run_page.html")]
struct NodeRunPage {
    shell: Shell,
    run: String,
    nodes_path: String,
    inspector: Inspector,
}

/// Shows one node run.
pub(crate) struct GetNodeRun;

impl Endpoint for GetNodeRun {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/runs/{id}/nodes/{node_exec_id}";
    const SUMMARY: &'static str = "What went into a node, what came out, and why did it fail?";
    const DOOR: Door = DOOR;
    type Access = AnyRole;
    type Path = NodeRunPath;
    type Query = FragmentQuery;
    type Body = ();
    type Reply = Rendered;

    async fn handle(call: Call<Self>) -> Result<Reply<Rendered>, Problem> {
        let NodeRunPath {
            id: run,
            node_exec_id: exec,
        } = call.path;
        let is_alone = !call.query.is_fragment();
        let inspector = Inspector::load(&call.ledger, &call.who.scope(), &run, &exec, None, is_alone).await?;
        let inspector = inspector.ok_or_else(|| Problem::not_found("there is no such node run in this run"))?;
        if !is_alone {
            return render(&inspector);
        }
        render(&NodeRunPage {
            shell: Shell::new(
                format!("Node run {}", short_id(exec.as_str())),
                Section::Runs,
                &call.who,
            ),
            nodes_path: path_of(&run, None),
            run: run.as_str().to_owned(),
            inspector,
        })
    }
}
