//! Pages of lists, by number or by cursor.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use runledger_models::{
    Bounded, Timestamp,
    bounded::PageNumber,
    paging::{DEFAULT_PAGE_SIZE, Position},
    time::StoredTime,
};

use crate::{FieldError, Param, Problem};

/// Starts every cursor of this form, so that a later form can be told apart.
const VERSION: &str = "1";

/// Where a keyset list goes on: opaque to the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(pub Position);

impl Cursor {
    /// The text that stands for it. A time beyond RFC 3339 is in the database's words, which have colons.
    pub fn encode(&self) -> String {
        let Position { created_at, id } = &self.0;
        URL_SAFE_NO_PAD.encode(match created_at {
            StoredTime::Shown(time) => format!("{VERSION}:{}:{id}", time.millis()),
            StoredTime::Beyond(time) => format!("b{VERSION}:{time}|{id}"),
        })
    }

    fn decode(text: &str) -> Option<Self> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let (version, rest) = text.split_once(':')?;
        let (created_at, id) = if version == VERSION {
            let (millis, id) = rest.split_once(':')?;
            (Timestamp::from_millis(millis.parse().ok()?)?.into(), id)
        } else {
            let (time, id) = rest
                .split_once('|')
                .filter(|_| version.strip_prefix('b') == Some(VERSION))?;
            (StoredTime::parse_beyond(time)?, id)
        };
        let id = Some(id).filter(|id| !id.is_empty() && !id.contains('\0'))?.to_owned();
        Some(Self(Position { created_at, id }))
    }
}

/// Where a list of numbered rows goes on: after, or before, the row of this number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberCursor(pub i64);

impl NumberCursor {
    /// The text that stands for it.
    pub fn encode(self) -> String {
        URL_SAFE_NO_PAD.encode(format!("n{VERSION}:{}", self.0))
    }

    fn decode(text: &str) -> Option<Self> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let number = text.strip_prefix('n')?.strip_prefix(VERSION)?.strip_prefix(':')?;
        number.parse().ok().filter(|number| *number >= 0).map(Self)
    }
}

/// As a parameter, empty for the list's beginning.
macro_rules! parameter {
    ($($cursor:ident),*) => {$(
        impl Param for $cursor {
            const EMPTY_IS_NONE: bool = true;

            fn parse(texts: &[String]) -> Result<Self, String> {
                let cursor = if let [text] = texts { Self::decode(text) } else { None };
                cursor.ok_or_else(|| "is not a cursor that a list gave".to_owned())
            }

            #[cfg(not(target_family = "wasm"))]
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::Type::String)
                    .pattern(Some("^[A-Za-z0-9_-]*$"))
                    .into()
            }
        }
    )*};
}

parameter!(Cursor, NumberCursor);

/// Which part of a list is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Paging {
    /// A page by its number, from 1.
    Page {
        /// The page.
        page: u32,
        /// Rows on a page.
        page_size: u32,
    },
    /// From a place in the list onwards.
    Keyset {
        /// The place; `None` for the list's beginning.
        before: Option<Position>,
        /// The most rows.
        limit: u32,
    },
}

impl Paging {
    /// Reads `page` and `page_size`, or `cursor` and `limit`: one pair or the other. Without any, page 1. An empty `cursor`
    /// (the inner `None`) stands for the list's beginning.
    pub fn new(
        page: Option<PageNumber>,
        page_size: Option<Bounded<1, 100>>,
        cursor: Option<Option<Cursor>>,
        limit: Option<Bounded<1, 100>>,
    ) -> Result<Self, Problem> {
        let keyset = cursor.is_some() || limit.is_some();
        let mixed: Vec<_> = [("page", page.is_some()), ("page_size", page_size.is_some())]
            .into_iter()
            .filter(|(_, given)| keyset && *given)
            .map(|(name, _)| FieldError {
                pointer: format!("/query/{name}"),
                detail: "cannot go with cursor or limit: page by number or by cursor".to_owned(),
            })
            .collect();
        if !mixed.is_empty() {
            return Err(Problem::invalid(mixed));
        }
        let size = |given: Option<Bounded<1, 100>>| given.map_or(DEFAULT_PAGE_SIZE, Bounded::get);
        Ok(if keyset {
            Self::Keyset {
                before: cursor.flatten().map(|Cursor(position)| position),
                limit: size(limit),
            }
        } else {
            Self::Page {
                page: page.map_or(1, Bounded::get),
                page_size: size(page_size),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_went_and_anything_else_is_refused() {
        for created_at in [
            Timestamp::from_millis(1_700_000_000_123).unwrap().into(),
            StoredTime::Beyond("infinity".to_owned()),
            StoredTime::Beyond("0044-03-15T00:00:00 BC".to_owned()),
        ] {
            for id in ["a:b", "a|b"] {
                let (created_at, id) = (created_at.clone(), id.to_owned());
                let cursor = Cursor(Position { created_at, id });
                assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor));
            }
        }
        for text in [
            "",
            "!",
            "MQ",
            &URL_SAFE_NO_PAD.encode("2:1:a"),
            &URL_SAFE_NO_PAD.encode("1:x:a"),
            &URL_SAFE_NO_PAD.encode("1:1:"),
            &URL_SAFE_NO_PAD.encode("b1:now|a"),
            &URL_SAFE_NO_PAD.encode("b1:infinity|a\0"),
            &URL_SAFE_NO_PAD.encode("bb1:infinity|a"),
        ] {
            assert_eq!(Cursor::decode(text), None, "{text}");
        }
    }

    #[test]
    fn an_empty_cursor_is_the_lists_beginning() {
        let empty = [String::new()];
        assert_eq!(Option::<Cursor>::parse(&empty), Ok(None));
        assert_eq!(Option::<Option<Cursor>>::parse(&empty), Ok(Some(None)));
        assert_eq!(Option::<NumberCursor>::parse(&empty), Ok(None));
        assert!(Option::<Cursor>::parse(&["x".to_owned()]).is_err());
    }

    #[test]
    fn a_numbers_cursor_comes_back_as_it_went() {
        for number in [0, 7, i64::MAX] {
            assert_eq!(
                NumberCursor::decode(&NumberCursor(number).encode()),
                Some(NumberCursor(number))
            );
        }
        for text in ["", "1:7", "n2:7", "n1:-7", "n1:x"] {
            assert_eq!(NumberCursor::decode(&URL_SAFE_NO_PAD.encode(text)), None, "{text}");
        }
    }

    #[test]
    fn a_list_is_paged_one_way_or_the_other() {
        assert_eq!(
            Paging::new(None, None, None, None).unwrap(),
            Paging::Page { page: 1, page_size: 25 }
        );
        let (first, seven) = (Bounded::new(1).ok(), Bounded::new(7).ok());
        assert_eq!(
            Paging::new(None, None, None, seven).unwrap(),
            Paging::Keyset { before: None, limit: 7 }
        );
        assert_eq!(
            Paging::new(None, None, Some(None), None).unwrap(),
            Paging::Keyset {
                before: None,
                limit: 25
            }
        );
        assert!(Paging::new(first, None, None, seven).is_err());
        assert!(Paging::new(first, None, Some(None), None).is_err());
    }
}
