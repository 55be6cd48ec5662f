//! What happened inside a run: its nodes on an axis of time or as a drawing of its graph, and one of their executions looked
//! at closely. A part of the run's page, and a page of its own.
//!
//! A run may have any number of node executions. What is shown is made of the newest of them, by one statement whose cost
//! does not grow with the run; where that is not all, the page says so and leads to older ones.

mod axis;
mod bars;
mod endpoints;
mod graph;
mod group;
mod inspector;
mod layout;
mod query;
mod timeline;
mod value;

use std::collections::BTreeMap;

use askama::{Template, filters::HtmlSafe};
use runledger_models::{Id, Scope, StoredStatus, Timestamp};
use runledger_store::pages::nodes::{self as store, Millis, Section, SectionQuery};
use runledger_web::{Cursor, Ledger, Problem};

use self::{
    axis::Axis,
    bars::{Clock, Lane, bars},
    graph::Drawing,
    group::Group,
    inspector::Inspector,
    query::{Links, Sort, View},
    timeline::{ChildRow, Ingredients, Timeline, offset, seconds},
};
use crate::{
    address::{Address, segment},
    format::{Count, short_id},
    parts::{Empty, StatusChip},
};

pub(crate) use self::{
    endpoints::{GetNodeRun, GetNodes},
    query::NodesQuery,
};

/// The most node executions that a page is made of: so many that a run of any size opens as fast as one of a hundred.
const SHOWS: u32 = 500;
/// Among so many of the newest those are looked for that failed, where only these are asked for.
const LOOKS_AT_FOR_FAILED: u32 = 20_000;
/// The most runs that are shown of those that a run started.
const MOST_CHILDREN: u32 = 20;

/// The nodes of a run.
#[derive(Debug, Template)]
#[template(path = "run/nodes.html")]
pub(crate) struct NodesView {
    /// Where its parts are found one by one.
    path: String,
    views: [Choice; 2],
    filters: Vec<Choice>,
    zooms: Vec<Zoom>,
    counts: Vec<(String, Count)>,
    nodes: usize,
    /// What is told of what is not shown.
    partial: Option<String>,
    older: Option<String>,
    newest: Option<String>,
    nothing: Option<(&'static str, &'static str)>,
    everything: Option<String>,
    timeline: Option<Timeline>,
    drawing: Option<Drawing>,
    inspector: Option<Inspector>,
    /// Why nothing is inspected though a node is selected.
    nothing_inspected: Option<String>,
    close: String,
    is_live: bool,
}

impl HtmlSafe for NodesView {}

/// A link that chooses something.
#[derive(Debug)]
struct Choice {
    id: &'static str,
    label: &'static str,
    href: String,
    is_chosen: bool,
}

/// A link that shows another part of the time.
#[derive(Debug)]
struct Zoom {
    id: &'static str,
    sign: &'static str,
    label: &'static str,
    href: Option<String>,
}

/// The path of a run's nodes, or of one of their executions.
fn path_of(run: &Id, exec: Option<&str>) -> String {
    let nodes = format!("{}/nodes", Address::run(run.as_str()));
    match exec {
        Some(exec) => format!("{nodes}/{}", segment(exec)),
        None => nodes,
    }
}

impl NodesView {
    /// Whether the runs that the run started are among what is shown.
    pub(crate) const fn shows_children(&self) -> bool {
        self.timeline.is_some()
    }

    /// Reads the nodes of a run. `kept` are the parameters of the page that it stands on which its links keep, beside its own.
    pub(crate) async fn load(
        ledger: &Ledger,
        scope: &Scope,
        run: &Id,
        query: &NodesQuery,
        kept: &[(&'static str, String)],
    ) -> Result<Self, Problem> {
        let only_failed = query.only_failed();
        let section = store::run_nodes(
            scope,
            &SectionQuery {
                run,
                before: query.before.as_ref().map(|Cursor(position)| position),
                only_failed,
                looks_at: 1 + if only_failed { LOOKS_AT_FOR_FAILED } else { SHOWS },
                shows: SHOWS,
                draws: graph::MOST_NODES as u32,
                children: MOST_CHILDREN,
            },
        );
        let section = ledger.read(section).await?;
        let links = Links::new(query, kept);
        let mut shown = Shown::new(section, query);
        let selected = query.exec.clone().or_else(|| shown.picked(query.node.as_ref()?));
        let inspector = match &selected {
            Some(exec) => Inspector::load(ledger, scope, run, exec, Some(&links), false).await?,
            None => None,
        };
        let children = shown.children();
        let nothing_inspected = match (&inspector, &query.node, &query.exec) {
            (Some(_), ..) | (None, None, None) => None,
            (None, _, Some(_)) => Some("There is no such node run in this run.".to_owned()),
            (None, Some(_), None) => Some(shown.why_not_inspected(only_failed).to_owned()),
        };
        let timeline =
            (query.view() == View::Timeline && !(shown.groups.is_empty() && children.0.is_empty())).then(|| {
                Timeline::new(Ingredients {
                    groups: shown.groups.iter().collect(),
                    axis: shown.axis,
                    children,
                    query,
                    links: &links,
                    inspected: selected.as_ref().map(Id::as_str),
                })
            });
        let drawing = (query.view() == View::Graph && !shown.section.nodes.is_empty())
            .then(|| Drawing::new(&shown.section.nodes, &shown.section.links, &shown.groups, query, &links));
        let is_narrowed = only_failed || query.from.is_some() || query.to.is_some() || query.before.is_some();
        Ok(Self {
            path: path_of(run, None),
            views: views(query, &links),
            filters: filters(query, &links),
            zooms: shown.zooms(query, &links),
            counts: shown.counts(),
            nodes: shown.groups.len(),
            partial: shown.partial(query),
            older: shown.older(&links),
            newest: query
                .before
                .is_some()
                .then(|| links.with(&[("before", None), ("from", None), ("to", None)])),
            nothing: (timeline.is_none() && drawing.is_none()).then(|| shown.why_nothing(query, is_narrowed)),
            everything: is_narrowed.then(|| {
                links.with(&[
                    ("errors", None),
                    ("from", None),
                    ("to", None),
                    ("before", None),
                    ("skip", None),
                    ("after", None),
                ])
            }),
            timeline,
            drawing,
            inspector,
            nothing_inspected,
            close: links.with(&[("node", None), ("exec", None)]),
            is_live: !is_over(&shown.section.status),
        })
    }
}

fn is_over(status: &StoredStatus) -> bool {
    matches!(status, StoredStatus::Known(status) if status.is_terminal())
}

fn views(query: &NodesQuery, links: &Links) -> [Choice; 2] {
    let choice = |id, label, view, value| Choice {
        id,
        label,
        href: links.with(&[("view", value)]),
        is_chosen: query.view() == view,
    };
    [
        choice("view-timeline", "Timeline", View::Timeline, None),
        choice("view-graph", "Graph", View::Graph, Some("graph")),
    ]
}

fn filters(query: &NodesQuery, links: &Links) -> Vec<Choice> {
    let only_failed = query.only_failed();
    let is_longest = query.sort() == Sort::Longest;
    let mut filters = vec![Choice {
        id: "only-errors",
        label: "Errors only",
        href: links.with(&[
            ("errors", (!only_failed).then_some("true")),
            ("skip", None),
            ("after", None),
        ]),
        is_chosen: only_failed,
    }];
    if query.view() == View::Timeline {
        filters.push(Choice {
            id: "longest-first",
            label: "Longest first",
            href: links.with(&[
                ("sort", (!is_longest).then_some("longest")),
                ("skip", None),
                ("after", None),
            ]),
            is_chosen: is_longest,
        });
    }
    filters
}

/// What of a run's nodes is shown.
struct Shown {
    section: Section,
    groups: Vec<Group>,
    clock: Clock,
    /// All the time that there is to see, and the part that is seen.
    whole: Axis,
    axis: Axis,
    has_older: bool,
    is_full: bool,
}

impl Shown {
    fn new(mut section: Section, query: &NodesQuery) -> Self {
        let only_failed = query.only_failed();
        let groups = std::mem::take(&mut section.groups);
        let first = groups
            .iter()
            .flat_map(|group| &group.runs)
            .filter_map(|run| run.added.0)
            .min();
        let [created, started, ended] = section.times.map(|Millis(at)| at);
        let base = started.or(created).or(first).unwrap_or_default();
        let now = Timestamp::now().millis();
        let end = if is_over(&section.status) {
            ended.unwrap_or(base)
        } else {
            now
        };
        let clock = Clock {
            base,
            end: (end - base).max(0) as f64,
        };
        let groups: Vec<_> = groups
            .into_iter()
            .filter_map(|group| Group::new(group, clock))
            .collect();
        let has_older = section.looked_at > if only_failed { LOOKS_AT_FOR_FAILED } else { SHOWS };
        let lanes = || {
            groups
                .iter()
                .flat_map(|group| &group.members)
                .map(|member| &member.lane)
        };
        let last = lanes().filter_map(Lane::end).fold(0.0, f64::max);
        let whole = if (has_older || query.before.is_some()) && !groups.is_empty() {
            Axis::new(lanes().filter_map(Lane::start).fold(f64::INFINITY, f64::min), last)
        } else {
            Axis::new(0.0, clock.end.max(last))
        };
        let chosen = |offset: Option<query::Offset>| offset.map(|offset| f64::from(offset.get()));
        let axis = Axis::new(
            chosen(query.from).unwrap_or(whole.from),
            chosen(query.to).unwrap_or(whole.to),
        );
        let is_full = groups.iter().map(Group::count).sum::<u64>() >= u64::from(SHOWS);
        let is_zoomed = query.from.is_some() || query.to.is_some();
        let groups = groups
            .into_iter()
            .filter_map(|group| if is_zoomed { group.on(axis) } else { Some(group) });
        Self {
            groups: groups.collect(),
            section,
            clock,
            whole,
            axis,
            has_older,
            is_full,
        }
    }

    /// The execution that is looked at when a node is selected.
    fn picked(&self, node: &Id) -> Option<Id> {
        let group = self.groups.iter().find(|group| group.node_id == node.as_str())?;
        Id::parse(group.picked()?.id.as_str()).ok()
    }

    /// What is told where there is nothing to show, and what to do about it.
    fn why_nothing(&self, query: &NodesQuery, is_narrowed: bool) -> (&'static str, &'static str) {
        if query.view() == View::Graph {
            (
                "This graph has no nodes",
                "This version of it was stored without any, or they were deleted since.",
            )
        } else if is_narrowed {
            (
                "No node run fits",
                "None of this run's node runs is of this kind and in this part of the time.",
            )
        } else if is_over(&self.section.status) {
            ("No node ran", "The run ended before any of its nodes was queued.")
        } else {
            (
                "No node has run yet",
                "Rows appear here as soon as the first node is queued.",
            )
        }
    }

    const fn why_not_inspected(&self, only_failed: bool) -> &'static str {
        if only_failed {
            "This node has no run that failed."
        } else if self.has_older {
            "This node has no run among those that are shown."
        } else {
            "This node did not run."
        }
    }

    /// How many executions there are in each status, those first that ask most for a look.
    fn counts(&self) -> Vec<(String, Count)> {
        let mut counts: BTreeMap<(u8, &str), u64> = BTreeMap::new();
        for member in self.groups.iter().flat_map(|group| &group.members) {
            *counts.entry((group::rank(&member.status), &member.status)).or_default() += 1;
        }
        counts
            .into_iter()
            .map(|((_, status), count)| (status.to_owned(), Count(count)))
            .collect()
    }

    /// What is told where not all executions are shown.
    fn partial(&self, query: &NodesQuery) -> Option<String> {
        let counted = self.section.counted.filter(|counted| *counted > u64::from(SHOWS));
        let of = counted
            .map(|counted| format!(" of {}", Count(counted)))
            .unwrap_or_default();
        if query.only_failed() {
            let most = Count(u64::from(LOOKS_AT_FOR_FAILED));
            let where_to = if query.before.is_some() { "older" } else { "newest" };
            let shown = if self.is_full {
                format!(" The newest {} that failed are shown.", Count(u64::from(SHOWS)))
            } else {
                String::new()
            };
            return (self.has_older || self.is_full)
                .then(|| format!("Failures are looked for among the {where_to} {most}{of} node runs.{shown}"));
        }
        let shown = Count(u64::from(self.section.looked_at.min(SHOWS)));
        let which = if query.before.is_some() {
            format!("{shown} older node runs{of}")
        } else {
            format!("The newest {shown}{of} node runs")
        };
        (self.has_older || query.before.is_some())
            .then(|| format!("{which}: counts, times and bars are of these alone."))
    }

    /// Where those before these are.
    fn older(&self, links: &Links) -> Option<String> {
        let oldest = self.section.oldest.clone().filter(|_| self.has_older)?;
        let cursor = Cursor(oldest).encode();
        Some(links.with(&[
            ("before", Some(&cursor)),
            ("from", None),
            ("to", None),
            ("skip", None),
            ("after", None),
        ]))
    }

    fn zooms(&self, query: &NodesQuery, links: &Links) -> Vec<Zoom> {
        if query.view() != View::Timeline || self.groups.is_empty() && query.from.is_none() && query.to.is_none() {
            return Vec::new();
        }
        let Self { axis, whole, .. } = *self;
        let is_zoomed = query.from.is_some() || query.to.is_some();
        let to = |part: Axis| {
            let is_other = part != axis && part.to <= f64::from(u32::MAX);
            is_other.then(|| {
                let is_whole = part == whole;
                let [from, to] = [part.from, part.to].map(|at| (!is_whole).then(|| format!("{at:.0}")));
                links.with(&[
                    ("from", from.as_deref()),
                    ("to", to.as_deref()),
                    ("skip", None),
                    ("after", None),
                ])
            })
        };
        let zoom = |id, sign, label, href| Zoom { id, sign, label, href };
        vec![
            zoom("zoom-in", "+", "Zoom in", to(axis.scaled(0.5, whole))),
            zoom(
                "zoom-out",
                "−",
                "Zoom out",
                to(axis.scaled(2.0, whole)).filter(|_| is_zoomed),
            ),
            zoom(
                "zoom-earlier",
                "←",
                "Earlier",
                to(axis.moved(-0.5, whole)).filter(|_| is_zoomed),
            ),
            zoom(
                "zoom-later",
                "→",
                "Later",
                to(axis.moved(0.5, whole)).filter(|_| is_zoomed),
            ),
            zoom("zoom-all", "Whole time", "", to(whole).filter(|_| is_zoomed)),
        ]
    }

    /// The runs that this run started, and whether there are more.
    fn children(&mut self) -> (Vec<ChildRow>, bool) {
        let mut children = std::mem::take(&mut self.section.children);
        let has_more = children.len() > MOST_CHILDREN as usize;
        children.truncate(MOST_CHILDREN as usize);
        let (clock, axis) = (self.clock, self.axis);
        let row = |child: store::ChildRun| {
            let status = child.status.as_str().to_owned();
            let lane = Lane::new(clock, &status, [child.added, Millis(None), child.started, child.ended]);
            let name = child.name.filter(|name| !name.is_empty());
            ChildRow {
                href: Address::run(&child.id).to_string(),
                name: name.unwrap_or_else(|| format!("Agent {}", short_id(&child.graph_id))),
                start: offset(lane.start()),
                took: seconds(lane.took()),
                bars: bars(&[&lane], axis),
                status,
            }
        };
        (children.into_iter().rev().map(row).collect(), has_more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_nowhere_else_whatever_the_id() {
        let run = Id::parse("../a b?c").unwrap();
        assert_eq!(path_of(&run, Some("x-1")), "/runs/..%2Fa%20b%3Fc/nodes/x-1");
    }
}
