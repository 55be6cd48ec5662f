//! `cargo xtask token`: prints a token for calling the API.

use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use runledger_tokens::{Claims, sign};

use crate::project::Project;
use crate::setup::environment::variable;
use crate::setup::secret;

#[derive(Debug, Args)]
pub(crate) struct Token {
    /// Whom the token is for.
    #[arg(long)]
    sub: String,
    /// What they may do.
    #[arg(long)]
    role: Role,
    /// How long it is valid.
    #[arg(long, default_value_t = 3600)]
    ttl_seconds: u64,
}

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// The owner of runs.
    User,
    /// The operator.
    Admin,
    /// Another service: the executor.
    Service,
}

impl Role {
    /// As a token says it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
            Self::Service => "service",
        }
    }
}

impl Token {
    pub(crate) fn run(self, project: &Project) -> Result<()> {
        let secret = secret::configured(project)?
            .context("there is no secret to sign with: set SPIN_VARIABLE_JWT_SECRET, or start `cargo xtask up` once")?;
        println!("{}", issue(&secret, &self.sub, self.role, self.ttl_seconds)?);
        Ok(())
    }
}

/// A token that the application accepts as long as it has this secret, and the audience of our own environment.
pub(crate) fn issue(secret: &str, sub: &str, role: Role, ttl_seconds: u64) -> Result<String> {
    let audience = variable("SPIN_VARIABLE_JWT_AUDIENCE").unwrap_or_default();
    let claims = Claims::new(sub, role.name(), &audience, Duration::from_secs(ttl_seconds));
    sign(secret.as_bytes(), &claims).context("sign a token")
}
