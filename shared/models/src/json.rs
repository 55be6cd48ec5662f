//! JSON that the ledger carries without looking into it: kept as text, so that nothing is lost and nothing is copied twice.

use std::{borrow::Cow, collections::BTreeMap, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, DeserializeSeed, IntoDeserializer, MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::value::RawValue;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::SchemaType},
};

use crate::Id;

/// Any JSON value, as the text that it came in.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Json(Box<RawValue>);

/// A JSON object of such values, by name: the inputs of an execution, the data of a node.
pub type Object = BTreeMap<String, Json>;

impl Json {
    /// The value `null`.
    pub fn null() -> Self {
        Self(RawValue::NULL.to_owned())
    }

    /// The JSON text.
    pub fn get(&self) -> &str {
        self.0.get()
    }

    /// Whether the value is `null`.
    pub fn is_null(&self) -> bool {
        self.get() == "null"
    }

    /// Whether the value is null, false, or empty.
    fn asks_for_nothing(&self) -> bool {
        let text = self.get();
        let within = |open, close| text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
        matches!(text, "null" | "false" | "\"\"")
            || within('[', ']')
                .or_else(|| within('{', '}'))
                .is_some_and(|inner| inner.trim().is_empty())
    }

    /// The value read as another type, or `None` where it is of another shape.
    pub fn read<'a, T: Deserialize<'a>>(&'a self) -> Option<T> {
        serde_json::from_str(self.get()).ok()
    }

    /// The JSON of an object with one member, a text.
    pub fn object(name: &str, text: &str) -> Self {
        let object = serde_json::json!({ name: text }).to_string();
        Self(RawValue::from_string(object).unwrap_or_else(|_| RawValue::NULL.to_owned()))
    }

    /// The JSON of a text.
    pub fn string(text: &str) -> Self {
        let quoted = serde_json::Value::from(text).to_string();
        Self(RawValue::from_string(quoted).unwrap_or_else(|_| RawValue::NULL.to_owned()))
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl PartialSchema for Json {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(SchemaType::AnyValue)
            .description(Some("Any JSON value."))
            .into()
    }
}

impl ToSchema for Json {}

/// A record that is a JSON object and nothing else: derived implementations alone also take an array of the fields.
#[derive(Debug)]
pub struct Record<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Record<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
            type Value = Record<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Record)
            }
        }

        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

impl<T: ToSchema> PartialSchema for Record<T> {
    fn schema() -> RefOr<Schema> {
        T::schema()
    }
}

impl<T: ToSchema> ToSchema for Record<T> {
    fn name() -> Cow<'static, str> {
        T::name()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        // A generic type that refers to its parameter leaves it to the parameter to be described.
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}

/// Reads an object that has identifiers, all of these names, beside the members of a record.
pub fn beside<'de, D, T, const N: usize>(deserializer: D, names: [&'static str; N]) -> Result<([Id; N], T), D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    deserializer.deserialize_map(BesideVisitor {
        names,
        record: PhantomData,
    })
}

struct BesideVisitor<T, const N: usize> {
    names: [&'static str; N],
    record: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>, const N: usize> Visitor<'de> for BesideVisitor<T, N> {
    type Value = ([Id; N], T);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let mut ids = self.names.map(|name| (name, None));
        let members = Members { map, ids: &mut ids };
        let Tolerant(record) = Tolerant::deserialize(MapAccessDeserializer::new(members))?;
        let ids = ids
            .into_iter()
            .map(|(name, id)| id.ok_or_else(|| de::Error::missing_field(name)));
        let ids: Vec<_> = ids.collect::<Result<_, _>>()?;
        let ids = ids.try_into().map_err(|_| de::Error::custom("lacks an identifier"))?;
        Ok((ids, record))
    }
}

/// The members of an object without the identifiers, which it takes out on the way.
struct Members<'a, A> {
    map: A,
    ids: &'a mut [(&'static str, Option<Id>)],
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Members<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        while let Some(key) = self.map.next_key::<String>()? {
            let Some((name, id)) = self.ids.iter_mut().find(|(name, _)| *name == key) else {
                return seed.deserialize(key.into_deserializer()).map(Some);
            };
            if id.replace(self.map.next_value()?).is_some() {
                return Err(de::Error::duplicate_field(name));
            }
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

/// A record that passes over members which it does not know, if they ask for nothing: null, false, or empty. So a newer
/// client, which says that it does not want what is new, is served as an older one.
#[derive(Debug)]
pub struct Tolerant<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Tolerant<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(TolerantDeserializer(deserializer)).map(Tolerant)
    }
}

impl<T: ToSchema> PartialSchema for Tolerant<T> {
    fn schema() -> RefOr<Schema> {
        T::schema()
    }
}

impl<T: ToSchema> ToSchema for Tolerant<T> {}

/// Learns from the record which members it knows.
struct TolerantDeserializer<D>(D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for TolerantDeserializer<D> {
    type Error = D::Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0
            .deserialize_struct(name, known, TolerantVisitor { known, visitor })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_map(visitor)
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct enum identifier ignored_any
    }
}

struct TolerantVisitor<V> {
    known: &'static [&'static str],
    visitor: V,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for TolerantVisitor<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let known = self.known;
        self.visitor.visit_map(TolerantMembers { map, known })
    }
}

struct TolerantMembers<A> {
    map: A,
    known: &'static [&'static str],
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for TolerantMembers<A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        while let Some(key) = self.map.next_key::<String>()? {
            if self.known.contains(&key.as_str()) {
                return seed.deserialize(key.into_deserializer()).map(Some);
            }
            if !self.map.next_value::<Json>()?.asks_for_nothing() {
                return Err(de::Error::unknown_field(&key, self.known));
            }
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

/// For `#[serde(deserialize_with)]`: a list of [`Record`]s.
pub fn records<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(Vec::<Record<T>>::deserialize(deserializer)?
        .into_iter()
        .map(|Record(item)| item)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_text() {
        let text = r#"{"a":1.10,"b":123456789012345678901234567890,"c":null}"#;
        let object: Object = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&object).unwrap(), text);
        assert!(object["c"].is_null());
        assert_eq!(object["a"].read::<f64>(), Some(1.1));
        assert_eq!(object["a"].read::<String>(), None);
        assert_eq!(Json::string("a\"b").get(), r#""a\"b""#);
    }

    #[test]
    fn what_is_not_known_and_asks_for_nothing_is_passed_over() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Call {
            a: Json,
        }
        let read = |more: &str| serde_json::from_str::<Tolerant<Call>>(&format!(r#"{{{more}"a":1.10}}"#));
        for nothing in ["null", "false", r#""""#, "[]", "{}", "[ ]", "{ }"] {
            let Tolerant(call) = read(&format!(r#""b":{nothing},"#)).unwrap();
            assert_eq!(call.a.get(), "1.10", "{nothing}");
        }
        for something in ["true", "0", r#"" ""#, "[0]", r#"{"c":null}"#] {
            let error = read(&format!(r#""b":{something},"#)).unwrap_err().to_string();
            assert!(error.starts_with("unknown field `b`"), "{something}: {error}");
        }
    }

    #[test]
    fn a_record_is_an_object_and_not_an_array() {
        #[derive(Debug, Deserialize)]
        struct Point {
            x: i32,
        }
        assert_eq!(serde_json::from_str::<Record<Point>>(r#"{"x":1}"#).unwrap().0.x, 1);
        assert!(
            serde_json::from_str::<Record<Point>>("[1]")
                .unwrap_err()
                .to_string()
                .contains("expected an object")
        );
    }

    #[test]
    fn identifiers_stand_beside_the_members_of_a_record() {
        #[derive(Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Held {
            data: Json,
        }
        let read = |text: &str| {
            let mut deserializer = serde_json::Deserializer::from_str(text);
            let ([owner, place], held): ([Id; 2], Held) = beside(&mut deserializer, ["owner", "place"])?;
            Ok(format!("{owner} {place} {}", held.data.get()))
        };
        for (text, outcome) in [
            (
                r#"{"owner":"ann","data":{"a":1.10},"place":"here"}"#,
                "ann here {\"a\":1.10}",
            ),
            (r#"{"place":"here","owner":"ann","data":null}"#, "ann here null"),
            (r#"{"place":"here","data":1}"#, "missing field `owner`"),
            (r#"{"place":"here","owner":"ann"}"#, "missing field `data`"),
            (
                r#"{"owner":"a","owner":"b","place":"c","data":1}"#,
                "duplicate field `owner`",
            ),
            (r#"{"owner":"","place":"c","data":1}"#, "must have 1 to 128 characters"),
            (r#"{"owner":"a","place":"c","data":1,"more":1}"#, "unknown field `more`"),
            ("[]", "invalid type"),
        ] {
            let found = read(text).unwrap_or_else(|error: serde_json::Error| error.to_string());
            assert!(found.contains(outcome), "{text}: {found}");
        }
    }
}
