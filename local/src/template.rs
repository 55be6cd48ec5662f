//! `{{ variable }}` templates, as `spin.toml` uses them in component variables and allowed hosts.

use thiserror::Error;

/// Why a template cannot be filled in.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum TemplateError {
    /// `{{` without `}}`.
    #[error("the template {0:?} has `{{{{` without `}}}}`")]
    Unclosed(String),
    /// The name between the braces cannot be a variable's.
    #[error("{name:?} in the template {template:?} is not a variable name (lower case letters, digits and `_`)")]
    BadName {
        /// What stands between the braces.
        name: String,
        /// The whole template.
        template: String,
    },
    /// No such variable in `[variables]`.
    #[error("the template {template:?} names the variable `{name}`, which [variables] does not declare")]
    Unknown {
        /// The variable's name.
        name: String,
        /// The whole template.
        template: String,
    },
}

/// Fills in `template` with what `lookup` knows.
pub(crate) fn expand<'v>(template: &str, lookup: impl Fn(&str) -> Option<&'v str>) -> Result<String, TemplateError> {
    let mut expanded = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(start) = rest.find("{{") {
        expanded.push_str(&rest[..start]);
        let inner = &rest[start + 2..];
        let end = inner
            .find("}}")
            .ok_or_else(|| TemplateError::Unclosed(template.to_owned()))?;
        let name = inner[..end].trim();
        if !is_variable_name(name) {
            return Err(TemplateError::BadName {
                name: name.to_owned(),
                template: template.to_owned(),
            });
        }
        let value = lookup(name).ok_or_else(|| TemplateError::Unknown {
            name: name.to_owned(),
            template: template.to_owned(),
        })?;
        expanded.push_str(value);
        rest = &inner[end + 2..];
    }
    expanded.push_str(rest);
    Ok(expanded)
}

/// Whether `name` may name a variable: lower case letters, digits and single `_`, starting with a letter.
pub(crate) fn is_variable_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !name.contains("__")
        && !name.ends_with('_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(template: &str, expected: Result<&str, TemplateError>) {
        let lookup = |name: &str| match name {
            "host" => Some("db.example:5432"),
            "empty" => Some(""),
            "tricky" => Some("{{ host }}"),
            _ => None,
        };
        assert_eq!(expand(template, lookup), expected.map(ToOwned::to_owned), "{template}");
    }

    #[test]
    fn templates_are_filled_in() {
        check("", Ok(""));
        check("plain } text {", Ok("plain } text {"));
        check("{{host}}", Ok("db.example:5432"));
        check("postgres://{{ host }}", Ok("postgres://db.example:5432"));
        check(
            "a{{ host }}b{{ empty }}c{{host}}",
            Ok("adb.example:5432bcdb.example:5432"),
        );
    }

    #[test]
    fn a_value_is_not_itself_a_template() {
        check("{{ tricky }}", Ok("{{ host }}"));
    }

    #[test]
    fn mistakes_are_named() {
        check("x {{ host", Err(TemplateError::Unclosed("x {{ host".into())));
        check(
            "{{ Host }}",
            Err(TemplateError::BadName {
                name: "Host".into(),
                template: "{{ Host }}".into(),
            }),
        );
        check(
            "{{ }}",
            Err(TemplateError::BadName {
                name: String::new(),
                template: "{{ }}".into(),
            }),
        );
        check(
            "{{ nope }}",
            Err(TemplateError::Unknown {
                name: "nope".into(),
                template: "{{ nope }}".into(),
            }),
        );
    }
}
