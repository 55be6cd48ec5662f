//! The drawing of a run's graph: its nodes in layers, the links between them, and how each fared in this run.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use askama::Template;
use runledger_store::pages::nodes::GraphNode;

use super::{
    group::{Group, Label},
    layout::{self, NODE_HEIGHT, NODE_WIDTH},
    query::{Links, NodesQuery},
    timeline::{anchor, seconds},
};
use crate::{
    format::{Count, Seconds},
    parts::StatusChip,
};

/// The most nodes of a graph that are drawn.
pub(super) const MOST_NODES: usize = 300;
/// The sizes that there are, in percent.
const SIZES: [u32; 6] = [25, 50, 75, 100, 150, 200];
/// How many characters of a name a node has room for.
const NAME_LENGTH: usize = 21;
/// The width that there is for it on a common screen.
const ROOM: f64 = 1240.0;
/// The space around the drawing.
const MARGIN: f64 = 12.0;

/// The drawing.
#[derive(Debug, Template)]
#[template(path = "run/graph.html")]
pub(super) struct Drawing {
    nodes: Vec<DrawnNode>,
    /// The paths of the links.
    links: Vec<String>,
    /// What leads to what, in words.
    pairs: Vec<(String, String)>,
    /// How large it is in units, and on the screen.
    size: (f64, f64),
    shown_size: (f64, f64),
    percent: u32,
    smaller: Option<String>,
    larger: Option<String>,
    is_cut: bool,
}

impl askama::filters::HtmlSafe for Drawing {}

#[derive(Debug)]
struct DrawnNode {
    id: String,
    node: String,
    exec: String,
    label: Label,
    short_name: String,
    x: f64,
    y: f64,
    href: String,
    is_current: bool,
    has_loop: bool,
    /// How it fared; `None` where it did not run.
    ran: Option<Ran>,
}

#[derive(Debug)]
struct Ran {
    status: String,
    count: u64,
    failed: u64,
    took: Seconds,
}

impl Drawing {
    /// Draws a graph.
    pub(super) fn new(
        nodes: &[GraphNode],
        linked: &[(String, String)],
        groups: &[Group],
        query: &NodesQuery,
        links: &Links,
    ) -> Self {
        let is_cut = nodes.len() > MOST_NODES;
        let nodes = &nodes[..nodes.len().min(MOST_NODES)];
        let places: BTreeMap<&str, usize> = nodes
            .iter()
            .enumerate()
            .map(|(place, node)| (node.id.as_str(), place))
            .collect();
        let pair =
            |(source, sink): &(String, String)| Some((*places.get(source.as_str())?, *places.get(sink.as_str())?));
        let (loops, pairs): (Vec<_>, Vec<_>) = linked
            .iter()
            .filter_map(pair)
            .partition(|(source, sink)| source == sink);
        let loops: BTreeSet<usize> = loops.into_iter().map(|(node, _)| node).collect();
        let layout = layout::layout(nodes.len(), &pairs);
        let groups: BTreeMap<&str, &Group> = groups.iter().map(|group| (group.node_id.as_str(), group)).collect();
        let drawn = |(place, node): (usize, &GraphNode)| {
            let group = groups.get(node.id.as_str());
            let label = Label::new(node.name.as_deref(), Some(&node.block_name), &node.id);
            let (x, y) = layout.nodes[place];
            DrawnNode {
                id: anchor("graph", &node.id),
                exec: group
                    .and_then(|group| group.picked())
                    .map(|member| member.id.clone())
                    .unwrap_or_default(),
                short_name: cut(&label.name),
                label,
                x: (x + MARGIN).round(),
                y: (y + MARGIN).round(),
                href: links.with(&[("node", Some(&node.id)), ("exec", None)]),
                is_current: query.node.as_ref().is_some_and(|id| id.as_str() == node.id),
                has_loop: loops.contains(&place),
                ran: group.map(|group| Ran {
                    status: group.status().to_owned(),
                    count: group.count(),
                    failed: group.failed(),
                    took: seconds(group.total()),
                }),
                node: node.id.clone(),
            }
        };
        let drawn: Vec<_> = nodes.iter().enumerate().map(drawn).collect();
        let in_words =
            |(source, sink): &(usize, usize)| (drawn[*source].label.name.clone(), drawn[*sink].label.name.clone());
        let size = (
            (layout.width + 2.0 * MARGIN).ceil(),
            (layout.height + 2.0 * MARGIN).ceil(),
        );
        let percent = query.zoom.map_or_else(|| fitting(size), runledger_models::Bounded::get);
        let sized = |to: Option<u32>| Some(links.with(&[("zoom", Some(to?.to_string().as_str()))]));
        Self {
            links: layout.links.iter().map(|points| curve(points)).collect(),
            pairs: pairs.iter().map(in_words).collect(),
            nodes: drawn,
            size,
            shown_size: (
                (size.0 * f64::from(percent) / 100.0).round(),
                (size.1 * f64::from(percent) / 100.0).round(),
            ),
            percent,
            smaller: sized(SIZES.into_iter().rfind(|size| *size < percent)),
            larger: sized(SIZES.into_iter().find(|size| *size > percent)),
            is_cut,
        }
    }
}

/// The size in which a drawing is seen as a whole from left to right, if its names can still be read then.
fn fitting((width, _): (f64, f64)) -> u32 {
    let fits = |size: &u32| width * f64::from(*size) / 100.0 <= ROOM;
    SIZES
        .into_iter()
        .filter(|size| (75..=100).contains(size))
        .rfind(fits)
        .unwrap_or(75)
}

/// A name in the room that a node has for it.
fn cut(name: &str) -> String {
    let mut characters = name.chars();
    let mut short: String = characters.by_ref().take(NAME_LENGTH).collect();
    if characters.next().is_some() {
        short.pop();
        short.push('…');
    }
    short
}

/// A curve through points, level at each of them.
fn curve(points: &[(f64, f64)]) -> String {
    let mut path = String::new();
    for (place, (x, y)) in points.iter().enumerate() {
        let (x, y) = ((x + MARGIN).round(), (y + MARGIN).round());
        // Writing to a text cannot fail.
        let _ = match place.checked_sub(1).map(|before| points[before]) {
            None => write!(path, "M{x} {y}"),
            Some((before_x, before_y)) => {
                let (before_x, before_y) = ((before_x + MARGIN).round(), (before_y + MARGIN).round());
                let middle = f64::midpoint(before_x, x).round();
                write!(path, "C{middle} {before_y} {middle} {y} {x} {y}")
            }
        };
    }
    path
}

#[cfg(test)]
mod tests {
    use runledger_web::Source;

    use super::*;

    fn drawing(count: usize, linked: &[(usize, usize)]) -> Drawing {
        let node = |place: usize| {
            let json = format!(
                r#"{{"id":"n{place}","block_name":"<b>Block","name":"Node \"{place}\" of many, with a long name"}}"#
            );
            serde_json::from_str(&json).unwrap()
        };
        let nodes: Vec<GraphNode> = (0..count).map(node).collect();
        let linked: Vec<_> = linked.iter().map(|(a, b)| (format!("n{a}"), format!("n{b}"))).collect();
        let query: NodesQuery = Source::new("query", []).read().ok().unwrap();
        Drawing::new(&nodes, &linked, &[], &query, &Links::new(&query, &[]))
    }

    #[test]
    fn a_drawing_is_bounded_and_says_so() {
        let path: Vec<_> = (0..400).map(|node| (node, node + 1)).collect();
        let drawing = drawing(400, &path);
        assert!(drawing.is_cut && drawing.nodes.len() == MOST_NODES);
        let html = drawing.render().unwrap();
        assert!(html.len() < 250_000, "{}", html.len());
        assert!(!html.contains("NaN") && !html.contains("inf") && !html.contains("<b>"));
    }

    #[test]
    fn a_node_that_leads_to_itself_is_marked() {
        let drawing = drawing(2, &[(0, 0), (0, 1), (0, 9)]);
        assert!(drawing.nodes[0].has_loop && !drawing.nodes[1].has_loop);
        assert_eq!(drawing.links.len(), 1);
        assert!(drawing.links[0].starts_with("M204 34C"), "{:?}", drawing.links);
    }
}
