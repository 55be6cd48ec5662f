//! Every statement that the store can send: pinned as text, understood by a migrated database, and explained on a filled one.

mod catalogue;
mod database;
mod explained;
mod pinned;
