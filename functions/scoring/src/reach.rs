//! Whose executions an operator reaches.

use runledger_models::{Caller, Id, Role, Scope, UserId};
use runledger_web::Problem;

/// The executions of the user that a request names, or of the one that the operator acts for, or everybody's. A header
/// that names another user contradicts the request.
pub(crate) fn reach(caller: &Caller, user: Option<&Id>) -> Result<Scope, Problem> {
    let Some(user) = user.and_then(|user| UserId::parse(user.as_str()).ok()) else {
        return Ok(caller.scope());
    };
    if caller.user().is_some_and(|acting_for| *acting_for != user) {
        return Err(Problem::invalid_at(
            "/user_id",
            "is another user than that of X-User-Id",
        ));
    }
    Ok(Caller::new(caller.subject().clone(), Role::Admin, Some(user)).scope())
}
