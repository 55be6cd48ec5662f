//! Who may call an endpoint, and what the endpoint learns of the caller.

use runledger_models::{Caller, Id, Role, Scope, UserId};

use crate::Problem;

/// Who may call. What an endpoint gets is made of the verified caller, so that it cannot be had without one.
pub trait Access {
    /// The roles that may call; none for a route that needs no token.
    const ROLES: &'static [Role];
    /// Whether a service or an admin has to name the user it acts for.
    const NAMES_USER: bool = false;
    /// What the endpoint learns of the caller.
    type Who;

    /// Lets the caller in, or says why not. `caller` is there whenever [`ROLES`](Self::ROLES) names any.
    fn admit(caller: Option<Caller>) -> Result<Self::Who, Problem>;
}

/// Anyone, without a token.
pub struct Public;

impl Access for Public {
    const ROLES: &'static [Role] = &[];
    type Who = ();

    fn admit(_: Option<Caller>) -> Result<(), Problem> {
        Ok(())
    }
}

/// Access by role alone: the endpoint learns who calls.
macro_rules! by_role {
    ($($(#[$documentation:meta])* $name:ident: $roles:expr;)*) => {$(
        $(#[$documentation])*
        pub struct $name;

        impl Access for $name {
            const ROLES: &'static [Role] = $roles;
            type Who = Caller;

            fn admit(caller: Option<Caller>) -> Result<Caller, Problem> {
                caller.ok_or_else(no_caller)
            }
        }
    )*};
}

by_role! {
    /// Any caller with a token, each within its own reach.
    AnyRole: &Role::ALL;
    /// Services.
    ServiceOnly: &[Role::Service];
    /// Operators.
    AdminOnly: &[Role::Admin];
    /// Services and operators.
    Trusted: &[Role::Service, Role::Admin];
}

/// Services that act for one user.
pub struct OnBehalf;

impl Access for OnBehalf {
    const ROLES: &'static [Role] = &[Role::Service];
    const NAMES_USER: bool = true;
    type Who = UserId;

    fn admit(caller: Option<Caller>) -> Result<UserId, Problem> {
        one_user(caller)
    }
}

/// Any caller with a token, about what one user has: a user about its own, a service or an admin about that of the user
/// whom it names.
pub struct OneUser;

impl Access for OneUser {
    const ROLES: &'static [Role] = &Role::ALL;
    const NAMES_USER: bool = true;
    type Who = UserId;

    fn admit(caller: Option<Caller>) -> Result<UserId, Problem> {
        one_user(caller)
    }
}

/// The user that a request names at `pointer`. A header that names another user contradicts it.
pub fn named_user(caller: &Caller, user: &Id, pointer: &str) -> Result<UserId, Problem> {
    let user = UserId::parse(user.as_str()).map_err(|error| Problem::invalid_at(pointer, error.to_string()))?;
    if caller.user().is_some_and(|acting_for| *acting_for != user) {
        return Err(Problem::invalid_at(pointer, "is another user than that of X-User-Id"));
    }
    Ok(user)
}

/// The rows of the user that a request names at `pointer`, or without one the caller's reach.
pub fn named_scope(caller: &Caller, user: Option<&Id>, pointer: &str) -> Result<Scope, Problem> {
    match user {
        Some(user) => named_user(caller, user, pointer).map(Scope::User),
        None => Ok(caller.scope()),
    }
}

fn one_user(caller: Option<Caller>) -> Result<UserId, Problem> {
    let caller = caller.ok_or_else(no_caller)?;
    caller
        .user()
        .cloned()
        .ok_or_else(|| Problem::invalid_at("/headers/x-user-id", "is missing; name the user that this is for"))
}

fn no_caller() -> Problem {
    Problem::internal("a route with roles was reached without a caller")
}
