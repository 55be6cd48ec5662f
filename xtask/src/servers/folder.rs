//! Where a private server keeps its data, and who may use that folder at the moment.

use std::collections::hash_map::DefaultHasher;
use std::fs::{self, DirBuilder, File, Permissions, TryLockError};
use std::hash::{Hash as _, Hasher as _};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use nix::unistd::geteuid;

use super::account::Account;
use super::{Doing as _, Error};

/// The users that a server of root runs as, best first.
pub(super) const POSTGRES_USERS: [&str; 2] = ["postgres", "nobody"];
pub(super) const REDIS_USERS: [&str; 3] = ["redis", "postgres", "nobody"];

/// Makes a folder for a server's data: `preferred`, or, where root runs the server as a user who cannot get there (the
/// repository may lie below a private home), a folder below the system's temporary one that is always the same for
/// this `preferred`.
pub(super) fn place(preferred: &Path, account: &Account) -> Result<PathBuf, Error> {
    fs::create_dir_all(preferred).doing("create", preferred)?;
    if account.can_enter(preferred) {
        return preferred.canonicalize().doing("find", preferred);
    }
    fs::remove_dir(preferred).doing("remove", preferred)?;

    let mut hasher = DefaultHasher::new();
    preferred.hash(&mut hasher);
    let name = preferred.file_name().unwrap_or_default().to_string_lossy();
    let folder = std::env::temp_dir().join(format!("runledger-{:016x}-{name}", hasher.finish()));
    // Anybody may write to the temporary folder, so somebody else may have made this one, or a link, before us.
    match DirBuilder::new().mode(0o755).create(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error).doing("create", &folder)?,
        _ => {}
    }
    let made = folder.symlink_metadata().doing("look at", &folder)?;
    if !made.is_dir() || made.uid() != geteuid().as_raw() {
        return Err(Error::Folder(format!(
            "{} belongs to somebody else: remove it",
            folder.display()
        )));
    }
    fs::set_permissions(&folder, Permissions::from_mode(0o755)).doing("open", &folder)?;
    Ok(folder)
}

/// Creates a folder that only `account` can read, or makes sure that it is one.
pub(super) fn private_folder(folder: &Path, account: &Account) -> Result<(), Error> {
    fs::create_dir_all(folder).doing("create", folder)?;
    fs::set_permissions(folder, Permissions::from_mode(0o700)).doing("close", folder)?;
    account.own(folder)
}

/// Writes a file that only `account` (and root) can read.
pub(super) fn private_file(path: &Path, text: &str, account: &Account) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).doing("replace", path)?,
        _ => {}
    }
    let mut options = File::options();
    std::os::unix::fs::OpenOptionsExt::mode(options.write(true).create_new(true), 0o600);
    options
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .doing("write", path)?;
    account.own(path)
}

/// The right to use a data folder, as long as this value lives: held by one process at a time, and given back by the
/// system itself when that process is killed.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the folder (created if need be); `None` while another process has it.
    pub fn take(folder: &Path) -> Result<Option<Self>, Error> {
        fs::create_dir_all(folder).doing("create", folder)?;
        let path = folder.join("lock");
        let mut options = File::options();
        let mut file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .doing("open", &path)?;
        match file.try_lock() {
            Ok(()) => {
                file.set_len(0)
                    .and_then(|()| file.write_all(std::process::id().to_string().as_bytes()))
                    .doing("write", &path)?;
                Ok(Some(Self { _file: file }))
            }
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(source)) => Err(source).doing("lock", &path),
        }
    }

    /// The process that has the folder, as it wrote it down.
    pub fn holder(folder: &Path) -> Option<u32> {
        let mut text = String::new();
        File::open(folder.join("lock")).ok()?.read_to_string(&mut text).ok()?;
        text.trim().parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    #[test]
    fn a_folder_has_one_holder_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lock::take(folder.path()).unwrap();
        assert!(first.is_some());
        assert_eq!(Lock::holder(folder.path()), Some(std::process::id()));
        assert!(Lock::take(folder.path()).unwrap().is_none());
        drop(first);
        // Looked at more than once: a program that another test starts meanwhile holds our open files until it runs.
        let deadline = Instant::now() + Duration::from_secs(10);
        while Lock::take(folder.path()).unwrap().is_none() {
            assert!(Instant::now() < deadline, "the lock is given back");
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_private_file_is_readable_by_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let account = Account::choose(&POSTGRES_USERS).unwrap();
        private_file(&path, "one", &account).unwrap();
        private_file(&path, "two", &account).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_folder_out_of_the_servers_reach_is_replaced_by_one_within() {
        let account = Account::choose(&POSTGRES_USERS).unwrap();
        let home = tempfile::Builder::new()
            .permissions(Permissions::from_mode(0o700))
            .tempdir()
            .unwrap();
        let preferred = home.path().join("repository/postgres");
        let folder = place(&preferred, &account).unwrap();
        assert!(account.can_enter(&folder));
        if account.name().is_some() {
            assert!(!folder.starts_with(home.path()));
            assert_eq!(place(&preferred, &account).unwrap(), folder, "the same one each time");
            fs::remove_dir(&folder).unwrap();
        }
    }
}
