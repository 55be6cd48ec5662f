//! `GET /shared/{token}`: the result of a run, for anyone who has its link.

use askama::Template;
use http::{HeaderValue, Method, StatusCode, header};
use runledger_models::{Json, SharedExecution};
use runledger_store::{Error, shares};
use runledger_web::{Call, Door, Endpoint, MaybeToken, NoParams, Problem, Public, Reply, page::Rendered, params};

use crate::{
    DOOR,
    address::segment,
    parts::{Allowance, Empty, StatusChip, ValueView, When},
    shell::{Shell, render},
};

/// The bytes of HTML that all values together may have; what is beyond is left to the API.
const ROOM: usize = 200 << 10;
/// How many values of one output are shown.
const VALUES: usize = 200;
/// No value takes more than such a part of what is left while there are so many others.
const SHARES: usize = 4;

params! {
    /// The link.
    pub(crate) struct SharedPath {
        /// The secret part of the link.
        token: MaybeToken,
    }
}

/// What reached one output of the graph.
struct Output {
    name: String,
    values: Vec<ValueView>,
}

#[derive(Template)]
#[template(path = "shared.html")]
struct SharedPage {
    shell: Shell,
    result: SharedExecution,
    outputs: Vec<Output>,
    /// Where the API has all of it.
    whole: String,
    is_cut: bool,
}

#[derive(Template)]
#[template(path = "shared_missing.html")]
struct MissingPage<'a> {
    shell: Shell,
    request_id: &'a str,
}

/// Shows a shared result to anyone who has its link.
pub(crate) struct GetShared;

impl Endpoint for GetShared {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/shared/{token}";
    const SUMMARY: &'static str = "What is the result?";
    const DOOR: Door = DOOR;
    type Access = Public;
    type Path = SharedPath;
    type Query = NoParams;
    type Body = ();
    type Reply = Rendered;

    async fn handle(call: Call<Self>) -> Result<Reply<Rendered>, Problem> {
        let MaybeToken(token) = &call.path.token;
        let read = shares::read(token.as_ref(), call.ledger.budget());
        let reply = match (call.ledger.read(read).await, token) {
            (Ok(mut result), Some(token)) => {
                let whole = format!("/api/public/shared/{}", segment(token.as_str()));
                let outputs = std::mem::take(&mut result.outputs);
                let mut allowance = Allowance::new(ROOM);
                let count = outputs.values().map(Vec::len).sum::<usize>();
                let mut left = count;
                let mut view = |value: &Json| {
                    let among = left.min(SHARES);
                    left -= 1;
                    allowance.share(among, |part| ValueView::new(value, part))
                };
                let outputs: Vec<_> = outputs
                    .iter()
                    .map(|(name, values)| Output {
                        name: name.clone(),
                        values: values.iter().take(VALUES).map(&mut view).collect(),
                    })
                    .collect();
                let shown: usize = outputs.iter().map(|output| output.values.len()).sum();
                render(&SharedPage {
                    shell: Shell::public(&result.graph_name),
                    is_cut: result.is_truncated || allowance.is_cut || shown < count,
                    whole,
                    outputs,
                    result,
                })?
            }
            // Whatever the reason is, the page is the same.
            (Ok(_) | Err(Error::Missing), _) => missing(call.ledger.log().request_id())?,
            (Err(error), _) => return Err(error.into()),
        };
        // The address is the right to read.
        Ok(reply.with(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")))
    }
}

fn missing(request_id: &str) -> Result<Reply<Rendered>, Problem> {
    let page = MissingPage {
        shell: Shell::public("Nothing is shared here"),
        request_id,
    };
    let html = page.render().map_err(|error| Problem::internal(error.to_string()))?;
    Ok(Rendered::html_with(StatusCode::NOT_FOUND, html))
}
