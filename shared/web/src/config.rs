//! What a function is told by the application's variables, and keeps for the life of its instance.

use std::{cell::OnceCell, rc::Rc};

use runledger_store::Pool;
use spin_sdk::variables;

use crate::Keys;

/// The settings and kept parts of one instance.
pub struct Config {
    /// The keys that tokens may be signed with.
    pub keys: Keys,
    /// The way to the database.
    pub pool: Rc<Pool>,
    /// Where Redis is; empty where there is none.
    pub redis_url: String,
    /// The largest body that is read.
    pub max_body_bytes: usize,
    /// What a share link begins with, before its token.
    pub share_base_url: String,
    /// Whether owners see what a language model said of their runs.
    pub enable_activity_features: bool,
}

thread_local! {
    // What may be kept in an instance: parsed keys and the database connection. Nothing of a request.
    static CONFIG: OnceCell<Rc<Config>> = const { OnceCell::new() };
}

impl Config {
    /// This instance's settings; read from the variables once. What is wrong with them is for the log.
    pub(crate) async fn of_instance() -> Result<Rc<Self>, String> {
        if let Some(config) = CONFIG.with(|kept| kept.get().cloned()) {
            return Ok(config);
        }
        let config = Rc::new(Self::load().await?);
        Ok(CONFIG.with(|kept| Rc::clone(kept.get_or_init(|| config))))
    }

    async fn load() -> Result<Self, String> {
        let keys = Keys::new(
            &variable("jwt_secret").await?,
            &variable("jwt_public_keys").await?,
            &variable("jwt_audience").await?,
        )?;
        let number = variable("max_body_bytes").await?;
        let max_body_bytes = number
            .parse()
            .map_err(|_| format!("max_body_bytes is {number:?}, not a number"))?;
        let flag = variable("enable_activity_features").await?;
        let enable_activity_features = flag
            .parse()
            .map_err(|_| format!("enable_activity_features is {flag:?}, neither true nor false"))?;
        let pool = Rc::new(Pool::new(variable("database_url").await?));
        let redis_url = optional_variable("redis_url").await?;
        let share_base_url = optional_variable("share_base_url").await?;
        Ok(Self {
            keys,
            pool,
            redis_url,
            max_body_bytes,
            share_base_url,
            enable_activity_features,
        })
    }
}

async fn variable(name: &str) -> Result<String, String> {
    variables::get(name)
        .await
        .map_err(|error| format!("the variable {name} cannot be read: {error:?}"))
}

/// A variable that only some functions are given; empty for the others.
async fn optional_variable(name: &str) -> Result<String, String> {
    match variables::get(name).await {
        Err(variables::Error::Undefined(_)) => Ok(String::new()),
        value => value.map_err(|error| format!("the variable {name} cannot be read: {error:?}")),
    }
}
