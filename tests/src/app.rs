//! The application under test, whole: components, host, database.

use std::env;

use runledger_browser::Browser;

use crate::{Client, Database, Host, tokens};

/// A running application with a database of its own. Everything ends with the value.
pub struct App {
    /// A look at what is stored.
    pub db: Database,
    /// The process that serves.
    pub host: Host,
    /// A caller without a token.
    pub anonymous: Client,
    /// The executor, acting for nobody in particular.
    pub service: Client,
    /// The operator, acting for nobody in particular.
    pub admin: Client,
    variables: Vec<(String, String)>,
    arguments: Vec<String>,
}

/// An application that is yet to start.
pub struct Builder {
    server_url: String,
    /// What stands between the application and the server, as `host:port`.
    pooler: Option<String>,
    redis_url: Option<String>,
    variables: Vec<(String, String)>,
    arguments: Vec<String>,
}

impl App {
    /// Starts the application as most tests need it.
    pub async fn start() -> Self {
        Self::builder().start().await
    }

    /// An application with other settings.
    pub fn builder() -> Builder {
        let variables = [("jwt_secret", tokens::SECRET)];
        Builder {
            server_url: env::var("DATABASE_URL").expect("DATABASE_URL names a server; `cargo xtask test` starts one"),
            pooler: env::var("RUNLEDGER_POOLER").ok(),
            redis_url: env::var("REDIS_URL").ok().filter(|url| !url.is_empty()),
            variables: variables
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec(),
            arguments: Vec::new(),
        }
    }

    /// Kills the host, without a chance to put anything in order, and starts another one, at another address.
    pub fn restart(&mut self) {
        self.host.kill();
        self.host = Host::start(&self.variables, &self.arguments);
        (self.anonymous, self.service, self.admin) = callers(&self.host);
    }

    /// A person who owns runs.
    pub fn user(&self, id: &str) -> Client {
        self.anonymous.with_token(tokens::token(id, "user"))
    }

    /// What asks as a browser does in which this person has signed in, in this role.
    pub fn reader(&self, id: &str, role: &str) -> Client {
        self.anonymous.signed_in(&tokens::token(id, role))
    }

    /// A browser in which nobody has signed in.
    pub async fn browser(&self) -> Browser {
        Browser::start(self.host.base_url()).await
    }

    /// A browser in which this person has signed in, in this role.
    pub async fn browser_for(&self, id: &str, role: &str) -> Browser {
        let browser = self.browser().await;
        browser.sign_in(&tokens::token(id, role)).await;
        browser
    }

    /// The executor, acting for this user.
    pub fn service_for(&self, user: &str) -> Client {
        self.service.acting_for(user)
    }

    /// The operator, acting for this user.
    pub fn admin_for(&self, user: &str) -> Client {
        self.admin.acting_for(user)
    }
}

impl Builder {
    /// Sets a variable of the application.
    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds an argument of the local host.
    #[must_use]
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Uses another Postgres server, and no pooler before it.
    #[must_use]
    pub fn server(mut self, url: &str) -> Self {
        self.pooler = None;
        url.clone_into(&mut self.server_url);
        self
    }

    /// Uses no Redis, or another than `REDIS_URL` names.
    #[must_use]
    pub fn redis(mut self, url: Option<&str>) -> Self {
        self.redis_url = url.map(str::to_owned);
        self
    }

    /// Starts the application.
    pub async fn start(self) -> App {
        let db = Database::create(&self.server_url).await;
        self.start_on(db).await
    }

    /// Starts the application on a database that another one left.
    pub async fn start_on(self, db: Database) -> App {
        let (database_url, database_host) = match self.pooler {
            Some(pooler) => (db.url_through(&pooler), pooler),
            None => (db.url().to_owned(), db.host()),
        };
        let mut variables = vec![
            ("database_url".to_owned(), database_url),
            ("database_host".to_owned(), database_host),
            // Applications that share a Redis server tell their channels apart by it.
            ("event_bus_name".to_owned(), db.name().to_owned()),
        ];
        variables.extend(self.redis_url.as_deref().map(redis_variables).into_iter().flatten());
        variables.extend(self.variables);
        let start = (variables.clone(), self.arguments.clone());
        let host = tokio::task::spawn_blocking(move || Host::start(&start.0, &start.1))
            .await
            .expect("the host starts");
        let (anonymous, service, admin) = callers(&host);
        App {
            db,
            host,
            anonymous,
            service,
            admin,
            variables,
            arguments: self.arguments,
        }
    }
}

/// A caller without a token, the executor and the operator.
fn callers(host: &Host) -> (Client, Client, Client) {
    let anonymous = Client::new(host.base_url().to_owned());
    let service = anonymous.with_token(tokens::token("executor", "service"));
    let admin = anonymous.with_token(tokens::token("operator", "admin"));
    (anonymous, service, admin)
}

/// The variables for the Redis server at this address.
fn redis_variables(url: &str) -> [(String, String); 2] {
    let parsed = url::Url::parse(url).expect("the Redis URL is a URL");
    let host = format!(
        "{}:{}",
        parsed.host_str().unwrap_or("127.0.0.1"),
        parsed.port().unwrap_or(6379)
    );
    [
        ("redis_url".to_owned(), url.to_owned()),
        ("redis_host".to_owned(), host),
    ]
}
