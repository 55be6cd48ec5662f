//! Who calls, and what they may.

mod access;
mod identity;
mod signatures;

pub use access::{
    Access, AdminOnly, AnyRole, OnBehalf, OneUser, Public, ServiceOnly, Trusted, named_scope, named_user,
};
pub use identity::{Claims, Keys, MIN_SECRET_BYTES};
