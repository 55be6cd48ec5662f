//! One file for each command that is more than a call.

pub(crate) mod bench;
pub(crate) mod contract;
pub(crate) mod openapi;
pub(crate) mod pictures;
pub(crate) mod test;
pub(crate) mod token;
pub(crate) mod up;
