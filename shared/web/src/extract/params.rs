//! Path and query parameters: declared once as a struct, parsed and described from that declaration.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use runledger_models::{
    Bounded, ExecutionStatus, Id, Timestamp, bounded::Percent, credit::TransactionType, time::TimeRange,
};

use crate::{FieldError, Problem};

/// A value that a parameter may have.
pub trait Param: Sized {
    /// Whether the parameter has to be there.
    const REQUIRED: bool = true;
    /// Whether it takes any text at all, so that no text can be told from another by its refusal.
    const ANY_TEXT: bool = false;
    /// Whether the empty text stands for a parameter that is not there, where that may be.
    const EMPTY_IS_NONE: bool = false;

    /// Reads it from all the texts that were sent under its name: at least one.
    fn parse(texts: &[String]) -> Result<Self, String>;

    /// The value when the parameter is not there.
    fn absent() -> Option<Self> {
        None
    }

    /// How the API's description shows it.
    #[cfg(not(target_family = "wasm"))]
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema>;
}

/// A struct of parameters, made by [`params!`](crate::params!).
pub trait Params: Sized {
    /// Takes its parameters out of `source`.
    fn take(source: &mut Source) -> Option<Self>;

    /// How the API's description shows them.
    #[cfg(not(target_family = "wasm"))]
    fn describe(place: utoipa::openapi::path::ParameterIn) -> Vec<utoipa::openapi::path::Parameter>;
}

/// No parameters.
#[derive(Debug, Clone, Copy)]
pub struct NoParams;

impl Params for NoParams {
    fn take(_: &mut Source) -> Option<Self> {
        Some(Self)
    }

    #[cfg(not(target_family = "wasm"))]
    fn describe(_: utoipa::openapi::path::ParameterIn) -> Vec<utoipa::openapi::path::Parameter> {
        Vec::new()
    }
}

/// Those of both.
impl<A: Params, B: Params> Params for (A, B) {
    fn take(source: &mut Source) -> Option<Self> {
        let (first, second) = (A::take(source), B::take(source));
        Some((first?, second?))
    }

    #[cfg(not(target_family = "wasm"))]
    fn describe(place: utoipa::openapi::path::ParameterIn) -> Vec<utoipa::openapi::path::Parameter> {
        [A::describe(place.clone()), B::describe(place)].concat()
    }
}

/// The parameters that a request carries in one place, and what is wrong with them.
pub struct Source {
    place: &'static str,
    texts: BTreeMap<String, Vec<String>>,
    faults: Vec<FieldError>,
}

impl Source {
    /// The parameters of a place (`path` or `query`).
    pub fn new(place: &'static str, pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut texts = BTreeMap::<_, Vec<_>>::new();
        for (name, text) in pairs {
            texts.entry(name).or_default().push(text);
        }
        Self {
            place,
            texts,
            faults: Vec::new(),
        }
    }

    /// The parameters of a path, percent-encoded as they were sent.
    pub(crate) fn of_path(pairs: Vec<(String, String)>) -> Self {
        let mut source = Self::new("path", []);
        for (name, text) in pairs {
            match percent_decode_str(&text).decode_utf8() {
                Ok(text) => source.texts.entry(name).or_default().push(text.into_owned()),
                Err(_) => source.fault(&name, "is not UTF-8".to_owned()),
            }
        }
        source
    }

    /// Takes out the parameter of this name. `None` when something is wrong with it, which is noted.
    pub fn take<T: Param>(&mut self, name: &str) -> Option<T> {
        if T::ANY_TEXT {
            let pointer = self.pointer(name);
            self.faults.retain(|fault| fault.pointer != pointer);
            self.texts.entry(name.to_owned()).or_insert_with(|| vec![String::new()]);
        } else if self.faults.iter().any(|fault| fault.pointer == self.pointer(name)) {
            return None;
        }
        let outcome = match self.texts.remove(name) {
            Some(texts) if !T::ANY_TEXT && texts.iter().any(|text| text.contains('\0')) => {
                Err("holds the character NUL, which cannot be stored".to_owned())
            }
            Some(texts) => T::parse(&texts),
            None => T::absent().ok_or_else(|| "is missing".to_owned()),
        };
        outcome.map_err(|detail| self.fault(name, detail)).ok()
    }

    fn pointer(&self, name: &str) -> String {
        format!("/{}/{name}", self.place)
    }

    fn fault(&mut self, name: &str, detail: String) {
        self.faults.push(FieldError {
            pointer: self.pointer(name),
            detail,
        });
    }

    /// Reads a struct of parameters. Everything that is wrong, unknown parameters too, is told at once.
    pub fn read<T: Params>(mut self) -> Result<T, Problem> {
        let params = T::take(&mut self);
        for name in std::mem::take(&mut self.texts).into_keys() {
            self.fault(&name, "is not a parameter of this route".to_owned());
        }
        match params {
            Some(params) if self.faults.is_empty() => Ok(params),
            _ => Err(Problem::invalid(self.faults)),
        }
    }
}

/// The one text of a parameter that may come only once.
fn single(texts: &[String]) -> Result<&str, String> {
    match texts {
        [text] => Ok(text),
        _ => Err("is given more than once".to_owned()),
    }
}

/// How the API's description shows a parameter of this type.
#[cfg(not(target_family = "wasm"))]
#[doc(hidden)]
pub fn parameter<T: Param>(
    place: &utoipa::openapi::path::ParameterIn,
    name: &str,
    docs: &str,
) -> utoipa::openapi::path::Parameter {
    use utoipa::openapi::{Required, path::ParameterBuilder};
    let required = if T::REQUIRED { Required::True } else { Required::False };
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place.clone())
        .required(required)
        .description(Some(docs.trim()))
        .schema(Some(T::schema()))
        .build()
}

/// The name of a parameter whose field is written like this: `r#type` is `type`.
#[doc(hidden)]
pub fn field_name(written: &'static str) -> &'static str {
    written.strip_prefix("r#").unwrap_or(written)
}

/// Declares a struct of parameters: `params! { /// Docs. pub struct Query { /// Docs. limit: Option<Bounded<1, 100>>, } }`
#[macro_export]
macro_rules! params {
    (
        $(#[doc = $doc:literal])+
        $vis:vis struct $name:ident {
            $( $(#[doc = $field_doc:literal])+ $field:ident: $type:ty, )+
        }
    ) => {
        $(#[doc = $doc])+
        #[derive(Debug)]
        $vis struct $name {
            $( $(#[doc = $field_doc])+ $vis $field: $type, )+
        }

        impl $crate::Params for $name {
            fn take(source: &mut $crate::Source) -> Option<Self> {
                // All are looked at before any counts, so that every fault is told.
                $( let $field = source.take::<$type>($crate::field_name(stringify!($field))); )+
                Some(Self { $( $field: $field?, )+ })
            }

            #[cfg(not(target_family = "wasm"))]
            fn describe(
                place: $crate::utoipa::openapi::path::ParameterIn,
            ) -> Vec<$crate::utoipa::openapi::path::Parameter> {
                vec![$(
                    $crate::parameter::<$type>(&place, $crate::field_name(stringify!($field)), concat!($($field_doc),+)),
                )+]
            }
        }
    };
}

/// A range of times: from `start_time`, or else so many days before the end, to `end_time`, or else now.
pub fn time_range(
    start_time: Option<Timestamp>,
    end_time: Option<Timestamp>,
    default_days: u32,
) -> Result<TimeRange, Problem> {
    let end = end_time.unwrap_or_else(Timestamp::now);
    let start = start_time.unwrap_or_else(|| end.days_before(default_days));
    TimeRange::new(start, end).map_err(|fault| Problem::invalid_at(format!("/query{}", fault.pointer), fault.detail))
}

impl<T: Param> Param for Option<T> {
    const REQUIRED: bool = false;

    fn parse(texts: &[String]) -> Result<Self, String> {
        match texts {
            [text] if T::EMPTY_IS_NONE && text.is_empty() => Ok(None),
            _ => T::parse(texts).map(Some),
        }
    }

    fn absent() -> Option<Self> {
        Some(None)
    }

    #[cfg(not(target_family = "wasm"))]
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        T::schema()
    }
}

/// The schema of a type that has one anyway.
#[cfg(not(target_family = "wasm"))]
fn schema_of<T: utoipa::PartialSchema>() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
    T::schema()
}

impl Param for Id {
    fn parse(texts: &[String]) -> Result<Self, String> {
        Self::parse(single(texts)?).map_err(|error| error.to_string())
    }

    #[cfg(not(target_family = "wasm"))]
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        schema_of::<Self>()
    }
}

impl Param for Timestamp {
    fn parse(texts: &[String]) -> Result<Self, String> {
        Self::parse(single(texts)?).ok_or_else(|| "is not an RFC 3339 time such as 2026-01-02T03:04:05.678Z".to_owned())
    }

    #[cfg(not(target_family = "wasm"))]
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        schema_of::<Self>()
    }
}

impl Param for bool {
    fn parse(texts: &[String]) -> Result<Self, String> {
        single(texts)?
            .parse()
            .map_err(|_| "is neither true nor false".to_owned())
    }

    #[cfg(not(target_family = "wasm"))]
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        schema_of::<Self>()
    }
}

impl<const MIN: u32, const MAX: u32> Param for Bounded<MIN, MAX> {
    fn parse(texts: &[String]) -> Result<Self, String> {
        let number = single(texts)?.parse().ok();
        number
            .and_then(|number| Self::new(number).ok())
            .ok_or_else(|| format!("is not a whole number from {MIN} to {MAX}"))
    }

    #[cfg(not(target_family = "wasm"))]
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        schema_of::<Self>()
    }
}

impl Param for Percent {
    fn parse(texts: &[String]) -> Result<Self, String> {
        let number = single(texts)?.parse().ok();
        number
            .and_then(|number| Self::new(number).ok())
            .ok_or_else(|| "is not a number above 0 and up to 100".to_owned())
    }

    #[cfg(not(target_family = "wasm"))]
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        schema_of::<Self>()
    }
}

/// A parameter that is one of some values with fixed names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct One<T>(pub T);

impl<T: Names> Param for One<T> {
    fn parse(texts: &[String]) -> Result<Self, String> {
        T::named(single(texts)?)
            .map(Self)
            .ok_or_else(|| format!("is none of {}", T::names().join(", ")))
    }

    #[cfg(not(target_family = "wasm"))]
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::Type::String)
            .enum_values(Some(T::names()))
            .into()
    }
}

/// A parameter that may come several times, or once with commas, or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List<T>(pub Vec<T>);

/// What a [`List`] or [`One`] may hold: values with fixed names.
pub trait Names: Sized {
    /// The value of this name.
    fn named(name: &str) -> Option<Self>;

    /// Every name.
    fn names() -> Vec<&'static str>;
}

impl Names for ExecutionStatus {
    fn named(name: &str) -> Option<Self> {
        Self::parse(name)
    }

    fn names() -> Vec<&'static str> {
        Self::ALL.into_iter().map(Self::as_str).collect()
    }
}

impl Names for TransactionType {
    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    fn names() -> Vec<&'static str> {
        Self::ALL.into_iter().map(Self::as_str).collect()
    }
}

impl<T: Names> Param for List<T> {
    fn parse(texts: &[String]) -> Result<Self, String> {
        let names = texts.iter().flat_map(|text| text.split(','));
        let values: Option<_> = names.map(|name| T::named(name.trim())).collect();
        values
            .map(Self)
            .ok_or_else(|| format!("holds something other than {}", T::names().join(", ")))
    }

    #[cfg(not(target_family = "wasm"))]
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        let item = utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::Type::String)
            .enum_values(Some(T::names()));
        utoipa::openapi::ArrayBuilder::new().items(item).into()
    }
}

impl Param for List<Id> {
    fn parse(texts: &[String]) -> Result<Self, String> {
        let names = texts.iter().flat_map(|text| text.split(','));
        let ids: Result<_, _> = names.map(|name| Id::parse(name.trim())).collect();
        ids.map(Self)
            .map_err(|error| format!("holds something that is no id: it {error}"))
    }

    #[cfg(not(target_family = "wasm"))]
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        // Commas part the ids, and spaces around one are not part of it.
        let id = utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::Type::String)
            .min_length(Some(1))
            .max_length(Some(runledger_models::id::MAX_LENGTH))
            .pattern(Some(
                r"^[^\s,\u0000-\u001f\u007f-\u009f]([^,\u0000-\u001f\u007f-\u009f]*[^\s,\u0000-\u001f\u007f-\u009f])?$",
            ));
        utoipa::openapi::ArrayBuilder::new().items(id).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::params! {
        /// Of this test.
        struct Sample {
            /// An identifier.
            id: Id,
            /// A number.
            limit: Option<Bounded<1, 100>>,
            /// Some statuses.
            statuses: Option<List<ExecutionStatus>>,
            /// Some identifiers.
            others: Option<List<Id>>,
        }
    }

    fn read(query: &str) -> Result<Sample, Problem> {
        Source::new("query", form_urlencoded::parse(query.as_bytes()).into_owned()).read()
    }

    #[test]
    fn parameters_that_fit_are_read() {
        let sample = read("id=a&limit=100&statuses=RUNNING,FAILED&statuses=QUEUED").unwrap();
        assert_eq!((sample.id.as_str(), sample.limit.map(Bounded::get)), ("a", Some(100)));
        let statuses = [
            ExecutionStatus::Running,
            ExecutionStatus::Failed,
            ExecutionStatus::Queued,
        ];
        assert_eq!(sample.statuses, Some(List(statuses.to_vec())));
        assert_eq!(read("id=a").unwrap().limit, None);
        let others = ["b", "c d", "e"].map(|id| Id::parse(id).unwrap());
        assert_eq!(
            read("id=a&others=b,c d&others=e").unwrap().others,
            Some(List(others.to_vec()))
        );
    }

    #[test]
    fn every_parameter_that_does_not_fit_is_told_at_once() {
        let document = |query| serde_json::to_value(read(query).unwrap_err().into_document("")).unwrap();
        for (query, pointers) in [
            ("", vec!["/query/id"]),
            ("id=a&limit=0", vec!["/query/limit"]),
            (
                "id=a&limit=101&statuses=running&more=1",
                vec!["/query/limit", "/query/statuses", "/query/more"],
            ),
            ("id=a&id=b", vec!["/query/id"]),
            ("id=a&others=b,,c", vec!["/query/others"]),
            ("id=%00", vec!["/query/id"]),
        ] {
            let document = document(query);
            let found: Vec<_> = document["errors"]
                .as_array()
                .unwrap()
                .iter()
                .map(|e| &e["pointer"])
                .collect();
            assert_eq!(found, pointers, "{query}");
        }
    }
}
