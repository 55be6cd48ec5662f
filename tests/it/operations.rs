//! The route table: every operation with who may call it, and what another tenant gets from it.

use http::Method;
use runledger_tests::{App, Graph, Request, StoredNode};
use serde_json::{Value, json};

use crate::rpc_operations::METHODS;

/// Who may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Anybody, without a token.
    Public,
    /// Every role.
    Any,
    /// The executor alone.
    Service,
    /// The operator alone.
    Admin,
    /// The executor and the operator.
    Trusted,
}

impl Access {
    /// The roles that may call, as the description names them.
    pub(crate) const fn roles(self) -> &'static [&'static str] {
        match self {
            Self::Public => &[],
            Self::Any => &["user", "admin", "service"],
            Self::Service => &["service"],
            Self::Admin => &["admin"],
            Self::Trusted => &["service", "admin"],
        }
    }

    /// Callers of the roles that may not call, all on behalf of the owner if they can be.
    pub(crate) fn wrong_callers(self, app: &App) -> Vec<runledger_tests::Client> {
        let user = [app.user("ann"), app.user("ann").acting_for("ann")];
        let service = [app.service.clone(), app.service_for("ann")];
        let admin = [app.admin.clone(), app.admin_for("ann")];
        match self {
            Self::Public | Self::Any => vec![],
            Self::Service => [user, admin].concat(),
            Self::Admin => [user, service].concat(),
            Self::Trusted => user.to_vec(),
        }
    }

    /// Other tenants of the roles that may call.
    pub(crate) fn strangers(self, app: &App) -> Vec<runledger_tests::Client> {
        match self {
            Self::Public | Self::Any => vec![
                app.service_for("bob"),
                app.user("bob"),
                app.user("bob").acting_for("ann"),
                app.admin_for("bob"),
            ],
            Self::Service => vec![app.service_for("bob")],
            Self::Admin => vec![app.admin_for("bob")],
            Self::Trusted => vec![app.service_for("bob"), app.admin_for("bob")],
        }
    }
}

/// What somebody gets who asks for another user's things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stranger {
    /// A problem with this status; nothing changes.
    Refused(u16),
    /// A list without them.
    EmptyList,
    /// A count without them, under this name.
    Zero(&'static str),
    /// What the stranger has of its own under the same name.
    ItsOwn(u16),
    /// A stream without them.
    SilentStream,
    /// Exactly this JSON.
    Bare(&'static str),
    /// A trend without them.
    NoTrend,
    /// The operation has nothing of anybody's.
    NothingToSee,
}

pub(crate) struct Operation {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) access: Access,
    pub(crate) stranger: Stranger,
    /// The body that it is sent with, for a graph and an execution of it.
    pub(crate) body: Option<fn(&Graph, &str) -> Value>,
}

pub(crate) const fn read(path: &'static str, access: Access, stranger: Stranger) -> Operation {
    Operation {
        method: "GET",
        path,
        access,
        stranger,
        body: None,
    }
}

pub(crate) const fn write(
    method: &'static str,
    path: &'static str,
    access: Access,
    stranger: Stranger,
    body: Option<fn(&Graph, &str) -> Value>,
) -> Operation {
    Operation {
        method,
        path,
        access,
        stranger,
        body,
    }
}

/// Creates an execution under somebody's parent.
pub(crate) fn child_of(graph: &Graph, parent: &str) -> Value {
    let mut body = graph.creation();
    body["parent_graph_exec_id"] = parent.into();
    body
}

/// Imports an execution of `bob` under somebody's parent.
pub(crate) fn import_below(graph: &Graph, parent: &str) -> Value {
    json!([{
        "user_id": "bob", "graph_id": graph.id, "graph_version": graph.version, "status": "FAILED",
        "parent_graph_exec_id": parent,
    }])
}

/// A change of status and statistics.
pub(crate) fn change(_: &Graph, _: &str) -> Value {
    json!({ "status": "RUNNING", "stats": { "cost": 1 } })
}

/// A block, as the world registered it.
pub(crate) fn block(_: &Graph, _: &str) -> Value {
    json!({ "name": "block-work", "type": "STANDARD" })
}

/// A value to keep.
pub(crate) fn value(_: &Graph, _: &str) -> Value {
    json!({ "node_exec_id": "a-node", "data": "bob's" })
}

/// An input of a node.
pub(crate) fn input(_: &Graph, _: &str) -> Value {
    json!({ "name": "city", "data": "Bruges" })
}

/// The node execution of an execution of [`world`].
pub(crate) fn node_of(execution: &str) -> String {
    format!("node-of-{execution}")
}

/// Takes away what strangers keep under their own name.
pub(crate) const FORGET_STRANGERS: &str = r#"DELETE FROM "AgentNodeExecutionKeyValueData" WHERE "userId" <> 'ann'"#;

/// A scoring job over executions of `ann`, under the id of one of them.
pub(crate) const SCORING_JOB: &str =
    "INSERT INTO runledger.scoring_jobs (id, status, graph_id, user_id, model, provider, batch_size,
    skip_existing, system_prompt, user_prompt, prompt_hash, created_by, total)
    VALUES ($1, 'running', 'weather', 'ann', 'm', 'openai', 1, true, '', '', '', 'operator', 1)";

/// An application with a graph of `ann`, an execution of it and a deleted one, each with a queued node, a value that she
/// keeps, a job that scores her executions, and credits of which some are on hold.
pub(crate) async fn world() -> (App, Graph, String, String) {
    let app = App::start().await;
    let graph = app.graph("weather", "ann").await;
    let (execution, deleted) = (app.create(&graph).await, app.create(&graph).await);
    for id in [&execution, &deleted] {
        let node = node_of(id);
        let stored = StoredNode {
            node: &graph.node("work"),
            ..StoredNode::default()
        };
        app.db.store_node(id, &node, &stored).await;
        let sql = r#"UPDATE "AgentNodeExecution" SET "executionStatus" = 'QUEUED' WHERE id = $1"#;
        app.db.execute(sql, &[&node]).await;
        let path = format!("/api/executions/{id}/queue");
        let entry = json!({ "node_exec_id": node });
        app.service.post(&path).json(&entry).expect(201).await;
    }
    let ann = app.user("ann");
    ann.delete(&format!("/api/executions/{deleted}")).expect(204).await;
    let kept = json!({ "node_exec_id": "a-node", "data": "ann's" });
    ann.put("/api/kv/colour").json(&kept).expect(200).await;
    app.db.execute(SCORING_JOB, &[&execution]).await;
    let given = json!({ "user_id": "ann", "amount": 10 });
    app.service.post("/api/credits/grants").json(&given).expect(200).await;
    let hold = "INSERT INTO runledger.credit_holds (id, user_id, amount, expires_at)
        VALUES ($1, 'ann', 5, now() + interval '1 hour')";
    app.db.execute(hold, &[&execution]).await;
    (app, graph, execution, deleted)
}

/// The one read that needs a parameter.
pub(crate) const TRENDS: &str = "/api/executions/admin/execution_accuracy_trends";

/// The lines of the table.
pub(crate) fn operations() -> impl Iterator<Item = &'static Operation> {
    OPERATIONS.iter().chain(&METHODS)
}

const OPERATIONS: [Operation; 62] = [
    read("/api/health", Access::Public, Stranger::NothingToSee),
    read("/api/health/ready", Access::Public, Stranger::NothingToSee),
    read("/api/metrics", Access::Public, Stranger::NothingToSee),
    read("/api/openapi.json", Access::Public, Stranger::NothingToSee),
    read("/api/public/shared/{token}", Access::Public, Stranger::Refused(404)),
    read("/api/events", Access::Any, Stranger::SilentStream),
    read("/api/summary", Access::Any, Stranger::Zero("total_executions")),
    read(TRENDS, Access::Admin, Stranger::NoTrend),
    read("/api/admin/block-error-stats", Access::Admin, Stranger::Bare("[]")),
    read("/api/admin/frequent-graphs", Access::Admin, Stranger::Bare("[]")),
    read("/api/admin/accuracy-alerts", Access::Admin, Stranger::Bare("[]")),
    read("/api/admin/late-executions", Access::Admin, Stranger::Bare("[]")),
    read("/api/credits", Access::Any, Stranger::Zero("credits")),
    read("/api/credits/transactions", Access::Any, Stranger::EmptyList),
    write(
        "POST",
        "/api/credits/spend",
        Access::Service,
        Stranger::Refused(422),
        Some(|_, _| json!({ "user_id": "ann", "cost": 1 })),
    ),
    write(
        "POST",
        "/api/credits/grants",
        Access::Trusted,
        Stranger::Refused(422),
        Some(|_, _| json!({ "user_id": "ann", "amount": 1 })),
    ),
    write(
        "POST",
        "/api/credits/top-ups",
        Access::Trusted,
        Stranger::Refused(422),
        Some(|_, _| json!({ "user_id": "ann", "amount": 1 })),
    ),
    write(
        "POST",
        "/api/credits/holds",
        Access::Service,
        Stranger::Refused(422),
        Some(|_, _| json!({ "user_id": "ann", "amount": 1 })),
    ),
    write(
        "POST",
        "/api/credits/holds/{id}/capture",
        Access::Service,
        Stranger::Refused(404),
        Some(|_, _| json!({ "amount": 1 })),
    ),
    write(
        "POST",
        "/api/credits/holds/{id}/release",
        Access::Service,
        Stranger::Refused(404),
        None,
    ),
    read(
        "/api/admin/credits/audit",
        Access::Admin,
        Stranger::Zero("transactions"),
    ),
    read(
        "/api/executions/admin/execution_analytics/config",
        Access::Admin,
        Stranger::NothingToSee,
    ),
    // No key is set.
    write(
        "POST",
        "/api/executions/admin/execution_analytics",
        Access::Admin,
        Stranger::Refused(503),
        Some(|graph, _| json!({ "graph_id": graph.id })),
    ),
    read(
        "/api/executions/admin/execution_analytics/jobs",
        Access::Admin,
        Stranger::EmptyList,
    ),
    read(
        "/api/executions/admin/execution_analytics/jobs/{id}",
        Access::Admin,
        Stranger::Refused(404),
    ),
    read(
        "/api/executions/admin/execution_analytics/jobs/{id}/results",
        Access::Admin,
        Stranger::Refused(404),
    ),
    write(
        "DELETE",
        "/api/executions/admin/execution_analytics/jobs/{id}",
        Access::Admin,
        Stranger::Refused(404),
        None,
    ),
    read(
        "/api/executions/admin/executions/{id}/scores",
        Access::Admin,
        Stranger::Refused(404),
    ),
    write(
        "POST",
        "/api/internal/jobs/{name}/run",
        Access::Service,
        Stranger::NothingToSee,
        None,
    ),
    read("/api/executions", Access::Any, Stranger::EmptyList),
    read("/api/executions/count", Access::Any, Stranger::Zero("count")),
    read("/api/executions/{id}", Access::Any, Stranger::Refused(404)),
    read("/api/executions/{id}/children", Access::Any, Stranger::Refused(404)),
    read("/api/graphs/{graph_id}/executions", Access::Any, Stranger::EmptyList),
    read(
        "/api/graphs/{graph_id}/executions/{id}",
        Access::Any,
        Stranger::Refused(404),
    ),
    write(
        "POST",
        "/api/graphs/{graph_id}/executions",
        Access::Service,
        Stranger::Refused(422),
        Some(child_of),
    ),
    write(
        "POST",
        "/api/executions/batch",
        Access::Service,
        Stranger::Refused(422),
        Some(import_below),
    ),
    write(
        "POST",
        "/api/executions/{id}/start",
        Access::Service,
        Stranger::Refused(404),
        None,
    ),
    write(
        "PATCH",
        "/api/executions/{id}",
        Access::Service,
        Stranger::Refused(404),
        Some(change),
    ),
    write(
        "POST",
        "/api/executions/{id}/stop",
        Access::Any,
        Stranger::Refused(404),
        None,
    ),
    write(
        "POST",
        "/api/executions/{id}/restore",
        Access::Any,
        Stranger::Refused(404),
        None,
    ),
    write(
        "DELETE",
        "/api/executions/{id}",
        Access::Any,
        Stranger::Refused(404),
        None,
    ),
    read(
        "/api/executions/{id}/nodes/{node_id}/latest",
        Access::Any,
        Stranger::Refused(404),
    ),
    write(
        "POST",
        "/api/executions/{id}/nodes/{node_id}/inputs",
        Access::Service,
        Stranger::Refused(404),
        Some(input),
    ),
    read("/api/executions/{id}/queue", Access::Service, Stranger::Refused(404)),
    write(
        "POST",
        "/api/executions/{id}/queue",
        Access::Service,
        Stranger::Refused(404),
        Some(|_, execution| json!({ "node_exec_id": node_of(execution) })),
    ),
    write(
        "POST",
        "/api/executions/{id}/queue/pop",
        Access::Service,
        Stranger::Refused(404),
        None,
    ),
    write(
        "POST",
        "/api/executions/{id}/queue/{entry}/ack",
        Access::Service,
        Stranger::Refused(404),
        None,
    ),
    read("/api/node-executions", Access::Any, Stranger::EmptyList),
    write(
        "PATCH",
        "/api/node-executions",
        Access::Service,
        Stranger::Zero("updated"),
        Some(|_, execution| json!({ "ids": [node_of(execution)], "status": "RUNNING" })),
    ),
    read("/api/node-executions/{id}", Access::Any, Stranger::Refused(404)),
    write(
        "PATCH",
        "/api/node-executions/{id}",
        Access::Service,
        Stranger::Refused(404),
        Some(|_, _| json!({ "status": "RUNNING" })),
    ),
    read("/api/node-executions/{id}/outputs", Access::Any, Stranger::Refused(404)),
    read("/api/node-executions/{id}/data", Access::Any, Stranger::Refused(404)),
    read("/api/executions/{id}/data", Access::Any, Stranger::Refused(404)),
    write(
        "POST",
        "/api/node-executions/{id}/outputs",
        Access::Service,
        Stranger::Refused(404),
        Some(input),
    ),
    read("/api/kv/{key}", Access::Any, Stranger::ItsOwn(404)),
    write("PUT", "/api/kv/{key}", Access::Any, Stranger::ItsOwn(200), Some(value)),
    write(
        "POST",
        "/api/graphs/{graph_id}/executions/{id}/share",
        Access::Any,
        Stranger::Refused(404),
        None,
    ),
    write(
        "DELETE",
        "/api/graphs/{graph_id}/executions/{id}/share",
        Access::Any,
        Stranger::Refused(404),
        None,
    ),
    write(
        "PUT",
        "/api/graphs/{graph_id}/versions/{version}",
        Access::Service,
        Stranger::Refused(409),
        Some(|graph, _| graph.registration()),
    ),
    write(
        "PUT",
        "/api/blocks/{id}",
        Access::Service,
        Stranger::NothingToSee,
        Some(block),
    ),
];

impl Operation {
    /// The request for this execution of this graph.
    pub(crate) fn request(&self, caller: &runledger_tests::Client, graph: &Graph, execution: &str) -> Request {
        let path = self
            .path
            .replace("{graph_id}", &graph.id)
            .replace("{version}", &graph.version.to_string())
            .replace("/blocks/{id}", "/blocks/block-work")
            .replace("{token}", "no-such-token")
            .replace(
                "/node-executions/{id}",
                &format!("/node-executions/{}", node_of(execution)),
            )
            .replace("{node_id}", &graph.node("work"))
            .replace("{entry}", "some-entry")
            .replace("{key}", "colour")
            .replace("{name}", "no-such-job")
            .replace("{id}", execution);
        let path = if path == TRENDS {
            format!("{path}?graph_id={}", graph.id)
        } else {
            path
        };
        let request = caller.request(self.method.parse::<Method>().unwrap(), &path);
        match self.body {
            Some(body) => request.json(&body(graph, execution)),
            None => request,
        }
    }

    /// The path with its parameters' names taken out.
    pub(crate) fn shape(&self) -> String {
        shape(self.method, self.path)
    }
}

pub(crate) fn shape(method: &str, path: &str) -> String {
    let parts = path
        .split('/')
        .map(|part| if part.starts_with('{') { "{}" } else { part });
    format!("{} {}", method.to_uppercase(), parts.collect::<Vec<_>>().join("/"))
}
