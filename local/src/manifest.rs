//! `spin.toml`, version 2: the parts that this host runs. What only Spin can run is refused by name rather than ignored.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use crate::template::is_variable_name;

/// An application as its manifest describes it.
#[derive(Debug, Deserialize)]
pub(crate) struct Manifest {
    spin_manifest_version: u64,
    /// Name and trigger settings.
    pub(crate) application: Application,
    /// The application's variables.
    #[serde(default)]
    pub(crate) variables: BTreeMap<String, Variable>,
    /// Triggers by kind.
    #[serde(default)]
    pub(crate) trigger: Triggers,
    /// Components by name.
    #[serde(default)]
    pub(crate) component: BTreeMap<String, Component>,
}

/// `[application]`.
#[derive(Debug, Deserialize)]
pub(crate) struct Application {
    /// The application's name.
    pub(crate) name: String,
    #[serde(default)]
    trigger: ApplicationTriggers,
}

#[derive(Debug, Default, Deserialize)]
struct ApplicationTriggers {
    #[serde(default)]
    http: ApplicationHttp,
}

#[derive(Debug, Default, Deserialize)]
struct ApplicationHttp {
    base: Option<String>,
}

/// One entry of `[variables]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Variable {
    /// The value when none is given.
    pub(crate) default: Option<String>,
    /// Whether a value must be given.
    #[serde(default)]
    pub(crate) required: bool,
    /// Whether the value must never be shown. This host shows no values at all.
    #[serde(default, rename = "secret")]
    _secret: bool,
    #[serde(default, rename = "description")]
    _description: Option<String>,
}

/// `[[trigger.…]]`.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Triggers {
    /// The HTTP triggers.
    #[serde(default)]
    pub(crate) http: Vec<HttpTrigger>,
    /// The cron triggers.
    #[serde(default)]
    pub(crate) cron: Vec<CronTrigger>,
    /// Kinds that this host does not serve.
    #[serde(flatten)]
    pub(crate) other: BTreeMap<String, toml::Value>,
}

/// One `[[trigger.http]]`.
#[derive(Debug, Deserialize)]
pub(crate) struct HttpTrigger {
    /// The component's name.
    pub(crate) component: String,
    /// The paths that it serves.
    pub(crate) route: Route,
}

/// One `[[trigger.cron]]`. Its times are for who keeps them.
#[derive(Debug, Deserialize)]
pub(crate) struct CronTrigger {
    /// The component's name.
    pub(crate) component: String,
}

/// The `route` of a trigger.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Route {
    /// A path pattern.
    Path(String),
    /// `{ private = true }`: reachable from other components only.
    Private {
        /// Always true.
        #[serde(rename = "private")]
        _private: bool,
    },
}

/// One `[component.…]`.
#[derive(Debug, Deserialize)]
pub(crate) struct Component {
    /// The `.wasm` file, relative to the manifest.
    pub(crate) source: String,
    /// Hosts that it may reach, with templates.
    #[serde(default)]
    pub(crate) allowed_outbound_hosts: Vec<String>,
    /// What `spin:variables` gives it, with templates.
    #[serde(default)]
    pub(crate) variables: BTreeMap<String, String>,
    /// Its environment variables.
    #[serde(default)]
    pub(crate) environment: BTreeMap<String, String>,
    /// How it is built.
    pub(crate) build: Option<Build>,
    // What this host has not got.
    #[serde(default)]
    files: Vec<toml::Value>,
    #[serde(default)]
    key_value_stores: Vec<String>,
    #[serde(default)]
    sqlite_databases: Vec<String>,
    #[serde(default)]
    ai_models: Vec<String>,
    #[serde(default)]
    dependencies: BTreeMap<String, toml::Value>,
}

/// `[component.….build]`.
#[derive(Debug, Deserialize)]
pub(crate) struct Build {
    /// The command to run.
    pub(crate) command: Commands,
}

/// One command or several.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Commands {
    /// One.
    One(String),
    /// Several, run in this order.
    Many(Vec<String>),
}

impl Manifest {
    /// Reads and checks the manifest at `path`.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read the manifest {}; name it with --from", path.display()))?;
        Self::parse(&text).with_context(|| format!("{} cannot be run", path.display()))
    }

    /// Parses and checks a manifest.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let manifest: Self = toml::from_str(text)?;
        manifest.check()?;
        Ok(manifest)
    }

    /// What every route begins with.
    pub(crate) fn base(&self) -> &str {
        self.application.trigger.http.base.as_deref().unwrap_or("/")
    }

    fn check(&self) -> Result<()> {
        ensure!(
            self.spin_manifest_version == 2,
            "spin_manifest_version is {}, and this host reads version 2",
            self.spin_manifest_version
        );
        for (name, variable) in &self.variables {
            ensure!(
                is_variable_name(name),
                "[variables] has {name:?}: use lower case letters, digits and single `_`"
            );
            ensure!(
                variable.required != variable.default.is_some(),
                "the variable `{name}` needs either `required = true` or a `default`"
            );
        }
        ensure!(
            !self.trigger.http.is_empty() || !self.trigger.cron.is_empty(),
            "it has no [[trigger.http]], and this host serves nothing else"
        );
        let http = self.trigger.http.iter().map(|trigger| &trigger.component);
        let cron = self.trigger.cron.iter().map(|trigger| &trigger.component);
        for component in http.chain(cron) {
            ensure!(
                self.component.contains_key(component),
                "a trigger names the component `{component}`, which is not in the manifest"
            );
        }
        for (name, component) in &self.component {
            component.check().with_context(|| format!("the component `{name}`"))?;
        }
        Ok(())
    }
}

impl Component {
    fn check(&self) -> Result<()> {
        let absent = [
            (self.files.is_empty(), "files"),
            (self.key_value_stores.is_empty(), "key_value_stores"),
            (self.sqlite_databases.is_empty(), "sqlite_databases"),
            (self.ai_models.is_empty(), "ai_models"),
            (self.dependencies.is_empty(), "dependencies"),
        ];
        if let Some((_, field)) = absent.iter().find(|(empty, _)| !empty) {
            bail!("uses `{field}`, which this host has not got; run the application with Spin");
        }
        Ok(())
    }

    /// The component's file, for a manifest in `folder`.
    pub(crate) fn path(&self, folder: &Path) -> PathBuf {
        folder.join(&self.source)
    }

    /// What to run to build it, for a person to read.
    pub(crate) fn build_hint(&self) -> String {
        match self.build.as_ref().map(|build| &build.command) {
            Some(Commands::One(command)) => format!("build it with `{command}`"),
            Some(Commands::Many(commands)) => format!("build it with `{}`", commands.join(" && ")),
            None => "the manifest does not say how to build it".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"
        spin_manifest_version = 2
        [application]
        name = "small"
        [[trigger.http]]
        route = "/..."
        component = "one"
        [component.one]
        source = "one.wasm"
    "#;

    #[test]
    fn the_smallest_manifest_is_read() {
        let manifest = Manifest::parse(SMALL).unwrap();
        assert_eq!(manifest.base(), "/");
        assert!(matches!(&manifest.trigger.http[0].route, Route::Path(path) if path == "/..."));
        assert_eq!(
            manifest.component["one"].path(Path::new("/app")),
            Path::new("/app/one.wasm")
        );
    }

    #[test]
    fn the_applications_own_manifest_is_read() {
        let manifest = Manifest::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../spin.toml")).unwrap();
        assert!(manifest.variables["database_url"].required);
        assert!(manifest.component["executions"].build_hint().contains("cargo build"));
    }

    #[test]
    fn mistakes_are_named() {
        let check = |from: &str, to: &str, expected: &str| {
            let error = format!("{:#}", Manifest::parse(&SMALL.replacen(from, to, 1)).unwrap_err());
            assert!(error.contains(expected), "{error}");
        };
        check("version = 2", "version = 1", "spin_manifest_version is 1");
        check(
            "component = \"one\"",
            "component = \"two\"",
            "`two`, which is not in the manifest",
        );
        check("[[trigger.http]]", "[[trigger.redis]]", "no [[trigger.http]]");
        check(
            "source = \"one.wasm\"",
            "source = \"one.wasm\"\nsqlite_databases = [\"default\"]",
            "`sqlite_databases`",
        );
        check(
            "[[trigger",
            "[variables]\nBad = { default = \"\" }\n[[trigger",
            "lower case",
        );
        check("[[trigger", "[variables]\nv = {}\n[[trigger", "`v` needs either");
        check(
            "[[trigger",
            "[variables]\nv = { required = true, default = \"\" }\n[[trigger",
            "`v` needs either",
        );
    }
}
