//! JSON that the ledger carries without looking into it: kept as text, so that nothing is lost and nothing is copied twice.

use std::{collections::BTreeMap, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::value::RawValue;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::SchemaType},
};

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
}
