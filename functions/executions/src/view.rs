//! What a caller may see of an execution.

use runledger_models::{Caller, GraphExecution, GraphExecutionMeta, GraphExecutionWithNodes, execution::ExecutionBase};
use runledger_web::Config;

/// A form of an execution that can leave out what a language model said of it.
pub(crate) trait View: Sized {
    fn base(&mut self) -> &mut ExecutionBase;

    /// The execution as this caller may see it: an owner does not see activity features that are switched off.
    fn for_caller(mut self, caller: &Caller, config: &Config) -> Self {
        if !config.shows_activity(caller)
            && let Some(stats) = &mut self.base().stats
        {
            stats.hide_activity();
        }
        self
    }
}

impl View for GraphExecutionMeta {
    fn base(&mut self) -> &mut ExecutionBase {
        &mut self.base
    }
}

impl View for GraphExecution {
    fn base(&mut self) -> &mut ExecutionBase {
        &mut self.base
    }
}

impl View for GraphExecutionWithNodes {
    fn base(&mut self) -> &mut ExecutionBase {
        &mut self.execution.base
    }
}
