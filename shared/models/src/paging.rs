//! Pages of lists: by number, as in the seed's `GraphExecutionsPaginated`, or by keyset.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::time::StoredTime;

/// The rows of a page when the caller names no number.
pub const DEFAULT_PAGE_SIZE: u32 = 25;

/// Where a numbered page stands in its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct Pagination {
    /// Rows in the whole list.
    pub total_items: u64,
    /// Pages in the whole list.
    pub total_pages: u64,
    /// This page, from 1.
    pub current_page: u32,
    /// Rows on a full page.
    pub page_size: u32,
}

impl Pagination {
    /// Page `current_page` of a list of `total_items`.
    pub fn new(total_items: u64, current_page: u32, page_size: u32) -> Self {
        let total_pages = total_items.div_ceil(u64::from(page_size.max(1)));
        Self {
            total_items,
            total_pages,
            current_page,
            page_size,
        }
    }
}

/// A place in a list ordered newest first by (`createdAt`, `id`): the last row that the caller has seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The row's creation time.
    pub created_at: StoredTime,
    /// The row's identifier.
    pub id: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_counted_upwards() {
        for (items, pages) in [(0, 0), (1, 1), (25, 1), (26, 2)] {
            assert_eq!(Pagination::new(items, 1, 25).total_pages, pages, "{items}");
        }
    }
}
