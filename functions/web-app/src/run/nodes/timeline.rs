//! The timeline: nodes below each other, each with its bars on the one axis of time, and the runs of an opened one below it.

use std::{cmp::Ordering, fmt::Write};

use askama::Template;

use super::{
    axis::{Axis, Tick},
    bars::{Bars, bars},
    group::{Group, Label, Member},
    query::{Links, NodesQuery, Sort},
};
use crate::{
    format::{Count, Seconds},
    parts::StatusChip,
};

/// The most nodes on a page, and the most runs of an opened one.
const MOST_ROWS: usize = 80;
const MOST_CHILDREN: usize = 50;

/// The timeline.
#[derive(Debug, Template)]
#[template(path = "run/timeline.html")]
pub(super) struct Timeline {
    axis: Axis,
    ticks: Vec<Tick>,
    rows: Vec<Row>,
    /// Where the nodes before and after these are.
    fewer: Option<String>,
    more: Option<(Count, String)>,
    children: Vec<ChildRow>,
    has_more_children: bool,
}

impl askama::filters::HtmlSafe for Timeline {}

/// A row: a node, or one of its runs.
#[derive(Debug)]
struct Row {
    id: String,
    label: Label,
    node: String,
    exec: String,
    is_child: bool,
    is_current: bool,
    href: String,
    /// The address with its runs shown, or no longer.
    twist: Option<String>,
    is_open: bool,
    status: String,
    count: u64,
    failed: u64,
    start: String,
    waited: Seconds,
    total: Seconds,
    worst: Seconds,
    bars: Vec<Bars>,
    /// Below a node: where its next runs are.
    more: Option<(Count, String)>,
}

/// A run that this run started.
#[derive(Debug)]
pub(super) struct ChildRow {
    /// Where it is shown.
    pub(super) href: String,
    /// What its graph is called.
    pub(super) name: String,
    /// Its status.
    pub(super) status: String,
    /// When it began.
    pub(super) start: String,
    /// How long it ran.
    pub(super) took: Seconds,
    /// Its bars.
    pub(super) bars: Vec<Bars>,
}

/// What the timeline is made of.
pub(super) struct Ingredients<'a> {
    /// The nodes.
    pub(super) groups: Vec<&'a Group>,
    /// Their axis.
    pub(super) axis: Axis,
    /// The runs that this run started, and whether there are more.
    pub(super) children: (Vec<ChildRow>, bool),
    /// What was asked for.
    pub(super) query: &'a NodesQuery,
    /// The links.
    pub(super) links: &'a Links,
    /// The id of the node run that is inspected.
    pub(super) inspected: Option<&'a str>,
}

/// Seconds of milliseconds.
pub(super) const fn seconds(millis: f64) -> Seconds {
    Seconds(millis / 1000.0)
}

/// When something began, since the run's start.
pub(super) fn offset(millis: Option<f64>) -> String {
    millis
        .filter(|millis| millis.is_finite())
        .map(|millis| format!("+{}", seconds(millis)))
        .unwrap_or_default()
}

fn descending(one: f64, other: f64) -> Ordering {
    other.total_cmp(&one)
}

impl Timeline {
    /// Lays it out.
    pub(super) fn new(ingredients: Ingredients<'_>) -> Self {
        let Ingredients {
            mut groups,
            axis,
            children: (children, has_more_children),
            query,
            links,
            inspected,
        } = ingredients;
        let sort = query.sort();
        match sort {
            Sort::Time => groups.sort_by(|one, other| one.start().total_cmp(&other.start())),
            Sort::Longest => groups.sort_by(|one, other| descending(one.total(), other.total())),
        }
        let skip = query.skip.map_or(0, |skip| skip.get() as usize).min(groups.len());
        let left = (groups.len() - skip).saturating_sub(MOST_ROWS);
        let at = |skip: usize| links.with(&[("skip", (skip > 0).then(|| skip.to_string()).as_deref())]);
        let mut rows = Vec::new();
        for group in groups.iter().skip(skip).take(MOST_ROWS) {
            let row = Row::of_group(group, axis, query, links);
            let is_open = row.is_open;
            rows.push(row);
            if is_open {
                rows.extend(children_of(group, axis, query, links, inspected));
            }
        }
        Self {
            axis,
            ticks: axis.ticks(),
            rows,
            fewer: (skip > 0).then(|| at(skip.saturating_sub(MOST_ROWS))),
            more: (left > 0).then(|| (Count(left as u64), at(skip + MOST_ROWS))),
            children,
            has_more_children,
        }
    }
}

impl Row {
    fn of_group(group: &Group, axis: Axis, query: &NodesQuery, links: &Links) -> Self {
        let node = group.node_id.as_str();
        let is_open = query.open.as_ref().is_some_and(|open| open.as_str() == node);
        let opened = (!is_open).then_some(node);
        let lanes: Vec<_> = group.members.iter().map(|member| &member.lane).collect();
        let waits = lanes.iter().map(|lane| lane.waits());
        Self {
            id: anchor("node", node),
            label: group.label.clone(),
            node: node.to_owned(),
            exec: group.picked().map(|member| member.id.clone()).unwrap_or_default(),
            is_child: false,
            is_current: query.exec.is_none() && query.node.as_ref().is_some_and(|id| id.as_str() == node),
            href: links.with(&[("node", Some(node)), ("exec", None)]),
            twist: (group.count() > 1).then(|| links.with(&[("open", opened), ("after", None)])),
            is_open,
            status: group.status().to_owned(),
            count: group.count(),
            failed: group.failed(),
            start: offset(Some(group.start())),
            waited: seconds(waits.fold(0.0, f64::max)),
            total: seconds(group.total()),
            worst: seconds(group.worst()),
            bars: bars(&lanes, axis),
            more: None,
        }
    }

    fn of_member(
        group: &Group,
        (number, member): (usize, &Member),
        axis: Axis,
        links: &Links,
        inspected: Option<&str>,
    ) -> Self {
        let took = seconds(member.lane.took());
        let (node, exec) = (group.node_id.as_str(), member.id.as_str());
        Self {
            id: anchor("exec", exec),
            label: Label {
                name: format!("Run {}", number + 1),
                block: None,
            },
            node: node.to_owned(),
            exec: exec.to_owned(),
            is_child: true,
            is_current: inspected == Some(exec),
            href: links.with(&[("node", Some(node)), ("exec", Some(exec))]),
            twist: None,
            is_open: false,
            status: member.status.clone(),
            count: 1,
            failed: 0,
            start: offset(member.lane.ran.map(|(from, _)| from).or(member.lane.start())),
            waited: seconds(member.lane.waits()),
            total: took,
            worst: took,
            bars: bars(&[&member.lane], axis),
            more: None,
        }
    }
}

/// The runs of an opened node: some of them, from where the address says.
fn children_of(group: &Group, axis: Axis, query: &NodesQuery, links: &Links, inspected: Option<&str>) -> Vec<Row> {
    let mut members: Vec<(usize, &Member)> = group.members.iter().enumerate().collect();
    if query.sort() == Sort::Longest {
        members.sort_by(|(_, one), (_, other)| descending(one.lane.took(), other.lane.took()));
    }
    let after = query
        .after
        .as_ref()
        .and_then(|after| members.iter().position(|(_, member)| member.id == after.as_str()));
    let begin = after.map_or(0, |place| place + 1);
    let end = members.len().min(begin + MOST_CHILDREN);
    let shown = &members[begin.min(end)..end];
    let row = |member: &(usize, &Member)| Row::of_member(group, *member, axis, links, inspected);
    let mut rows: Vec<Row> = shown.iter().map(row).collect();
    if let (Some(row), Some(last)) = (rows.last_mut(), shown.last().map(|(_, last)| last))
        && end < members.len()
    {
        row.more = Some((
            Count((members.len() - end) as u64),
            links.with(&[("after", Some(&last.id))]),
        ));
    }
    rows
}

/// An id for an element, of a record's id: those may have any character.
pub(super) fn anchor(kind: &str, id: &str) -> String {
    let mut anchor = format!("{kind}-");
    for byte in id.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'-' {
            anchor.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(anchor, "_{byte:02x}");
        }
    }
    anchor
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_is_an_id_of_html() {
        assert_eq!(anchor("node", "a b\"-1"), "node-a_20b_22-1");
    }
}
