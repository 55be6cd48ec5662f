//! `GET /scoring`: which scoring jobs are there, and how far are they? `POST /scoring` begins one.

use askama::Template;
use http::Method;
use runledger_llm::{Choice, NoChoice, choose, prompt_hash};
use runledger_models::{
    Role,
    scoring::{DEFAULT_SYSTEM_PROMPT, DEFAULT_USER_PROMPT},
};
use runledger_store::{
    pages::{self, NamedJob},
    scoring::{self, NewJob},
};
use runledger_web::{
    AdminOnly, Call, Cursor, Door, Endpoint, NoParams, Problem, Reply, Trusted,
    page::{FormBody, Rendered},
    params,
};

use super::{Cost, JobChip, Progress, address_of, wish::Wish};
use crate::{
    DOOR,
    address::Address,
    format::{Count, Short},
    parts::{Empty, When},
    shell::{Freshness, Section, Shell, render},
};

/// Jobs on a page.
const JOBS: u32 = 25;

params! {
    /// Which part of the jobs.
    pub(crate) struct JobsQuery {
        /// Where the last part ended.
        cursor: Option<Cursor>,
    }
}

#[derive(Template)]
#[template(path = "scoring.html")]
struct ScoringPage {
    shell: Shell,
    jobs: Vec<NamedJob>,
    is_first_part: bool,
    next: Option<Address>,
    may_start: bool,
}

/// Shows which scoring jobs there are.
pub(crate) struct GetScoring;

impl Endpoint for GetScoring {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/scoring";
    const SUMMARY: &'static str = "Which scoring jobs are there, how far are they?";
    const DOOR: Door = DOOR;
    type Access = Trusted;
    type Path = NoParams;
    type Query = JobsQuery;
    type Body = ();
    type Reply = Rendered;

    async fn handle(call: Call<Self>) -> Result<Reply<Rendered>, Problem> {
        let before = call.query.cursor.map(|Cursor(position)| position);
        let read = pages::scoring_jobs(&call.who.scope(), before.as_ref(), JOBS);
        let (jobs, next) = call.ledger.read(read).await?;
        render(&ScoringPage {
            shell: Shell::new("Scoring", Section::Scoring, &call.who).fresh(Freshness::Polls),
            jobs,
            is_first_part: before.is_none(),
            next: next.map(|position| Address::new("/scoring").with("cursor", Cursor(position).encode())),
            may_start: call.who.role() == Role::Admin,
        })
    }
}

/// Begins a scoring job. Whoever works jobs off finds it within half a minute.
pub(crate) struct PostScoring;

impl Endpoint for PostScoring {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/scoring";
    const SUMMARY: &'static str = "Have finished runs of a graph scored";
    const DOOR: Door = DOOR;
    type Access = AdminOnly;
    type Path = NoParams;
    type Query = NoParams;
    type Body = FormBody<Wish>;
    type Reply = Rendered;

    async fn handle(call: Call<Self>) -> Result<Reply<Rendered>, Problem> {
        let wish = &call.body.fields;
        let graph_id = wish
            .graph_id
            .as_ref()
            .ok_or_else(|| Problem::invalid_at("/form/graph_id", "is missing"))?;
        let Choice { model, provider } = choose(wish.model()).await.map_err(|why| match why {
            NoChoice::Unknown => Problem::invalid_at("/form/model", "is not a model that can be asked"),
            NoChoice::NotConfigured(why) => {
                call.ledger.log().error(&why);
                Problem::not_configured(why)
            }
        })?;
        let scope = wish.scope(&call.who, "/form/user_id")?;
        let runs = wish.of_graph(graph_id);
        let new = NewJob {
            graph_id,
            graph_version: runs.graph_version,
            created_after: runs.created_after,
            model: &model.value,
            provider: &provider,
            batch_size: wish.batch_size(),
            skip_existing: wish.skips_existing(),
            system_prompt: DEFAULT_SYSTEM_PROMPT,
            user_prompt: DEFAULT_USER_PROMPT,
            prompt_hash: &prompt_hash(DEFAULT_SYSTEM_PROMPT, DEFAULT_USER_PROMPT),
            created_by: call.who.subject().as_str(),
            most: None,
        };
        let made = call.ledger.write(scoring::create(&scope, &new)).await?;
        Ok(Rendered::see_other(&address_of(&made.value.id).to_string()))
    }
}
