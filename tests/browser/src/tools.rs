//! Where the programs in JavaScript are.

use std::env;
use std::path::PathBuf;

/// The folder that `cargo xtask test` has installed them into.
pub(crate) fn folder() -> PathBuf {
    let folder = env::var_os("RUNLEDGER_BROWSER_TOOLS").map(PathBuf::from);
    folder
        .expect("RUNLEDGER_BROWSER_TOOLS names a folder; `cargo xtask test` installs it")
        .join("node_modules")
}
