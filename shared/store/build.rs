//! Finds the number of the newest migration: the schema that the statements here are written for.

use std::{env, error::Error, fs, path::PathBuf};

const MIGRATIONS: &str = "../../migrations";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={MIGRATIONS}");
    let mut newest = 0;
    for file in fs::read_dir(MIGRATIONS)? {
        let name = file?.file_name().into_string().unwrap_or_default();
        if let Some((number, _)) = name.strip_suffix(".sql").and_then(|stem| stem.split_once('_')) {
            newest = newest.max(number.parse::<i64>()?);
        }
    }
    fs::write(
        PathBuf::from(env::var("OUT_DIR")?).join("needed_version.rs"),
        newest.to_string(),
    )?;
    Ok(())
}
