//! Every statement that the store can send: pinned as text, understood by a migrated database, and explained on a filled one.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops at what it does not expect"
)]

mod catalogue;
mod database;
mod explained;
mod lists;
mod operators;
mod page_of_nodes;
mod pages;
mod pinned;
mod run_page;
