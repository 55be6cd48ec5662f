//! `spin:redis`: one connection for each address, shared by all components that may reach it.

mod host;
mod server;

#[expect(unreachable_pub, reason = "the generated bindings re-export them")]
pub use host::Connection;
pub(crate) use server::{Limits, Servers};
