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
    /// Whether it is ordered from new to old, as neighbours are.
    pub(super) is_by_time: bool,
}

impl CameFrom {
    /// The list of this query. What it does not say in the names of the API narrows it no further.
    pub(super) fn new(query: String) -> Self {
        let query = if query.len() > LONGEST { String::new() } else { query };
        let mut filter = Filter::default();
        let mut is_by_time = true;
        for (name, text) in parse(query.as_bytes()).filter(|(_, text)| !text.is_empty()) {
            match name.as_ref() {
                "graph_id" => filter.graph_id = Id::parse(text).ok(),
                "graph_version" => filter.graph_version = text.parse().ok(),
                "parent_graph_exec_id" => filter.parent_id = Id::parse(text).ok(),
                "created_time_gte" => filter.created_from = Timestamp::parse(&text),
                "created_time_lte" => filter.created_to = Timestamp::parse(&text),
                "statuses" => {
                    let statuses = text.split(',').filter_map(|name| ExecutionStatus::parse(name.trim()));
                    filter.statuses.get_or_insert_default().extend(statuses);
                }
                "sort" | "order" => is_by_time = matches!(text.as_ref(), "newest" | "created_at"),
                _ => {}
            }
        }
        Self {
            query,
            filter,
            is_by_time,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_known_by_its_query() {
        let list =
            CameFrom::new("graph_id=g&statuses=FAILED,RUNNING&statuses=QUEUED&cursor=x&graph_version=2".to_owned());
        assert_eq!(list.filter.graph_id.as_ref().map(Id::as_str), Some("g"));
        assert_eq!(list.filter.statuses.as_ref().map(Vec::len), Some(3));
        assert_eq!(list.filter.graph_version, Some(2));
        assert!(list.is_by_time);
        assert!(!CameFrom::new("sort=cost".to_owned()).is_by_time);
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
