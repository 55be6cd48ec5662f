//! What of the nodes is shown, as the address says it: everything that can be chosen is a parameter, and every choice a link.

use form_urlencoded::Serializer;
use runledger_models::{Bounded, Id};
use runledger_web::{Cursor, Names, One, params};

/// Milliseconds since the run's start: up to 49 days.
pub(crate) type Offset = Bounded<0, { u32::MAX }>;

params! {
    /// What of a run's nodes is shown.
    pub(crate) struct NodesQuery {
        /// The timeline, or the graph.
        view: Option<One<View>>,
        /// Only node runs that failed.
        errors: Option<bool>,
        /// In the order of time, or the longest first.
        sort: Option<One<Sort>>,
        /// From so many milliseconds after the run's start on.
        from: Option<Offset>,
        /// Until so many milliseconds after the run's start.
        to: Option<Offset>,
        /// Node runs that were added before this place.
        before: Option<Cursor>,
        /// So many nodes are passed over.
        skip: Option<Bounded<0, 100_000>>,
        /// The node whose runs are listed.
        open: Option<Id>,
        /// These go on after this one.
        after: Option<Id>,
        /// The selected node of the graph.
        node: Option<Id>,
        /// The selected one of its runs.
        exec: Option<Id>,
        /// The size of the drawing in percent.
        zoom: Option<Bounded<25, 200>>,
    }
}

/// What the nodes are shown as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum View {
    /// Rows on an axis of time.
    #[default]
    Timeline,
    /// The drawing of the graph.
    Graph,
}

impl Names for View {
    fn named(name: &str) -> Option<Self> {
        match name {
            "timeline" => Some(Self::Timeline),
            "graph" => Some(Self::Graph),
            _ => None,
        }
    }

    fn names() -> Vec<&'static str> {
        vec!["timeline", "graph"]
    }
}

/// In which order nodes stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Sort {
    /// As they came.
    #[default]
    Time,
    /// The longest first.
    Longest,
}

impl Names for Sort {
    fn named(name: &str) -> Option<Self> {
        match name {
            "time" => Some(Self::Time),
            "longest" => Some(Self::Longest),
            _ => None,
        }
    }

    fn names() -> Vec<&'static str> {
        vec!["time", "longest"]
    }
}

impl NodesQuery {
    /// What the nodes are shown as.
    pub(super) fn view(&self) -> View {
        self.view.map(|One(view)| view).unwrap_or_default()
    }

    /// In which order they stand.
    pub(super) fn sort(&self) -> Sort {
        self.sort.map(|One(sort)| sort).unwrap_or_default()
    }

    /// Whether only those are shown that failed.
    pub(super) fn only_failed(&self) -> bool {
        self.errors == Some(true)
    }
}

/// The links of the section: each is the address of the page with one choice made otherwise. They are relative, so that they
/// lead to whichever page the section stands on; `kept` is what that page's address says beside the section's own choices.
pub(crate) struct Links {
    pairs: Vec<(&'static str, String)>,
}

impl Links {
    /// Those of what is shown now.
    pub(super) fn new(query: &NodesQuery, kept: &[(&'static str, String)]) -> Self {
        let number = |bounded: Option<Offset>| bounded.map(|bounded| bounded.get().to_string());
        let id = |id: &Option<Id>| id.as_ref().map(|id| id.as_str().to_owned());
        let own = [
            ("view", (query.view() == View::Graph).then(|| "graph".to_owned())),
            ("errors", query.only_failed().then(|| "true".to_owned())),
            ("sort", (query.sort() == Sort::Longest).then(|| "longest".to_owned())),
            ("from", number(query.from)),
            ("to", number(query.to)),
            ("before", query.before.as_ref().map(Cursor::encode)),
            ("skip", query.skip.map(|skip| skip.get().to_string())),
            ("open", id(&query.open)),
            ("after", id(&query.after)),
            ("node", id(&query.node)),
            ("exec", id(&query.exec)),
            ("zoom", query.zoom.map(|zoom| zoom.get().to_string())),
        ];
        let own = own.into_iter().filter_map(|(name, value)| Some((name, value?)));
        Self {
            pairs: kept.iter().cloned().chain(own).collect(),
        }
    }

    /// The address with these parameters instead of those of the same names; `None` leaves one out.
    pub(super) fn with(&self, changes: &[(&'static str, Option<&str>)]) -> String {
        let is_kept = |name: &str| changes.iter().all(|(changed, _)| *changed != name);
        let kept = self.pairs.iter().filter(|(name, _)| is_kept(name));
        let mut address = Serializer::new(String::new());
        address.extend_pairs(kept);
        address.extend_pairs(changes.iter().filter_map(|(name, value)| Some((*name, (*value)?))));
        format!("?{}", address.finish())
    }
}

#[cfg(test)]
mod tests {
    use runledger_web::Source;

    use super::*;

    #[test]
    fn a_link_keeps_every_other_choice() {
        let pairs = form_urlencoded::parse(b"view=graph&errors=true&node=a%26b&from=5").into_owned();
        let query: NodesQuery = Source::new("query", pairs).read().ok().unwrap();
        let links = Links::new(&query, &[("tab", "nodes".to_owned())]);
        assert_eq!(
            links.with(&[("view", None), ("node", Some("c d"))]),
            "?tab=nodes&errors=true&from=5&node=c+d"
        );
    }
}
