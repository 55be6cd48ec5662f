//! An application that is ready to run: its manifest with every variable filled in.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    manifest::{Manifest, Route},
    outbound::AllowedHosts,
    routes::Router,
    template::expand,
};

/// What the names of environment variables begin with that set the application's variables, as with Spin.
const VARIABLE_PREFIX: &str = "SPIN_VARIABLE_";

/// An application with its variables' values.
pub(crate) struct Application {
    /// Its name.
    pub(crate) name: String,
    /// Which component, by index, serves a path.
    pub(crate) router: Router,
    /// The components that a route leads to.
    pub(crate) components: Vec<Arc<Component>>,
    /// The components that a schedule leads to.
    pub(crate) scheduled: Vec<Arc<Component>>,
    /// Kinds of triggers in the manifest that this host does not serve.
    pub(crate) unserved_triggers: Vec<String>,
}

/// One component of the application. Has no `Debug`, since its variables may be secret.
pub(crate) struct Component {
    /// Its name in the manifest.
    pub(crate) name: Arc<str>,
    /// Its `.wasm` file.
    pub(crate) source: PathBuf,
    /// How to build the file, for a person to read.
    pub(crate) build_hint: String,
    /// Its variables.
    pub(crate) variables: HashMap<String, String>,
    /// Its environment variables.
    pub(crate) environment: Vec<(String, String)>,
    /// The hosts that it may reach.
    pub(crate) allowed_hosts: AllowedHosts,
}

impl Application {
    /// Reads the manifest at `path`. Values of variables come from `given` (`--variable`), then from the environment,
    /// which `environment` looks up, then from the manifest's defaults.
    pub(crate) fn load(
        path: &Path,
        given: &[(String, String)],
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self> {
        let manifest = Manifest::read(path)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        Self::from_manifest(&manifest, folder, given, environment)
            .with_context(|| format!("{} cannot be run", path.display()))
    }

    fn from_manifest(
        manifest: &Manifest,
        folder: &Path,
        given: &[(String, String)],
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self> {
        let values = variable_values(manifest, given, environment)?;
        let lookup = |name: &str| values.get(name).map(String::as_str);

        let component = |name: &str| {
            Component::new(name, &manifest.component[name], folder, lookup)
                .map(Arc::new)
                .with_context(|| format!("the component `{name}`"))
        };
        let mut components = Vec::new();
        let mut indexes: HashMap<&str, usize> = HashMap::new();
        let mut routes = Vec::new();
        for trigger in &manifest.trigger.http {
            let Route::Path(route) = &trigger.route else {
                bail!(
                    "the component `{}` has a private route, which needs Spin",
                    trigger.component
                );
            };
            let name = &trigger.component;
            if !indexes.contains_key(name.as_str()) {
                indexes.insert(name, components.len());
                components.push(component(name)?);
            }
            routes.push((route.as_str(), indexes[name.as_str()]));
        }
        let scheduled = manifest
            .trigger
            .cron
            .iter()
            .map(|trigger| component(&trigger.component));
        let scheduled = scheduled.collect::<Result<Vec<_>>>()?;
        let cron = (!scheduled.is_empty()).then(|| "cron".to_owned());
        Ok(Self {
            name: manifest.application.name.clone(),
            router: Router::new(manifest.base(), routes)?,
            components,
            scheduled,
            unserved_triggers: manifest.trigger.other.keys().cloned().chain(cron).collect(),
        })
    }
}

impl Component {
    fn new<'v>(
        name: &str,
        written: &crate::manifest::Component,
        folder: &Path,
        lookup: impl Fn(&str) -> Option<&'v str> + Copy,
    ) -> Result<Self> {
        let mut variables = HashMap::new();
        for (key, template) in &written.variables {
            variables.insert(key.clone(), expand(template, lookup)?);
        }
        let mut hosts = Vec::new();
        for template in &written.allowed_outbound_hosts {
            hosts.push(expand(template, lookup)?);
        }
        Ok(Self {
            name: Arc::from(name),
            source: written.path(folder),
            build_hint: written.build_hint(),
            variables,
            environment: written.environment.clone().into_iter().collect(),
            allowed_hosts: AllowedHosts::parse(hosts)?,
        })
    }
}

fn variable_values(
    manifest: &Manifest,
    given: &[(String, String)],
    environment: impl Fn(&str) -> Option<String>,
) -> Result<BTreeMap<String, String>> {
    for (name, _) in given {
        ensure!(
            manifest.variables.contains_key(name),
            "--variable names `{name}`, which [variables] does not declare"
        );
    }
    let mut values = BTreeMap::new();
    let mut missing = Vec::new();
    for (name, declared) in &manifest.variables {
        let environment_name = format!("{VARIABLE_PREFIX}{}", name.to_ascii_uppercase());
        let value = given
            .iter()
            .rev()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.clone())
            .or_else(|| environment(&environment_name))
            .or_else(|| declared.default.clone());
        match value {
            Some(value) => {
                values.insert(name.clone(), value);
            }
            None => missing.push(environment_name),
        }
    }
    if !missing.is_empty() {
        bail!(
            "required variables have no value; set in the environment: {}",
            missing.join(", ")
        );
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"
        spin_manifest_version = 2
        [application]
        name = "app"
        [variables]
        url = { required = true, secret = true }
        key = { required = true }
        host = { default = "127.0.0.1:5432" }
        [[trigger.http]]
        route = "/a/..."
        component = "one"
        [[trigger.http]]
        route = "/b"
        component = "one"
        [component.one]
        source = "one.wasm"
        allowed_outbound_hosts = ["postgres://{{ host }}"]
        environment = { MODE = "plain" }
        [component.one.variables]
        both = "{{ url }}?{{ key }}"
    "#;

    fn load(given: &[(&str, &str)], environment: &[(&str, &str)]) -> Result<Application> {
        let given: Vec<_> = given
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let manifest = Manifest::parse(MANIFEST)?;
        Application::from_manifest(&manifest, Path::new("/app"), &given, |name| {
            environment
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn values_come_from_flags_then_environment_then_defaults() {
        let environment = [
            ("SPIN_VARIABLE_URL", "u"),
            ("SPIN_VARIABLE_KEY", "k"),
            ("SPIN_VARIABLE_HOST", "h:1"),
        ];
        let app = load(&[("key", "flag")], &environment).unwrap();
        assert_eq!(app.components.len(), 1, "two routes, one component");
        let one = &app.components[0];
        assert_eq!(one.variables["both"], "u?flag");
        assert!(one.allowed_hosts.allows("postgres", "h", Some(1)));
        assert_eq!(one.environment, [("MODE".to_owned(), "plain".to_owned())]);
        assert_eq!(app.router.find("/b").map(|(target, _)| target), Some(0));

        let app = load(&[], &environment[..2]).unwrap();
        assert!(app.components[0].allowed_hosts.allows("postgres", "127.0.0.1", None));
    }

    #[test]
    fn every_missing_variable_is_named_as_the_environment_spells_it() {
        let error = format!("{:#}", load(&[], &[]).err().unwrap());
        assert!(error.ends_with("SPIN_VARIABLE_KEY, SPIN_VARIABLE_URL"), "{error}");
    }

    #[test]
    fn an_undeclared_variable_is_refused() {
        let error = format!("{:#}", load(&[("nope", "secret")], &[]).err().unwrap());
        assert!(error.contains("`nope`") && !error.contains("secret"), "{error}");
    }
}
