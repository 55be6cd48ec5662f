//! `GET /`: is everything all right?

use askama::Template;
use http::Method;
use runledger_models::{Role, Timestamp};
use runledger_store::pages::{
    history::{self, Steps},
    overview::{self, Attention, GraphSums, Kind, Noted, Overview},
};
use runledger_web::{AnyRole, Call, Door, Endpoint, NoParams, One, Problem, Reply, page::Rendered};

use crate::{
    DOOR,
    address::Address,
    figure::{Figure, ShownSums as _, figures},
    first_run::FirstRun,
    format::{Count, Percentage},
    over_time,
    parts::{Chart, Empty, StatusChip, When},
    range::{Range, RangeQuery},
    shell::{Freshness, Section, Shell, render},
};

/// The ranges to choose from.
const RANGES: [Range; 3] = [Range::Day, Range::Week, Range::Month];
/// How many of a kind are listed.
const LIMIT: u32 = 6;
/// The days of the chart at the least.
const DAYS: u32 = 14;
const DAY: i64 = 86_400_000;

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    shell: Shell,
    ranges: Vec<(&'static str, String, bool)>,
    range: Range,
    figures: Vec<Figure>,
    chart: Option<Chart>,
    is_partial: bool,
    days: u32,
    graphs: Vec<GraphSums>,
    attention: Attention,
    is_operator: bool,
    first_run: Option<FirstRun>,
    from: Timestamp,
    now: Timestamp,
}

impl HomePage {
    fn noted(&self, kind: Kind) -> Vec<&Noted> {
        self.attention.rows.iter().filter(|noted| noted.kind == kind).collect()
    }

    fn failed(&self) -> Vec<&Noted> {
        self.noted(Kind::Failed)
    }

    fn late(&self) -> Vec<&Noted> {
        self.noted(Kind::Late)
    }

    fn at_work(&self) -> Vec<&Noted> {
        self.noted(Kind::AtWork)
    }

    fn alerts(&self) -> Vec<&Noted> {
        self.noted(Kind::Alert)
    }

    fn all_failed(&self) -> String {
        let list = Address::runs().with("statuses", "FAILED");
        list.with("created_from", self.now.days_before(1)).to_string()
    }

    fn runs_of(&self, graph_id: &str) -> String {
        Address::runs()
            .with("graph_id", graph_id)
            .with("created_from", self.from)
            .to_string()
    }

    fn failed_of(&self, graph_id: &str) -> String {
        let list = Address::runs().with("graph_id", graph_id).with("statuses", "FAILED");
        list.with("created_from", self.from).to_string()
    }
}

/// When something of it began.
fn since(noted: &Noted) -> Option<When> {
    noted.at.shown().map(When::ago)
}

/// A number of percent as it was stored, without digits that nobody reads.
fn percent(noted: &Noted) -> String {
    let text = noted.detail.as_deref().unwrap_or_default();
    text.parse::<f64>()
        .map_or_else(|_| text.to_owned(), |percent| Percentage(percent / 100.0).to_string())
}

/// Shows how everything is.
pub(crate) struct GetHome;

impl Endpoint for GetHome {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/";
    const SUMMARY: &'static str = "Is everything all right? What changed since yesterday?";
    const DOOR: Door = DOOR;
    type Access = AnyRole;
    type Path = NoParams;
    type Query = RangeQuery;
    type Body = ();
    type Reply = Rendered;

    async fn handle(call: Call<Self>) -> Result<Reply<Rendered>, Problem> {
        let range = call.query.range.map_or(Range::Day, |One(range)| range);
        let now = Timestamp::now();
        let from = range.from(now);
        let before = from.days_before(range.days());
        let scope = call.who.scope();
        let is_operator = call.who.role() != Role::User;

        let overview = overview::overview(&scope, [before, from, now], LIMIT);
        let Overview {
            now: sums,
            before,
            graphs,
        } = call.ledger.read(overview).await?;
        let days = range.days().max(DAYS);
        let steps = Steps::of(now.days_before(days - 1), now, DAY);
        let history = call.ledger.read(history::history(&scope, None, steps)).await?;
        let attention = call
            .ledger
            .read(overview::attention(&scope, is_operator, LIMIT))
            .await?;

        let runs = Address::runs().with("created_from", from);
        let chart = over_time::by_status("runs-by-day", &history, steps, &Address::runs(), None);
        let is_empty = sums.executions == 0 && history.steps.is_empty() && attention.rows.is_empty();
        render(&HomePage {
            shell: Shell::new("Overview", Section::Overview, &call.who).fresh(Freshness::Follows(None)),
            ranges: range.links(&Address::new("/"), &RANGES),
            range,
            figures: figures(&sums, &before, &runs, call.config.shows_activity(&call.who)),
            chart: chart.filter(|chart| !chart.is_empty()),
            is_partial: history.is_partial,
            days,
            graphs,
            attention,
            is_operator,
            first_run: is_empty.then(|| FirstRun::new(&call.who, &call.origin)),
            from,
            now,
        })
    }
}
