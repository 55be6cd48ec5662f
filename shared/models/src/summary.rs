//! A summary of executions (seed `data/generate_data.py`, `UserExecutionSummaryStats`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is said where nothing ran.
const NO_AGENTS: &str = "No agents used";
const CENTS_IN_A_DOLLAR: f64 = 100.0;

/// What the executions of some time came to.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Summary {
    /// The cost of all of them, in dollars.
    pub total_credits_used: f64,
    /// How many there were, in whatever status.
    pub total_executions: u64,
    /// How many of them are COMPLETED.
    pub successful_runs: u64,
    /// How many of them are FAILED or TERMINATED.
    pub failed_runs: u64,
    /// How many of them are TERMINATED.
    pub terminated_runs: u64,
    /// The name of the graph that ran most; of several, of the one that ran last.
    pub most_used_agent: String,
    /// The duration of all of them, in seconds.
    pub total_execution_time: f64,
    /// The mean duration of those that have stats, in seconds.
    pub average_execution_time: f64,
    /// The cost of the graphs of each name whose executions have stats, in dollars.
    pub cost_breakdown: BTreeMap<String, f64>,
    /// Each graph that ran, the most used first.
    pub agents: Vec<AgentSummary>,
}

/// What the executions of one graph came to.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct AgentSummary {
    /// The graph.
    pub graph_id: String,
    /// The name of its newest version; `Agent ` and the beginning of its id where it has none.
    pub name: String,
    /// How many executions there were.
    pub executions: u64,
    /// What they cost, in dollars.
    pub cost: f64,
}

/// Sums as the database has them, costs in cents.
#[derive(Debug, Deserialize)]
pub struct Totals {
    executions: u64,
    completed: u64,
    failed: u64,
    terminated: u64,
    cost: f64,
    duration: f64,
    average: f64,
    agents: Vec<AgentTotals>,
}

/// Sums of one graph, the most used first.
#[derive(Debug, Deserialize)]
struct AgentTotals {
    graph_id: String,
    name: String,
    executions: u64,
    with_stats: u64,
    cost: f64,
}

impl Summary {
    /// The summary that these sums make.
    pub fn from_totals(totals: Totals) -> Self {
        let mut cents = BTreeMap::<String, f64>::new();
        for agent in totals.agents.iter().filter(|agent| agent.with_stats > 0) {
            *cents.entry(agent.name.clone()).or_default() += agent.cost;
        }
        Self {
            total_credits_used: totals.cost / CENTS_IN_A_DOLLAR,
            total_executions: totals.executions,
            successful_runs: totals.completed,
            failed_runs: totals.failed + totals.terminated,
            terminated_runs: totals.terminated,
            most_used_agent: totals
                .agents
                .first()
                .map_or_else(|| NO_AGENTS.to_owned(), |agent| agent.name.clone()),
            total_execution_time: totals.duration,
            average_execution_time: totals.average,
            cost_breakdown: cents
                .into_iter()
                .map(|(name, cents)| (name, cents / CENTS_IN_A_DOLLAR))
                .collect(),
            agents: totals.agents.into_iter().map(AgentTotals::into_summary).collect(),
        }
    }
}

impl AgentTotals {
    fn into_summary(self) -> AgentSummary {
        AgentSummary {
            graph_id: self.graph_id,
            name: self.name,
            executions: self.executions,
            cost: self.cost / CENTS_IN_A_DOLLAR,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(text: &str) -> Summary {
        Summary::from_totals(serde_json::from_str(text).unwrap())
    }

    #[test]
    fn nothing_is_a_summary_too() {
        let summary = summary(
            r#"{"executions":0,"completed":0,"failed":0,"terminated":0,"cost":0,"duration":0,"average":0,"agents":[]}"#,
        );
        assert_eq!(summary.most_used_agent, "No agents used");
        assert_eq!((summary.total_executions, summary.cost_breakdown.len()), (0, 0));
    }

    #[test]
    fn cents_become_dollars_and_agents_of_one_name_are_added_up() {
        let summary = summary(
            r#"{"executions":7,"completed":4,"failed":2,"terminated":1,"cost":110,"duration":3.5,"average":0.5,"agents":[
                {"graph_id":"a","name":"Twin","executions":3,"with_stats":3,"cost":10},
                {"graph_id":"b","name":"Twin","executions":3,"with_stats":1,"cost":20},
                {"graph_id":"c","name":"Other","executions":1,"with_stats":0,"cost":0}]}"#,
        );
        assert_eq!(
            (summary.total_credits_used, summary.failed_runs, summary.terminated_runs),
            (1.1, 3, 1)
        );
        assert_eq!(summary.most_used_agent, "Twin");
        assert_eq!(summary.cost_breakdown, BTreeMap::from([("Twin".to_owned(), 0.3)]));
        assert!((summary.agents[1].cost - 0.2).abs() < f64::EPSILON);
    }
}
