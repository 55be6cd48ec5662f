//! `GET /styleguide`: the parts that pages are made of, together. Only where the variable `web_styleguide` is `true`: in
//! development, and in the tests that photograph it.

use askama::Template;
use http::Method;
use runledger_models::{ExecutionStatus, Timestamp};
use runledger_web::{Call, Door, Endpoint, NoParams, Problem, Public, Reply, page::Rendered, setting};

use crate::{
    DOOR,
    format::{Count, Dollars, Percentage, Seconds, Short},
    parts::{Bucket, Chart, Empty, Series, Shape, StatusChip, When},
    shell::{Shell, render},
};

#[derive(Template)]
#[template(path = "styleguide.html")]
struct StyleguidePage {
    shell: Shell,
    statuses: Vec<StatusChip<'static>>,
    now: Timestamp,
    bars: Chart,
    lines: Chart,
}

fn bars() -> Chart {
    let series = |name, class, values: &[u8]| Series {
        name,
        class,
        narrowed: "",
        values: values.iter().map(|value| Some(f64::from(*value))).collect(),
    };
    Chart {
        id: "sample-bars",
        label: "Runs by status, by day".to_owned(),
        shape: Shape::Bars,
        buckets: days(),
        series: vec![
            series("Failed", "failed", &[0, 2, 1, 0, 8, 3, 0]),
            series("Stopped", "stopped", &[1, 0, 0, 2, 0, 0, 0]),
            series("Done", "done", &[20, 31, 18, 4, 42, 37, 22]),
        ],
        told: |value| format!("{value:.0}"),
        most: None,
        is_whole: true,
        brush: None,
    }
}

fn lines() -> Chart {
    let values = [
        Some(0.8),
        Some(0.84),
        None,
        Some(0.7),
        Some(0.45),
        Some(0.62),
        Some(0.9),
    ];
    let series = Series {
        name: "Score",
        class: "accent",
        narrowed: "",
        values: values.to_vec(),
    };
    Chart {
        id: "sample-lines",
        label: "Average score, by day".to_owned(),
        shape: Shape::Lines,
        series: vec![series],
        told: |value| Percentage(value).to_string(),
        most: Some(1.0),
        is_whole: false,
        ..bars()
    }
}

fn days() -> Vec<Bucket> {
    let days = (20..27).map(|day| Bucket {
        name: format!("{day} Nov"),
        href: "#main".to_owned(),
    });
    days.collect()
}

/// Shows the parts that pages are made of.
pub(crate) struct GetStyleguide;

impl Endpoint for GetStyleguide {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/styleguide";
    const SUMMARY: &'static str = "What pages are made of";
    const DOOR: Door = DOOR;
    type Access = Public;
    type Path = NoParams;
    type Query = NoParams;
    type Body = ();
    type Reply = Rendered;

    async fn handle(_: Call<Self>) -> Result<Reply<Rendered>, Problem> {
        if setting("web_styleguide").await.map_err(Problem::not_configured)? != "true" {
            return Err(Problem::not_found("there is nothing at this path"));
        }
        let known = ExecutionStatus::ALL.map(|status| StatusChip(status.as_str()));
        render(&StyleguidePage {
            shell: Shell::public("Styleguide"),
            statuses: known.into_iter().chain([StatusChip("PAUSED")]).collect(),
            now: Timestamp::now(),
            bars: bars(),
            lines: lines(),
        })
    }
}
