//! Answers whose text is there already.

use runledger_web::{Content, Payload, Problem};

macro_rules! texts {
    ($($(#[$documentation:meta])* $name:ident($text:ty): $content_type:literal, $schema:ident;)*) => {$(
        $(#[$documentation])*
        pub(crate) struct $name(pub(crate) $text);

        impl Payload for $name {
            const CONTENT_TYPE: Option<&'static str> = Some($content_type);

            fn into_content(self) -> Result<Content, Problem> {
                Ok(Content::Whole(self.0.into()))
            }

            #[cfg(not(target_family = "wasm"))]
            fn schema(
                _: &mut runledger_web::openapi::Document,
            ) -> Option<utoipa::openapi::RefOr<utoipa::openapi::Schema>> {
                let schema = utoipa::openapi::ObjectBuilder::new().schema_type(utoipa::openapi::Type::$schema);
                Some(schema.into())
            }
        }
    )*};
}

texts! {
    /// A JSON object.
    JsonText(&'static str): "application/json", Object;
    /// Numbers in Prometheus' text format.
    MetricsText(String): "text/plain; version=0.0.4; charset=utf-8", String;
}
