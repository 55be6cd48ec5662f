//! Finds the installed servers: on the `PATH`, where Debian keeps PostgreSQL, below Homebrew's prefixes.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Error;

/// Names the folder of PostgreSQL's programs; set for the tests by `cargo xtask test`, and by whoever wants another one.
pub const POSTGRES_FOLDER: &str = "RUNLEDGER_POSTGRES_BIN";

const OLDEST_POSTGRES: u32 = 15;
const OLDEST_REDIS: u32 = 7;
const OLDEST_PGBOUNCER: u32 = 1;
pub(super) const HOMEBREW: [&str; 3] = ["/opt/homebrew", "/usr/local", "/home/linuxbrew/.linuxbrew"];

/// The folder that holds the programs `initdb` and `postgres`.
pub fn postgres_folder() -> Result<PathBuf, Error> {
    let mut folders: Vec<PathBuf> = std::env::var_os(POSTGRES_FOLDER)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
        .into_iter()
        .collect();
    folders.extend(path_folders());
    folders.extend(
        newest_first(Path::new("/usr/lib/postgresql"), "")
            .into_iter()
            .map(|version| version.join("bin")),
    );
    for prefix in HOMEBREW.map(Path::new) {
        let kegs = newest_first(&prefix.join("opt"), "postgresql");
        folders.extend(kegs.into_iter().map(|keg| keg.join("bin")));
    }
    let candidates = folders
        .into_iter()
        .filter(|folder| folder.join("initdb").is_file())
        .filter_map(|folder| Some((major_version(&folder.join("postgres"))?, folder)));
    pick("PostgreSQL", OLDEST_POSTGRES, candidates)
}

/// The program `redis-server`, or Valkey's.
pub fn redis_program() -> Result<PathBuf, Error> {
    program("Redis", OLDEST_REDIS, &["redis-server", "valkey-server"])
}

/// The program `pgbouncer`.
pub fn pgbouncer_program() -> Result<PathBuf, Error> {
    program("PgBouncer", OLDEST_PGBOUNCER, &["pgbouncer"])
}

fn program(product: &'static str, needed: u32, names: &[&str]) -> Result<PathBuf, Error> {
    // Debian keeps some programs where only root looks.
    let further = ["/usr/sbin".into()].into_iter();
    let further = further.chain(HOMEBREW.iter().map(|prefix| Path::new(prefix).join("bin")));
    let candidates = path_folders()
        .into_iter()
        .chain(further)
        .flat_map(|folder| names.iter().map(move |name| folder.join(name)))
        .filter_map(|program| Some((major_version(&program)?, program)));
    pick(product, needed, candidates)
}

pub(super) fn path_folders() -> Vec<PathBuf> {
    std::env::var_os("PATH")
        .map(|path| std::env::split_paths(&path).collect())
        .unwrap_or_default()
}

/// The subfolders whose names are `prefix` and a version (`16`, `postgresql@16`), highest version first; one without a
/// version comes last.
fn newest_first(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = parent.read_dir() else {
        return Vec::new();
    };
    let mut found: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let rest = path
                .file_name()?
                .to_str()?
                .strip_prefix(prefix)?
                .trim_start_matches('@');
            let version = if rest.is_empty() { 0 } else { rest.parse().ok()? };
            Some((version, path))
        })
        .collect();
    found.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    found.into_iter().map(|(_, path)| path).collect()
}

/// The first candidate that is new enough.
fn pick(
    program: &'static str,
    needed: u32,
    candidates: impl Iterator<Item = (u32, PathBuf)>,
) -> Result<PathBuf, Error> {
    let mut newest = None;
    for (version, path) in candidates {
        if version >= needed {
            return Ok(path);
        }
        newest = newest.max(Some(version));
    }
    Err(match newest {
        Some(found) => Error::TooOld { program, found, needed },
        None => Error::NotInstalled(program),
    })
}

pub(super) fn major_version(program: &Path) -> Option<u32> {
    if !program.is_file() {
        return None;
    }
    let output = Command::new(program).arg("--version").output().ok()?;
    parse_major_version(&String::from_utf8_lossy(&output.stdout))
}

/// `postgres (PostgreSQL) 15.14 (Debian …)` → 15, `Redis server v=7.0.15 sha=…` → 7, `postgres (PostgreSQL) 18beta1` → 18.
fn parse_major_version(text: &str) -> Option<u32> {
    text.split_whitespace().find_map(|word| {
        let word = word.strip_prefix("v=").unwrap_or(word);
        let digits = word.split(|letter: char| !letter.is_ascii_digit()).next()?;
        digits.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_the_servers_write_them() {
        let check = |text: &str, expected| assert_eq!(parse_major_version(text), expected, "{text}");
        check("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n", Some(15));
        check("postgres (PostgreSQL) 18beta1\n", Some(18));
        check(
            "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=d81b8ff71cfb150e\n",
            Some(7),
        );
        check("Valkey server v=8.1.1 sha=00000000:0 malloc=jemalloc-5.3.0\n", Some(8));
        check("nothing of the kind", None);
    }

    #[test]
    fn the_first_that_is_new_enough_is_taken() {
        let candidates = [
            (13, PathBuf::from("a")),
            (15, PathBuf::from("b")),
            (17, PathBuf::from("c")),
        ];
        assert_eq!(
            pick("PostgreSQL", 15, candidates.into_iter()).unwrap(),
            PathBuf::from("b")
        );
    }

    #[test]
    fn too_old_is_told_from_missing() {
        let old = pick(
            "PostgreSQL",
            15,
            [(12, PathBuf::from("a")), (13, PathBuf::from("b"))].into_iter(),
        );
        assert_eq!(
            old.unwrap_err().to_string(),
            "PostgreSQL 13 is installed, 15 or newer is needed"
        );
        let missing = pick("Redis", 7, std::iter::empty());
        assert_eq!(missing.unwrap_err().to_string(), "Redis is not installed");
    }

    #[test]
    fn the_highest_version_comes_first() {
        let parent = tempfile::tempdir().unwrap();
        for name in [
            "postgresql@9",
            "postgresql@16",
            "postgresql",
            "postgresql-unrelated",
            "redis",
        ] {
            std::fs::create_dir(parent.path().join(name)).unwrap();
        }
        let names: Vec<_> = newest_first(parent.path(), "postgresql")
            .into_iter()
            .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(names, ["postgresql@16", "postgresql@9", "postgresql"]);
    }
}
