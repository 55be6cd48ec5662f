//! The list that a reader came from, as its query, so that the next and the previous run are those of that list.

use form_urlencoded::{Serializer, parse};
use runledger_models::{ExecutionStatus, Id, Timestamp};
use runledger_store::executions::Filter;

/// The longest query that is carried along.
const LONGEST: usize = 2000;

/// The list that a reader came from.
#[derive(Debug)]
pub(super) struct CameFrom {
    query: String,
    /// What it is narrowed to, where that can be told.
    pub(super) filter: Filter,
    /// Whether its runs beside this one are looked for: those of one user among all, or in another order than from new to
    /// old, are not.
    pub(super) has_neighbours: bool,
}

impl CameFrom {
    /// The list of this query, which is that of the page of runs.
    pub(super) fn new(query: String) -> Self {
        let query = if query.len() > LONGEST { String::new() } else { query };
        let mut filter = Filter::default();
        let mut has_neighbours = true;
        for (name, text) in parse(query.as_bytes()).filter(|(_, text)| !text.is_empty()) {
            match name.as_ref() {
                "graph_id" => filter.graph_id = Id::parse(text).ok(),
                "graph_version" => filter.graph_version = text.parse().ok(),
                "parent" => filter.parent_id = Id::parse(text).ok(),
                "created_from" => filter.created_from = moment(&text),
                "created_to" => filter.created_to = moment(&text),
                "statuses" => {
                    let statuses = text.split(',').filter_map(|name| ExecutionStatus::parse(name.trim()));
                    filter.statuses.get_or_insert_default().extend(statuses);
                }
                "sort" | "user_id" => has_neighbours = false,
                _ => {}
            }
        }
        Self {
            query,
            filter,
            has_neighbours,
        }
    }

    /// The query itself.
    pub(super) fn query(&self) -> &str {
        &self.query
    }

    /// Where the list is.
    pub(super) fn path(&self) -> String {
        if self.query.is_empty() {
            return "/runs".to_owned();
        }
        // Written anew, so that it is a query whatever was sent.
        let pairs = parse(self.query.as_bytes());
        format!("/runs?{}", Serializer::new(String::new()).extend_pairs(pairs).finish())
    }

    /// A path of a run, which carries the list along.
    pub(super) fn carried_by(&self, path: &str, pairs: &[(&str, &str)]) -> String {
        let mut query = Serializer::new(String::new());
        for (name, value) in pairs {
            query.append_pair(name, value);
        }
        if !self.query.is_empty() {
            query.append_pair("list", &self.query);
        }
        let query = query.finish();
        if query.is_empty() {
            path.to_owned()
        } else {
            format!("{path}?{query}")
        }
    }
}

/// A time as the list has it: RFC 3339, or without seconds, or a day alone.
fn moment(text: &str) -> Option<Timestamp> {
    Timestamp::parse(text)
        .or_else(|| Timestamp::parse(&format!("{text}:00")))
        .or_else(|| Timestamp::parse(&format!("{text}T00:00:00")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_known_by_its_query() {
        let list = CameFrom::new(
            "graph_id=g&statuses=FAILED,RUNNING&statuses=QUEUED&cursor=x&graph_version=2&created_from=2026-01-02"
                .to_owned(),
        );
        let from = Timestamp::parse("2026-01-02T00:00:00Z");
        assert_eq!(list.filter.created_from, from);
        assert_eq!(list.filter.graph_id.as_ref().map(Id::as_str), Some("g"));
        assert_eq!(list.filter.statuses.as_ref().map(Vec::len), Some(3));
        assert_eq!(list.filter.graph_version, Some(2));
        assert!(list.has_neighbours);
        assert!(!CameFrom::new("sort=slowest".to_owned()).has_neighbours);
        let path = list.carried_by("/runs/a", &[("show", "raw")]);
        assert!(
            path.starts_with("/runs/a?show=raw&list=graph_id%3Dg%26statuses"),
            "{path}"
        );
    }

    #[test]
    fn a_list_leads_nowhere_else() {
        assert_eq!(CameFrom::new(String::new()).path(), "/runs");
        let path = CameFrom::new("a=b\r\nX: y&//evil".to_owned()).path();
        assert!(path.starts_with("/runs?a=b%0D%0AX"), "{path}");
        assert_eq!(CameFrom::new("x".repeat(3000)).path(), "/runs");
    }
}
