//! What surrounds every page: its title, the navigation, who is signed in.

use askama::Template;
use runledger_models::{Caller, Role};
use runledger_web::{Problem, Reply, page::Rendered};

use crate::asset;

/// A part of the navigation, which is marked on the pages below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    /// How everything is.
    Overview,
    /// Runs.
    Runs,
    /// Graphs.
    Graphs,
    /// Scoring jobs.
    Scoring,
    /// Falling accuracy and high error rates.
    Alerts,
    /// What is stuck.
    Diagnostics,
    /// What there is to spend.
    Credits,
    /// The application's own state.
    System,
    /// None of them.
    Elsewhere,
}

/// An entry of the navigation.
pub(crate) struct Entry {
    /// Where it leads.
    pub(crate) path: &'static str,
    /// What it says.
    pub(crate) label: &'static str,
    /// The pages below it.
    pub(crate) section: Section,
}

const fn entry(path: &'static str, label: &'static str, section: Section) -> Entry {
    Entry { path, label, section }
}

/// For everybody.
const ENTRIES: &[Entry] = &[
    entry("/", "Overview", Section::Overview),
    entry("/runs", "Runs", Section::Runs),
    entry("/graphs", "Graphs", Section::Graphs),
    entry("/credits", "Credits", Section::Credits),
];

/// For those who run the platform, beside those for everybody.
const OPERATOR_ENTRIES: &[Entry] = &[
    entry("/scoring", "Scoring", Section::Scoring),
    entry("/alerts", "Alerts", Section::Alerts),
    entry("/diagnostics", "Diagnostics", Section::Diagnostics),
    entry("/system", "System", Section::System),
];

/// What surrounds a page.
pub(crate) struct Shell {
    /// What the page is about, for the tab and the history.
    pub(crate) title: String,
    /// Where it stands in the navigation.
    pub(crate) section: Section,
    /// Who is signed in.
    pub(crate) viewer: Option<Viewer>,
    /// How the page learns that what it shows has changed.
    pub(crate) freshness: Freshness,
}

/// How a page learns that what it shows has changed. The module then fetches it again, and replaces the elements that have
/// an `id` and the attribute `data-live`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// Not at all.
    Still,
    /// It is told when a run of the reader's changes, or this one.
    Follows(Option<String>),
    /// It looks again every few seconds.
    Polls,
}

/// Who looks at a page.
pub(crate) struct Viewer {
    /// Its user id.
    pub(crate) name: String,
    /// Its role.
    pub(crate) role: Role,
}

impl Shell {
    /// Around a page of somebody who is signed in.
    pub(crate) fn new(title: impl Into<String>, section: Section, caller: &Caller) -> Self {
        Self {
            title: title.into(),
            section,
            viewer: Some(Viewer {
                name: caller.subject().as_str().to_owned(),
                role: caller.role(),
            }),
            freshness: Freshness::Still,
        }
    }

    /// Around a page that shows what goes on.
    pub(crate) fn fresh(self, freshness: Freshness) -> Self {
        Self { freshness, ..self }
    }

    /// Where the page is told of changes.
    pub(crate) fn stream(&self) -> Option<String> {
        match &self.freshness {
            Freshness::Follows(None) => Some("/live".to_owned()),
            Freshness::Follows(Some(run)) => {
                let query = form_urlencoded::Serializer::new(String::new())
                    .append_pair("graph_exec_id", run)
                    .finish();
                Some(format!("/live?{query}"))
            }
            Freshness::Still | Freshness::Polls => None,
        }
    }

    /// Around a page that anybody may see.
    pub(crate) fn public(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            section: Section::Elsewhere,
            viewer: None,
            freshness: Freshness::Still,
        }
    }

    /// Whether the page looks again every few seconds.
    pub(crate) fn polls(&self) -> bool {
        self.freshness == Freshness::Polls
    }

    /// The navigation of whoever looks.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &'static Entry> {
        let (everybodys, operators) = match &self.viewer {
            None => (&[][..], &[][..]),
            Some(viewer) if viewer.role == Role::User => (ENTRIES, &[][..]),
            Some(_) => (ENTRIES, OPERATOR_ENTRIES),
        };
        everybodys.iter().chain(operators)
    }

    /// Where the stylesheet is.
    pub(crate) const fn stylesheet() -> &'static str {
        asset::STYLESHEET_PATH
    }

    /// Where the module is.
    pub(crate) const fn module() -> &'static str {
        asset::MODULE_PATH
    }
}

/// Renders a page.
pub(crate) fn render(page: &impl Template) -> Result<Reply<Rendered>, Problem> {
    let html = page
        .render()
        .map_err(|error| Problem::internal(format!("a page cannot be rendered: {error}")))?;
    Ok(Rendered::html(html))
}
