//! `GET /runs/{id}`: what did it do, where did the time and the money go, why did it fail, was the answer right?

use askama::Template;
use http::Method;
use runledger_models::{Caller, ExecutionStatus, Role, Timestamp, execution::ExecutionBase, scoring::Score};
use runledger_store::pages::run::{self, Page};
use runledger_web::{
    AnyRole, Call, Door, Endpoint, Names, One, Problem, Reply,
    page::{Rendered, Text},
    params, setting,
};

use super::{
    RelativeView, RunPath,
    actions::Outcome,
    came_from::CameFrom,
    graph_name,
    history::{self, ChangeView},
    nodes::{NodesQuery, NodesView},
    share::SharedLink,
    values::Pane,
};
use crate::{
    DOOR,
    address::Address,
    format::{Count, Dollars, Percentage, Seconds, Short},
    parts::{StatusChip, When},
    shell::{Freshness, Section, Shell, render},
};

/// How many changes are shown at first, and when all are asked for.
const CHANGES: u32 = 30;
const ALL_CHANGES: u32 = 200;
/// The characters of an error that are shown at once, and of the whole of it.
const SHORT_ERROR: usize = 300;
const LONG_ERROR: usize = 8_000;

/// How values are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Show {
    Tree,
    Raw,
}

impl Names for Show {
    fn named(name: &str) -> Option<Self> {
        match name {
            "tree" => Some(Self::Tree),
            "raw" => Some(Self::Raw),
            _ => None,
        }
    }

    fn names() -> Vec<&'static str> {
        vec!["tree", "raw"]
    }
}

/// How many changes are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    All,
}

impl Names for Extent {
    fn named(name: &str) -> Option<Self> {
        (name == "all").then_some(Self::All)
    }

    fn names() -> Vec<&'static str> {
        vec!["all"]
    }
}

params! {
    /// How the page is shown.
    pub(crate) struct RunQuery {
        /// How values are.
        show: Option<One<Show>>,
        /// How many changes are.
        changes: Option<One<Extent>>,
        /// The query of the list that the reader came from.
        list: Text,
        /// What came of an action.
        outcome: Option<One<Outcome>>,
    }
}

impl RunQuery {
    /// What the links of the nodes keep of it.
    fn kept(&self) -> Vec<(&'static str, String)> {
        let Text(list) = &self.list;
        let show = (self.show == Some(One(Show::Raw))).then(|| ("show", "raw".to_owned()));
        let list = (!list.is_empty()).then(|| ("list", list.clone()));
        show.into_iter().chain(list).collect()
    }
}

/// What a run cost, took and came to.
struct Figures {
    began: Option<(&'static str, Timestamp)>,
    took: Option<Seconds>,
    is_going_on: bool,
    cost: Option<Dollars>,
    nodes: Option<Count>,
    errors: Option<Count>,
    score: Option<Percentage>,
    summary: Option<String>,
}

/// Why a run stands where it stands.
struct Reason {
    text: String,
    whole: Option<String>,
    is_failure: bool,
}

#[derive(Template)]
#[template(path = "run.html")]
struct RunPage {
    shell: Shell,
    id: String,
    path: String,
    name: String,
    graph_id: String,
    graph_path: String,
    version: i32,
    preset_id: Option<String>,
    status: String,
    figures: Figures,
    reason: Option<Reason>,
    owner: Option<String>,
    parent: Option<RelativeView>,
    children: Children,
    newer: Option<String>,
    older: Option<String>,
    came_from: CameFrom,
    outcome: Option<&'static str>,
    actions: Option<Actions>,
    is_raw: bool,
    tree_path: String,
    raw_path: String,
    inputs: Pane,
    outputs: Pane,
    nodes: NodesView,
    /// The scores, where they may be seen.
    scores: Option<Vec<Score>>,
    /// What changed, where it is told.
    changes: Option<Vec<ChangeView>>,
    /// Where earlier changes are.
    earlier_changes: Option<String>,
}

/// The runs that a run started.
struct Children {
    runs: Vec<RelativeView>,
    has_more: bool,
    path: String,
}

/// What its reader may do about a run.
struct Actions {
    /// Whether it is theirs: then they share it.
    is_owner: bool,
    /// Whether the panel with the link is open: it was just made.
    shows_link: bool,
    link: Option<SharedLink>,
    can_stop: bool,
    scoring_path: Option<String>,
}

/// Shows a run.
pub(crate) struct GetRun;

impl Endpoint for GetRun {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/runs/{id}";
    const SUMMARY: &'static str = "What a run did, what it cost, why it failed, and whether its answer was right";
    const DOOR: Door = DOOR;
    type Access = AnyRole;
    type Path = RunPath;
    type Query = (RunQuery, NodesQuery);
    type Body = ();
    type Reply = Rendered;

    async fn handle(call: Call<Self>) -> Result<Reply<Rendered>, Problem> {
        let (query, nodes) = call.query;
        let Text(list) = &query.list;
        let came_from = CameFrom::new(list.clone());
        let changes = if query.changes.is_some() { ALL_CHANGES } else { CHANGES };
        let read = run::run(&call.who.scope(), &call.path.id, &came_from.filter, changes);
        let mut page = call.ledger.read(read).await?;
        let kept = query.kept();
        let nodes = NodesView::load(&call.ledger, &call.who.scope(), &call.path.id, &nodes, &kept).await?;
        let shows_scores = call.config.shows_activity(&call.who);
        if !shows_scores && let Some(stats) = &mut page.run.base.stats {
            stats.hide_activity();
        }
        let base_url = setting("share_base_url").await.map_err(Problem::internal)?;
        render(&RunPage::new(
            page,
            &call.who,
            &query,
            came_from,
            shows_scores,
            &base_url,
            nodes,
        ))
    }
}

impl RunPage {
    fn new(
        page: Page,
        caller: &Caller,
        query: &RunQuery,
        came_from: CameFrom,
        shows_scores: bool,
        base_url: &str,
        nodes: NodesView,
    ) -> Self {
        let base = &page.run.base;
        let known = ExecutionStatus::parse(base.status.as_str());
        let is_finished = known.is_some_and(ExecutionStatus::is_terminal);
        let path = Address::run(&base.id).to_string();
        let data = format!("{path}/data");
        let is_raw = query.show == Some(One(Show::Raw));
        let inputs = Pane::of_inputs(&page.run, &data, is_raw);
        let mut outputs = Pane::of_outputs(&page.run, &data, is_raw, is_finished);
        // Where values are missing, nothing stands in the place of an output.
        outputs.is_cut |= base.truncated.is_some() && !inputs.is_cut;
        let name = graph_name(page.graph_name.as_deref(), &base.graph_id);
        let title = format!("{name}: {}", StatusChip(base.status.as_str()).word());
        let beside = |id: Option<&str>| {
            id.filter(|_| came_from.has_neighbours)
                .map(|id| came_from.carried_by(&Address::run(id).to_string(), &[]))
        };
        let has_earlier = query.changes.is_none()
            && page
                .changes
                .as_ref()
                .is_some_and(|changes| changes.len() >= CHANGES as usize);
        Self {
            shell: Shell::new(title, Section::Runs, caller).fresh(if is_finished {
                Freshness::Still
            } else {
                Freshness::Follows(Some(base.id.clone()))
            }),
            nodes,
            id: base.id.clone(),
            graph_id: base.graph_id.clone(),
            graph_path: Address::graph(&base.graph_id).to_string(),
            version: base.graph_version,
            preset_id: base.preset_id.clone(),
            status: base.status.as_str().to_owned(),
            figures: figures(base, is_finished),
            reason: reason(base, known),
            owner: (caller.role() != Role::User).then(|| base.user_id.clone()),
            newer: beside(page.newer.as_deref()),
            older: beside(page.older.as_deref()),
            outcome: query.outcome.map(|One(outcome)| outcome.sentence()),
            actions: Actions::new(&page, caller, query.outcome, is_finished, base_url),
            is_raw,
            tree_path: came_from.carried_by(&path, &[]),
            raw_path: came_from.carried_by(&path, &[("show", "raw")]),
            inputs,
            outputs,
            earlier_changes: has_earlier.then(|| came_from.carried_by(&path, &[("changes", "all")])),
            changes: page
                .changes
                .as_deref()
                .map(|changes| history::views(changes, shows_scores)),
            children: Children {
                path: Address::runs().with("parent", &base.id).to_string(),
                has_more: page.has_more_children,
                runs: page.children.into_iter().map(RelativeView::from).collect(),
            },
            parent: page.parent.map(RelativeView::from),
            scores: shows_scores.then_some(page.scores),
            path,
            name,
            came_from,
        }
    }
}

impl Actions {
    /// Whether a link leads to its result now.
    fn is_shared(&self) -> bool {
        self.link.as_ref().is_some_and(|link| !link.is_over)
    }

    /// Owners act on what is theirs, and an admin on everything. A service looks.
    fn new(
        page: &Page,
        caller: &Caller,
        outcome: Option<One<Outcome>>,
        is_finished: bool,
        base_url: &str,
    ) -> Option<Self> {
        let base = &page.run.base;
        let is_owner = base.user_id == caller.subject().as_str();
        let is_admin = caller.role() == Role::Admin;
        (is_owner || is_admin).then(|| Self {
            is_owner,
            shows_link: outcome == Some(One(Outcome::Shared)),
            link: is_owner
                .then(|| SharedLink::new(base, page.shared_at, page.share_expires_at, base_url))
                .flatten(),
            can_stop: !is_finished,
            scoring_path: (is_admin && is_finished).then(|| {
                Address::new("/scoring/new")
                    .with("graph_id", &base.graph_id)
                    .to_string()
            }),
        })
    }
}

fn figures(base: &ExecutionBase, is_finished: bool) -> Figures {
    let stats = base.stats.as_ref();
    let seconds = |from: Timestamp, to: Timestamp| (to.millis() - from.millis()) as f64 / 1000.0;
    let measured = stats.map(|stats| stats.duration).filter(|duration| *duration > 0.0);
    let took = match (base.started_at, base.ended_at) {
        (Some(started), _) if !is_finished => Some(seconds(started, Timestamp::now())),
        (Some(started), Some(ended)) => measured.or_else(|| Some(seconds(started, ended))),
        _ => measured,
    };
    let count = |number: i64| Count(u64::try_from(number).unwrap_or_default());
    Figures {
        began: base
            .started_at
            .map(|at| ("Started", at))
            .or_else(|| base.created_at.map(|at| ("Created", at))),
        took: took.map(Seconds),
        is_going_on: !is_finished && base.started_at.is_some(),
        cost: stats.map(|stats| Dollars(stats.cost)),
        nodes: stats.map(|stats| count(stats.node_exec_count)),
        errors: stats
            .filter(|stats| stats.node_error_count > 0)
            .map(|stats| count(stats.node_error_count)),
        score: stats.and_then(|stats| stats.correctness_score).map(Percentage),
        summary: stats
            .and_then(|stats| stats.activity_status.as_deref())
            .map(|text| beginning(text, 2_000)),
    }
}

fn reason(base: &ExecutionBase, status: Option<ExecutionStatus>) -> Option<Reason> {
    let error = base.stats.as_ref().and_then(|stats| stats.error.as_deref());
    let is_failure = status == Some(ExecutionStatus::Failed);
    if let Some(error) = error.map(str::trim).filter(|error| !error.is_empty()) {
        return Some(Reason {
            text: beginning(error, SHORT_ERROR),
            whole: (error.chars().count() > SHORT_ERROR).then(|| beginning(error, LONG_ERROR)),
            is_failure,
        });
    }
    let text = match status? {
        ExecutionStatus::Failed => "It failed, and no error was recorded. The nodes below may say more.",
        ExecutionStatus::Review => "It waits until somebody has reviewed what it wants to do.",
        ExecutionStatus::Queued => "It waits for an executor to take it up.",
        ExecutionStatus::Incomplete => "It waits for inputs: it was not queued yet.",
        ExecutionStatus::Terminated => "It was stopped before it ended by itself.",
        ExecutionStatus::Running | ExecutionStatus::Completed => return None,
    };
    Some(Reason {
        text: text.to_owned(),
        whole: None,
        is_failure,
    })
}

/// So many characters of a text.
fn beginning(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// How long a score took to be given.
fn latency(score: &Score) -> Seconds {
    Seconds(score.latency_ms as f64 / 1000.0)
}
