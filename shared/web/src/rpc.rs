//! Methods of the data service: operations that are called by name, with named arguments, and answer the bare value
//! (seed `executor/database.py`, `DatabaseManager`).

use std::{future::Future, marker::PhantomData};

use http::{Method as HttpMethod, StatusCode};
use runledger_logging::Log;
use runledger_models::{
    Caller, GraphExecution, GraphExecutionMeta, GraphExecutionWithNodes, Id, NodeExecutionResult, SharedExecution,
    Truncated, bounded::RowLimit, json::Tolerant, kv::KeyValue, paging::Position,
};
use runledger_store::{Budget, Error};
use serde::{Serialize, de::DeserializeOwned};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, Ref, RefOr, Schema, Type},
};

use crate::{
    Body, Call, Door, Endpoint, JsonBody, Ledger, NoParams, Parts, Payload, Problem, ProblemDocument, Reply,
    ServiceOnly, http::response::Response,
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
    const PLATFORM_SOURCE: &'static str;
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
    /// What runs the request's statements.
    pub ledger: Ledger,
}

/// A method as an endpoint.
pub struct Remote<M>(PhantomData<M>);

impl<M: Method> Endpoint for Remote<M> {
    const METHOD: HttpMethod = HttpMethod::POST;
    const PATH: &'static str = M::PATH;
    const SUMMARY: &'static str = M::SUMMARY;
    const DOOR: Door = Door::DataService(M::PLATFORM_SOURCE);
    const READS: bool = M::READS;
    type Access = ServiceOnly;
    type Path = NoParams;
    type Query = NoParams;
    type Body = Arguments<M::Args>;
    type Reply = M::Value;

    async fn handle(call: Call<Self>) -> Result<Reply<M::Value>, Problem> {
        let Arguments(args) = call.body;
        let called = Called {
            caller: call.who,
            args,
            ledger: call.ledger,
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

/// Named arguments. Of those that a method does not know, what asks for nothing is passed over, so that a newer client of
/// the platform is served.
pub struct Arguments<T>(T);

impl<T: DeserializeOwned + ToSchema> Body for Arguments<T> {
    fn read(parts: &Parts<'_>) -> Result<Self, Problem> {
        let JsonBody(Tolerant(args)) = JsonBody::read(parts)?;
        Ok(Self(args))
    }

    #[cfg(not(target_family = "wasm"))]
    fn describe(document: &mut crate::openapi::Document) -> Option<utoipa::openapi::request_body::RequestBody> {
        let body = JsonBody::<T>::describe(document);
        document.let_more_in::<T>();
        body
    }
}

/// Declares the arguments of a method that takes what a body of HTTP says, and beside it the identifiers that HTTP has
/// in its path and headers: both read the same type.
#[macro_export]
macro_rules! arguments {
    (
        $(#[doc = $doc:literal])+
        #[example = json!($example:tt)]
        $vis:vis struct $name:ident {
            $( $(#[doc = $id_doc:literal])+ $id:ident: Id, )+
            ..$body:ident: $type:ty
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug)]
        $vis struct $name {
            $( $(#[doc = $id_doc])+ $id: $crate::runledger_models::Id, )+
            $body: $type,
        }

        impl<'de> $crate::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let names = [$( stringify!($id) ),+];
                let ([$( $id ),+], $body) = $crate::runledger_models::json::beside(deserializer, names)?;
                Ok(Self { $( $id, )+ $body })
            }
        }

        impl $crate::utoipa::PartialSchema for $name {
            fn schema() -> $crate::utoipa::openapi::RefOr<$crate::utoipa::openapi::Schema> {
                let ids = [$( (stringify!($id), concat!($($id_doc),+)) ),+];
                $crate::rpc::arguments_schema::<$type>(concat!($($doc),+), ids, $crate::serde_json::json!($example))
            }
        }

        impl $crate::utoipa::ToSchema for $name {
            fn schemas(
                schemas: &mut Vec<(String, $crate::utoipa::openapi::RefOr<$crate::utoipa::openapi::Schema>)>,
            ) {
                type Id = $crate::runledger_models::Id;
                schemas.push((
                    <Id as $crate::utoipa::ToSchema>::name().into_owned(),
                    <Id as $crate::utoipa::PartialSchema>::schema(),
                ));
                <$type as $crate::utoipa::ToSchema>::schemas(schemas);
            }
        }
    };
}

/// The schema of a record with identifiers beside its members.
#[doc(hidden)]
pub fn arguments_schema<T: ToSchema>(
    docs: &str,
    ids: impl IntoIterator<Item = (&'static str, &'static str)>,
    example: serde_json::Value,
) -> RefOr<Schema> {
    let RefOr::T(Schema::Object(mut arguments)) = T::schema() else {
        return T::schema();
    };
    arguments.description = Some(docs.trim().to_owned());
    arguments.example = Some(example);
    for (name, docs) in ids {
        let mut id = Ref::from_schema_name(Id::name());
        docs.trim().clone_into(&mut id.description);
        arguments.properties.insert(name.to_owned(), id.into());
        arguments.required.push(name.to_owned());
    }
    Schema::Object(arguments).into()
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

/// How many rows a caller wants. The seed answers all of them where no `limit` is given; so does this, as long as the
/// answer keeps to its budget. Beyond, it raises an error: nothing is cut without the caller's knowledge.
#[derive(Debug, Clone, Copy)]
pub struct Rows {
    limit: Option<RowLimit>,
    budget: Budget,
}

impl Rows {
    /// As many as the argument `limit` says; all without it.
    pub const fn new(limit: Option<RowLimit>, budget: Budget) -> Self {
        Self { limit, budget }
    }

    /// How many rows to ask the database for.
    pub fn limit(self) -> u32 {
        self.limit
            .map_or(self.budget.rows(), |limit| limit.get().min(self.budget.rows()))
    }

    /// The rows that came, unless there are more of which the caller would not know.
    pub fn whole<T: MaybeTruncated>(self, rows: Vec<T>, next: Option<&Position>) -> Result<Vec<T>, Problem> {
        let is_asked_for = self.limit.is_some_and(|limit| rows.len() >= limit.get() as usize);
        if next.is_some() && !is_asked_for {
            return Err(too_large(self.budget));
        }
        rows.into_iter().map(|row| whole(row, self.budget)).collect()
    }
}

/// A record that says when it is not whole.
pub trait MaybeTruncated {
    /// Whether something was left out of it.
    fn is_truncated(&self) -> bool;
}

impl MaybeTruncated for NodeExecutionResult {
    fn is_truncated(&self) -> bool {
        self.truncated.is_some()
    }
}

impl MaybeTruncated for GraphExecutionMeta {
    fn is_truncated(&self) -> bool {
        self.base.truncated.is_some()
    }
}

impl MaybeTruncated for GraphExecution {
    fn is_truncated(&self) -> bool {
        self.base.truncated.is_some()
    }
}

impl MaybeTruncated for GraphExecutionWithNodes {
    fn is_truncated(&self) -> bool {
        self.execution.is_truncated() || self.node_executions.iter().any(MaybeTruncated::is_truncated)
    }
}

impl MaybeTruncated for KeyValue {
    fn is_truncated(&self) -> bool {
        self.is_truncated
    }
}

impl MaybeTruncated for SharedExecution {
    fn is_truncated(&self) -> bool {
        self.is_truncated
    }
}

impl<T> MaybeTruncated for (T, Option<Truncated>) {
    fn is_truncated(&self) -> bool {
        self.1.is_some()
    }
}

/// What a method that reads answers, unless something was left out of it.
pub fn whole<T: MaybeTruncated>(record: T, budget: Budget) -> Result<T, Problem> {
    if record.is_truncated() {
        return Err(too_large(budget));
    }
    Ok(record)
}

/// What there is, or nothing, unless something was left out of it.
pub fn found_whole<T: MaybeTruncated>(answer: Result<T, Error>, budget: Budget) -> Result<Option<T>, Problem> {
    found(answer)?.map(|record| whole(record, budget)).transpose()
}

fn too_large(budget: Budget) -> Problem {
    let detail = format!(
        "the answer would be larger than max_response_bytes, {} bytes; narrow the call, send a limit where it takes one, \
         or read it in parts over the HTTP API",
        budget.bytes()
    );
    Problem::invalid_at("", detail)
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
fn error(document: ProblemDocument) -> (StatusCode, RemoteCallError) {
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
    use runledger_models::{Bounded, Change};

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

    crate::arguments! {
        /// Which execution, and what to change.
        #[example = json!({"graph_exec_id": "x", "status": "RUNNING"})]
        struct ChangeArgs {
            /// The execution.
            graph_exec_id: Id,
            ..change: Change
        }
    }

    #[test]
    fn a_method_reads_the_type_that_a_body_is() {
        let read = |text: &str| crate::read_json::<ChangeArgs>(text.as_bytes(), "");
        let args = read(r#"{"status":"FAILED","graph_exec_id":"x","stats":{"mine":1.10}}"#).unwrap();
        let change = serde_json::from_str(r#"{"status":"FAILED","stats":{"mine":1.10}}"#).unwrap();
        assert_eq!((args.graph_exec_id.as_str(), args.change), ("x", change));
        for (text, said) in [
            (
                r#"{"graph_exec_id":"x"}"#,
                "has neither status nor stats; send at least one",
            ),
            (r#"{"status":"FAILED"}"#, "graph_exec_id: missing field `graph_exec_id`"),
            (
                r#"{"graph_exec_id":"","status":"FAILED"}"#,
                "graph_exec_id: must have 1 to 128 characters and no control characters",
            ),
            (
                r#"{"graph_exec_id":"x","status":"INCOMPLETE"}"#,
                "status: is a status that only creation sets",
            ),
            (
                r#"{"stats":{"cost":1.5},"graph_exec_id":"x"}"#,
                "stats/cost: must be a whole number of cents",
            ),
            (
                r#"{"graph_exec_id":"x","state":1}"#,
                "state: unknown field `state`, expected `status` or `stats`",
            ),
        ] {
            let (status, error) = raised(read(text).unwrap_err());
            assert_eq!((status, &error["args"]), (400, &serde_json::json!([said])), "{text}");
        }
    }

    #[test]
    fn a_method_shows_the_members_of_a_body_and_its_identifiers() {
        let schema = serde_json::to_value(ChangeArgs::schema()).unwrap();
        let names: Vec<_> = schema["properties"].as_object().unwrap().keys().collect();
        assert_eq!(names, ["graph_exec_id", "stats", "status"]);
        assert_eq!(schema["required"], serde_json::json!(["graph_exec_id"]));
        assert_eq!(schema["additionalProperties"], false);
        assert_eq!(schema["description"], "Which execution, and what to change.");
    }

    struct Record(bool);

    impl MaybeTruncated for Record {
        fn is_truncated(&self) -> bool {
            self.0
        }
    }

    #[test]
    fn nothing_is_cut_in_silence() {
        let next = Position {
            created_at: runledger_models::Timestamp::now().into(),
            id: "an-id".to_owned(),
        };
        let rows = |limit: Option<u32>| {
            let limit = limit.map(|limit| Bounded::new(limit).unwrap());
            Rows::new(limit, Budget::new(1 << 20))
        };
        for (limit, came, next, is_whole) in [
            (None, 2, None, true),
            (None, 2, Some(&next), false),
            (Some(2), 2, Some(&next), true),
            (Some(3), 2, Some(&next), false),
            (Some(3), 2, None, true),
        ] {
            let records = (0..came).map(|_| Record(false)).collect();
            assert_eq!(rows(limit).whole(records, next).is_ok(), is_whole, "{limit:?}");
        }
        assert!(rows(None).whole(vec![Record(true)], None).is_err());
        assert_eq!(rows(Some(2_147_483_647)).limit(), 2049);
    }
}
