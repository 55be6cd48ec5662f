//! Statements that the test gives: `{address, statement, params, limit}`; values are `{"kind": value}`.

use std::{cell::RefCell, rc::Rc};

use serde::Deserialize;
use serde_json::{Value, json};
use spin_sdk::{
    http::{Request, body::IncomingBodyExt as _},
    pg::{Connection, DbValue, Error, OpenOptions, ParameterValue, PgError, QueryError, RangeBoundKind},
};

use crate::{Answer, answer};

#[derive(Deserialize)]
struct Statement {
    address: String,
    #[serde(rename = "statement")]
    sql: String,
    #[serde(default)]
    params: Vec<Value>,
    /// Rows to read before the rest is dropped.
    limit: Option<usize>,
    ca_root: Option<String>,
}

thread_local! {
    /// The connection that `kept` uses for all requests of an instance.
    static KEPT: RefCell<Option<Rc<Connection>>> = const { RefCell::new(None) };
}

/// One row by one statement, over a connection that is kept between requests. The address is the query string.
pub(crate) async fn kept(address: &str) -> Answer {
    match kept_value(address).await {
        Ok(value) => answer(200, &value),
        Err(Error::PgError(error)) => answer(500, &failure(&error)),
        Err(Error::Decode(error)) => answer(500, &json!({ "decode": error })),
    }
}

async fn kept_value(address: &str) -> Result<Value, Error> {
    let kept = KEPT.with_borrow(Option::clone);
    let connection = if let Some(connection) = kept {
        connection
    } else {
        let connection = Rc::new(Connection::open(address).await?);
        KEPT.set(Some(Rc::clone(&connection)));
        connection
    };
    let mut result = connection
        .query("SELECT $1 || ' rows'", [ParameterValue::Str("kept".to_owned())])
        .await?;
    let row = result.rows().next().await;
    result.result().await?;
    Ok(row.as_deref().and_then(<[_]>::first).map_or(Value::Null, value))
}

/// Runs the statement: `query`, `execute`, or `query-sync` and `execute-sync` through the functions that block.
pub(crate) async fn serve(mode: &str, request: Request) -> Answer {
    let Ok(body) = request.into_body().bytes().await else {
        return answer(400, &json!("no body"));
    };
    let statement: Statement = match serde_json::from_slice(&body) {
        Ok(statement) => statement,
        Err(error) => return answer(400, &json!(error.to_string())),
    };
    match run(mode, statement).await {
        Ok(result) => answer(200, &result),
        Err(Error::PgError(error)) => answer(500, &failure(&error)),
        Err(Error::Decode(error)) => answer(500, &json!({ "decode": error })),
    }
}

async fn run(mode: &str, given: Statement) -> Result<Value, Error> {
    let params = given.params.iter().map(param).collect::<Option<Vec<_>>>();
    let params = params.ok_or_else(|| Error::Decode("a parameter is malformed".into()))?;
    let ca_root = given.ca_root.map(spin_sdk::pg::Certificate::Text);
    let connection = Connection::open_with_options(&given.address, OpenOptions { ca_root }).await?;
    match mode {
        "execute" => Ok(json!(connection.execute(given.sql, params).await?)),
        "execute-sync" => Ok(json!(connection.into_inner().execute(&given.sql, &params)?)),
        "query-sync" => {
            let set = connection.into_inner().query(&given.sql, &params)?;
            Ok(json!({
                "columns": set.columns.iter().map(|c| json!([c.name, format!("{:?}", c.data_type)])).collect::<Vec<_>>(),
                "rows": set.rows.iter().map(|row| row.iter().map(value).collect()).collect::<Vec<Vec<_>>>(),
            }))
        }
        _ => {
            let mut result = connection.query(given.sql, params).await?;
            let columns: Vec<_> = result
                .columns()
                .iter()
                .map(|c| json!([c.name, format!("{:?}", c.data_type)]))
                .collect();
            let mut rows = Vec::new();
            while given.limit.is_none_or(|limit| rows.len() < limit)
                && let Some(row) = result.rows().next().await
            {
                rows.push(row.iter().map(value).collect::<Vec<_>>());
            }
            if given.limit.is_none() {
                result.result().await?;
            }
            Ok(json!({ "columns": columns, "rows": rows }))
        }
    }
}

fn failure(error: &PgError) -> Value {
    match error {
        PgError::ConnectionFailed(text) => json!({ "connection-failed": text }),
        PgError::BadParameter(text) => json!({ "bad-parameter": text }),
        PgError::ValueConversionFailed(text) => json!({ "value-conversion-failed": text }),
        PgError::Other(text) => json!({ "other": text }),
        PgError::QueryFailed(QueryError::Text(text)) => json!({ "query-failed": text }),
        PgError::QueryFailed(QueryError::DbError(error)) => json!({ "db-error": {
            "code": error.code, "message": error.message, "detail": error.detail, "severity": error.severity,
            "extras": error.extras.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
        } }),
    }
}

type Bound<T> = Option<(T, RangeBoundKind)>;

fn bound<T>(value: &Value, read: impl Fn(&Value) -> Option<T>) -> Option<Bound<T>> {
    if value.is_null() {
        return Some(None);
    }
    let kind = if value[1] == "inclusive" {
        RangeBoundKind::Inclusive
    } else {
        RangeBoundKind::Exclusive
    };
    Some(Some((read(&value[0])?, kind)))
}

fn bound_value<T: serde::Serialize>(bound: Option<&(T, RangeBoundKind)>) -> Value {
    match bound {
        None => Value::Null,
        Some((value, RangeBoundKind::Inclusive)) => json!([value, "inclusive"]),
        Some((value, RangeBoundKind::Exclusive)) => json!([value, "exclusive"]),
    }
}

fn param(value: &Value) -> Option<ParameterValue> {
    let Some(object) = value.as_object() else {
        return value.is_null().then_some(ParameterValue::DbNull);
    };
    let (kind, v) = object.iter().next()?;
    let text = |v: &Value| v.as_str().map(ToOwned::to_owned);
    let int32 = |v: &Value| i32::try_from(v.as_i64()?).ok();
    let byte = |v: &Value| u8::try_from(v.as_u64()?).ok();
    let word = |v: &Value| u32::try_from(v.as_u64()?).ok();
    Some(match kind.as_str() {
        "boolean" => ParameterValue::Boolean(v.as_bool()?),
        "int8" => ParameterValue::Int8(i8::try_from(v.as_i64()?).ok()?),
        "int16" => ParameterValue::Int16(i16::try_from(v.as_i64()?).ok()?),
        "int32" => ParameterValue::Int32(int32(v)?),
        "int64" => ParameterValue::Int64(v.as_i64()?),
        "floating32" => ParameterValue::Floating32(v.as_f64()? as f32),
        "floating64" => ParameterValue::Floating64(v.as_f64()?),
        "str" => ParameterValue::Str(text(v)?),
        "binary" => ParameterValue::Binary(v.as_array()?.iter().map(byte).collect::<Option<_>>()?),
        "date" => ParameterValue::Date((int32(&v[0])?, byte(&v[1])?, byte(&v[2])?)),
        "time" => ParameterValue::Time((byte(&v[0])?, byte(&v[1])?, byte(&v[2])?, word(&v[3])?)),
        "datetime" => ParameterValue::Datetime((
            int32(&v[0])?,
            byte(&v[1])?,
            byte(&v[2])?,
            byte(&v[3])?,
            byte(&v[4])?,
            byte(&v[5])?,
            word(&v[6])?,
        )),
        "timestamp" => ParameterValue::Timestamp(v.as_i64()?),
        "uuid" => ParameterValue::Uuid(text(v)?),
        "jsonb" => ParameterValue::Jsonb(text(v)?.into_bytes()),
        "decimal" => ParameterValue::Decimal(text(v)?),
        "range-int32" => ParameterValue::RangeInt32((bound(&v[0], int32)?, bound(&v[1], int32)?)),
        "range-int64" => ParameterValue::RangeInt64((bound(&v[0], Value::as_i64)?, bound(&v[1], Value::as_i64)?)),
        "range-decimal" => ParameterValue::RangeDecimal((bound(&v[0], text)?, bound(&v[1], text)?)),
        "array-int32" => ParameterValue::ArrayInt32(v.as_array()?.iter().map(int32).collect()),
        "array-int64" => ParameterValue::ArrayInt64(v.as_array()?.iter().map(Value::as_i64).collect()),
        "array-decimal" => ParameterValue::ArrayDecimal(v.as_array()?.iter().map(text).collect()),
        "array-str" => ParameterValue::ArrayStr(v.as_array()?.iter().map(text).collect()),
        "interval" => ParameterValue::Interval(spin_sdk::pg::Interval {
            micros: v[0].as_i64()?,
            days: int32(&v[1])?,
            months: int32(&v[2])?,
        }),
        _ => return None,
    })
}

fn value(value: &DbValue) -> Value {
    match value {
        DbValue::Boolean(v) => json!({ "boolean": v }),
        DbValue::Int8(v) => json!({ "int8": v }),
        DbValue::Int16(v) => json!({ "int16": v }),
        DbValue::Int32(v) => json!({ "int32": v }),
        DbValue::Int64(v) => json!({ "int64": v }),
        DbValue::Floating32(v) => json!({ "floating32": v }),
        DbValue::Floating64(v) => json!({ "floating64": v }),
        DbValue::Str(v) => json!({ "str": v }),
        DbValue::Binary(v) => json!({ "binary": v }),
        DbValue::Date(v) => json!({ "date": v }),
        DbValue::Time(v) => json!({ "time": v }),
        DbValue::Datetime(v) => json!({ "datetime": v }),
        DbValue::Timestamp(v) => json!({ "timestamp": v }),
        DbValue::Uuid(v) => json!({ "uuid": v }),
        DbValue::Jsonb(v) => json!({ "jsonb": String::from_utf8_lossy(v) }),
        DbValue::Decimal(v) => json!({ "decimal": v }),
        DbValue::RangeInt32((low, high)) => {
            json!({ "range-int32": [bound_value(low.as_ref()), bound_value(high.as_ref())] })
        }
        DbValue::RangeInt64((low, high)) => {
            json!({ "range-int64": [bound_value(low.as_ref()), bound_value(high.as_ref())] })
        }
        DbValue::RangeDecimal((low, high)) => {
            json!({ "range-decimal": [bound_value(low.as_ref()), bound_value(high.as_ref())] })
        }
        DbValue::ArrayInt32(v) => json!({ "array-int32": v }),
        DbValue::ArrayInt64(v) => json!({ "array-int64": v }),
        DbValue::ArrayDecimal(v) => json!({ "array-decimal": v }),
        DbValue::ArrayStr(v) => json!({ "array-str": v }),
        DbValue::Interval(v) => json!({ "interval": [v.micros, v.days, v.months] }),
        DbValue::DbNull => Value::Null,
        DbValue::Unsupported(v) => json!({ "unsupported": v }),
    }
}
