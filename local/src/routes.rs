//! Which component serves a path: Spin's route rules.
//!
//! A route is a list of segments: literal ones, `:name` (any one segment), and a last `...` (any number of segments,
//! none included, so that `/a/...` also serves `/a`). Of the routes that match, the most specific wins: compared
//! segment by segment from the left, the end beats everything, a literal beats `:name`, which beats `...`; so an exact match
//! wins, and else the longest. Slashes at either end of the path do not matter.
//!
//! A parameter named `:token`, `:secret` or `:key` matches like any other, and is left out of the log.

use std::{borrow::Cow, cmp::Ordering};

use thiserror::Error;

/// What is wrong with the routes of a manifest.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum RouteError {
    /// `...` anywhere but at the end.
    #[error("the route {0:?} has `...` before its end; only a last segment can be a wildcard")]
    WildcardInside(String),
    /// A parameter without a name.
    #[error("the route {0:?} has a `:` without a name")]
    NamelessParameter(String),
    /// Two routes match the same paths.
    #[error("the routes {0:?} and {1:?} match the same paths; remove one")]
    Duplicate(String, String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Literal(String),
    Parameter,
    /// A parameter that is not logged: its name with the colon.
    Secret(String),
    Wildcard,
}

impl Segment {
    fn rank(&self) -> u8 {
        match self {
            Self::Literal(_) => 0,
            Self::Parameter | Self::Secret(_) => 1,
            Self::Wildcard => 2,
        }
    }
}

#[derive(Debug, Clone)]
struct Route {
    written: String,
    segments: Vec<Segment>,
    target: usize,
}

/// Finds the target (a component's index) of a path.
#[derive(Debug, Clone, Default)]
pub(crate) struct Router {
    /// Most specific first.
    routes: Vec<Route>,
}

impl Router {
    /// A router for `routes`, each with its target, below `base`.
    pub(crate) fn new<'r>(base: &str, routes: impl IntoIterator<Item = (&'r str, usize)>) -> Result<Self, RouteError> {
        let mut parsed: Vec<Route> = Vec::new();
        for (written, target) in routes {
            let route = Route::parse(base, written, target)?;
            if let Some(other) = parsed.iter().find(|other| other.specificity(&route) == Ordering::Equal) {
                return Err(RouteError::Duplicate(other.written.clone(), route.written));
            }
            parsed.push(route);
        }
        parsed.sort_by(Route::specificity);
        Ok(Self { routes: parsed })
    }

    /// The target of `path`, if any route matches it, and the path as it may be logged.
    pub(crate) fn find<'p>(&self, path: &'p str) -> Option<(usize, Cow<'p, str>)> {
        self.routes
            .iter()
            .find(|route| route.matches(path))
            .map(|route| (route.target, route.loggable(path)))
    }
}

impl Route {
    fn parse(base: &str, written: &str, target: usize) -> Result<Self, RouteError> {
        let mut segments = Vec::new();
        for text in split(base).chain(split(written)) {
            if segments.last() == Some(&Segment::Wildcard) {
                return Err(RouteError::WildcardInside(written.to_owned()));
            }
            segments.push(match text {
                "..." | "*" => Segment::Wildcard,
                ":" => return Err(RouteError::NamelessParameter(written.to_owned())),
                ":token" | ":secret" | ":key" => Segment::Secret(text.to_owned()),
                text if text.starts_with(':') => Segment::Parameter,
                text => Segment::Literal(text.to_owned()),
            });
        }
        Ok(Self {
            written: written.to_owned(),
            segments,
            target,
        })
    }

    fn matches(&self, path: &str) -> bool {
        let mut rest = split(path);
        for segment in &self.segments {
            let matches = match segment {
                Segment::Wildcard => return true,
                Segment::Parameter | Segment::Secret(_) => rest.next().is_some(),
                Segment::Literal(text) => rest.next() == Some(text),
            };
            if !matches {
                return false;
            }
        }
        rest.next().is_none()
    }

    /// `path`, which this route matches, with the names of its secrets instead of their values.
    fn loggable<'p>(&self, path: &'p str) -> Cow<'p, str> {
        if !self
            .segments
            .iter()
            .any(|segment| matches!(segment, Segment::Secret(_)))
        {
            return path.into();
        }
        let mut shown = String::with_capacity(path.len());
        for (index, text) in split(path).enumerate() {
            shown.push('/');
            shown.push_str(match self.segments.get(index) {
                Some(Segment::Secret(name)) => name,
                _ => text,
            });
        }
        shown.into()
    }

    /// `Less` for the more specific of the two, `Equal` when both match the same paths.
    fn specificity(&self, other: &Self) -> Ordering {
        for (mine, theirs) in self.segments.iter().zip(&other.segments) {
            let order = mine.rank().cmp(&theirs.rank()).then_with(|| match (mine, theirs) {
                // Neither is the more specific, but some total order is needed to sort by.
                (Segment::Literal(mine), Segment::Literal(theirs)) => mine.cmp(theirs),
                _ => Ordering::Equal,
            });
            if order != Ordering::Equal {
                return order;
            }
        }
        // One is the other and more. The only path that both may match is that of the shorter one, which is exact.
        self.segments.len().cmp(&other.segments.len())
    }
}

fn split(path: &str) -> impl Iterator<Item = &str> {
    path.trim_matches('/').split('/').filter(|segment| !segment.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTES: &[&str] = &[
        "/...",
        "/api/executions/...",
        "/api/executions/count",
        "/api/graphs/:id",
        "/api/graphs/:id/nodes/...",
        "/api/graphs/latest",
        "/api/...",
        "/exact/",
        "/exact/below/...",
        "/exact/below",
    ];

    fn check(path: &str, expected: &str) {
        // Whatever their order in the manifest.
        for reversed in [false, true] {
            let mut numbered: Vec<_> = ROUTES.iter().copied().zip(0..).collect();
            if reversed {
                numbered.reverse();
            }
            let router = Router::new("/", numbered).unwrap();
            assert_eq!(
                router.find(path).map(|(index, _)| ROUTES[index]),
                Some(expected),
                "{path}"
            );
        }
    }

    #[test]
    fn the_most_specific_route_wins() {
        check("/", "/...");
        check("/else/where", "/...");
        check("/api", "/api/...");
        check("/api/other", "/api/...");
        check("/api/executions", "/api/executions/...");
        check("/api/executions/", "/api/executions/...");
        check("/api/executions/1/children", "/api/executions/...");
        check("/api/executions/count", "/api/executions/count");
        check("/api/executions/count/more", "/api/executions/...");
        check("/api/executionsx", "/api/...");
        check("/api/graphs/7", "/api/graphs/:id");
        check("/api/graphs/latest", "/api/graphs/latest");
        check("/api/graphs/7/nodes", "/api/graphs/:id/nodes/...");
        check("/api/graphs/7/nodes/8", "/api/graphs/:id/nodes/...");
        check("/api/graphs/7/other", "/api/...");
        check("/exact", "/exact/");
        check("/exact/more", "/...");
        check("/exact/below", "/exact/below");
        check("/exact/below/", "/exact/below");
        check("/exact/below/more", "/exact/below/...");
    }

    #[test]
    fn without_a_match_there_is_no_target() {
        let router = Router::new("/", [("/a", 0), ("/b/:id", 1)]).unwrap();
        for path in ["/", "/c", "/a/b", "/b", "/b/1/2"] {
            assert_eq!(router.find(path), None, "{path}");
        }
    }

    #[test]
    fn the_base_comes_before_every_route() {
        let router = Router::new("/v1/", [("/a", 0), ("/...", 1)]).unwrap();
        let target = |path| router.find(path).map(|(target, _)| target);
        assert_eq!(target("/v1/a"), Some(0));
        assert_eq!(target("/v1"), Some(1));
        assert_eq!(target("/a"), None);
    }

    #[test]
    fn secrets_of_a_path_are_not_logged() {
        let router = Router::new("/", [("/shared/:token", 0), ("/a/:id", 1), ("/k/:key/...", 2)]).unwrap();
        for (path, shown) in [
            ("/shared/s3cr3t", "/shared/:token"),
            ("/shared/s3cr3t/", "/shared/:token"),
            ("/a/7", "/a/7"),
            ("/k/s3cr3t/b/c", "/k/:key/b/c"),
        ] {
            assert_eq!(router.find(path).unwrap().1, shown, "{path}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        let error = |routes: &[&'static str]| Router::new("/", routes.iter().map(|route| (*route, 0))).unwrap_err();
        assert_eq!(error(&["/a/.../b"]), RouteError::WildcardInside("/a/.../b".into()));
        assert_eq!(error(&["/a/:"]), RouteError::NamelessParameter("/a/:".into()));
        assert_eq!(
            error(&["/a/:x", "/a/:y"]),
            RouteError::Duplicate("/a/:x".into(), "/a/:y".into())
        );
    }
}
