//! Generates the host's bindings to Spin's interfaces from the definitions that the Spin SDK's own crate carries, so
//! that no copy of them lives in this repository. Where that crate lies is asked of cargo.

use std::{env, error::Error, fs, path::Path};

use cargo_metadata::{MetadataCommand, camino::Utf8PathBuf};

/// The workspace whose components depend on the SDK. This crate must not, or the SDK would become part of the host.
const WORKSPACE: &str = "../Cargo.toml";

fn main() -> Result<(), Box<dyn Error>> {
    let wit = sdk_wit(&Path::new(&env::var("CARGO_MANIFEST_DIR")?).join(WORKSPACE))?;
    let bindings = format!(
        r#"wasmtime::component::bindgen!({{
    inline: "
        package runledger:local;
        world imports {{
            import spin:postgres/postgres@4.2.0;
            import spin:redis/redis@3.0.0;
            import spin:variables/variables@3.0.0;
        }}
    ",
    path: {:?},
    imports: {{
        "spin:postgres/postgres.[method]connection-builder.build": async | trappable,
        "spin:postgres/postgres.[static]connection.open": async | trappable,
        "spin:postgres/postgres.[method]connection.query": async | trappable,
        "spin:postgres/postgres.[method]connection.execute": async | trappable,
        default: trappable,
    }},
    with: {{
        "spin:postgres/postgres.connection": crate::postgres::Connection,
        "spin:postgres/postgres.connection-builder": crate::postgres::ConnectionBuilder,
        "spin:redis/redis.connection": crate::redis::Connection,
    }},
}});
"#,
        wit.as_str()
    );
    fs::write(Path::new(&env::var("OUT_DIR")?).join("bindings.rs"), bindings)?;

    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={wit}");
    // Where the SDK's version is pinned.
    println!("cargo::rerun-if-changed={WORKSPACE}");
    Ok(())
}

/// The folder with the SDK's interface definitions. Without the network when everything is there already, as it is
/// after any build of a component; otherwise cargo fetches the SDK.
fn sdk_wit(manifest: &Path) -> Result<Utf8PathBuf, Box<dyn Error>> {
    let ask = |options: &[&str]| {
        let options: Vec<_> = options.iter().map(ToString::to_string).collect();
        MetadataCommand::new()
            .manifest_path(manifest)
            .other_options(options)
            .exec()
    };
    let metadata = ask(&["--offline"]).or_else(|_| ask(&[]))?;
    let sdk = metadata
        .packages
        .iter()
        .find(|package| package.name.as_str() == "spin-sdk");
    let manifest = &sdk.ok_or("no component depends on spin-sdk")?.manifest_path;
    Ok(manifest.parent().ok_or("a manifest has a folder")?.join("wit"))
}
