//! Which user a private server runs as: the caller, unless the caller is root.

use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::unistd::{User, geteuid};

use super::{Doing as _, Error};

/// The user to become, when the caller is root.
#[derive(Debug, Clone)]
pub(super) struct Account(Option<User>);

impl Account {
    /// The first of these users that exists; the caller itself when it is not root.
    pub(super) fn choose(names: &[&str]) -> Result<Self, Error> {
        if !geteuid().is_root() {
            return Ok(Self(None));
        }
        let user = names.iter().find_map(|name| User::from_name(name).ok().flatten());
        match user {
            Some(user) => Ok(Self(Some(user))),
            None => Err(Error::Folder(format!(
                "PostgreSQL and Redis are not run as root, and none of the users {} exists: create one, or use another user",
                names.join(", ")
            ))),
        }
    }

    /// The user's name, when it is not the caller.
    pub(super) fn name(&self) -> Option<&str> {
        self.0.as_ref().map(|user| user.name.as_str())
    }

    /// Lets `command` run as this user.
    pub(super) fn applied_to(&self, mut command: Command) -> Command {
        if let Some(user) = &self.0 {
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        command
    }

    /// Gives a file or a folder (not what is in it) to this user.
    pub(super) fn own(&self, path: &Path) -> Result<(), Error> {
        match &self.0 {
            Some(user) => chown(path, Some(user.uid.as_raw()), Some(user.gid.as_raw())).doing("give away", path),
            None => Ok(()),
        }
    }

    /// Whether this user can get into the folder. Asked of the system itself, which also knows of access lists and mounts.
    pub(super) fn can_enter(&self, folder: &Path) -> bool {
        if self.0.is_none() {
            return fs::read_dir(folder).is_ok();
        }
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", "cd \"$0\""])
            .arg(folder)
            .current_dir("/")
            .stderr(Stdio::null());
        self.applied_to(command).status().is_ok_and(|status| status.success())
    }
}
