//! The secret part of a share link, in a path.

use runledger_models::ShareToken;

use crate::Param;

/// A token, or a text that can be none: both are asked for in the same way, so that no answer tells them apart.
#[derive(Debug)]
pub struct MaybeToken(pub Option<ShareToken>);

impl Param for MaybeToken {
    const ANY_TEXT: bool = true;

    fn parse(texts: &[String]) -> Result<Self, String> {
        Ok(Self(texts.first().and_then(|text| ShareToken::parse(text))))
    }

    #[cfg(not(target_family = "wasm"))]
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::Type::String)
            .into()
    }
}
