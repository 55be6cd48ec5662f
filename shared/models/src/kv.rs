//! Key-value data: what a person's nodes keep from run to run (seed `AgentNodeExecutionKeyValueData`).

use serde::Serialize;
use utoipa::ToSchema;

use crate::{Json, Timestamp};

/// A value that is kept under a key.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct KeyValue {
    /// The key.
    pub key: String,
    /// The node execution that wrote the value last.
    pub node_exec_id: String,
    /// The value.
    pub data: Json,
    /// When the key was first written; null where RFC 3339 cannot say it.
    pub created_at: Option<Timestamp>,
    /// When it was last written.
    pub updated_at: Option<Timestamp>,
    /// There only when the value is larger than an answer may be. In its place stands
    /// `{"$truncated": {"stored_bytes": …}}`.
    #[serde(rename = "truncated", skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    pub is_truncated: bool,
}
