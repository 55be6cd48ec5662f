//! `POST /api/executions/batch`.

use http::{Method, StatusCode};
use runledger_models::{
    Json,
    import::{self, ImportedExecution, MAX_ITEMS},
    json::Record,
};
use runledger_store::executions;
use runledger_web::{
    Body, Call, Endpoint, FieldError, NoParams, Parts, Problem, Reply, ServiceOnly, Unpack, read_json,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::gzip::gunzip;

const JSON: &str = "application/json";
const NDJSON: &str = "application/x-ndjson";

/// Executions to import: a JSON array, or one JSON object on each line.
pub(crate) struct ImportBody(Vec<ImportedExecution>);

impl Body for ImportBody {
    const UNPACK: Option<Unpack> = Some(gunzip);

    fn read(parts: &Parts<'_>) -> Result<Self, Problem> {
        let texts: Vec<Json> = if parts.has_type(JSON) {
            read_json(parts.bytes, "")?
        } else if parts.has_type(NDJSON) {
            read_lines(parts.bytes)?
        } else {
            return Err(Problem::unsupported_type(&format!("{JSON} or {NDJSON}")));
        };
        if !(1..=MAX_ITEMS).contains(&texts.len()) {
            return Err(Problem::invalid_at("", format!("must hold 1 to {MAX_ITEMS} items")));
        }
        let mut items = Vec::with_capacity(texts.len());
        let mut errors = Vec::new();
        for (index, text) in texts.iter().enumerate() {
            match read_json(text.get().as_bytes(), &format!("/{index}")) {
                Ok(Record(item)) => items.push((index, item)),
                Err(problem) => errors.extend(problem.into_errors()?),
            }
        }
        let prepared = import::prepare(items.iter_mut().map(|(index, item)| (*index, item)));
        errors.extend(prepared.into_iter().map(FieldError::from));
        if errors.is_empty() {
            Ok(Self(items.into_iter().map(|(_, item)| item).collect()))
        } else {
            Err(Problem::invalid(errors))
        }
    }

    #[cfg(not(target_family = "wasm"))]
    fn describe(document: &mut runledger_web::openapi::Document) -> Option<utoipa::openapi::request_body::RequestBody> {
        use runledger_web::openapi::{body_of, example};
        use utoipa::openapi::ArrayBuilder;
        let item = document.schema::<ImportedExecution>();
        let items = ArrayBuilder::new()
            .items(item.clone())
            .min_items(Some(1))
            .max_items(Some(MAX_ITEMS));
        let one = example::<ImportedExecution>();
        let mut body = body_of(JSON, items.into(), one.clone().map(|one| vec![one].into()));
        // Of such a type, the schema and the example are those of a line.
        body.content.extend(body_of(NDJSON, item, one).content);
        Some(body)
    }
}

/// The values of the lines that are not blank. One more than may be tells that there are too many.
fn read_lines(bytes: &[u8]) -> Result<Vec<Json>, Problem> {
    let lines = bytes.split(|byte| *byte == b'\n').enumerate();
    let filled = lines
        .filter(|(_, line)| !line.trim_ascii().is_empty())
        .take(MAX_ITEMS + 1);
    let read = |(index, line): (usize, &[u8])| {
        read_json(line, "").map_err(|problem| {
            if problem.status() == StatusCode::BAD_REQUEST {
                return Problem::malformed(format!("line {} is not JSON", index + 1));
            }
            problem
        })
    };
    filled.map(read).collect()
}

/// What was imported.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Imported {
    /// The executions' identifiers, in the order of the items.
    ids: Vec<String>,
}

/// Imports executions in any status: all of them or none.
pub(crate) struct ImportExecutions;

impl Endpoint for ImportExecutions {
    const METHOD: Method = Method::POST;
    const PATH: &'static str = "/api/executions/batch";
    const STATUS: StatusCode = StatusCode::CREATED;
    const SUMMARY: &'static str = "Import executions, all or none";
    const PROBLEMS: &'static [StatusCode] = &[StatusCode::CONFLICT];
    type Access = ServiceOnly;
    type Path = NoParams;
    type Query = NoParams;
    type Body = ImportBody;
    type Reply = Imported;

    async fn handle(call: Call<Self>) -> Result<Reply<Imported>, Problem> {
        let ImportBody(items) = call.body;
        let done = call.ledger.write(executions::import(&call.who.scope(), items)?).await?;
        Ok(Reply::done(done.map(|ids| Imported { ids })))
    }
}
