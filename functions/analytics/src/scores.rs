//! `GET /api/executions/admin/executions/{id}/scores`.

use http::{Method, StatusCode};
use runledger_models::{Bounded, Id, scoring::Score};
use runledger_store::scoring;
use runledger_web::{AdminOnly, Call, Endpoint, NumberCursor, Problem, Reply, params};
use serde::Serialize;
use utoipa::ToSchema;

const DEFAULT_LIMIT: u32 = 25;

params! {
    /// The execution.
    pub(crate) struct ExecutionPath {
        /// The execution.
        id: Id,
    }
}

params! {
    /// Which part of the scores.
    pub(crate) struct ScoresQuery {
        /// Where the last part ended.
        cursor: Option<NumberCursor>,
        /// The most scores; 25 without it.
        limit: Option<Bounded<1, 100>>,
    }
}

/// Scores, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Scores {
    /// The scores.
    scores: Vec<Score>,
    /// Where the next part begins; null at the end.
    next_cursor: Option<String>,
}

/// Lists every score that an execution was ever given.
pub(crate) struct ListScores;

impl Endpoint for ListScores {
    const METHOD: Method = Method::GET;
    const PATH: &'static str = "/api/executions/admin/executions/{id}/scores";
    const SUMMARY: &'static str = "List every score that an execution was ever given, and where it comes from";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::NOT_FOUND];
    type Access = AdminOnly;
    type Path = ExecutionPath;
    type Query = ScoresQuery;
    type Body = ();
    type Reply = Scores;

    async fn handle(call: Call<Self>) -> Result<Reply<Scores>, Problem> {
        let ScoresQuery { cursor, limit } = call.query;
        let limit = limit.map_or(DEFAULT_LIMIT, Bounded::get);
        let before = cursor.map(|NumberCursor(before)| before);
        let scope = call.who.scope();
        let (rows, more) = call
            .ledger
            .read(scoring::scores(&scope, &call.path.id, before, limit))
            .await?;
        Ok(Reply::new(Scores {
            next_cursor: rows.last().filter(|_| more).map(|last| NumberCursor(last.id).encode()),
            scores: rows.into_iter().map(|row| row.score).collect(),
        }))
    }
}
