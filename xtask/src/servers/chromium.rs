//! Finds Chromium, or Chrome, and the driver of its version.

use std::path::{Path, PathBuf};

use super::Error;
use super::installed::{HOMEBREW, major_version, path_folders};

/// Names the browser's program; set for the tests by `cargo xtask test`, and by whoever wants another one.
pub const CHROMIUM: &str = "RUNLEDGER_CHROMIUM";

/// Names the program of its driver, in the same way.
pub const CHROMEDRIVER: &str = "RUNLEDGER_CHROMEDRIVER";

const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];
const MAC: [&str; 2] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/// The first whose headless mode is that of the browser with a window, and whose driver tells the browser's process.
const OLDEST: u32 = 120;

/// A browser and its driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowserPrograms {
    /// The browser.
    pub chromium: PathBuf,
    /// What drives it.
    pub chromedriver: PathBuf,
}

/// The browser, and the driver of the same major version.
pub fn browser_programs() -> Result<BrowserPrograms, Error> {
    let mut folders = path_folders();
    folders.extend(HOMEBREW.map(|prefix| Path::new(prefix).join("bin")));
    let below = |names: &[&str]| -> Vec<PathBuf> {
        let named = |folder: &PathBuf| names.iter().map(|name| folder.join(name)).collect::<Vec<_>>();
        folders.iter().flat_map(named).collect()
    };
    let chosen = |variable: &str, found: Vec<PathBuf>| {
        let chosen = std::env::var_os(variable).filter(|value| !value.is_empty());
        chosen.map_or(found, |chosen| vec![PathBuf::from(chosen)])
    };
    let browsers = below(&NAMES).into_iter().chain(MAC.map(PathBuf::from)).collect();
    pair(
        &chosen(CHROMIUM, browsers),
        &chosen(CHROMEDRIVER, below(&["chromedriver"])),
        major_version,
    )
}

/// The first browser that is new enough and for which there is a driver.
fn pair(
    browsers: &[PathBuf],
    drivers: &[PathBuf],
    version: impl Fn(&Path) -> Option<u32>,
) -> Result<BrowserPrograms, Error> {
    let mut newest = None;
    let mut drivers_found = None;
    for browser in browsers {
        let Some(found) = version(browser) else { continue };
        newest = newest.max(Some(found));
        if found < OLDEST {
            continue;
        }
        let drivers = drivers_found.get_or_insert_with(|| {
            let found = |driver: &PathBuf| Some((version(driver)?, driver.clone()));
            drivers.iter().filter_map(found).collect::<Vec<_>>()
        });
        if let Some((_, driver)) = drivers.iter().find(|(version, _)| *version == found) {
            return Ok(BrowserPrograms {
                chromium: browser.clone(),
                chromedriver: driver.clone(),
            });
        }
    }
    Err(match newest {
        None => Error::NotInstalled("Chromium"),
        Some(found) if found < OLDEST => Error::TooOld {
            program: "Chromium",
            found,
            needed: OLDEST,
        },
        Some(_) => Error::NotInstalled("the chromedriver of the installed browser's version"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_taken_with_the_driver_of_its_version() {
        // The path's last part is the version.
        let version = |path: &Path| path.file_name()?.to_str()?.parse().ok();
        let check = |browsers: &[&str], drivers: &[&str], expected: Result<[&str; 2], &str>| {
            let paths = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
            let found = pair(&paths(browsers), &paths(drivers), version).map_err(|error| error.to_string());
            let expected = expected
                .map_err(str::to_owned)
                .map(|[chromium, chromedriver]| BrowserPrograms {
                    chromium: chromium.into(),
                    chromedriver: chromedriver.into(),
                });
            assert_eq!(found, expected, "{browsers:?} {drivers:?}");
        };
        check(&["a/140"], &["d/140"], Ok(["a/140", "d/140"]));
        check(&["missing", "a/140", "b/139"], &["d/139"], Ok(["b/139", "d/139"]));
        check(&["a/90", "b/140"], &["d/90", "e/140"], Ok(["b/140", "e/140"]));
        check(
            &["a/140"],
            &["d/139"],
            Err("the chromedriver of the installed browser's version is not installed"),
        );
        check(
            &["a/90"],
            &["d/90"],
            Err("Chromium 90 is installed, 120 or newer is needed"),
        );
        check(&[], &["d/140"], Err("Chromium is not installed"));
    }
}
