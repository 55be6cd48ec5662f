//! Makes one stylesheet and one module of the parts in `assets/`, each with a name that changes with its content, so that
//! browsers may keep them for ever. And the pages of the reference, of the API's description.

mod reference;

use std::{env, error::Error, fmt::Write, fs, path::Path};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// The description of the API.
const DESCRIPTION: &str = "../../docs/openapi.json";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=assets");
    let out = env::var("OUT_DIR")?;
    let mut names = Vec::new();
    for (kind, constant) in [("css", "STYLESHEET"), ("js", "MODULE")] {
        let content = joined(Path::new("assets").join(kind).as_path())?;
        let digest = URL_SAFE_NO_PAD.encode(&Sha256::digest(content.as_bytes())[..9]);
        fs::write(Path::new(&out).join(format!("app.{kind}")), content)?;
        names.push(format!(
            "pub(crate) const {constant}_PATH: &str = \"/assets/app-{digest}.{kind}\";\n"
        ));
    }
    fs::write(Path::new(&out).join("names.rs"), names.concat())?;
    write_reference(Path::new(&out))
}

/// Writes each page of the reference, and the list of them.
fn write_reference(out: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={DESCRIPTION}");
    let description = serde_json::from_slice(&fs::read(DESCRIPTION)?)?;
    let mut list = format!(
        "/// Stands for the scheme and host that a page was asked for at.\nconst BASE: &str = {:?};\n\n",
        reference::BASE
    );
    list.push_str("const PAGES: &[Page] = &[\n");
    for (place, page) in reference::pages(&description)?.into_iter().enumerate() {
        let reference::Page { path, title, html } = page;
        let file = format!("reference-{place}.html");
        fs::write(out.join(&file), html)?;
        let html = format!("include_str!(concat!(env!(\"OUT_DIR\"), \"/{file}\"))");
        writeln!(list, "Page {{ path: {path:?}, title: {title:?}, html: {html} }},")?;
    }
    list.push_str("];\n");
    fs::write(out.join("reference.rs"), list)?;
    Ok(())
}

/// The files of a folder in the order of their names, without their comments and indentation.
fn joined(folder: &Path) -> Result<String, Box<dyn Error>> {
    let mut files: Vec<_> = fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    files.sort_by_key(fs::DirEntry::file_name);
    let mut content = String::new();
    for file in files {
        let mut within = false;
        for line in fs::read_to_string(file.path())?.lines().map(str::trim) {
            within |= line.starts_with("/*");
            let is_comment = within || line.starts_with("//");
            if line.ends_with("*/") {
                within = false;
            }
            if !(is_comment || line.is_empty()) {
                content.push_str(line);
                content.push('\n');
            }
        }
    }
    Ok(content)
}
