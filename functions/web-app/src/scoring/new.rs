//! `GET /scoring/new`: what a new scoring job would do, before it does it.

use askama::Template;
use http::Method;
use runledger_llm::{Choice, NoChoice, catalog, choose};
use runledger_models::{Id, scoring::ModelInfo};
use runledger_store::pages::{self, NamedGraph, Preview};
use runledger_web::{AdminOnly, Call, Door, Endpoint, NoParams, Problem, Reply, page::Rendered};

use super::wish::Wish;
use crate::{
    DOOR,
    format::Count,
    shell::{Section, Shell, render},
};

/// What a job would do.
struct Plan {
    graph_id: Id,
    preview: Preview,
    /// How many runs would be put to the model.
    to_score: u64,
    /// Why it cannot begin.
    obstacle: Option<String>,
}

#[derive(Template)]
#[template(path = "scoring_new.html")]
struct NewScoringPage {
    shell: Shell,
    wish: Wish,
    graphs: Vec<NamedGraph>,
    models: Vec<ModelInfo>,
    plan: Option<Plan>,
}

impl NewScoringPage {
    fn is_chosen(&self, graph: &str) -> bool {
        self.wish.graph_id.as_ref().is_some_and(|id| id.as_str() == graph)
    }

    /// The graph that was asked for, if the list lacks it.
    fn other_graph(&self) -> Option<&Id> {
        let asked = self.wish.graph_id.as_ref()?;
        let is_listed = self.graphs.iter().any(|graph| graph.id == asked.as_str());
        (!is_listed).then_some(asked)
    }
}

/// Shows what a new scoring job would do.
pub(crate) struct GetNewScoring;

impl Endpoint for GetNewScoring {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/scoring/new";
    const SUMMARY: &'static str = "What would a scoring job do?";
    const DOOR: Door = DOOR;
    type Access = AdminOnly;
    type Path = NoParams;
    type Query = Wish;
    type Body = ();
    type Reply = Rendered;

    async fn handle(call: Call<Self>) -> Result<Reply<Rendered>, Problem> {
        let wish = call.query;
        let graphs = call.ledger.read(pages::scoring_graphs(&call.who.scope())).await?;
        let plan = match wish.graph_id.clone() {
            Some(graph_id) => {
                let scope = wish.scope(&call.who, "/query/user_id")?;
                let read = pages::scoring_preview(&scope, &wish.of_graph(&graph_id));
                let preview = call.ledger.read(read).await?;
                let obstacle = match choose(wish.model()).await {
                    Ok(Choice { .. }) => None,
                    Err(NoChoice::Unknown) => Some("No model has this name.".to_owned()),
                    Err(NoChoice::NotConfigured(why)) => Some(why),
                };
                let left_alone = if wish.skips_existing() { preview.scored } else { 0 };
                Some(Plan {
                    graph_id,
                    to_score: preview.found - left_alone,
                    preview,
                    obstacle,
                })
            }
            None => None,
        };
        render(&NewScoringPage {
            shell: Shell::new("Score runs", Section::Scoring, &call.who),
            models: catalog().await.map(|catalog| catalog.list()).unwrap_or_default(),
            wish,
            graphs,
            plan,
        })
    }
}
