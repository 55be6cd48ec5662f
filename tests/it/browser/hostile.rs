//! Texts that no friend would write, in every place that a page shows.

use runledger_tests::{App, Graph, StoredNode, tokens};
use serde_json::{Value, json};

use super::ledger::set_stats;

/// What would set a mark if a page ran it.
const SCRIPT: &str =
    "\"'><script>window.hacked=1</script><img src=x onerror=window.hacked=1><svg onload=window.hacked=1>";
/// What turns the text around, and hides.
const MARKS: &str = "\u{202e}\u{2066}gnp.exe\u{200b}\u{feff}\u{7}\u{1b}[31m\u{85}";
/// What a link would run.
const LINK: &str = "javascript:window.hacked=1";

/// All of it at once.
fn hostile() -> String {
    format!("{SCRIPT} {MARKS} {LINK} [click]({LINK}) ![see](http://elsewhere.example/x.png) {{{{7*7}}}}")
}

/// A line without a place to break.
fn endless() -> String {
    "W".repeat(100 << 10)
}

/// A user's id, as long as they may be.
const USER: &str = "<img src=x onerror=window.hacked=1>\"'/../?&#%00%2e";

async fn fill(app: &App) -> (Graph, String) {
    let mut graph = Graph {
        id: "\"><script>window.hacked=1</script>".to_owned(),
        version: 1,
        owner: USER.to_owned(),
    };
    // The API's addresses want plain ids: what came by another way is stored past it.
    graph.id = app.graph("weather", USER).await.id;
    let name = r#"UPDATE "AgentGraph" SET name = $2, description = $3 WHERE id = $1"#;
    let description = format!("{} {}", hostile(), endless());
    app.db.execute(name, &[&graph.id, &hostile(), &description]).await;
    let run = app.create(&graph).await;
    app.drive(&run, "COMPLETED").await;
    let failed = app.create(&graph).await;
    app.drive(&failed, "FAILED").await;
    let stats = json!({
        "error": format!("{} {}", hostile(), endless()), "activity_status": hostile(), "correctness_score": 0.5,
        "node_count": 1, "cost": 3,
    });
    for id in [&run, &failed] {
        set_stats(app, id, &stats).await;
    }
    let inputs = json!({ hostile(): hostile(), "line": endless(), "link": LINK, "deep": [[[{ SCRIPT: MARKS }]]] });
    let sql = r#"UPDATE "AgentGraphExecution" SET inputs = $2 WHERE id = $1"#;
    app.db.execute(sql, &[&run, &inputs]).await;
    let outputs = [
        hostile(),
        endless(),
        LINK.to_owned(),
        format!("# {SCRIPT}\n\n> [x]({LINK})\n\n{SCRIPT}"),
    ];
    for (node, name) in [("output", "node-1"), ("work", "node-2")] {
        let node = graph.node(node);
        let stored = StoredNode {
            node: &node,
            stats: Some(json!({ "error": hostile() })),
            inputs: vec![
                (SCRIPT, json!(hostile())),
                ("name", json!(SCRIPT)),
                ("value", json!(LINK)),
            ],
            outputs: outputs.iter().map(|text| (MARKS, json!(text))).collect(),
            queued: Some(1.0),
            ..StoredNode::default()
        };
        app.db.store_node(&run, name, &stored).await;
    }
    let given = json!({ "user_id": USER, "amount": 1000 });
    app.service.post("/api/credits/grants").json(&given).expect(200).await;
    let metadata = json!({ "reason": hostile(), "block": SCRIPT, "graph_exec_id": run, "line": endless() });
    let spent = json!({ "user_id": USER, "cost": 5, "metadata": metadata });
    app.service.post("/api/credits/spend").json(&spent).expect(200).await;
    let alert = "INSERT INTO runledger.accuracy_alerts (graph_id, user_id, drop_percent, three_day_avg, seven_day_avg)
        VALUES ('weather', $1, 20, 60, 80)";
    app.db.execute(alert, &[&USER]).await;
    let job =
        "INSERT INTO runledger.scoring_jobs (id, status, graph_id, user_id, model, provider, batch_size, skip_existing,
        system_prompt, user_prompt, prompt_hash, created_by, total)
        VALUES ('job', 'running', 'weather', $1, $2, $2, 1, true, $2, $2, $2, $1, 1)";
    app.db.execute(job, &[&USER, &SCRIPT]).await;
    (graph, run)
}

#[tokio::test]
async fn no_page_runs_what_was_written_into_it() {
    let app = App::start().await;
    let (graph, run) = fill(&app).await;
    let shared = app
        .user(USER)
        .post(&format!("/api/graphs/{}/executions/{run}/share", graph.id))
        .json(&json!({}))
        .expect(200)
        .await
        .text("share_token");
    let own = [
        "/".to_owned(),
        "/runs?columns=id,error,duration,parent".to_owned(),
        format!("/runs/{run}"),
        format!("/runs/{run}?show=raw"),
        format!("/runs/{run}/nodes"),
        format!("/runs/{run}/nodes?view=graph"),
        format!("/runs/{run}/nodes/node-1"),
        format!("/runs/{run}/nodes/node-2"),
        "/graphs".to_owned(),
        format!("/graphs/{}", graph.id),
        "/credits".to_owned(),
        format!("/shared/{shared}"),
        format!("/no/such/page/{}", "%3Cscript%3Ewindow.hacked%3D1%3C/script%3E"),
        "/runs?statuses=%3Cscript%3Ewindow.hacked=1%3C/script%3E".to_owned(),
        "/login?next=%22%3E%3Cscript%3Ewindow.hacked=1%3C/script%3E".to_owned(),
    ];
    let operators = [
        "/",
        "/runs?columns=id,error,user",
        "/alerts",
        "/diagnostics",
        "/scoring",
        "/scoring/job",
        "/credits",
    ]
    .map(str::to_owned);
    let browser = app.browser_for(USER, "user").await;
    browser.resize(360, 740).await;
    let mut wrong = Vec::new();
    for (role, pages) in [("user", &own[..]), ("admin", &operators[..])] {
        browser.sign_in(&tokens::token(USER, role)).await;
        for page in pages {
            browser.open(page).await;
            browser.wait_for("h1").await;
            // Whatever would run when it is seen, opened or pointed at, is.
            let open = "for (const each of document.querySelectorAll('details')) each.open = true;";
            browser.evaluate(open).await;
            let found = browser
                .evaluate(
                    "return { hacked: window.hacked ?? null, width: document.scrollingElement.scrollWidth,
                        scripts: [...document.scripts].filter(each => !each.src.startsWith(location.origin + '/assets/')).length,
                        links: [...document.querySelectorAll('a[href], form[action]')].map(each => new URL(each.getAttribute('href') ?? each.action, location).href)
                            .filter(address => !/^https?:/.test(address)),
                        handlers: [...document.querySelectorAll('main *')]
                            .filter(each => each.getAttributeNames().some(name => name.startsWith('on'))).length }",
                )
                .await;
            let right = json!({ "hacked": null, "width": 360, "scripts": 0, "links": [], "handlers": 0 });
            if found != right {
                wrong.push((page.clone(), found));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", shown(&wrong));
    browser.close().await;
}

fn shown(wrong: &[(String, Value)]) -> String {
    let lines: Vec<_> = wrong.iter().map(|(page, found)| format!("{page}: {found}")).collect();
    lines.join("\n")
}
