//! A description in the making, and what types have to say of themselves.

use http::StatusCode;
use serde_json::Value;
use utoipa::{
    ToSchema,
    openapi::{
        ContentBuilder, ObjectBuilder, PathsBuilder, Ref, RefOr, Required, Schema, Type,
        request_body::{RequestBody, RequestBodyBuilder},
        schema::AnyOfBuilder,
    },
};

/// Another answer than the usual one, or the usual one in another form: its status, and the content type and schema of
/// its body.
pub type Other = (StatusCode, Option<(&'static str, RefOr<Schema>)>);

/// A description in the making.
#[derive(Default)]
pub struct Document {
    pub(super) schemas: Vec<(String, RefOr<Schema>)>,
    /// Its operations.
    pub(super) paths: PathsBuilder,
    /// What the operations that come now are filed under.
    pub(super) tag: &'static str,
}

impl Document {
    /// A reference to a type's schema, which becomes part of the description.
    pub fn schema<T: ToSchema>(&mut self) -> RefOr<Schema> {
        let name = T::name().into_owned();
        self.schemas.push((name.clone(), T::schema()));
        T::schemas(&mut self.schemas);
        for (_, schema) in &mut self.schemas {
            any_of(schema);
            // It stands beside the body instead.
            if let RefOr::T(Schema::Object(object)) = schema {
                object.example = None;
            }
        }
        Ref::from_schema_name(name).into()
    }

    /// Leaves open what else an object of this type may have.
    pub(crate) fn let_more_in<T: ToSchema>(&mut self) {
        let name = T::name();
        for (known, schema) in &mut self.schemas {
            if let RefOr::T(Schema::Object(object)) = schema
                && *known == name
            {
                object.additional_properties = None;
            }
        }
    }

    /// One server-sent event of a stream: its kind, one of `kinds`, and its data, JSON of a type's schema.
    pub fn event<T: ToSchema>(&mut self, kinds: &[&str]) -> RefOr<Schema> {
        let data = text()
            .content_media_type("application/json")
            .content_schema(Some(self.schema::<T>()));
        ObjectBuilder::new()
            .description(Some("Each event of the stream. Comments come in between."))
            .property(
                "id",
                text().description(Some("Where a reader goes on, in `Last-Event-ID`.")),
            )
            .property("event", text().enum_values(Some(kinds.iter().copied())))
            .property("data", data)
            .required("event")
            .required("data")
            .into()
    }
}

/// What is one of several types may fit more than one of them: an execution with its nodes is an execution too.
fn any_of(schema: &mut RefOr<Schema>) {
    if let RefOr::T(Schema::OneOf(one)) = schema {
        let types = AnyOfBuilder::new().description(one.description.take());
        let types = std::mem::take(&mut one.items)
            .into_iter()
            .fold(types, AnyOfBuilder::item);
        *schema = types.into();
    }
}

/// A body of this type, with the type's example.
pub fn body<T: ToSchema>(document: &mut Document, content_type: &str) -> RequestBody {
    body_of(content_type, document.schema::<T>(), example::<T>())
}

/// A body of this schema.
pub fn body_of(content_type: &str, schema: RefOr<Schema>, example: Option<Value>) -> RequestBody {
    let content = ContentBuilder::new().schema(Some(schema)).example(example);
    RequestBodyBuilder::new()
        .content(content_type, content.build())
        .required(Some(Required::True))
        .build()
}

/// The example of a type: its attribute `schema(example = …)`.
pub fn example<T: ToSchema>() -> Option<Value> {
    match T::schema() {
        RefOr::T(Schema::Object(object)) => object.example,
        _ => None,
    }
}

/// A string.
pub(super) fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}
