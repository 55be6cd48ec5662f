-- Whether any of these nodes has run. A function of its own, and VOLATILE, so that it sees what was committed while its
-- caller waited for the nodes' locks: a node that ran a moment ago must not be deleted along with its executions.
CREATE FUNCTION runledger.any_node_has_run(p_node_ids text[]) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY INVOKER
AS $$
BEGIN
    RETURN EXISTS (SELECT FROM "AgentNodeExecution" WHERE "agentNodeId" = ANY (p_node_ids));
END $$;
