//! The address of the database as people have it: the platform's own URL (Prisma's) too. Whoever connects reads it here,
//! and gets what the driver understands, or is told what to write instead. Nothing of what was given but names of options
//! stands in a message: anything else may be a piece of the password.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// The address of a Postgres database, as the driver takes it.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl {
    address: String,
    ignored: Vec<&'static str>,
}

/// What is wrong with an address, and what to write instead. Never with its password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the database URL cannot be used: {0}")]
pub struct DatabaseUrlFault(String);

/// What a URL looks like.
const LIKE: &str = "write postgres://user:password@host:5432/database";

/// What only the pool of Prisma knows. Ours has settings of its own.
const OF_A_PRISMA_POOL: [&str; 5] = [
    "connection_limit",
    "pool_timeout",
    "pgbouncer",
    "statement_cache_size",
    "socket_timeout",
];

/// What the driver knows.
const OF_THE_DRIVER: [&str; 19] = [
    "application_name",
    "channel_binding",
    "connect_timeout",
    "dbname",
    "host",
    "hostaddr",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_retries",
    "load_balance_hosts",
    "options",
    "password",
    "port",
    "sslmode",
    "sslnegotiation",
    "target_session_attrs",
    "tcp_user_timeout",
    "user",
];

/// Those of them that are whole numbers.
const NUMBERS: [&str; 6] = [
    "connect_timeout",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_retries",
    "tcp_user_timeout",
];

const SSL_MODES: [&str; 5] = ["disable", "prefer", "require", "verify-ca", "verify-full"];

/// What others call what is meant.
const OTHERWISE_CALLED: [(&str, &str); 8] = [
    ("currentSchema", "write schema="),
    ("search_path", "write schema="),
    ("database", "write it after the host, as in host:5432/database"),
    ("username", "write it before the host, as in user:password@host"),
    ("ssl", "write sslmode=require"),
    (
        "sslaccept",
        "write sslmode=verify-full for strict, sslmode=require for accept_invalid_certs",
    ),
    ("timeout", "write connect_timeout= in seconds"),
    ("connectTimeout", "write connect_timeout= in seconds"),
];

/// What need not be written with a percent sign in a value.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b',');

impl DatabaseUrl {
    /// Reads a `postgres://` URL, or libpq's `host=… dbname=…`.
    pub fn parse(text: &str) -> Result<Self, DatabaseUrlFault> {
        let text = text.trim();
        let first = text
            .chars()
            .next()
            .ok_or_else(|| fault(format!("it is empty: {LIKE}")))?;
        if ['"', '\'', '`'].contains(&first) {
            return Err(fault("it stands in quotation marks: leave them out".to_owned()));
        }
        match text.split_once("://") {
            Some((scheme, rest)) => Self::of_url(scheme, rest),
            None => Self::of_pairs(text),
        }
    }

    /// The address: a URL, or pairs. `sslmode` may be libpq's `verify-ca` or `verify-full`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The address for a driver that does not know `verify-ca` and `verify-full`, and whether it was one of them: then the
    /// server has to show a certificate that is trusted.
    pub fn for_driver(&self) -> (String, bool) {
        for mode in ["sslmode=verify-full", "sslmode=verify-ca"] {
            if self.address.contains(mode) {
                return (self.address.replace(mode, "sslmode=require"), true);
            }
        }
        (self.address.clone(), false)
    }

    /// A line for the log where something was left out, since only a pool of Prisma's knows it.
    pub fn remark(&self) -> Option<String> {
        let names = self.ignored.join(", ");
        (!names.is_empty()).then(|| format!("the database URL sets {names}, which only a Prisma pool knows: ignored"))
    }

    fn of_url(scheme: &str, rest: &str) -> Result<Self, DatabaseUrlFault> {
        if !["postgres", "postgresql"].contains(&scheme) {
            return Err(fault(if is_name(scheme) {
                format!("it begins with {scheme}://, which is no PostgreSQL: {LIKE}")
            } else {
                format!("it does not begin with postgres://: {LIKE}")
            }));
        }
        if rest.contains(char::is_whitespace) {
            return Err(fault(
                "it holds a space or a line break: write %20 for a space".to_owned(),
            ));
        }
        if !is_percent_encoded(rest) {
            return Err(fault(
                "it holds a % that is no %XX: write %25 for the sign itself".to_owned(),
            ));
        }
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = place.split_once('/').unwrap_or((place, ""));
        let misplaced = database.contains('@') || query.contains('@') || authority.matches('@').count() > 1;
        if misplaced || authority.contains('#') && !authority.contains('@') {
            let encode = "in a user or password write %40 for @, %2F for /, %3F for ?, %23 for #, %3A for :";
            return Err(fault(format!(
                "its user and password cannot be told from the rest: {encode}"
            )));
        }
        let mut parameters = Parameters::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            parameters.add(name, &decoded(value)?)?;
        }
        let hosts = authority.rsplit('@').next().unwrap_or_default();
        if hosts.is_empty() && !parameters.has("host") && !parameters.has("hostaddr") {
            return Err(fault(format!("it names no host: {LIKE}")));
        }
        for host in hosts.split(',').filter(|_| !hosts.is_empty()) {
            check_host(host)?;
        }
        if database.trim_matches('/').is_empty() && !parameters.has("dbname") {
            return Err(fault(format!("it names no database: {LIKE}")));
        }
        if database.contains('/') {
            return Err(fault("a / stands in the database's name: write %2F for it".to_owned()));
        }
        let (kept, ignored) = parameters.finish();
        let kept: Vec<_> = kept
            .iter()
            .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, ENCODED)))
            .collect();
        let question = if kept.is_empty() { "" } else { "?" };
        Ok(Self {
            address: format!("{scheme}://{place}{question}{}", kept.join("&")),
            ignored,
        })
    }

    fn of_pairs(text: &str) -> Result<Self, DatabaseUrlFault> {
        let mut parameters = Parameters::default();
        let mut rest = text;
        while !rest.is_empty() {
            let (name, after) = rest.split_once('=').ok_or_else(|| {
                fault(format!(
                    "it is neither a URL nor pairs like host=db.example dbname=ledger: {LIKE}"
                ))
            })?;
            let (value, after) = pair_value(after.trim_start())?;
            parameters.add(name.trim_end(), &value)?;
            rest = after.trim_start();
        }
        if !parameters.has("host") && !parameters.has("hostaddr") {
            return Err(fault("it names no host: add host=".to_owned()));
        }
        let (kept, ignored) = parameters.finish();
        let kept: Vec<_> = kept
            .iter()
            .map(|(name, value)| {
                if !value.is_empty()
                    && value
                        .chars()
                        .all(|letter| letter.is_ascii_alphanumeric() || "-_./:,@".contains(letter))
                {
                    return format!("{name}={value}");
                }
                format!("{name}='{}'", value.replace('\\', "\\\\").replace('\'', "\\'"))
            })
            .collect();
        Ok(Self {
            address: kept.join(" "),
            ignored,
        })
    }
}

/// Does not show the address, which holds a password.
impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("DatabaseUrl").finish_non_exhaustive()
    }
}

/// The options of an address, with their values decoded.
#[derive(Default)]
struct Parameters {
    kept: Vec<(&'static str, String)>,
    schema: Option<String>,
    ignored: Vec<&'static str>,
}

impl Parameters {
    fn add(&mut self, name: &str, value: &str) -> Result<(), DatabaseUrlFault> {
        let known = |names: &[&'static str]| names.iter().copied().find(|known| *known == name);
        if let Some(name) = known(&OF_A_PRISMA_POOL) {
            self.ignored.push(name);
        } else if name == "schema" {
            if value.is_empty() {
                return Err(fault("schema is empty: name a schema, or leave it out".to_owned()));
            }
            self.schema = Some(value.to_owned());
        } else if let Some(name) = known(&OF_THE_DRIVER) {
            if name == "sslmode" && !SSL_MODES.contains(&value) {
                let what = if value.is_empty() {
                    "empty"
                } else {
                    "not one that is known"
                };
                let modes = SSL_MODES.join(", ");
                return Err(fault(format!("sslmode is {what}: write {modes}, or leave it out")));
            }
            if NUMBERS.contains(&name) && value.parse::<u32>().is_err() {
                return Err(fault(format!(
                    "{name} is not a whole number: write one, or leave it out"
                )));
            }
            self.kept.push((name, value.to_owned()));
        } else {
            let instead = OTHERWISE_CALLED.iter().find(|(other, _)| *other == name);
            let instead = instead.map_or("leave it out", |(_, instead)| instead);
            return Err(fault(if is_name(name) {
                format!("it has the option {name}, which is not known: {instead}")
            } else {
                format!("it has an option whose name cannot be read: {LIKE}?schema=platform")
            }));
        }
        Ok(())
    }

    fn has(&self, name: &str) -> bool {
        self.kept
            .iter()
            .any(|(known, value)| *known == name && !value.is_empty())
    }

    fn finish(mut self) -> (Vec<(&'static str, String)>, Vec<&'static str>) {
        if let Some(schema) = self.schema {
            let search_path = format!("-csearch_path={}", escaped(&schema));
            match self.kept.iter_mut().find(|(name, _)| *name == "options") {
                Some((_, options)) => {
                    options.push(' ');
                    options.push_str(&search_path);
                }
                None => self.kept.push(("options", search_path)),
            }
        }
        (self.kept, self.ignored)
    }
}

/// A schema's name as a value in `options`: quoted where it is no plain one, and with backslashes before what would end it.
fn escaped(schema: &str) -> String {
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    if schema.chars().all(plain) && !schema.starts_with(|letter: char| letter.is_ascii_digit()) {
        return schema.to_owned();
    }
    let mut value = String::new();
    for letter in format!("\"{}\"", schema.replace('"', "\"\"")).chars() {
        if letter.is_whitespace() || letter == '\\' {
            value.push('\\');
        }
        value.push(letter);
    }
    value
}

fn check_host(host: &str) -> Result<(), DatabaseUrlFault> {
    let (name, port) = match host.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest
                .split_once(']')
                .ok_or_else(|| fault("a [ has no ]: write an IPv6 address as [::1]:5432".to_owned()))?;
            if address.parse::<core::net::Ipv6Addr>().is_err() {
                return Err(fault(
                    "what stands in [ ] is no IPv6 address: write one like [::1]:5432".to_owned(),
                ));
            }
            (
                address,
                port.strip_prefix(':').or_else(|| port.is_empty().then_some("5432")),
            )
        }
        None if host.matches(':').count() > 1 => {
            let what = "its host has more than one colon: write an IPv6 address as [::1]:5432, and %3A in a password";
            return Err(fault(what.to_owned()));
        }
        None => host
            .split_once(':')
            .map_or((host, Some("5432")), |(name, port)| (name, Some(port))),
    };
    if name.is_empty() {
        return Err(fault(format!("it names no host: {LIKE}")));
    }
    if port
        .and_then(|port| port.parse::<u16>().ok())
        .is_none_or(|port| port == 0)
    {
        let what = "its port is not a number from 1 to 65535: write one as in host:5432, or leave it out (and write %2F for \
                    / and %3F for ? in a password)";
        return Err(fault(what.to_owned()));
    }
    Ok(())
}

/// A value of libpq's pairs, and what comes after it.
fn pair_value(text: &str) -> Result<(String, &str), DatabaseUrlFault> {
    let quoted = text.strip_prefix('\'');
    let mut value = String::new();
    let mut letters = quoted.unwrap_or(text).char_indices();
    while let Some((place, letter)) = letters.next() {
        match letter {
            '\\' => value.extend(letters.next().map(|(_, letter)| letter)),
            '\'' if quoted.is_some() => return Ok((value, &quoted.unwrap_or_default()[place + 1..])),
            letter if letter.is_whitespace() && quoted.is_none() => return Ok((value, &text[place..])),
            letter => value.push(letter),
        }
    }
    if quoted.is_some() {
        return Err(fault(
            "a value begins with a quotation mark and does not end: add it".to_owned(),
        ));
    }
    Ok((value, ""))
}

fn decoded(value: &str) -> Result<String, DatabaseUrlFault> {
    let value = percent_decode_str(value).decode_utf8();
    value
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| fault("what it writes with % is not UTF-8: encode it as UTF-8".to_owned()))
}

fn is_percent_encoded(text: &str) -> bool {
    let is_encoded = |rest: &str| rest.len() >= 2 && rest.bytes().take(2).all(|byte| byte.is_ascii_hexdigit());
    text.split('%').skip(1).all(is_encoded)
}

fn is_name(text: &str) -> bool {
    (1..=40).contains(&text.len()) && text.chars().all(|letter| letter.is_ascii_alphabetic() || letter == '_')
}

const fn fault(what: String) -> DatabaseUrlFault {
    DatabaseUrlFault(what)
}

#[cfg(test)]
mod tests {
    use super::DatabaseUrl;

    #[test]
    fn what_the_driver_understands_stays_and_what_the_platform_means_becomes_that() {
        for (given, address) in [
            ("postgres://u:p@h:5433/d", "postgres://u:p@h:5433/d"),
            (" postgresql://h/d\n", "postgresql://h/d"),
            ("postgres://u@[::1]:5433/d", "postgres://u@[::1]:5433/d"),
            ("postgres://u@a,b:5433/d", "postgres://u@a,b:5433/d"),
            ("postgres://u:p%40%2F@h/d", "postgres://u:p%40%2F@h/d"),
            ("postgres://%2Frun%2Fpostgresql/d", "postgres://%2Frun%2Fpostgresql/d"),
            ("postgres:///d?host=/tmp", "postgres:///d?host=%2Ftmp"),
            ("postgres://h/d?", "postgres://h/d"),
            (
                "postgres://h/d?schema=platform&connect_timeout=60",
                "postgres://h/d?connect_timeout=60&options=%2Dcsearch_path%3Dplatform",
            ),
            (
                "postgres://h/d?schema=My%20Schema",
                "postgres://h/d?options=-csearch_path%3D%22My%5C%20Schema%22",
            ),
            (
                "postgres://h/d?schema=1st",
                "postgres://h/d?options=-csearch_path%3D%221st%22",
            ),
            (
                "postgres://h/d?options=-cwork_mem%3D1GB&schema=platform&sslmode=verify-full",
                "postgres://h/d?options=-cwork_mem%3D1GB%20-csearch_path%3Dplatform&sslmode=verify-full",
            ),
            ("host=h port=5433 user=u", "host=h port=5433 user=u"),
            (
                r"host=h password='it\'s a \\' dbname = d",
                r"host=h password='it\'s a \\' dbname=d",
            ),
            ("host=h schema=platform", "host=h options='-csearch_path=platform'"),
        ] {
            let read = DatabaseUrl::parse(given).unwrap_or_else(|fault| panic!("{given}: {fault}"));
            assert_eq!(read.address(), address.replace("%2Dc", "-c"), "{given}");
            assert_eq!(read.remark(), None, "{given}");
            let again = DatabaseUrl::parse(address).unwrap();
            assert_eq!(again.address(), read.address(), "what was read once is read as itself");
        }
    }

    #[test]
    fn what_only_a_prisma_pool_knows_is_left_out_with_a_remark() {
        let url = "postgres://u:hunter2@h/d?schema=platform&connection_limit=5&pool_timeout=10&pgbouncer=true\
                   &statement_cache_size=0&socket_timeout=3";
        let read = DatabaseUrl::parse(url).unwrap();
        assert_eq!(
            read.address(),
            "postgres://u:hunter2@h/d?options=-csearch_path%3Dplatform"
        );
        let remark = read.remark().unwrap();
        for name in super::OF_A_PRISMA_POOL {
            assert!(remark.contains(name), "{remark}");
        }
        assert!(!format!("{remark}{read:?}").contains("hunter2"), "{remark}");
    }

    #[test]
    fn a_checked_certificate_is_told_apart_for_drivers_that_cannot() {
        for (given, address, checked) in [
            (
                "postgres://h/d?sslmode=verify-full",
                "postgres://h/d?sslmode=require",
                true,
            ),
            ("host=h sslmode=verify-ca", "host=h sslmode=require", true),
            (
                "postgres://h/d?sslmode=require",
                "postgres://h/d?sslmode=require",
                false,
            ),
        ] {
            let read = DatabaseUrl::parse(given).unwrap().for_driver();
            assert_eq!(read, (address.to_owned(), checked), "{given}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_what_to_write_instead_and_without_the_password() {
        const URL: &str = "write postgres://user:password@host:5432/database";
        for (given, wrong, instead) in [
            ("", "it is empty", URL),
            ("  ", "it is empty", URL),
            ("\"postgres://u:hunter2@h/d\"", "quotation marks", "leave them out"),
            ("'postgres://u:hunter2@h/d'", "quotation marks", "leave them out"),
            ("mysql://u:hunter2@h/d", "begins with mysql://", URL),
            (
                "prisma+postgres://u:hunter2@h/d",
                "does not begin with postgres://",
                URL,
            ),
            ("http://hunter2", "begins with http://", URL),
            ("hunter2", "neither a URL nor pairs", URL),
            ("postgres://u:hunter2@/d", "names no host", URL),
            ("postgres:///d", "names no host", URL),
            ("postgres://u:hunter2@:5432/d", "names no host", URL),
            ("postgres://u:hunter2@h", "names no database", URL),
            ("postgres://u:hunter2@h/", "names no database", URL),
            ("postgres://u:hunter2@h/?schema=platform", "names no database", URL),
            (
                "postgres://u:hunter2@h/d/e",
                "a / stands in the database's name",
                "write %2F",
            ),
            ("postgres://u:hunter2@h:abc/d", "its port is not a number", "host:5432"),
            ("postgres://u:hunter2@h:0/d", "its port is not a number", "host:5432"),
            (
                "postgres://u:hunter2@h:65536/d",
                "its port is not a number",
                "host:5432",
            ),
            ("postgres://u:hunter2@[::1/d", "a [ has no ]", "[::1]:5432"),
            ("postgres://u:hunter2@[h]/d", "is no IPv6 address", "[::1]:5432"),
            ("postgres://u:hunter2@::1/d", "more than one colon", "[::1]:5432"),
            (
                "postgres://u:hunter2@h/d?sslmode=",
                "sslmode is empty",
                "write disable, prefer, require",
            ),
            (
                "postgres://u:hunter2@h/d?sslmode",
                "sslmode is empty",
                "write disable, prefer, require",
            ),
            (
                "postgres://u:hunter2@h/d?sslmode=allow",
                "sslmode is not one that is known",
                "verify-full",
            ),
            (
                "postgres://u:hunter2@h/d?sslmode=or",
                "sslmode is not one that is known",
                "verify-full",
            ),
            ("postgres://u:hunter2@h/d?schema=", "schema is empty", "leave it out"),
            (
                "postgres://u:hunter2@h/d?connect_timeout=soon",
                "connect_timeout is not a whole number",
                "write one",
            ),
            ("postgres://u:hunter2@h/d?nope=1", "the option nope", "leave it out"),
            (
                "postgres://u:hunter2@h/d?currentSchema=a",
                "the option currentSchema",
                "write schema=",
            ),
            (
                "postgres://u:hunter2@h/d?sslaccept=strict",
                "the option sslaccept",
                "sslmode=verify-full",
            ),
            (
                "postgres://u:hunter2@h/d?a%20b=1",
                "an option whose name cannot be read",
                URL,
            ),
            ("postgres://u:hun@ter2@h/d", "cannot be told from the rest", "%40 for @"),
            ("postgres://u:hun/ter2@h/d", "cannot be told from the rest", "%2F for /"),
            ("postgres://u:hun?ter2@h/d", "cannot be told from the rest", "%3F for ?"),
            ("postgres://u:hun#ter2/d", "cannot be told from the rest", "%23 for #"),
            ("postgres://u:100%hunter2@h/d", "a % that is no %XX", "write %25"),
            ("postgres://u:hunter2@h/d?schema=%FF", "not UTF-8", "encode it"),
            ("postgres://u:hun ter2@h/d", "a space", "write %20"),
            ("user=u password=hunter2", "names no host", "add host="),
            ("host=h password='hunter2", "does not end", "add it"),
            ("host=h nope=hunter2", "the option nope", "leave it out"),
        ] {
            let fault = DatabaseUrl::parse(given).expect_err(given).to_string();
            assert!(fault.contains(wrong) && fault.contains(instead), "{given}: {fault}");
            assert!(!fault.contains("hun") && !fault.contains("ter2"), "{given}: {fault}");
        }
    }
}
