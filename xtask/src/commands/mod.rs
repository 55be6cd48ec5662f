//! One file for each command.

pub(crate) mod bench;
pub(crate) mod contract;
pub(crate) mod data;
pub(crate) mod migrate;
pub(crate) mod openapi;
pub(crate) mod setup;
pub(crate) mod statements;
pub(crate) mod test;
pub(crate) mod token;
pub(crate) mod up;
