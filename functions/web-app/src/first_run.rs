//! What an empty ledger shows: how the first run is recorded.

use askama::{Template, filters::HtmlSafe};
use runledger_models::Caller;

/// A graph of one node, the block of which every platform knows.
const GRAPH: &str =
    r#"{"name":"Demo","nodes":[{"id":"demo-input","block_id":"c0a8e994-ebf1-4a9c-a4d8-89d09c86741b"}],"links":[]}"#;
/// A run of it.
const RUN: &str = r#"{"graph_version":1,"inputs":{"question":"How tall is the Belfry of Ghent?"},"starting_nodes_input":[{"node_id":"demo-input","input":{"name":"question","value":"How tall is the Belfry of Ghent?"}}]}"#;

/// How to record a first run.
#[derive(Template)]
#[template(path = "parts/first_run.html")]
pub(crate) struct FirstRun {
    user: String,
    origin: String,
}

impl HtmlSafe for FirstRun {}

impl FirstRun {
    /// For somebody who looks at an empty ledger that is reached there.
    pub(crate) fn new(caller: &Caller, origin: &str) -> Self {
        Self {
            user: caller.subject().as_str().to_owned(),
            origin: origin.to_owned(),
        }
    }

    /// The lines to type.
    fn script(&self) -> String {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
        let url = |path: &str| quoted(&format!("{}{path}", self.origin));
        let user = quoted(&format!("X-User-Id: {}", self.user));
        let send = |method: &str, path: &str, body: &str| {
            let url = url(path);
            format!(
                "curl -X {method} {url} \\\n  -H \"Authorization: Bearer $TOKEN\" -H {user} \\\n  \
                 -H 'Content-Type: application/json' \\\n  -d '{body}'\n"
            )
        };
        let graph = send("PUT", "/api/graphs/demo/versions/1", GRAPH);
        let run = send("POST", "/api/graphs/demo/executions", RUN);
        format!("TOKEN=$(cargo xtask token --sub executor --role service)\n{graph}{run}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_can_be_typed_whatever_the_user_is_called() {
        let first = FirstRun {
            user: "o'hara".to_owned(),
            origin: "http://127.0.0.1:3000".to_owned(),
        };
        let script = first.script();
        assert!(script.contains(r"-H 'X-User-Id: o'\''hara'"), "{script}");
        assert!(
            script.contains("curl -X POST 'http://127.0.0.1:3000/api/graphs/demo/executions'"),
            "{script}"
        );
    }
}
