//! The inspector: one node run with what went in, what came out, how long it took and why it failed.

use askama::Template;
use runledger_models::{Id, Json, Scope};
use runledger_store::pages::nodes::{self as store, Inspected, Try};
use runledger_web::{Ledger, Problem};

use super::{group::Label, path_of, query::Links, value::NamedValue};
use crate::{
    format::Seconds,
    parts::{self, Allowance, StatusChip, When},
};

/// How many bytes of its data are read, and how much of them is shown beside other things and on a page of their own.
const DATA_BYTES: u64 = 1 << 20;
const SHOWN_BYTES: usize = 10_000;
const SHOWN_BYTES_ALONE: usize = 60_000;
const STATS_BYTES: usize = 4_000;
/// No value takes more than such a part of what is left while there are so many others.
const SHARES: usize = 4;
/// How many values have a place of their own; the others stand in the raw JSON.
const MOST_VALUES: usize = 40;
/// How many executions of the same node are looked for on each side, and among how many.
const TRIES: u32 = 20;
const LOOKS_AT: u32 = 2000;

/// One node run.
#[derive(Debug, Template)]
#[template(path = "run/inspector.html")]
pub(crate) struct Inspector {
    label: Label,
    status: String,
    exec: String,
    own_page: String,
    is_alone: bool,
    error: Option<String>,
    added: Option<When>,
    started: Option<When>,
    ended: Option<When>,
    waited: Option<Seconds>,
    ran: Option<Seconds>,
    tries: Tries,
    inputs: Vec<NamedValue>,
    outputs: Vec<NamedValue>,
    has_more: bool,
    stats: Option<NamedValue>,
    raw: Option<String>,
    /// Where the API has all of it, if it is not all here.
    whole: Option<String>,
}

impl askama::filters::HtmlSafe for Inspector {}

/// The executions of the same node around this one.
#[derive(Debug)]
struct Tries {
    /// Which one of them it is, as far as that is known.
    number: usize,
    /// Whether there may be more before, or after.
    is_open: (bool, bool),
    count: usize,
    list: Vec<OtherTry>,
}

#[derive(Debug)]
struct OtherTry {
    exec: String,
    href: String,
    status: String,
    added: Option<When>,
    is_this: bool,
}

impl Inspector {
    /// Reads one. `links` are those of the section that it stands in; on a page of its own it leads from page to page.
    pub(crate) async fn load(
        ledger: &Ledger,
        scope: &Scope,
        run: &Id,
        exec: &Id,
        links: Option<&Links>,
        is_alone: bool,
    ) -> Result<Option<Self>, Problem> {
        let read = store::node_run(scope, run, exec, DATA_BYTES, TRIES, LOOKS_AT);
        match ledger.read(read).await {
            Ok(inspected) => Ok(Some(Self::new(run, inspected, links, is_alone))),
            Err(runledger_store::Error::Missing) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn new(run: &Id, inspected: Inspected, links: Option<&Links>, is_alone: bool) -> Self {
        let raw = is_alone.then(|| serde_json::to_string(&inspected.node).ok()).flatten();
        let raw: Option<Json> = raw.and_then(|text| serde_json::from_str(&text).ok());
        let Inspected {
            node,
            block_name,
            name,
            error,
            stats,
            earlier,
            later,
        } = inspected;
        let most = if is_alone { SHOWN_BYTES_ALONE } else { SHOWN_BYTES };
        let has_more = node.input_data.len() > MOST_VALUES || node.output_data.len() > MOST_VALUES;
        let inputs = node.input_data.iter().map(|(name, value)| (name.clone(), value));
        let inputs = views(inputs, most);
        let outputs = node.output_data.iter().flat_map(|(name, values)| {
            let name = move |place: usize| {
                if values.len() > 1 {
                    format!("{name} {}", place + 1)
                } else {
                    name.clone()
                }
            };
            values
                .iter()
                .enumerate()
                .map(move |(place, value)| (name(place), value))
        });
        let outputs = views(outputs, most);
        let has_cut = raw.is_none() && inputs.iter().chain(&outputs).any(NamedValue::is_cut);
        let millis = |from: runledger_models::Timestamp, to: runledger_models::Timestamp| {
            Seconds((to.millis() - from.millis()).max(0) as f64 / 1000.0)
        };
        let waits_from = node.queue_time.or(node.add_time);
        let tries = Tries::new(
            run,
            &node.node_id,
            (&node.node_exec_id, node.status.as_str()),
            node.add_time,
            earlier,
            later,
            links,
        );
        Self {
            label: Label::new(name.as_deref(), block_name.as_deref(), &node.node_id),
            status: node.status.as_str().to_owned(),
            own_page: path_of(run, Some(&node.node_exec_id)),
            is_alone,
            error: error.filter(|error| !error.trim().is_empty()),
            added: node.add_time.map(When::exact),
            started: node.start_time.map(When::exact),
            ended: node.end_time.map(When::exact),
            waited: waits_from.zip(node.start_time).map(|(from, to)| millis(from, to)),
            ran: node.start_time.zip(node.end_time).map(|(from, to)| millis(from, to)),
            tries,
            inputs,
            outputs,
            has_more: has_more || has_cut,
            stats: stats
                .filter(|stats| stats.get() != "{}" && !stats.is_null())
                .map(|stats| NamedValue::new("Statistics", &stats, &mut Allowance::new(STATS_BYTES))),
            raw: raw.map(|json| parts::raw([("node_execution", &json)].into_iter(), SHOWN_BYTES_ALONE).0),
            whole: node.truncated.map(|truncated| truncated.data),
            exec: node.node_exec_id,
        }
    }
}

/// Values, the first ones longer than those for which little room is left.
fn views<'a>(values: impl Iterator<Item = (String, &'a Json)>, most: usize) -> Vec<NamedValue> {
    let values: Vec<_> = values.take(MOST_VALUES).collect();
    let count = values.len();
    let mut allowance = Allowance::new(most);
    let view = |(place, (name, value)): (usize, (String, &Json))| {
        let among = (count - place).min(SHARES);
        allowance.share(among, |part| NamedValue::new(name, value, part))
    };
    values.into_iter().enumerate().map(view).collect()
}

impl Tries {
    fn new(
        run: &Id,
        node: &str,
        this: (&str, &str),
        added: Option<runledger_models::Timestamp>,
        earlier: Vec<Try>,
        later: Vec<Try>,
        links: Option<&Links>,
    ) -> Self {
        let href = |exec: &str| {
            links.map_or_else(
                || path_of(run, Some(exec)),
                |links| {
                    format!(
                        "{}#inspector",
                        links.with(&[("node", Some(node)), ("exec", Some(exec))])
                    )
                },
            )
        };
        let other = |other: Try| OtherTry {
            href: href(&other.id),
            status: other.status.as_str().to_owned(),
            added: other.added.map(When::exact),
            is_this: false,
            exec: other.id,
        };
        let most = TRIES as usize;
        let number = earlier.len() + 1;
        let is_open = (earlier.len() == most, later.len() == most);
        let this = OtherTry {
            exec: this.0.to_owned(),
            href: href(this.0),
            status: this.1.to_owned(),
            added: added.map(When::exact),
            is_this: true,
        };
        let list: Vec<_> = earlier.into_iter().rev().map(other).collect();
        let list: Vec<_> = list
            .into_iter()
            .chain([this])
            .chain(later.into_iter().map(other))
            .collect();
        Self {
            number,
            is_open,
            count: list.len(),
            list,
        }
    }

    /// `2 of 5`, with what is known of it.
    fn words(&self) -> String {
        match self.is_open {
            (false, false) => format!("{} of {}", self.number, self.count),
            (false, true) => format!("{} of more than {}", self.number, self.count - 1),
            (true, _) => format!("after {} others or more", self.number - 1),
        }
    }

    fn neighbour(&self, by: isize) -> Option<&OtherTry> {
        self.list.get(self.number.checked_add_signed(by - 1)?)
    }
}
