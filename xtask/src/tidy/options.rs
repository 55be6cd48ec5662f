//! The local host's README has a row for each of its options, with what `--help` says of it and the default.

use crate::tidy::Finding;
use crate::tidy::tree::Tree;

const OPTIONS: &str = "local/src/options.rs";
const README: &str = "local/README.md";

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let readme = tree.text(README).unwrap_or_default();
    let mut findings = Vec::new();
    for option in options(tree.text(OPTIONS).unwrap_or_default()) {
        let start = format!("| `--{}", option.name);
        let row = readme.lines().enumerate().find(|(_, line)| {
            let rest = line.strip_prefix(&start);
            rest.is_some_and(|rest| rest.starts_with(['`', ' ']))
        });
        let Some((number, row)) = row else {
            let advice = format!("describe the option in {README}, in a row of its table that begins with {start}");
            findings.push(Finding::new(OPTIONS, option.line, advice));
            continue;
        };
        let cell = row.split(" | ").nth(1).unwrap_or_default();
        if !bare(cell).starts_with(&bare(&option.help)) {
            let advice = format!("say of --{} what {OPTIONS} says: {}", option.name, option.help);
            findings.push(Finding::new(README, number + 1, advice));
        }
        if let Some(default) = &option.default
            && !row.ends_with(&format!("| `{default}` |"))
        {
            let advice = format!("the default is `{default}` in {OPTIONS}: let the row end with it");
            findings.push(Finding::new(README, number + 1, advice));
        }
    }
    findings
}

/// An option of the command line.
struct Opt {
    name: String,
    help: String,
    default: Option<String>,
    line: usize,
}

/// The fields with `#[arg(long, …)]`.
fn options(text: &str) -> Vec<Opt> {
    let mut options = Vec::new();
    let mut attribute = String::new();
    let mut help: Vec<&str> = Vec::new();
    for (number, line) in text.lines().map(str::trim).enumerate() {
        if let Some(words) = line.strip_prefix("/// ") {
            help.push(words);
        } else if line.starts_with("#[") {
            line.clone_into(&mut attribute);
        } else if let Some((name, _)) = line.strip_prefix("pub ").and_then(|field| field.split_once(": "))
            && attribute.starts_with("#[arg(long")
        {
            options.push(Opt {
                name: name.replace('_', "-"),
                help: std::mem::take(&mut help).join(" "),
                default: default(&attribute),
                line: number + 1,
            });
            attribute.clear();
        } else {
            help.clear();
        }
    }
    options
}

/// Without the marks of code.
fn bare(text: &str) -> String {
    text.replace('`', "")
}

/// The default that an attribute says, as the command line takes it.
fn default(attribute: &str) -> Option<String> {
    let (_, rest) = attribute.split_once("default_value")?;
    let value = rest.trim_start_matches("_t").trim_start_matches(" = ");
    if let Some(text) = value.strip_prefix('"') {
        return text.split('"').next().map(str::to_owned);
    }
    let value = value.split([',', ')', ']']).next()?.trim();
    match value.split_once(" << ") {
        Some((number, bits)) => Some((number.parse::<u64>().ok()? << bits.parse::<u32>().ok()?).to_string()),
        None => Some(value.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(readme: &str) -> Vec<String> {
        let code = "pub struct Options {\n    /// Where\n    /// to.\n    #[arg(long, value_name = \"A\", default_value = \"1:2\")]\n    \
                    pub listen: String,\n    #[arg(long, default_value_t = 64 << 20)]\n    pub max_bytes: u64,\n    \
                    #[arg(long)]\n    pub max: bool,\n    #[command(flatten)]\n    pub limits: Limits,\n}";
        let tree = Tree::from([(OPTIONS, code), (README, readme)]);
        check(&tree).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_option_has_a_row_with_its_default() {
        let good =
            "| `--listen A` | Where `to`. | `1:2` |\n| `--max-bytes` | Most. | `67108864` |\n| `--max` | All. | |";
        assert_eq!(found(good), Vec::<String>::new());
        let said = found(&good.replace("Where", "There"));
        assert!(
            said.len() == 1 && said[0].starts_with("local/README.md:1: say of --listen"),
            "{said:?}"
        );
        let other = found(&good.replace("1:2", "1:3").replace("--max-bytes", "--min-bytes"));
        assert_eq!(other.len(), 2, "{other:?}");
        assert!(
            other[0].starts_with("local/README.md:1: the default is `1:2`"),
            "{other:?}"
        );
        assert!(
            other[1].starts_with("local/src/options.rs:7: describe the option"),
            "{other:?}"
        );
    }
}
