//! Key-value data that a person's nodes keep from run to run.

use runledger_logging::Log;
use runledger_models::{Id, Json, UserId, kv::KeyValue, time::StoredTime};
use serde::{Deserialize, Serialize};

use crate::{Read, Write, db::Carried, stored::shown_time};

const GET: &str = include_str!("get.sql");
const PUT: &str = include_str!("put.sql");

#[derive(Serialize)]
struct KeyValueArgs<'a> {
    user_id: &'a UserId,
    key: &'a Id,
    #[serde(skip_serializing_if = "Option::is_none")]
    node_exec_id: Option<&'a Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Carried<&'a Json>>,
}

#[derive(Deserialize)]
struct Row {
    key: String,
    node_exec_id: String,
    data: Option<Json>,
    is_cut: bool,
    created_at: StoredTime,
    updated_at: Option<StoredTime>,
}

impl Row {
    fn into_value(self, log: &Log) -> KeyValue {
        let record = format!("key {}", self.key);
        KeyValue {
            created_at: shown_time(log, Some(&self.created_at), &record, "createdAt"),
            updated_at: shown_time(log, self.updated_at.as_ref(), &record, "updatedAt"),
            key: self.key,
            node_exec_id: self.node_exec_id,
            data: self.data.unwrap_or_else(Json::null),
            is_truncated: self.is_cut,
        }
    }
}

/// What `user` keeps under `key`.
pub fn get(user: &UserId, key: &Id) -> Read<KeyValue> {
    let args = KeyValueArgs {
        user_id: user,
        key,
        node_exec_id: None,
        data: None,
    };
    Read::new(GET, &args).map(|row: Row, log| row.into_value(log))
}

/// Keeps `data` under `key` for `user`, in place of what was there. `node_exec_id` tells who wrote it.
pub fn put(user: &UserId, key: &Id, node_exec_id: &Id, data: &Json) -> Write<KeyValue> {
    let args = KeyValueArgs {
        user_id: user,
        key,
        node_exec_id: Some(node_exec_id),
        data: Some(Carried(data)),
    };
    Write::new(PUT, &args).map(|row: Row, log| row.into_value(log))
}
