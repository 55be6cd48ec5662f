//! All that is stored of a record, however large, written in pieces: a line of JSON for each value.

use runledger_models::Scope;
use runledger_store::{
    Db,
    data::{self, Place, Record},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{Content, Gone, Payload, Problem, Sink, Stream};

/// The values of a record, one on each line; the last line says how many they were.
pub struct Whole(Stream);

/// A line of the values of a record.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only described; values are written in pieces")]
enum ValueLine {
    /// A value.
    Value {
        /// The node execution that the value is of; null where it is the graph execution's own.
        node_exec_id: Option<String>,
        /// Where it is stored: `inputs`, `credential_inputs`, `nodes_input_masks`, `stats`, `execution_data`, `input` or
        /// `output`.
        source: String,
        /// The name of an input or output.
        name: Option<String>,
        /// The value.
        value: runledger_models::Json,
    },
    /// The last line. A stream without it broke off.
    End {
        /// How many values came.
        values: u64,
    },
}

/// What stands on a line before its value.
#[derive(Serialize)]
struct Beginning<'a> {
    node_exec_id: Option<&'a str>,
    source: &'a str,
    name: Option<&'a str>,
}

enum End {
    Gone,
    Trouble(Problem),
}

impl From<Gone> for End {
    fn from(Gone: Gone) -> Self {
        Self::Gone
    }
}

impl Whole {
    /// The values of this record.
    pub async fn read(db: Db, scope: Scope, record: Record) -> Result<Self, Problem> {
        // Looked for before the response begins.
        db.read(data::read(&scope, &record, Place::default())).await?;
        Ok(Self(Stream::new(async move |mut sink| {
            if let Err(End::Trouble(problem)) = write(&db, &scope, &record, &mut sink).await {
                let why = problem.for_log().unwrap_or("the record is gone").to_owned();
                db.log().error(&format!("a stream of values broke off: {why}"));
            }
        })))
    }
}

async fn write(db: &Db, scope: &Scope, record: &Record, sink: &mut Sink) -> Result<(), End> {
    let trouble = |error: runledger_store::Error| End::Trouble(error.into());
    let mut place = Place::default();
    loop {
        let pieces = db.read(data::read(scope, record, place)).await.map_err(trouble)?;
        if pieces.is_empty() {
            sink.send(format!("{{\"values\":{}}}\n", place.values()).as_bytes())
                .await?;
            return Ok(());
        }
        let mut text = String::new();
        for piece in pieces {
            if place.begins() {
                let beginning = Beginning {
                    node_exec_id: piece.node_exec_id.as_deref(),
                    source: &piece.source,
                    name: piece.name.as_deref(),
                };
                let beginning = serde_json::to_string(&beginning)
                    .map_err(|error| End::Trouble(Problem::internal(error.to_string())))?;
                text.push_str(beginning.trim_end_matches('}'));
                text.push_str(",\"value\":");
            }
            text.push_str(&piece.piece);
            if piece.is_last {
                text.push_str("}\n");
            }
            place = place.after(&piece);
        }
        sink.send(text.as_bytes()).await?;
    }
}

impl Payload for Whole {
    const CONTENT_TYPE: Option<&'static str> = Some("application/x-ndjson");

    fn into_content(self) -> Result<Content, Problem> {
        Ok(Content::Streamed(self.0))
    }

    #[cfg(not(target_family = "wasm"))]
    fn schema(document: &mut crate::openapi::Document) -> Option<utoipa::openapi::RefOr<utoipa::openapi::Schema>> {
        Some(document.schema::<ValueLine>())
    }
}
