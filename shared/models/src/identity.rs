//! Who calls, and whose rows that caller reaches.

use crate::UserId;

/// What a caller may do, from the token's `role` claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// An owner of runs, through a product's front end.
    User,
    /// The operator.
    Admin,
    /// The executor or another service.
    Service,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::User, Self::Admin, Self::Service];

    /// The claim's text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
            Self::Service => "service",
        }
    }

    /// The role of this claim. The platform's identity provider has names of its own for two of them.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "user" | "authenticated" => Some(Self::User),
            "admin" => Some(Self::Admin),
            "service" | "service_role" => Some(Self::Service),
            _ => None,
        }
    }
}

/// A caller whose token was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    subject: UserId,
    role: Role,
    acting_for: Option<UserId>,
}

impl Caller {
    /// A verified caller. `acting_for` (the header `X-User-Id`) is ignored for a `user`.
    pub fn new(subject: UserId, role: Role, acting_for: Option<UserId>) -> Self {
        let acting_for = acting_for.filter(|_| role != Role::User);
        Self {
            subject,
            role,
            acting_for,
        }
    }

    /// The token's `sub`.
    pub const fn subject(&self) -> &UserId {
        &self.subject
    }

    /// The token's role.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Whom a service or an admin acts for.
    pub const fn acting_for(&self) -> Option<&UserId> {
        self.acting_for.as_ref()
    }

    /// The one user that the call is about: the caller itself, or whom a service or an admin acts for.
    pub fn user(&self) -> Option<&UserId> {
        match self.role {
            Role::User => Some(&self.subject),
            Role::Admin | Role::Service => self.acting_for.as_ref(),
        }
    }

    /// Whose rows the caller reaches: its own, those of the user it acts for, or, for a service or an admin that acts
    /// for nobody, everybody's.
    pub fn scope(&self) -> Scope {
        match self.user() {
            Some(user) => Scope::User(user.clone()),
            None => Scope::Any(AnyUser(())),
        }
    }
}

/// The proof that every user's rows may be reached. [`Caller::scope`] makes one for a caller who may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnyUser(());

impl AnyUser {
    /// For what the house does of its own accord, not for a caller: publishing everybody's events on channels of their
    /// own, and scheduled jobs. No caller may see what is reached so.
    pub const fn for_own_work() -> Self {
        Self(())
    }
}

/// Whose rows an operation reaches. Every operation of the store on a person's rows takes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// One user's rows.
    User(UserId),
    /// Every user's rows.
    Any(AnyUser),
}

impl Scope {
    /// The one user, or `None` for every user.
    pub fn user_id(&self) -> Option<&str> {
        match self {
            Self::User(user) => Some(user.as_str()),
            Self::Any(AnyUser(())) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: &str) -> UserId {
        UserId::parse(id).unwrap()
    }

    #[test]
    fn roles_are_known_by_the_platforms_names_too() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
        }
        assert_eq!(Role::parse("authenticated"), Some(Role::User));
        assert_eq!(Role::parse("service_role"), Some(Role::Service));
        for text in ["", "anon", "USER", "supabase_admin"] {
            assert_eq!(Role::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_user_reaches_only_its_own_rows_whatever_the_header_says() {
        let caller = Caller::new(user("ann"), Role::User, Some(user("bob")));
        assert_eq!(caller.scope().user_id(), Some("ann"));
        assert_eq!(caller.user().map(UserId::as_str), Some("ann"));
    }

    #[test]
    fn a_service_or_admin_reaches_the_user_it_acts_for_or_else_everyone() {
        for role in [Role::Service, Role::Admin] {
            assert_eq!(
                Caller::new(user("s"), role, Some(user("bob"))).scope().user_id(),
                Some("bob")
            );
            let free = Caller::new(user("s"), role, None);
            assert_eq!(free.scope().user_id(), None);
            assert_eq!(free.user(), None);
        }
    }
}
