//! What a function is told by the application's variables, and keeps for the life of its instance.

use std::{cell::OnceCell, rc::Rc, str::FromStr};

use runledger_bus::Bus;
use runledger_logging::{Complaints, Log};
use runledger_models::{Caller, DatabaseUrl, Role};
use runledger_store::{Budget, Pool};
use spin_sdk::variables;

use crate::{Keys, Problem};

/// The size that events may have, for a function that is not told.
const DEFAULT_MESSAGE_SIZE: usize = 16 << 20;
/// With less, there would be no room for what every record has.
const SMALLEST_RESPONSE_SIZE: u64 = 64 << 10;

const NUMBER: &str = "a number of bytes such as 8388608";

/// The settings and kept parts of one instance.
pub struct Config {
    /// The keys that tokens may be signed with.
    pub keys: Keys,
    /// The way to the database.
    pub pool: Rc<Pool>,
    /// The event bus, where there is Redis.
    pub bus: Option<Rc<Bus>>,
    /// The size that events may have.
    pub max_message_size: usize,
    /// The largest body that is read.
    pub max_body_bytes: usize,
    /// The largest answer that is put together.
    pub budget: Budget,
    /// Whether owners see what a language model said of their runs.
    pub enable_activity_features: bool,
}

thread_local! {
    // What may be kept in an instance: parsed keys and the database connection. Nothing of a request.
    static CONFIG: OnceCell<Rc<Config>> = const { OnceCell::new() };
    // That settings cannot be used is told once a minute, and not with every request.
    static COMPLAINTS: Complaints = const { Complaints::new() };
}

impl Config {
    /// This instance's settings; read from the variables once. What is wrong with them is for the log.
    pub(crate) async fn of_instance() -> Result<Rc<Self>, String> {
        if let Some(config) = Self::kept() {
            return Ok(config);
        }
        let config = Rc::new(Self::load().await?);
        Ok(CONFIG.with(|kept| Rc::clone(kept.get_or_init(|| config))))
    }

    /// This instance's settings for a request. That they cannot be used is the operator's to know: the log has it, and the
    /// answer only where the endpoint is asked for just that.
    pub(crate) async fn for_request(log: &Log, tells: bool) -> Result<Rc<Self>, Problem> {
        Self::of_instance().await.map_err(|fault| {
            COMPLAINTS.with(|complaints| complaints.error(log, &fault));
            if tells {
                Problem::not_configured(fault)
            } else {
                Problem::misconfigured()
            }
        })
    }

    /// This instance's settings, if they were read.
    pub(crate) fn kept() -> Option<Rc<Self>> {
        CONFIG.with(|kept| kept.get().cloned())
    }

    /// Whether this caller sees what a language model said of a run: an owner does not, where that is switched off.
    pub fn shows_activity(&self, caller: &Caller) -> bool {
        self.enable_activity_features || caller.role() != Role::User
    }

    async fn load() -> Result<Self, String> {
        let keys = Keys::new(
            &variable("jwt_secret").await?,
            &variable("jwt_public_keys").await?,
            &variable("jwt_audience").await?,
        )?;
        let max_body_bytes = parsed(NUMBER, "max_body_bytes", &variable("max_body_bytes").await?)?;
        let budget = match setting("max_response_bytes").await?.as_str() {
            "" => Budget::DEFAULT.bytes(),
            text => text
                .parse::<u64>()
                .ok()
                .filter(|bytes| *bytes >= SMALLEST_RESPONSE_SIZE)
                .ok_or_else(|| {
                    format!("max_response_bytes is {text:?}, not a number from {SMALLEST_RESPONSE_SIZE} on")
                })?,
        };
        let budget = Budget::new(budget);
        let flag = variable("enable_activity_features").await?;
        let enable_activity_features = parsed("true or false", "enable_activity_features", &flag)?;
        let database_url = DatabaseUrl::parse(&variable("database_url").await?).map_err(|fault| fault.to_string())?;
        let pool = Rc::new(Pool::new(&database_url));
        let redis_url = setting("redis_url").await?;
        // The URL itself may hold a password.
        if !(redis_url.is_empty() || redis_url.starts_with("redis://") || redis_url.starts_with("rediss://")) {
            return Err(
                "redis_url is no URL of Redis; set it to redis://:password@host:port, with rediss:// for TLS, \
                 or leave it empty"
                    .to_owned(),
            );
        }
        let max_message_size = match setting("max_message_size_limit").await?.as_str() {
            "" => DEFAULT_MESSAGE_SIZE,
            text => parsed(NUMBER, "max_message_size_limit", text)?,
        };
        // A function that is not told the bus's name changes nothing that is published.
        let bus_name = setting("event_bus_name").await?;
        let bus = (!redis_url.is_empty() && !bus_name.is_empty())
            .then(|| Rc::new(Bus::new(redis_url, bus_name, max_message_size)));
        Ok(Self {
            keys,
            pool,
            bus,
            max_message_size,
            max_body_bytes,
            budget,
            enable_activity_features,
        })
    }
}

/// A setting that is not text; `wanted` is what to set it to.
fn parsed<T: FromStr>(wanted: &str, name: &str, text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| format!("{name} is {text:?}; set it to {wanted}"))
}

async fn variable(name: &str) -> Result<String, String> {
    variables::get(name).await.map_err(|error| unreadable(name, &error))
}

/// A variable that only some functions are given; empty for the others. What only one function reads, it reads itself.
pub async fn setting(name: &str) -> Result<String, String> {
    match variables::get(name).await {
        Err(variables::Error::Undefined(_)) => Ok(String::new()),
        value => value.map_err(|error| unreadable(name, &error)),
    }
}

fn unreadable(name: &str, error: &variables::Error) -> String {
    format!("the variable {name} cannot be read: {error:?}")
}
