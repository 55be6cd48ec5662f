//! The secret that signs tokens. It has no default: `cargo xtask up` makes one for each data folder.

use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use xtask::servers::random_hex;

use crate::project::Project;
use crate::setup::environment::variable;

/// The variable that overrules the file.
const VARIABLE: &str = "SPIN_VARIABLE_JWT_SECRET";

/// What the application accepts: the length of the hash that it is used with.
const SHORTEST: usize = 32;

/// The secret that the environment names, else that of `up`'s data folder, else a new one, kept there.
pub(crate) fn get_or_make(project: &Project) -> Result<String> {
    if let Some(secret) = configured(project)? {
        return Ok(secret);
    }
    let secret = random_hex(48)?;
    let path = file(project);
    std::fs::create_dir_all(project.state("up"))?;
    File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .and_then(|mut file| file.write_all(secret.as_bytes()))
        .with_context(|| format!("write {}", path.display()))?;
    Ok(secret)
}

/// The secret that the environment names, else that of `up`'s data folder.
pub(crate) fn configured(project: &Project) -> Result<Option<String>> {
    if let Some(secret) = variable(VARIABLE) {
        check(VARIABLE, &secret)?;
        return Ok(Some(secret));
    }
    let path = file(project);
    if !path.exists() {
        return Ok(None);
    }
    let secret = std::fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    check(&path.display().to_string(), &secret)?;
    Ok(Some(secret))
}

fn file(project: &Project) -> PathBuf {
    project.state("up").join("jwt_secret")
}

fn check(source: &str, secret: &str) -> Result<()> {
    if secret.len() < SHORTEST {
        bail!(
            "the secret in {source} has {} bytes, at least {SHORTEST} are needed: `openssl rand -hex 48` makes a good one",
            secret.len()
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn a_short_secret_is_refused_with_advice() {
        let error = check("SPIN_VARIABLE_JWT_SECRET", "0123456789012345678901234567890")
            .unwrap_err()
            .to_string();
        assert!(error.contains("SPIN_VARIABLE_JWT_SECRET has 31 bytes"), "{error}");
        assert!(error.contains("openssl rand"), "{error}");
        assert!(check("SPIN_VARIABLE_JWT_SECRET", "01234567890123456789012345678901").is_ok());
    }
}
