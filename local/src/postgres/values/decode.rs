//! Columns of rows to the interface's values.

use chrono::{DateTime, Datelike as _, NaiveDate, Timelike as _};
use postgres_protocol::types as wire;
use tokio_postgres::{
    fallible_iterator::FallibleIterator as _,
    types::{FromSql, Type},
};

use super::{BoxError, EPOCH_DAYS, MICROS_PER_DAY, MICROS_PER_SECOND, numeric};
use crate::bindings::spin::postgres::postgres::{DbDataType, DbValue, Interval, RangeBoundKind};

/// Makes a value of a column's bytes (which are not null).
pub(in crate::postgres) type Decoder = fn(&[u8]) -> Result<DbValue, BoxError>;

/// A column's bytes as they came; `None` is null.
pub(in crate::postgres) struct Raw<'a>(pub(in crate::postgres) Option<&'a [u8]>);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, BoxError> {
        Ok(Self(Some(raw)))
    }

    fn from_sql_null(_: &Type) -> Result<Self, BoxError> {
        Ok(Self(None))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// What the interface calls a column's type.
pub(in crate::postgres) fn data_type(ty: &Type) -> DbDataType {
    match *ty {
        Type::BOOL => DbDataType::Boolean,
        Type::BYTEA => DbDataType::Binary,
        Type::FLOAT4 => DbDataType::Floating32,
        Type::FLOAT8 => DbDataType::Floating64,
        Type::INT2 => DbDataType::Int16,
        Type::INT4 => DbDataType::Int32,
        Type::INT8 => DbDataType::Int64,
        Type::TEXT | Type::VARCHAR | Type::BPCHAR => DbDataType::Str,
        Type::TIMESTAMP | Type::TIMESTAMPTZ => DbDataType::Datetime,
        Type::DATE => DbDataType::Date,
        Type::TIME => DbDataType::Time,
        Type::UUID => DbDataType::Uuid,
        Type::JSONB => DbDataType::Jsonb,
        Type::NUMERIC => DbDataType::Decimal,
        Type::INT4_RANGE => DbDataType::RangeInt32,
        Type::INT8_RANGE => DbDataType::RangeInt64,
        Type::NUM_RANGE => DbDataType::RangeDecimal,
        Type::INT4_ARRAY => DbDataType::ArrayInt32,
        Type::INT8_ARRAY => DbDataType::ArrayInt64,
        Type::NUMERIC_ARRAY => DbDataType::ArrayDecimal,
        Type::TEXT_ARRAY | Type::VARCHAR_ARRAY | Type::BPCHAR_ARRAY => DbDataType::ArrayStr,
        Type::INTERVAL => DbDataType::Interval,
        _ => DbDataType::Other(ty.name().to_owned()),
    }
}

/// How to read a column's values.
pub(in crate::postgres) fn decoder(ty: &Type) -> Decoder {
    match *ty {
        Type::BOOL => |raw| Ok(DbValue::Boolean(wire::bool_from_sql(raw)?)),
        Type::BYTEA => |raw| Ok(DbValue::Binary(raw.to_vec())),
        Type::FLOAT4 => |raw| Ok(DbValue::Floating32(wire::float4_from_sql(raw)?)),
        Type::FLOAT8 => |raw| Ok(DbValue::Floating64(wire::float8_from_sql(raw)?)),
        Type::INT2 => |raw| Ok(DbValue::Int16(wire::int2_from_sql(raw)?)),
        Type::INT4 => |raw| Ok(DbValue::Int32(wire::int4_from_sql(raw)?)),
        Type::INT8 => |raw| Ok(DbValue::Int64(wire::int8_from_sql(raw)?)),
        Type::TEXT | Type::VARCHAR | Type::BPCHAR => |raw| Ok(DbValue::Str(text(raw)?)),
        Type::TIMESTAMP | Type::TIMESTAMPTZ => datetime,
        Type::DATE => date,
        Type::TIME => time,
        Type::UUID => |raw| Ok(DbValue::Uuid(uuid::Uuid::from_slice(raw)?.to_string())),
        Type::JSONB => jsonb,
        Type::NUMERIC => |raw| Ok(DbValue::Decimal(numeric::to_text(raw)?)),
        Type::INT4_RANGE => |raw| Ok(DbValue::RangeInt32(range(raw, || 0, wire::int4_from_sql)?)),
        Type::INT8_RANGE => |raw| Ok(DbValue::RangeInt64(range(raw, || 0, wire::int8_from_sql)?)),
        Type::NUM_RANGE => |raw| Ok(DbValue::RangeDecimal(range(raw, || "0".to_owned(), decimal)?)),
        Type::INT4_ARRAY => |raw| Ok(DbValue::ArrayInt32(array(raw, wire::int4_from_sql)?)),
        Type::INT8_ARRAY => |raw| Ok(DbValue::ArrayInt64(array(raw, wire::int8_from_sql)?)),
        Type::NUMERIC_ARRAY => |raw| Ok(DbValue::ArrayDecimal(array(raw, decimal)?)),
        Type::TEXT_ARRAY | Type::VARCHAR_ARRAY | Type::BPCHAR_ARRAY => |raw| Ok(DbValue::ArrayStr(array(raw, text)?)),
        Type::INTERVAL => interval,
        _ => |raw| Ok(DbValue::Unsupported(raw.to_vec())),
    }
}

/// How Spin reads a column's values: JSON loses on the way what `serde_json::Value` cannot hold.
pub(in crate::postgres) fn decoder_like_spin(ty: &Type) -> Decoder {
    match *ty {
        Type::JSONB => |raw| match jsonb(raw)? {
            DbValue::Jsonb(json) => {
                let json: serde_json::Value = serde_json::from_slice(&json)?;
                Ok(DbValue::Jsonb(serde_json::to_vec(&json)?))
            }
            other => Ok(other),
        },
        _ => decoder(ty),
    }
}

fn text(raw: &[u8]) -> Result<String, BoxError> {
    Ok(wire::text_from_sql(raw)?.to_owned())
}

fn decimal(raw: &[u8]) -> Result<String, BoxError> {
    Ok(numeric::to_text(raw)?)
}

fn jsonb(raw: &[u8]) -> Result<DbValue, BoxError> {
    match raw {
        [1, json @ ..] => Ok(DbValue::Jsonb(json.to_vec())),
        _ => Err("a jsonb value is of an unknown version".into()),
    }
}

fn date(raw: &[u8]) -> Result<DbValue, BoxError> {
    let days = wire::date_from_sql(raw)?;
    let date = days
        .checked_add(EPOCH_DAYS)
        .and_then(NaiveDate::from_epoch_days)
        .ok_or("a date is infinite or outside of what the interface can express")?;
    Ok(DbValue::Date((date.year(), date.month() as u8, date.day() as u8)))
}

fn time(raw: &[u8]) -> Result<DbValue, BoxError> {
    let micros = wire::time_from_sql(raw)?;
    let seconds = micros / MICROS_PER_SECOND;
    let nanos = (micros % MICROS_PER_SECOND) * 1000;
    Ok(DbValue::Time((
        (seconds / 3600) as u8,
        (seconds / 60 % 60) as u8,
        (seconds % 60) as u8,
        nanos as u32,
    )))
}

fn datetime(raw: &[u8]) -> Result<DbValue, BoxError> {
    let micros = wire::timestamp_from_sql(raw)?;
    let moment = micros
        .checked_add(i64::from(EPOCH_DAYS) * MICROS_PER_DAY)
        .and_then(DateTime::from_timestamp_micros)
        .ok_or("a timestamp is infinite or outside of what the interface can express")?
        .naive_utc();
    Ok(DbValue::Datetime((
        moment.year(),
        moment.month() as u8,
        moment.day() as u8,
        moment.hour() as u8,
        moment.minute() as u8,
        moment.second() as u8,
        moment.nanosecond(),
    )))
}

fn interval(raw: &[u8]) -> Result<DbValue, BoxError> {
    let raw: &[u8; 16] = raw.try_into()?;
    let (micros, rest) = raw.split_first_chunk::<8>().ok_or("an interval is cut short")?;
    let (days, months) = rest.split_first_chunk::<4>().ok_or("an interval is cut short")?;
    Ok(DbValue::Interval(Interval {
        micros: i64::from_be_bytes(*micros),
        days: i32::from_be_bytes(*days),
        months: i32::from_be_bytes(months.try_into()?),
    }))
}

type Bound<T> = Option<(T, RangeBoundKind)>;

/// An empty range, for which the interface has no word, becomes `(zero, zero)` with both bounds exclusive: as empty.
fn range<T>(
    raw: &[u8],
    zero: impl Fn() -> T,
    read: impl Fn(&[u8]) -> Result<T, BoxError>,
) -> Result<(Bound<T>, Bound<T>), BoxError> {
    let bound = |bound: wire::RangeBound<Option<&[u8]>>| {
        let (raw, kind) = match bound {
            wire::RangeBound::Inclusive(raw) => (raw, RangeBoundKind::Inclusive),
            wire::RangeBound::Exclusive(raw) => (raw, RangeBoundKind::Exclusive),
            wire::RangeBound::Unbounded => (None, RangeBoundKind::Exclusive),
        };
        raw.map(|raw| Ok::<_, BoxError>((read(raw)?, kind))).transpose()
    };
    match wire::range_from_sql(raw)? {
        wire::Range::Nonempty(lower, upper) => Ok((bound(lower)?, bound(upper)?)),
        wire::Range::Empty => Ok((
            Some((zero(), RangeBoundKind::Exclusive)),
            Some((zero(), RangeBoundKind::Exclusive)),
        )),
    }
}

fn array<T>(raw: &[u8], read: impl Fn(&[u8]) -> Result<T, BoxError>) -> Result<Vec<Option<T>>, BoxError> {
    let array = wire::array_from_sql(raw)?;
    if array.dimensions().count()? > 1 {
        return Err("an array has more than one dimension, which the interface cannot express".into());
    }
    array.values().map(|element| element.map(&read).transpose()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(ty: &Type, raw: &[u8], expected: &str) {
        let shown = match decoder(ty)(raw) {
            Ok(value) => format!("{value:?}"),
            Err(error) => format!("error: {error}"),
        };
        assert_eq!(shown, expected);
    }

    #[test]
    fn times_are_read() {
        check(&Type::DATE, &0_i32.to_be_bytes(), "DbValue::Date((2000, 1, 1))");
        check(&Type::DATE, &(-10_957_i32).to_be_bytes(), "DbValue::Date((1970, 1, 1))");
        check(
            &Type::TIME,
            &(-1 + MICROS_PER_DAY).to_be_bytes(),
            "DbValue::Time((23, 59, 59, 999999000))",
        );
        check(
            &Type::TIME,
            &MICROS_PER_DAY.to_be_bytes(),
            "DbValue::Time((24, 0, 0, 0))",
        );
        check(
            &Type::TIMESTAMP,
            &(-1_i64).to_be_bytes(),
            "DbValue::Datetime((1999, 12, 31, 23, 59, 59, 999999000))",
        );
        check(
            &Type::TIMESTAMPTZ,
            &0_i64.to_be_bytes(),
            "DbValue::Datetime((2000, 1, 1, 0, 0, 0, 0))",
        );
    }

    #[test]
    fn infinite_times_are_errors() {
        for (ty, raw) in [
            (Type::DATE, i32::MAX.to_be_bytes().to_vec()),
            (Type::DATE, i32::MIN.to_be_bytes().to_vec()),
            (Type::TIMESTAMP, i64::MAX.to_be_bytes().to_vec()),
            (Type::TIMESTAMP, i64::MIN.to_be_bytes().to_vec()),
        ] {
            assert!(decoder(&ty)(&raw).is_err());
        }
    }

    #[test]
    fn an_empty_range_stays_empty() {
        check(
            &Type::INT4_RANGE,
            &[1],
            "DbValue::RangeInt32((Some((0, RangeBoundKind::Exclusive)), Some((0, RangeBoundKind::Exclusive))))",
        );
    }

    #[test]
    fn unknown_types_keep_their_bytes() {
        check(&Type::MONEY, &[1, 2], "DbValue::Unsupported([1, 2])");
        assert!(matches!(data_type(&Type::MONEY), DbDataType::Other(name) if name == "money"));
    }
}
