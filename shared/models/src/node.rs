//! Node executions: what ran, and the data that went in and came out (seed `NodeExecutionResult`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Json, Object, StoredStatus, Timestamp, Truncated, graph::BlockType};

/// What a node gave: every value of each output name, in the order in which they came.
pub type Outputs = BTreeMap<String, Vec<Json>>;

/// One execution of one node of a graph.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct NodeExecutionResult {
    /// Who owns the execution.
    pub user_id: String,
    /// The graph of the execution.
    pub graph_id: String,
    /// The graph's version.
    pub graph_version: i32,
    /// The graph execution that this belongs to.
    pub graph_exec_id: String,
    /// This node execution.
    pub node_exec_id: String,
    /// The node of the graph.
    pub node_id: String,
    /// The block that the node runs.
    pub block_id: String,
    /// Where it stands.
    pub status: StoredStatus,
    /// What went in, by input name.
    #[schema(value_type = Object)]
    pub input_data: Object,
    /// What came out, by output name.
    #[schema(value_type = BTreeMap<String, Vec<Value>>)]
    pub output_data: Outputs,
    /// When it was added; null, like every time here, where RFC 3339 cannot say it.
    pub add_time: Option<Timestamp>,
    /// When it was queued.
    pub queue_time: Option<Timestamp>,
    /// When it started.
    pub start_time: Option<Timestamp>,
    /// When it ended.
    pub end_time: Option<Timestamp>,
    /// There only when values were left out, since an answer would be too large with them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub truncated: Option<Truncated>,
}

impl NodeExecutionResult {
    /// The order in which an execution shows its nodes: by queue time, those without one last, then by add time.
    pub fn queue_order(&self) -> (bool, Option<Timestamp>, Option<Timestamp>) {
        (
            self.queue_time.is_none(),
            self.queue_time.or(self.add_time),
            self.add_time,
        )
    }
}

/// The places where the data of a node execution may stand.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct NodeData {
    /// `stats`, of which the cleared data counts here.
    pub stats: Option<Json>,
    /// `executionData`.
    pub execution_data: Option<Json>,
    /// The input rows, oldest first.
    pub inputs: Vec<NamedValue>,
    /// The output rows, oldest first.
    pub outputs: Vec<NamedValue>,
    /// Whether some of it was left out.
    pub cut: bool,
}

/// One input or output row.
#[derive(Debug, Clone, Deserialize)]
pub struct NamedValue {
    /// The input's or output's name.
    pub name: String,
    /// Its value.
    pub data: Option<Json>,
}

/// The part of a node's `stats` that holds data which was cleared from the rows.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ClearedData {
    cleared_inputs: Option<Outputs>,
    cleared_outputs: Option<Outputs>,
}

impl NodeData {
    fn cleared(&self) -> ClearedData {
        self.stats.as_ref().and_then(Json::read).unwrap_or_default()
    }

    /// What went in: the last message of each cleared input, else the execution data, else the input rows.
    pub fn take_inputs(&mut self) -> Object {
        if let Some(cleared) = self.cleared().cleared_inputs.filter(|cleared| !cleared.is_empty()) {
            let last = |messages: Vec<Json>| messages.into_iter().next_back().unwrap_or_else(|| Json::string(""));
            return cleared
                .into_iter()
                .map(|(name, messages)| (name, last(messages)))
                .collect();
        }
        let execution_data: Option<Object> = self.execution_data.as_ref().and_then(Json::read);
        if let Some(data) = execution_data.filter(|data| !data.is_empty()) {
            return data;
        }
        std::mem::take(&mut self.inputs)
            .into_iter()
            .map(NamedValue::into_pair)
            .collect()
    }

    /// What came in one by one: the input rows, of which the last of a name counts.
    pub fn given_inputs(&self) -> Object {
        self.inputs.iter().cloned().map(NamedValue::into_pair).collect()
    }

    /// Adds the newest input row.
    pub fn add_input(&mut self, name: String, data: Option<Json>) {
        self.inputs.push(NamedValue { name, data });
    }

    /// What came out: the cleared outputs, else the output rows.
    pub fn take_outputs(&mut self) -> Outputs {
        if let Some(cleared) = self.cleared().cleared_outputs.filter(|cleared| !cleared.is_empty()) {
            return cleared;
        }
        let mut outputs = Outputs::new();
        for row in std::mem::take(&mut self.outputs) {
            let (name, value) = row.into_pair();
            outputs.entry(name).or_default().push(value);
        }
        outputs
    }

    /// The last value of each output: of the cleared outputs, else of the output rows.
    pub fn last_outputs(mut self) -> Object {
        let last = |(name, mut values): (String, Vec<Json>)| Some((name, values.pop()?));
        self.take_outputs().into_iter().filter_map(last).collect()
    }
}

impl NamedValue {
    fn into_pair(self) -> (String, Json) {
        (self.name, self.data.unwrap_or_else(Json::null))
    }
}

/// A node execution of a block that carries a graph's inputs or outputs: what the graph's own inputs and outputs are
/// gathered from.
#[derive(Debug, Clone)]
pub struct BoundaryNode {
    /// The kind of its block.
    pub block_type: BlockType,
    /// What went into it.
    pub input_data: Object,
}

/// The inputs of a graph execution: those stored with it, or else those of its INPUT blocks; the `payload` of a webhook
/// block on top.
pub fn graph_inputs(stored: Option<&Json>, nodes: &[BoundaryNode]) -> Object {
    let stored: Option<Object> = stored.and_then(Json::read);
    let mut inputs = stored.filter(|inputs| !inputs.is_empty()).unwrap_or_else(|| {
        nodes
            .iter()
            .filter(|node| node.block_type == BlockType::Input)
            .filter_map(|node| Some((node.name()?, node.value())))
            .collect()
    });
    for node in nodes.iter().filter(|node| node.block_type.is_webhook()) {
        if let Some(payload) = node.input_data.get("payload") {
            inputs.insert("payload".to_owned(), payload.clone());
        }
    }
    inputs
}

/// The outputs of a graph execution: what reached its OUTPUT blocks, by their names.
pub fn graph_outputs(nodes: Vec<BoundaryNode>) -> Outputs {
    let mut outputs = Outputs::new();
    for mut node in nodes {
        if node.block_type == BlockType::Output
            && let Some(name) = node.name()
        {
            let value = node.input_data.remove("value").unwrap_or_else(Json::null);
            outputs.entry(name).or_default().push(value);
        }
    }
    outputs
}

impl BoundaryNode {
    fn name(&self) -> Option<String> {
        self.input_data.get("name")?.read()
    }

    fn value(&self) -> Json {
        self.input_data.get("value").cloned().unwrap_or_else(Json::null)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(text: &str) -> NodeData {
        serde_json::from_str(text).unwrap()
    }

    fn text(value: &impl Serialize) -> String {
        serde_json::to_string(value).unwrap()
    }

    #[test]
    fn inputs_come_from_cleared_data_then_execution_data_then_rows() {
        let rows = r#""inputs":[{"name":"a","data":1},{"name":"b","data":null}]"#;
        for (stored, shown) in [
            (
                format!(r#"{{"stats":{{"cleared_inputs":{{"a":[1,2],"b":[]}}}},"execution_data":{{"a":3}},{rows}}}"#),
                r#"{"a":2,"b":""}"#,
            ),
            (
                format!(r#"{{"stats":{{"cleared_inputs":{{}}}},"execution_data":{{"a":3}},{rows}}}"#),
                r#"{"a":3}"#,
            ),
            (
                format!(r#"{{"stats":{{"cleared_inputs":7}},"execution_data":{{}},{rows}}}"#),
                r#"{"a":1,"b":null}"#,
            ),
            (
                format!(r#"{{"stats":null,"execution_data":[1],{rows}}}"#),
                r#"{"a":1,"b":null}"#,
            ),
            ("{}".to_owned(), "{}"),
        ] {
            assert_eq!(text(&data(&stored).take_inputs()), shown, "{stored}");
        }
    }

    #[test]
    fn outputs_come_from_cleared_data_then_rows() {
        let rows = r#""outputs":[{"name":"o","data":1},{"name":"o","data":"x"}]"#;
        for (stored, shown) in [
            (
                format!(r#"{{"stats":{{"cleared_outputs":{{"o":[9]}}}},{rows}}}"#),
                r#"{"o":[9]}"#,
            ),
            (format!("{{{rows}}}"), r#"{"o":[1,"x"]}"#),
        ] {
            assert_eq!(text(&data(&stored).take_outputs()), shown, "{stored}");
        }
    }

    #[test]
    fn of_each_output_the_last_value_counts() {
        let rows = r#""outputs":[{"name":"o","data":1},{"name":"p","data":null},{"name":"o","data":"x"}]"#;
        for (stored, shown) in [
            (
                format!(r#"{{"stats":{{"cleared_outputs":{{"o":[9,8],"none":[]}}}},{rows}}}"#),
                r#"{"o":8}"#,
            ),
            (format!("{{{rows}}}"), r#"{"o":"x","p":null}"#),
            ("{}".to_owned(), "{}"),
        ] {
            assert_eq!(text(&data(&stored).last_outputs()), shown, "{stored}");
        }
    }

    #[test]
    fn an_input_that_is_given_again_counts_anew() {
        let mut data = data(r#"{"execution_data":{"z":0},"inputs":[{"name":"a","data":1},{"name":"b","data":2}]}"#);
        data.add_input("a".to_owned(), None);
        assert_eq!(text(&data.given_inputs()), r#"{"a":null,"b":2}"#);
    }

    fn boundary(block_type: BlockType, input: &str) -> BoundaryNode {
        BoundaryNode {
            block_type,
            input_data: serde_json::from_str(input).unwrap(),
        }
    }

    #[test]
    fn graph_inputs_are_the_stored_ones_or_those_of_input_blocks_with_the_payload_on_top() {
        let nodes = [
            boundary(BlockType::Input, r#"{"name":"q","value":1}"#),
            boundary(BlockType::Input, r#"{"name":"r"}"#),
            boundary(BlockType::Input, r#"{"value":1}"#),
            boundary(BlockType::Output, r#"{"name":"out","value":5}"#),
            boundary(BlockType::WebhookManual, r#"{"payload":{"p":1}}"#),
        ];
        let stored: Json = serde_json::from_str(r#"{"s":true}"#).unwrap();
        let empty: Json = serde_json::from_str("{}").unwrap();
        for (stored, shown) in [
            (Some(&stored), r#"{"payload":{"p":1},"s":true}"#),
            (Some(&empty), r#"{"payload":{"p":1},"q":1,"r":null}"#),
            (None, r#"{"payload":{"p":1},"q":1,"r":null}"#),
        ] {
            assert_eq!(text(&graph_inputs(stored, &nodes)), shown);
        }
    }

    #[test]
    fn graph_outputs_are_gathered_by_name_in_order() {
        let nodes = [
            boundary(BlockType::Output, r#"{"name":"b","value":1}"#),
            boundary(BlockType::Output, r#"{"name":"a"}"#),
            boundary(BlockType::Output, r#"{"name":"b","value":[2]}"#),
            boundary(BlockType::Standard, r#"{"name":"c","value":3}"#),
        ];
        assert_eq!(text(&graph_outputs(nodes.into())), r#"{"a":[null],"b":[1,[2]]}"#);
    }
}
