//! Numbers and lists that have only so much in them: limits, page sizes, days, counts.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, de};
use thiserror::Error;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ArrayBuilder, ObjectBuilder, Ref, RefOr, Schema, Type},
};

/// A whole number from `MIN` to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Bounded<const MIN: u32, const MAX: u32>(u32);

/// The number of a graph's version: what its column holds, from 0.
pub type VersionNumber = Bounded<0, 2_147_483_647>;
/// How many rows a caller wants: a number of 32 bits with a sign, as the platform's client has it.
pub type RowLimit = Bounded<0, 2_147_483_647>;
/// The number of a page, from 1.
pub type PageNumber = Bounded<1, 1_000_000>;
/// How many days a question reaches back.
pub type DaysBack = Bounded<1, 365>;

/// Why a number does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("must be from {min} to {max}")]
pub struct OutOfBounds {
    min: u32,
    max: u32,
}

impl<const MIN: u32, const MAX: u32> Bounded<MIN, MAX> {
    /// This number, if it is within the bounds.
    pub fn new(number: u32) -> Result<Self, OutOfBounds> {
        if (MIN..=MAX).contains(&number) {
            Ok(Self(number))
        } else {
            Err(OutOfBounds { min: MIN, max: MAX })
        }
    }

    /// The number.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The same number, where it may be smaller too.
    pub const fn widen<const LESS: u32>(self) -> Bounded<LESS, MAX> {
        const { assert!(LESS <= MIN) };
        Bounded(self.0)
    }
}

impl VersionNumber {
    /// The number as its column has it.
    pub const fn as_column(self) -> i32 {
        self.0.cast_signed()
    }
}

impl<'de, const MIN: u32, const MAX: u32> Deserialize<'de> for Bounded<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(u32::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl<const MIN: u32, const MAX: u32> PartialSchema for Bounded<MIN, MAX> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(MIN))
            .maximum(Some(MAX))
            .into()
    }
}

impl<const MIN: u32, const MAX: u32> ToSchema for Bounded<MIN, MAX> {
    fn name() -> Cow<'static, str> {
        format!("Integer{MIN}To{MAX}").into()
    }
}

/// A percentage above 0, up to 100.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Percent(f64);

/// Why a number is no such percentage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("must be above 0, and 100 at most")]
pub struct NoPercentage;

impl Percent {
    /// This number, if it is above 0 and 100 at most.
    pub fn new(number: f64) -> Result<Self, NoPercentage> {
        if number > 0.0 && number <= 100.0 {
            Ok(Self(number))
        } else {
            Err(NoPercentage)
        }
    }

    /// The number.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(f64::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

impl PartialSchema for Percent {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::Number)
            .exclusive_minimum(Some(0))
            .maximum(Some(100))
            .into()
    }
}

impl ToSchema for Percent {}

/// A list of `MIN` to `MAX` items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Several<T, const MIN: usize, const MAX: usize>(Vec<T>);

impl<T, const MIN: usize, const MAX: usize> Several<T, MIN, MAX> {
    /// The items.
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }
}

impl<'de, T: Deserialize<'de>, const MIN: usize, const MAX: usize> Deserialize<'de> for Several<T, MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let items = Vec::deserialize(deserializer)?;
        if (MIN..=MAX).contains(&items.len()) {
            Ok(Self(items))
        } else {
            Err(de::Error::custom(format_args!("must hold {MIN} to {MAX} items")))
        }
    }
}

impl<T: ToSchema, const MIN: usize, const MAX: usize> PartialSchema for Several<T, MIN, MAX> {
    fn schema() -> RefOr<Schema> {
        ArrayBuilder::new()
            .items(Ref::from_schema_name(T::name()))
            .min_items(Some(MIN))
            .max_items(Some(MAX))
            .into()
    }
}

impl<T: ToSchema, const MIN: usize, const MAX: usize> ToSchema for Several<T, MIN, MAX> {
    fn name() -> Cow<'static, str> {
        format!("{}List{MIN}To{MAX}", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Id, reading::check};

    #[test]
    fn a_number_is_within_its_bounds() {
        let bounds = Some("must be from 1 to 100");
        check::<Bounded<1, 100>>(&[
            ("1", None),
            ("100", None),
            ("0", bounds),
            ("101", bounds),
            ("-1", Some("invalid value")),
            ("1.5", Some("invalid type")),
            ("\"1\"", Some("invalid type")),
            ("4294967296", Some("invalid value")),
        ]);
        check::<VersionNumber>(&[
            ("0", None),
            ("2147483647", None),
            ("2147483648", Some("must be from 0 to 2147483647")),
        ]);
    }

    #[test]
    fn a_percentage_is_above_0_and_100_at_most() {
        let bounds = Some("must be above 0");
        check::<Percent>(&[
            ("0.1", None),
            ("100", None),
            ("0", bounds),
            ("100.1", bounds),
            ("-5", bounds),
        ]);
        assert!(Percent::new(f64::NAN).is_err());
    }

    #[test]
    fn a_list_holds_so_many_items() {
        let bounds = Some("must hold 1 to 2 items");
        check::<Several<Id, 1, 2>>(&[
            (r#"["a"]"#, None),
            (r#"["a","b"]"#, None),
            ("[]", bounds),
            (r#"["a","b","c"]"#, bounds),
            (r#"["a",""]"#, Some("1 to 128 characters")),
        ]);
    }
}
