//! What has to be there before the application or its tests can run: the compiler's target, the built programs, the
//! servers, the tables, the secrets.

pub(crate) mod application;
pub(crate) mod browser;
pub(crate) mod build;
pub(crate) mod database;
pub(crate) mod environment;
pub(crate) mod install;
pub(crate) mod secret;
pub(crate) mod services;
pub(crate) mod toolchain;
