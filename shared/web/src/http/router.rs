//! From a path and a method to a route of the table.

use http::Method;
use matchit::Router;

use crate::{Problem, Route};

/// The routes of a function, by path.
pub(crate) struct Routes {
    paths: Router<Vec<&'static Route>>,
}

/// A route that fits, with the parameters of its path as they were sent.
pub(crate) struct MatchedRoute {
    pub(crate) route: &'static Route,
    pub(crate) path: Vec<(String, String)>,
    /// Whether only the head of the answer is wanted (`HEAD` of a `GET` route).
    pub(crate) head_only: bool,
}

impl Routes {
    /// The routes of this table. A path that cannot be told from another is a fault of the table.
    pub(crate) fn new(table: &'static [Route]) -> Result<Self, String> {
        let mut paths = Router::new();
        let mut grouped: Vec<(&'static str, Vec<&'static Route>)> = Vec::new();
        for route in table {
            match grouped.iter_mut().find(|(path, _)| *path == route.path) {
                Some((_, routes)) => routes.push(route),
                None => grouped.push((route.path, vec![route])),
            }
        }
        for (path, routes) in grouped {
            paths
                .insert(path, routes)
                .map_err(|error| format!("the route table is ambiguous at {path}: {error}"))?;
        }
        Ok(Self { paths })
    }

    pub(crate) fn find(&self, method: &Method, path: &str) -> Result<MatchedRoute, Problem> {
        let Ok(found) = self.paths.at(path) else {
            return Err(Problem::not_found("there is nothing at this path"));
        };
        let of = |method: &Method| found.value.iter().find(|route| route.method == *method);
        // RFC 9110, 9.3.2: HEAD is GET without the content.
        let head_only = *method == Method::HEAD;
        let Some(route) = of(if head_only { &Method::GET } else { method }) else {
            let mut methods: Vec<_> = found.value.iter().map(|route| route.method.as_str()).collect();
            if of(&Method::GET).is_some() {
                methods.push(Method::HEAD.as_str());
            }
            return Err(Problem::method_not_allowed(&methods.join(", ")));
        };
        let path = found
            .params
            .iter()
            .map(|(name, text)| (name.to_owned(), text.to_owned()))
            .collect();
        Ok(MatchedRoute { route, path, head_only })
    }
}
