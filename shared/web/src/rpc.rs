//! Methods of the data service: operations that are called by name, with named arguments, and answer the bare value
//! (seed `executor/database.py`, `DatabaseManager`).

use std::{future::Future, marker::PhantomData};

use http::{Method as HttpMethod, StatusCode};
use runledger_logging::Log;
use runledger_models::{Caller, paging::Position};
use runledger_store::{Db, Error, IdempotencyKey};
use serde::{Serialize, de::DeserializeOwned};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

use crate::{
    Call, Endpoint, JsonBody, NoParams, Payload, Problem, Reply, ServiceOnly, endpoint::Response, problem::Document,
};

/// The documents that the methods come from.
pub mod seeds {
    /// Executions, nodes, key-value data, sharing, monitors.
    pub const EXECUTION: &str = "data/execution.py";
    /// Health and credits.
    pub const DATABASE: &str = "executor/database.py";
    /// The summary.
    pub const SUMMARY: &str = "data/generate_data.py";
    /// Accuracy trends.
    pub const ANALYTICS: &str = "execution_analytics_routes.py";
}

/// A method of the data service.
pub trait Method: Sized + 'static {
    /// Its path: `/rpc/` and its name.
    const PATH: &'static str;
    /// What it does, in a line.
    const SUMMARY: &'static str;
    /// The document that it comes from: one of [`seeds`].
    const SEED: &'static str;
    /// Whether it changes nothing.
    const READS: bool = false;
    /// Its arguments, by name.
    type Args: DeserializeOwned + ToSchema + 'static;
    /// What it answers.
    type Value: Payload;

    /// Does it.
    fn call(called: Called<Self>) -> impl Future<Output = Result<Reply<Self::Value>, Problem>>;
}

/// A call of a method.
pub struct Called<M: Method> {
    /// Who calls.
    pub caller: Caller,
    /// The arguments.
    pub args: M::Args,
    /// The key under which a write happens once.
    pub once: Option<IdempotencyKey>,
    /// The database.
    pub db: Db,
}

/// A method as an endpoint.
pub struct Remote<M>(PhantomData<M>);

impl<M: Method> Endpoint for Remote<M> {
    const METHOD: HttpMethod = HttpMethod::POST;
    const PATH: &'static str = M::PATH;
    const SUMMARY: &'static str = M::SUMMARY;
    const SEED: Option<&'static str> = Some(M::SEED);
    const READS: bool = M::READS;
    type Access = ServiceOnly;
    type Path = NoParams;
    type Query = NoParams;
    type Body = JsonBody<M::Args>;
    type Reply = M::Value;

    async fn handle(call: Call<Self>) -> Result<Reply<M::Value>, Problem> {
        let JsonBody(args) = call.body;
        let called = Called {
            caller: call.who,
            args,
            once: call.once,
            db: call.db,
        };
        M::call(called).await.map_err(|problem| {
            // That a record is missing is not that the method is.
            if problem.status() == StatusCode::NOT_FOUND {
                problem.raised(StatusCode::INTERNAL_SERVER_ERROR, "RecordNotFoundError")
            } else {
                problem
            }
        })
    }
}

/// What there is, or nothing: a method that reads answers null for what is not there.
pub fn found<T>(answer: Result<T, Error>) -> Result<Option<T>, Error> {
    match answer {
        Err(Error::Missing) => Ok(None),
        answer => answer.map(Some),
    }
}

/// What a method answers that has nothing to tell: null.
#[derive(Debug, Serialize)]
pub struct Null;

impl ToSchema for Null {}

impl PartialSchema for Null {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Null).into()
    }
}

/// How many rows a caller wants. The seed answers all of them where no `limit` is given; so does this, up to a number
/// that fits into memory, beyond which it raises an error: a list is never cut without the caller's knowledge.
#[derive(Debug, Clone, Copy)]
pub struct Rows {
    limit: u32,
    all: bool,
}

/// The most rows that a method answers, by what they carry.
#[derive(Debug, Clone, Copy)]
pub enum Most {
    /// Executions without their nodes.
    Light = 10_000,
    /// Nodes, with their data.
    Heavy = 1000,
}

impl Rows {
    /// As many as the argument `limit` says.
    pub fn limited(limit: Option<u32>, most: Most) -> Result<Self, Problem> {
        let most = most as u32;
        if limit.is_some_and(|limit| limit > most) {
            return Err(Problem::invalid_at("/limit", format!("is more than {most}")));
        }
        Ok(Self {
            limit: limit.unwrap_or(most),
            all: limit.is_none(),
        })
    }

    /// All of them.
    pub const fn all(most: Most) -> Self {
        Self {
            limit: most as u32,
            all: true,
        }
    }

    /// How many rows to ask the database for.
    pub const fn limit(self) -> u32 {
        self.limit
    }

    /// The rows that came, unless there are more of which the caller would not know.
    pub fn whole<T>(self, rows: T, next: Option<&Position>) -> Result<T, Problem> {
        if self.all && next.is_some() {
            return Err(Problem::invalid_at(
                "",
                format!(
                    "there are more than {} rows; narrow the call, or send a limit where it takes one",
                    self.limit
                ),
            ));
        }
        Ok(rows)
    }
}

/// What a method answers when it fails: the exception that the seed raises, and the exception's arguments.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RemoteCallError {
    /// The exception's name.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Its arguments; the first says what is wrong.
    args: Vec<serde_json::Value>,
}

/// The response to a problem: the exception that it is.
pub(crate) fn refuse(problem: Problem, log: &Log) -> Response {
    Response::to_problem(problem, log, "application/json", |document| {
        let (status, error) = error(document);
        (status, serde_json::to_vec(&error))
    })
}

/// The error of a call: 400 for what the seed raises as `ValueError`, 500 for everything else that goes wrong inside.
fn error(document: Document) -> (StatusCode, RemoteCallError) {
    let (status, kind) = match document.status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => (document.status, "NotAuthorizedError"),
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => (document.status, "NotFoundError"),
        StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNSUPPORTED_MEDIA_TYPE => (document.status, "ValueError"),
        StatusCode::PAYMENT_REQUIRED => (StatusCode::BAD_REQUEST, "InsufficientBalanceError"),
        status if status.is_client_error() => (StatusCode::BAD_REQUEST, "ValueError"),
        StatusCode::SERVICE_UNAVAILABLE => (StatusCode::INTERNAL_SERVER_ERROR, "UnhealthyServiceError"),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "DatabaseError"),
    };
    let texts = document.errors.iter().map(|part| {
        let at = part.pointer.trim_start_matches('/');
        if at.is_empty() {
            part.detail.clone()
        } else {
            format!("{at}: {}", part.detail)
        }
    });
    let texts: Vec<_> = texts.collect();
    let text = if texts.is_empty() {
        document.detail
    } else {
        texts.join("; ")
    };
    let mut args = vec![text.into()];
    // The exception of a shortfall tells, after its message, who lacks what.
    if let (Some(balance), Some(amount)) = (document.balance, document.amount) {
        args.extend([document.user.into(), balance.into(), amount.into()]);
    }
    (
        status,
        RemoteCallError {
            kind: document.exception.unwrap_or(kind),
            args,
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raised(problem: Problem) -> (u16, serde_json::Value) {
        let (status, error) = error(problem.into_document("r1"));
        (status.as_u16(), serde_json::to_value(error).unwrap())
    }

    #[test]
    fn problems_become_the_seeds_exceptions() {
        for (problem, status, kind) in [
            (Problem::invalid_at("/cost", "is missing"), 400, "ValueError"),
            (Problem::malformed("no JSON"), 400, "ValueError"),
            (Problem::conflict("already"), 400, "ValueError"),
            (Problem::unauthorized("no token"), 401, "NotAuthorizedError"),
            (Problem::not_found("no such method"), 404, "NotFoundError"),
            (Problem::unavailable("host db.internal"), 500, "UnhealthyServiceError"),
            (Problem::internal("SELECT secret"), 500, "DatabaseError"),
        ] {
            let (got, error) = raised(problem);
            assert_eq!((got, error["type"].as_str()), (status, Some(kind)));
            assert!(!error.to_string().contains("secret") && !error.to_string().contains("internal"));
        }
        let shortfall = Error::Shortfall { balance: 5, amount: 7 };
        let (status, error) = raised(shortfall.into());
        assert_eq!((status, &error["type"]), (400, &"InsufficientBalanceError".into()));
        assert_eq!((&error["args"][2], &error["args"][3]), (&5.into(), &7.into()));
        let (_, error) = raised(Problem::invalid_at("/cost", "is missing"));
        assert_eq!(error["args"], serde_json::json!(["cost: is missing"]));
    }

    #[test]
    fn a_list_is_never_cut_in_silence() {
        let next = Position {
            created_at: runledger_models::Timestamp::now().into(),
            id: "an-id".to_owned(),
        };
        assert!(Rows::all(Most::Heavy).whole((), Some(&next)).is_err());
        assert!(Rows::all(Most::Heavy).whole((), None).is_ok());
        assert!(
            Rows::limited(Some(3), Most::Light)
                .unwrap()
                .whole((), Some(&next))
                .is_ok()
        );
        assert!(
            Rows::limited(None, Most::Light)
                .unwrap()
                .whole((), Some(&next))
                .is_err()
        );
        assert!(Rows::limited(Some(1001), Most::Heavy).is_err());
    }
}
