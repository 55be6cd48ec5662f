//! Which runs a list holds, in which order and with which columns: all of it stands in the address.

use runledger_models::{Caller, ExecutionStatus, Id, Role, Scope, Timestamp, bounded::VersionNumber};
use runledger_store::{executions::Filter, pages::runs::Order};
use runledger_web::{Cursor, List, Names, One, Param, Problem, named_scope, params};

use crate::{address::Address, parts::StatusChip};

params! {
    /// Which runs, and how they are shown.
    pub(crate) struct RunsQuery {
        /// Only those of this graph.
        graph_id: Option<Id>,
        /// Only those of this version.
        graph_version: Option<VersionNumber>,
        /// Only those in one of these statuses; repeated or with commas.
        statuses: Option<List<ExecutionStatus>>,
        /// Only those created at this time or later.
        created_from: Option<Moment>,
        /// Only those created at this time or earlier.
        created_to: Option<Moment>,
        /// Only those that this run started.
        parent: Option<Id>,
        /// Only those of this user, for whoever sees those of others.
        user_id: Option<Id>,
        /// The order.
        sort: Option<One<Sort>>,
        /// The columns, besides those that are always there; repeated or with commas.
        columns: Option<List<Column>>,
    }
}

params! {
    /// Where the list goes on.
    pub(crate) struct CursorQuery {
        /// A place in it.
        cursor: Option<Cursor>,
    }
}

params! {
    /// What is newer.
    pub(crate) struct AfterQuery {
        /// The place in the list after which runs are new.
        after: Cursor,
    }
}

/// A time as an address or a field for times has it: RFC 3339, or without seconds, or a day alone; UTC without an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment(pub(crate) Timestamp);

impl Param for Moment {
    fn parse(texts: &[String]) -> Result<Self, String> {
        let forms = |text: &String| {
            Timestamp::parse(text)
                .or_else(|| Timestamp::parse(&format!("{text}:00")))
                .or_else(|| Timestamp::parse(&format!("{text}T00:00:00")))
        };
        match texts {
            [text] => forms(text)
                .map(Self)
                .ok_or_else(|| "is no time such as 2026-01-02T03:04".to_owned()),
            _ => Err("is given more than once".to_owned()),
        }
    }

    #[cfg(not(target_family = "wasm"))]
    fn schema() -> runledger_web::utoipa::openapi::RefOr<runledger_web::utoipa::openapi::Schema> {
        <Timestamp as Param>::schema()
    }
}

/// A column that may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    /// How long it took.
    Duration,
    /// What it cost.
    Cost,
    /// How many nodes ran, and how many failed.
    Nodes,
    /// How it was scored.
    Score,
    /// The run that started it.
    Parent,
    /// Its owner.
    User,
    /// Its id.
    Id,
    /// What went wrong.
    Error,
}

impl Column {
    const ALL: [(Self, &'static str, &'static str); 8] = [
        (Self::Duration, "duration", "Duration"),
        (Self::Cost, "cost", "Cost"),
        (Self::Nodes, "nodes", "Nodes"),
        (Self::Score, "score", "Score"),
        (Self::Parent, "parent", "Parent"),
        (Self::User, "user", "User"),
        (Self::Id, "id", "Run"),
        (Self::Error, "error", "Error"),
    ];
}

impl Names for Column {
    fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|(_, named, _)| *named == name)
            .map(|(column, ..)| column)
    }

    fn names() -> Vec<&'static str> {
        Self::ALL.into_iter().map(|(_, name, _)| name).collect()
    }
}

/// Another order than the newest first, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    /// Those that took longest.
    Slowest,
    /// Those that cost most.
    Dearest,
    /// Those that ended and have no score.
    Unscored,
}

impl Sort {
    const ALL: [(Self, &'static str); 3] = [
        (Self::Slowest, "slowest"),
        (Self::Dearest, "dearest"),
        (Self::Unscored, "unscored"),
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Slowest => "slowest",
            Self::Dearest => "dearest",
            Self::Unscored => "unscored",
        }
    }
}

impl Names for Sort {
    fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|(_, named)| *named == name)
            .map(|(sort, _)| sort)
    }

    fn names() -> Vec<&'static str> {
        Self::ALL.into_iter().map(|(_, name)| name).collect()
    }
}

/// What a list is asked for, and by whom.
#[derive(Clone)]
pub(crate) struct Asked {
    /// Which runs.
    pub(crate) filter: Filter,
    /// Whose.
    pub(crate) scope: Scope,
    /// Of which user alone, as it was asked for.
    pub(crate) user_id: Option<Id>,
    /// In which order.
    pub(crate) sort: Option<Sort>,
    /// The columns that were asked for.
    columns: Option<Vec<Column>>,
    /// Whether the reader sees the runs of others.
    pub(crate) sees_others: bool,
    /// Whether the reader sees scores.
    shows_scores: bool,
}

/// A part of the filter that can be taken away.
pub(crate) struct Narrowing {
    /// What it says.
    pub(crate) label: String,
    /// The list without it.
    pub(crate) without: String,
}

/// Runs that are often looked for.
pub(crate) struct Preset {
    /// What it says.
    pub(crate) label: &'static str,
    /// The list.
    pub(crate) href: String,
    /// Whether it is the one that is shown.
    pub(crate) is_shown: bool,
}

/// A box that can be ticked.
pub(crate) struct Choice {
    /// What it sends.
    pub(crate) value: &'static str,
    /// What it says.
    pub(crate) label: String,
    /// Whether it is ticked.
    pub(crate) is_on: bool,
}

impl Asked {
    /// Judges what was asked for by who asks.
    pub(crate) fn new(query: RunsQuery, caller: &Caller, shows_scores: bool) -> Result<Self, Problem> {
        let sees_others = caller.role() != Role::User;
        let is_foreign = query
            .user_id
            .as_ref()
            .is_some_and(|user| user.as_str() != caller.subject().as_str());
        if is_foreign && !sees_others {
            return Err(Problem::not_found("there are no such runs, or they are not yours"));
        }
        let scope = if sees_others {
            named_scope(caller, query.user_id.as_ref(), "/query/user_id")?
        } else {
            caller.scope()
        };
        Ok(Self {
            scope,
            filter: Filter {
                id: None,
                graph_id: query.graph_id,
                graph_version: query.graph_version.map(VersionNumber::as_column),
                statuses: query.statuses.map(|List(statuses)| statuses),
                created_from: query.created_from.map(|Moment(at)| at),
                created_to: query.created_to.map(|Moment(at)| at),
                parent_id: query.parent,
                parent_required: false,
            },
            user_id: query.user_id.filter(|_| sees_others),
            sort: query
                .sort
                .map(|One(sort)| sort)
                .filter(|sort| shows_scores || *sort != Sort::Unscored),
            columns: query.columns.map(|List(columns)| columns),
            sees_others,
            shows_scores,
        })
    }

    /// The order as the store has it.
    pub(crate) fn order(&self) -> Order {
        match self.sort {
            None => Order::Newest,
            Some(Sort::Slowest) => Order::Slowest,
            Some(Sort::Dearest) => Order::Dearest,
            Some(Sort::Unscored) => Order::Unscored,
        }
    }

    fn may_show(&self, column: Column) -> bool {
        match column {
            Column::Score => self.shows_scores,
            Column::User => self.sees_others,
            _ => true,
        }
    }

    /// Whether a column is shown.
    pub(crate) fn has(&self, column: Column) -> bool {
        let is_asked = match &self.columns {
            Some(columns) => columns.contains(&column),
            None => !matches!(column, Column::Id | Column::Error),
        };
        is_asked && self.may_show(column)
    }

    /// The columns to choose from.
    pub(crate) fn column_choices(&self) -> Vec<Choice> {
        let columns = Column::ALL.into_iter().filter(|(column, ..)| self.may_show(*column));
        columns
            .map(|(column, value, label)| Choice {
                value,
                label: label.to_owned(),
                is_on: self.has(column),
            })
            .collect()
    }

    /// The statuses to choose from.
    pub(crate) fn status_choices(&self) -> Vec<Choice> {
        let is_on = |status| {
            self.filter
                .statuses
                .as_ref()
                .is_some_and(|statuses| statuses.contains(&status))
        };
        let statuses = ExecutionStatus::ALL.into_iter().map(|status| Choice {
            value: status.as_str(),
            label: StatusChip(status.as_str()).word().to_owned(),
            is_on: is_on(status),
        });
        statuses.collect()
    }

    /// The statuses in words.
    pub(crate) fn statuses_told(&self) -> String {
        let on = self.status_choices().into_iter().filter(|choice| choice.is_on);
        let words: Vec<_> = on.map(|choice| choice.label).collect();
        if words.is_empty() {
            "Any".to_owned()
        } else {
            words.join(", ")
        }
    }

    /// The list without a part of the filter.
    fn without(&self, part: &str) -> Address {
        let Filter {
            graph_id,
            graph_version,
            statuses,
            created_from,
            created_to,
            parent_id,
            ..
        } = &self.filter;
        let text = |id: &Option<Id>| id.as_ref().map(|id| id.as_str().to_owned());
        let statuses = statuses.as_ref().map(|statuses| {
            let names: Vec<_> = statuses.iter().map(|status| status.as_str()).collect();
            names.join(",")
        });
        let columns = self.columns.as_ref().map(|columns| {
            let asked = Column::ALL.into_iter().filter(|(column, ..)| columns.contains(column));
            let names: Vec<_> = asked.map(|(_, name, _)| name).collect();
            names.join(",")
        });
        [
            ("graph_id", text(graph_id)),
            ("graph_version", graph_version.map(|version| version.to_string())),
            ("statuses", statuses),
            ("created_from", created_from.map(|at| at.to_string())),
            ("created_to", created_to.map(|at| at.to_string())),
            ("parent", text(parent_id)),
            ("user_id", text(&self.user_id)),
            ("sort", self.sort.map(|sort| sort.name().to_owned())),
            ("columns", columns),
        ]
        .into_iter()
        .filter(|(name, _)| *name != part && !(part == "time" && name.starts_with("created_")))
        .fold(Address::runs(), |address, (name, value)| {
            address.with(name, value.unwrap_or_default())
        })
    }

    /// This list from its beginning.
    pub(crate) fn address(&self) -> Address {
        self.without("")
    }

    /// This list without the bounds of its time.
    pub(crate) fn of_any_time(&self) -> Address {
        self.without("time")
    }

    /// This list with another value of a parameter.
    pub(crate) fn narrowed(&self, name: &str, value: &str) -> String {
        self.without(name).with(name, value).to_string()
    }

    /// The runs of a version of a graph, narrowed as this list is otherwise.
    pub(crate) fn of_version(&self, graph_id: &str, version: i32) -> String {
        let of_graph = Self {
            filter: Filter {
                graph_id: None,
                graph_version: None,
                ..self.filter.clone()
            },
            ..self.clone()
        };
        let address = of_graph.address().with("graph_id", graph_id);
        address.with("graph_version", version).to_string()
    }

    /// This list with the newest first.
    pub(crate) fn newest_first(&self) -> String {
        self.without("sort").to_string()
    }

    /// The name of its order.
    pub(crate) fn sort_name(&self) -> Option<&'static str> {
        self.sort.map(Sort::name)
    }

    /// This list as the page of one of its runs is told of it.
    pub(crate) fn as_origin(&self) -> String {
        self.without("columns").query().to_owned()
    }

    /// What the list is narrowed to; `graph_name` is what its graph is called.
    pub(crate) fn narrowings(&self, graph_name: Option<&str>) -> Vec<Narrowing> {
        let filter = &self.filter;
        let time = |at: Option<Timestamp>| at.map(told);
        [
            (
                "graph_id",
                "Graph",
                filter
                    .graph_id
                    .as_ref()
                    .map(|id| graph_name.unwrap_or(id.as_str()).to_owned()),
            ),
            (
                "graph_version",
                "Version",
                filter.graph_version.map(|version| version.to_string()),
            ),
            (
                "statuses",
                "Status",
                filter.statuses.as_ref().map(|_| self.statuses_told()),
            ),
            ("created_from", "From", time(filter.created_from)),
            ("created_to", "To", time(filter.created_to)),
            (
                "parent",
                "Parent",
                filter.parent_id.as_ref().map(|id| id.as_str().to_owned()),
            ),
            (
                "user_id",
                "User",
                self.user_id.as_ref().map(|id| id.as_str().to_owned()),
            ),
            ("sort", "Order", self.sort.map(|sort| sort.name().to_owned())),
        ]
        .into_iter()
        .filter_map(|(part, label, value)| {
            value.map(|value| Narrowing {
                label: format!("{label}: {value}"),
                without: self.without(part).to_string(),
            })
        })
        .collect()
    }

    /// Runs that are often looked for.
    pub(crate) fn presets(&self, now: Timestamp) -> Vec<Preset> {
        let day = 86_400_000;
        let floor = |at: i64, unit: i64| Timestamp::from_millis(at - at.rem_euclid(unit)).unwrap_or(now);
        let today = floor(now.millis(), day);
        // Whole minutes, so that a reload shows that it is still this one.
        let a_day_ago = floor(now.days_before(1).millis(), 60_000);
        let list = |name: &str, value: &str| Address::runs().with(name, value);
        let mut presets = vec![
            ("Failed today", list("statuses", "FAILED").with("created_from", today)),
            ("Running now", list("statuses", "RUNNING")),
            ("Last 24 hours", list("created_from", &a_day_ago.to_string())),
            ("Slowest", list("sort", "slowest")),
            ("Dearest", list("sort", "dearest")),
        ];
        if self.shows_scores {
            presets.push(("Unscored", list("sort", "unscored")));
        }
        let shown = self.without("columns").to_string();
        let columns = self.address();
        let columns = columns.query().split('&').find(|pair| pair.starts_with("columns="));
        presets
            .into_iter()
            .map(|(label, address)| {
                let plain = address.to_string();
                Preset {
                    label,
                    is_shown: plain == shown,
                    href: columns.map_or_else(|| plain.clone(), |columns| format!("{}{columns}", address.open())),
                }
            })
            .collect()
    }
}

/// A time as a chip has it: `2026-01-02 03:04 UTC`.
fn told(at: Timestamp) -> String {
    let text = at.to_string();
    let (day, time) = text.split_once('T').unwrap_or((&text, ""));
    format!("{day} {} UTC", time.get(..5).unwrap_or(time))
}

/// A time as a field for times takes it.
pub(crate) fn field(at: Option<Timestamp>) -> String {
    let text = at.map(|at| at.to_string()).unwrap_or_default();
    text.get(..16).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use runledger_models::UserId;
    use runledger_web::Source;

    use super::*;

    #[test]
    fn times_may_come_as_a_field_sends_them() {
        let moment = |text: &str| Moment::parse(&[text.to_owned()]).map(|Moment(at)| at.to_string());
        for (text, expected) in [
            ("2026-01-02T03:04", "2026-01-02T03:04:00.000Z"),
            ("2026-01-02", "2026-01-02T00:00:00.000Z"),
            ("2026-01-02T03:04:05.678Z", "2026-01-02T03:04:05.678Z"),
        ] {
            assert_eq!(moment(text).as_deref(), Ok(expected));
        }
        assert!(moment("yesterday").is_err());
    }

    fn asked(query: &str, role: Role) -> Result<Asked, Problem> {
        let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
        let caller = Caller::new(UserId::parse("me").unwrap(), role, None);
        Asked::new(Source::new("query", pairs).read()?, &caller, true)
    }

    #[test]
    fn only_who_sees_all_runs_may_ask_for_those_of_a_user() {
        assert!(asked("user_id=other", Role::User).is_err());
        assert!(asked("user_id=me", Role::User).is_ok());
        let others = asked("user_id=other", Role::Admin).unwrap();
        assert_eq!(others.scope.user_id(), Some("other"));
    }

    #[test]
    fn each_part_of_the_filter_can_be_taken_away() {
        let asked = asked(
            "statuses=FAILED,RUNNING&graph_id=a%26b&created_from=2026-01-02",
            Role::User,
        )
        .unwrap();
        assert_eq!(
            asked.address().to_string(),
            "/runs?graph_id=a%26b&statuses=FAILED%2CRUNNING&created_from=2026-01-02T00%3A00%3A00.000Z"
        );
        let parts = asked.narrowings(None);
        let without: Vec<_> = parts.iter().map(|part| part.without.as_str()).collect();
        assert!(
            without.contains(&"/runs?graph_id=a%26b&statuses=FAILED%2CRUNNING"),
            "{without:?}"
        );
        assert_eq!(parts.len(), 3);
        assert_eq!(
            asked.of_any_time().to_string(),
            "/runs?graph_id=a%26b&statuses=FAILED%2CRUNNING"
        );
    }

    #[test]
    fn every_name_of_an_order_is_read_back() {
        for (sort, name) in Sort::ALL {
            assert_eq!((Sort::named(name), sort.name()), (Some(sort), name));
        }
    }
}
