//! The interface's parameters to Postgres's binary format.

use bytes::{BufMut as _, BytesMut};
use chrono::NaiveDate;
use postgres_protocol::{IsNull as WireNull, types as wire};
use thiserror::Error;
use tokio_postgres::types::{IsNull, Kind, ToSql, Type, to_sql_checked};

use super::{BoxError, EPOCH_DAYS, MICROS_PER_DAY, MICROS_PER_SECOND, numeric};
use crate::bindings::spin::postgres::postgres::{ParameterValue, RangeBoundKind};

/// A parameter as a component gave it.
#[derive(Debug)]
pub(in crate::postgres) struct Param(pub(in crate::postgres) ParameterValue);

/// A parameter that says nothing, such as the 30th of February.
#[derive(Debug, Error)]
#[error("{value:?} is not a {kind}: {problem}")]
pub(in crate::postgres) struct BadParameter {
    kind: &'static str,
    value: String,
    problem: &'static str,
}

impl Param {
    /// A parameter as Spin hands it on: JSON loses on the way what `serde_json::Value` cannot hold.
    pub(in crate::postgres) fn like_spin(value: ParameterValue) -> Result<Self, String> {
        let ParameterValue::Jsonb(json) = value else {
            return Ok(Self(value));
        };
        let json = serde_json::from_slice::<serde_json::Value>(&json)
            .and_then(|json| serde_json::to_vec(&json))
            .map_err(|error| format!("invalid JSON: {error}"))?;
        Ok(Self(ParameterValue::Jsonb(json)))
    }

    /// The type that a statement without a name says that its parameter has.
    pub(in crate::postgres) fn ty(&self) -> Type {
        match &self.0 {
            // Postgres finds out by itself.
            ParameterValue::DbNull => Type::UNKNOWN,
            ParameterValue::Boolean(_) => Type::BOOL,
            ParameterValue::Int8(_) => Type::CHAR,
            ParameterValue::Int16(_) => Type::INT2,
            ParameterValue::Int32(_) => Type::INT4,
            ParameterValue::Int64(_) => Type::INT8,
            ParameterValue::Floating32(_) => Type::FLOAT4,
            ParameterValue::Floating64(_) => Type::FLOAT8,
            ParameterValue::Str(_) => Type::TEXT,
            ParameterValue::Binary(_) => Type::BYTEA,
            ParameterValue::Date(_) => Type::DATE,
            ParameterValue::Time(_) => Type::TIME,
            ParameterValue::Datetime(_) => Type::TIMESTAMP,
            ParameterValue::Timestamp(_) => Type::TIMESTAMPTZ,
            ParameterValue::Uuid(_) => Type::UUID,
            ParameterValue::Jsonb(_) => Type::JSONB,
            ParameterValue::Decimal(_) => Type::NUMERIC,
            ParameterValue::RangeInt32(_) => Type::INT4_RANGE,
            ParameterValue::RangeInt64(_) => Type::INT8_RANGE,
            ParameterValue::RangeDecimal(_) => Type::NUM_RANGE,
            ParameterValue::ArrayInt32(_) => Type::INT4_ARRAY,
            ParameterValue::ArrayInt64(_) => Type::INT8_ARRAY,
            ParameterValue::ArrayDecimal(_) => Type::NUMERIC_ARRAY,
            ParameterValue::ArrayStr(_) => Type::TEXT_ARRAY,
            ParameterValue::Interval(_) => Type::INTERVAL,
        }
    }
}

impl ToSql for Param {
    /// Refuses what does not fit by itself: a reference to this has a `to_sql_checked` that knows only of types.
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        if !accepts(&self.0, ty) {
            let kind = kind(&self.0);
            let advice =
                format!("the statement wants {ty} here, and a value of the kind {kind} was given; cast it in SQL");
            return Err(advice.into());
        }
        match &self.0 {
            ParameterValue::DbNull => return Ok(IsNull::Yes),
            ParameterValue::Boolean(v) => wire::bool_to_sql(*v, out),
            ParameterValue::Int8(v) => wire::char_to_sql(*v, out),
            ParameterValue::Int16(v) => wire::int2_to_sql(*v, out),
            ParameterValue::Int32(v) => wire::int4_to_sql(*v, out),
            ParameterValue::Int64(v) => wire::int8_to_sql(*v, out),
            ParameterValue::Floating32(v) => wire::float4_to_sql(*v, out),
            ParameterValue::Floating64(v) => wire::float8_to_sql(*v, out),
            // Some text-like types have a binary form of their own, which this implementation knows.
            ParameterValue::Str(v) => return v.to_sql(ty, out),
            ParameterValue::Binary(v) => wire::bytea_to_sql(v, out),
            ParameterValue::Date(v) => wire::date_to_sql(days(*v)?, out),
            ParameterValue::Time(v) => wire::time_to_sql(micros_of_day(*v)?, out),
            ParameterValue::Datetime((year, month, day, hour, minute, second, nanosecond)) => {
                let days = i64::from(days((*year, *month, *day))?);
                let micros = micros_of_day((*hour, *minute, *second, *nanosecond))?;
                wire::timestamp_to_sql(days * MICROS_PER_DAY + micros, out);
            }
            ParameterValue::Timestamp(seconds) => {
                let micros = seconds
                    .checked_sub(i64::from(EPOCH_DAYS) * 86_400)
                    .and_then(|seconds| seconds.checked_mul(MICROS_PER_SECOND))
                    .ok_or_else(|| bad("timestamp", seconds, "it is out of range"))?;
                wire::timestamp_to_sql(micros, out);
            }
            ParameterValue::Uuid(v) => {
                let uuid = uuid::Uuid::parse_str(v).map_err(|_| bad("uuid", v, "it is malformed"))?;
                wire::uuid_to_sql(uuid.into_bytes(), out);
            }
            ParameterValue::Jsonb(v) => {
                serde_json::from_slice::<serde::de::IgnoredAny>(v)
                    .map_err(|_| bad("JSON text", &String::from_utf8_lossy(v), "it is malformed"))?;
                if *ty == Type::JSONB {
                    out.put_u8(1);
                }
                out.put_slice(v);
            }
            ParameterValue::Decimal(v) => decimal(v, out)?,
            ParameterValue::RangeInt32((lower, upper)) => range(*lower, *upper, out, |v, out| {
                wire::int4_to_sql(v, out);
                Ok(())
            })?,
            ParameterValue::RangeInt64((lower, upper)) => range(*lower, *upper, out, |v, out| {
                wire::int8_to_sql(v, out);
                Ok(())
            })?,
            ParameterValue::RangeDecimal((lower, upper)) => {
                let borrow = |bound: &Option<(String, RangeBoundKind)>| bound.clone();
                range(borrow(lower), borrow(upper), out, |v, out| decimal(&v, out))?;
            }
            ParameterValue::ArrayInt32(v) => array(v, ty, out, |v, out| {
                wire::int4_to_sql(*v, out);
                Ok(())
            })?,
            ParameterValue::ArrayInt64(v) => array(v, ty, out, |v, out| {
                wire::int8_to_sql(*v, out);
                Ok(())
            })?,
            ParameterValue::ArrayDecimal(v) => array(v, ty, out, |v, out| decimal(v, out))?,
            ParameterValue::ArrayStr(v) => array(v, ty, out, |v, out| {
                wire::text_to_sql(v, out);
                Ok(())
            })?,
            ParameterValue::Interval(v) => {
                out.put_i64(v.micros);
                out.put_i32(v.days);
                out.put_i32(v.months);
            }
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        // It depends on the value: see `to_sql`.
        true
    }

    to_sql_checked!();
}

fn accepts(value: &ParameterValue, ty: &Type) -> bool {
    match value {
        ParameterValue::DbNull => true,
        ParameterValue::Boolean(_) => *ty == Type::BOOL,
        ParameterValue::Int8(_) => *ty == Type::CHAR,
        ParameterValue::Int16(_) => *ty == Type::INT2,
        ParameterValue::Int32(_) => *ty == Type::INT4,
        ParameterValue::Int64(_) => *ty == Type::INT8,
        ParameterValue::Floating32(_) => *ty == Type::FLOAT4,
        ParameterValue::Floating64(_) => *ty == Type::FLOAT8,
        ParameterValue::Str(_) => <String as ToSql>::accepts(ty),
        ParameterValue::Binary(_) => *ty == Type::BYTEA,
        ParameterValue::Date(_) => *ty == Type::DATE,
        ParameterValue::Time(_) => *ty == Type::TIME,
        ParameterValue::Datetime(_) => *ty == Type::TIMESTAMP,
        ParameterValue::Timestamp(_) => *ty == Type::TIMESTAMPTZ,
        ParameterValue::Uuid(_) => *ty == Type::UUID,
        ParameterValue::Jsonb(_) => *ty == Type::JSON || *ty == Type::JSONB,
        ParameterValue::Decimal(_) => *ty == Type::NUMERIC,
        ParameterValue::RangeInt32(_) => *ty == Type::INT4_RANGE,
        ParameterValue::RangeInt64(_) => *ty == Type::INT8_RANGE,
        ParameterValue::RangeDecimal(_) => *ty == Type::NUM_RANGE,
        ParameterValue::ArrayInt32(_) => *ty == Type::INT4_ARRAY,
        ParameterValue::ArrayInt64(_) => *ty == Type::INT8_ARRAY,
        ParameterValue::ArrayDecimal(_) => *ty == Type::NUMERIC_ARRAY,
        ParameterValue::ArrayStr(_) => element(ty).is_some_and(<String as ToSql>::accepts),
        ParameterValue::Interval(_) => *ty == Type::INTERVAL,
    }
}

fn kind(value: &ParameterValue) -> &'static str {
    match value {
        ParameterValue::DbNull => "null",
        ParameterValue::Boolean(_) => "boolean",
        ParameterValue::Int8(_) => "int8 (one byte)",
        ParameterValue::Int16(_) => "int16",
        ParameterValue::Int32(_) => "int32",
        ParameterValue::Int64(_) => "int64",
        ParameterValue::Floating32(_) => "floating32",
        ParameterValue::Floating64(_) => "floating64",
        ParameterValue::Str(_) => "str",
        ParameterValue::Binary(_) => "binary",
        ParameterValue::Date(_) => "date",
        ParameterValue::Time(_) => "time",
        ParameterValue::Datetime(_) => "datetime",
        ParameterValue::Timestamp(_) => "timestamp",
        ParameterValue::Uuid(_) => "uuid",
        ParameterValue::Jsonb(_) => "jsonb",
        ParameterValue::Decimal(_) => "decimal",
        ParameterValue::RangeInt32(_) => "range-int32",
        ParameterValue::RangeInt64(_) => "range-int64",
        ParameterValue::RangeDecimal(_) => "range-decimal",
        ParameterValue::ArrayInt32(_) => "array-int32",
        ParameterValue::ArrayInt64(_) => "array-int64",
        ParameterValue::ArrayDecimal(_) => "array-decimal",
        ParameterValue::ArrayStr(_) => "array-str",
        ParameterValue::Interval(_) => "interval",
    }
}

fn bad(kind: &'static str, value: &dyn ToString, problem: &'static str) -> BadParameter {
    BadParameter {
        kind,
        value: value.to_string(),
        problem,
    }
}

fn days((year, month, day): (i32, u8, u8)) -> Result<i32, BadParameter> {
    NaiveDate::from_ymd_opt(year, month.into(), day.into())
        .map(|date| date.to_epoch_days() - EPOCH_DAYS)
        .ok_or_else(|| bad("date", &format!("{year}-{month}-{day}"), "there is no such day"))
}

fn micros_of_day((hour, minute, second, nanosecond): (u8, u8, u8, u32)) -> Result<i64, BadParameter> {
    if hour > 23 || minute > 59 || second > 59 || nanosecond > 999_999_999 {
        return Err(bad(
            "time",
            &format!("{hour}:{minute}:{second}.{nanosecond:09}"),
            "there is no such time",
        ));
    }
    let seconds = (i64::from(hour) * 60 + i64::from(minute)) * 60 + i64::from(second);
    Ok(seconds * MICROS_PER_SECOND + i64::from(nanosecond) / 1000)
}

fn decimal(value: &str, out: &mut BytesMut) -> Result<(), BoxError> {
    Ok(numeric::from_text(value, out).map_err(|problem| bad("decimal", &value, problem))?)
}

fn range<T>(
    lower: Option<(T, RangeBoundKind)>,
    upper: Option<(T, RangeBoundKind)>,
    out: &mut BytesMut,
    write: impl Fn(T, &mut BytesMut) -> Result<(), BoxError>,
) -> Result<(), BoxError> {
    let bound = |bound: Option<(T, RangeBoundKind)>, out: &mut BytesMut| {
        let Some((value, kind)) = bound else {
            return Ok(wire::RangeBound::Unbounded);
        };
        write(value, out)?;
        Ok(match kind {
            RangeBoundKind::Inclusive => wire::RangeBound::Inclusive(WireNull::No),
            RangeBoundKind::Exclusive => wire::RangeBound::Exclusive(WireNull::No),
        })
    };
    wire::range_to_sql(|out| bound(lower, out), |out| bound(upper, out), out)
}

fn array<T>(
    values: &[Option<T>],
    ty: &Type,
    out: &mut BytesMut,
    write: impl Fn(&T, &mut BytesMut) -> Result<(), BoxError>,
) -> Result<(), BoxError> {
    let element = element(ty).ok_or("the statement wants no array here")?;
    let len = i32::try_from(values.len())?;
    // Postgres knows an empty array by its having no dimension.
    let dimension = (len > 0).then_some(wire::ArrayDimension { len, lower_bound: 1 });
    let write = |value: &Option<T>, out: &mut BytesMut| match value {
        Some(value) => write(value, out).map(|()| WireNull::No),
        None => Ok(WireNull::Yes),
    };
    wire::array_to_sql(dimension, element.oid(), values, write, out)
}

fn element(ty: &Type) -> Option<&Type> {
    match ty.kind() {
        Kind::Array(element) => Some(element),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::values::decoder;

    #[test]
    fn values_survive_a_round_trip() {
        let check = |param: ParameterValue, ty: &Type| {
            let expected = format!("{param:?}").replace("ParameterValue", "DbValue");
            let mut raw = BytesMut::new();
            Param(param).to_sql_checked(ty, &mut raw).unwrap();
            assert_eq!(format!("{:?}", decoder(ty)(&raw).unwrap()), expected);
        };
        check(ParameterValue::Date((2024, 2, 29)), &Type::DATE);
        check(ParameterValue::Date((-4, 3, 1)), &Type::DATE);
        check(ParameterValue::Time((23, 59, 58, 123_456_000)), &Type::TIME);
        check(
            ParameterValue::Datetime((1969, 7, 20, 20, 17, 40, 1000)),
            &Type::TIMESTAMP,
        );
        check(
            ParameterValue::Uuid("6a1b2c3d-0000-4000-8000-00000000ffff".into()),
            &Type::UUID,
        );
        check(ParameterValue::Jsonb(b"{\"a\": [1]}".to_vec()), &Type::JSONB);
        check(
            ParameterValue::ArrayStr(vec![Some("a".into()), None, Some(String::new())]),
            &Type::TEXT_ARRAY,
        );
        check(ParameterValue::ArrayStr(vec![]), &Type::VARCHAR_ARRAY);
        check(
            ParameterValue::ArrayDecimal(vec![Some("1.50".into()), None]),
            &Type::NUMERIC_ARRAY,
        );
        check(
            ParameterValue::RangeInt64((Some((1, RangeBoundKind::Inclusive)), None)),
            &Type::INT8_RANGE,
        );
        let half = || Some(("0.5".to_owned(), RangeBoundKind::Exclusive));
        check(ParameterValue::RangeDecimal((None, half())), &Type::NUM_RANGE);
    }

    #[test]
    fn a_value_of_another_type_is_refused_with_advice() {
        for (param, ty) in [
            (ParameterValue::Int32(1), Type::INT8),
            (ParameterValue::Str("x".into()), Type::JSONB),
            (ParameterValue::Datetime((2000, 1, 1, 0, 0, 0, 0)), Type::TIMESTAMPTZ),
            (ParameterValue::ArrayStr(vec![]), Type::TEXT),
        ] {
            // By reference, as statements take them.
            let by_reference = &&Param(param);
            let error = <&Param as ToSql>::to_sql_checked(by_reference, &ty, &mut BytesMut::new())
                .err()
                .unwrap();
            assert!(error.to_string().contains("cast it in SQL"), "{error}");
        }
        assert!(
            Param(ParameterValue::DbNull)
                .to_sql_checked(&Type::JSONB, &mut BytesMut::new())
                .is_ok()
        );
    }

    #[test]
    fn values_that_say_nothing_are_bad_parameters() {
        for (param, ty) in [
            (ParameterValue::Date((2023, 2, 29)), Type::DATE),
            (ParameterValue::Time((24, 0, 0, 0)), Type::TIME),
            (ParameterValue::Uuid("nope".into()), Type::UUID),
            (ParameterValue::Jsonb(b"{".to_vec()), Type::JSONB),
            (ParameterValue::Decimal("1e3".into()), Type::NUMERIC),
            (ParameterValue::Timestamp(i64::MAX), Type::TIMESTAMPTZ),
        ] {
            let error = Param(param).to_sql_checked(&ty, &mut BytesMut::new()).err().unwrap();
            assert!(error.is::<BadParameter>(), "{error}");
        }
    }
}
