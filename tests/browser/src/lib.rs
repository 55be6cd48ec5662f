//! A browser for tests, and for the pictures of the documentation: headless Chromium, driven over WebDriver, that keeps an
//! eye on what no test would ask about.
//!
//! A [`Browser`] shows the pages of one server. [`Browser::close`] fails the test where, in all that time, a script
//! complained, the page asked another host for something, the Content-Security-Policy forbade something, or an answer was a
//! failure. [`Browser::axe`] judges the accessibility of the page that is shown, [`validate_html`] what servers answer.
//!
//! Whatever looks for something waits until it is there; nothing sleeps. Trouble is a panic, with a picture of the page in
//! `target/screenshots`.
//!
//! `cargo xtask test` installs what is needed, and says where in the environment: `RUNLEDGER_CHROMIUM`,
//! `RUNLEDGER_CHROMEDRIVER` and, for the programs in JavaScript, `RUNLEDGER_BROWSER_TOOLS`.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a harness reports trouble by failing the test"
)]

mod axe;
mod browser;
mod driver;
mod findings;
mod html;
mod keys;
mod media;
mod page;
mod tools;

pub use axe::AxeFinding;
pub use browser::{Browser, Builder};
pub use findings::{Finding, Kind};
pub use html::{HtmlFinding, check_html, validate_html};
pub use media::{Media, Scheme};
