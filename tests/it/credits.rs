//! Credits: never overdrawn, never charged twice, and always the sum of what moved them.

use futures::{
    future::join_all,
    stream::{self, StreamExt},
};
use runledger_tests::{App, Request};
use serde_json::{Value, json};

fn grant(app: &App, user: &str, amount: u32) -> Request {
    let body = json!({ "user_id": user, "amount": amount, "metadata": { "reason": "a test" } });
    app.service.post("/api/credits/grants").json(&body)
}

fn spend(app: &App, user: &str, cost: u32) -> Request {
    let body = json!({ "user_id": user, "cost": cost, "metadata": { "block": "weather" } });
    app.service.post("/api/credits/spend").json(&body)
}

async fn hold(app: &App, user: &str, amount: u32) -> String {
    let body = json!({ "user_id": user, "amount": amount });
    app.service
        .post("/api/credits/holds")
        .json(&body)
        .expect(201)
        .await
        .text("hold_id")
}

fn capture(app: &App, hold: &str, amount: u32) -> Request {
    let path = format!("/api/credits/holds/{hold}/capture");
    app.service.post(&path).json(&json!({ "amount": amount }))
}

fn release(app: &App, hold: &str) -> Request {
    app.service.post(&format!("/api/credits/holds/{hold}/release"))
}

async fn credits(app: &App, user: &str) -> Value {
    app.user(user).get("/api/credits").expect(200).await.json()["credits"].clone()
}

async fn faults(app: &App) -> Value {
    app.admin.get("/api/admin/credits/audit").expect(200).await.json()["faults"].clone()
}

#[tokio::test]
async fn credits_are_given_spent_and_listed() {
    let app = App::start().await;
    assert_eq!(credits(&app, "ann").await, 0);
    assert_eq!(
        grant(&app, "ann", 100).expect(200).await.json(),
        json!({ "balance": 100 })
    );
    let paid = json!({ "user_id": "ann", "amount": 50 });
    app.admin.post("/api/credits/top-ups").json(&paid).expect(200).await;
    assert_eq!(
        spend(&app, "ann", 30).expect(200).await.json(),
        json!({ "balance": 120 })
    );
    assert_eq!(
        spend(&app, "ann", 0).expect(200).await.json(),
        json!({ "balance": 120 })
    );
    let before = app.db.snapshot().await;
    let short = spend(&app, "ann", 121).expect(402).await.json();
    assert_eq!((&short["balance"], &short["amount"]), (&json!(120), &json!(121)));
    app.db.expect_unchanged(&before, "a shortfall").await;

    let ann = app.user("ann");
    let page = ann.get("/api/credits/transactions?limit=2").expect(200).await.json();
    let list = page["transactions"].as_array().unwrap();
    assert_eq!(
        (
            &list[0]["amount"],
            &list[0]["type"],
            &list[0]["running_balance"],
            &list[0]["metadata"]
        ),
        (
            &json!(-30),
            &json!("USAGE"),
            &json!(120),
            &json!({ "block": "weather" })
        )
    );
    assert_eq!((&list[1]["amount"], &list[1]["type"]), (&json!(50), &json!("TOP_UP")));
    let rest = format!(
        "/api/credits/transactions?cursor={}",
        page["next_cursor"].as_str().unwrap()
    );
    let page = ann.get(&rest).expect(200).await.json();
    assert_eq!(
        (&page["transactions"][0]["amount"], &page["next_cursor"]),
        (&json!(100), &Value::Null)
    );
    let grants = ann.get("/api/credits/transactions?type=GRANT").expect(200).await.json();
    assert_eq!(grants["transactions"].as_array().unwrap().len(), 1);
    ann.get("/api/credits/transactions?type=GIFT").expect(422).await;
    assert_eq!(credits(&app, "bob").await, 0);
    assert_eq!(faults(&app).await, json!([]));
}

#[tokio::test]
async fn amounts_that_cannot_be_are_refused() {
    let app = App::start().await;
    let before = app.db.snapshot().await;
    for (path, body, pointer) in [
        ("spend", json!({ "user_id": "ann", "cost": -1 }), "/cost"),
        ("spend", json!({ "user_id": "ann", "cost": 1.5 }), "/cost"),
        ("spend", json!({ "user_id": "ann", "cost": 1_000_000_001 }), "/cost"),
        (
            "spend",
            json!({ "user_id": "ann", "cost": 1, "metadata": [] }),
            "/metadata",
        ),
        ("grants", json!({ "user_id": "ann", "amount": 0 }), "/amount"),
        ("top-ups", json!({ "user_id": "", "amount": 1 }), "/user_id"),
        (
            "holds",
            json!({ "user_id": "ann", "amount": 1, "expires_at": "2020-01-01T00:00:00Z" }),
            "/expires_at",
        ),
    ] {
        let reply = app
            .service
            .post(&format!("/api/credits/{path}"))
            .json(&body)
            .expect(422)
            .await;
        reply.expect_pointers(&[pointer]);
    }
    app.service.get("/api/credits").expect(422).await;
    capture(&app, "no-such-hold", 1).expect(404).await;
    release(&app, "no-such-hold").expect(404).await;
    app.db.expect_unchanged(&before, "what was refused").await;
}

#[tokio::test]
async fn a_key_charges_once() {
    let app = App::start().await;
    grant(&app, "ann", 100).expect(200).await;
    let racing = join_all((0..12).map(|n| spend(&app, "ann", 10).key(&format!("key-{}", n % 3)).send())).await;
    assert!(racing.iter().all(|reply| reply.as_ref().unwrap().status == 200));
    assert_eq!(credits(&app, "ann").await, 70);
    let again = spend(&app, "ann", 10).key("key-0").expect(200).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(credits(&app, "ann").await, 70);
    spend(&app, "ann", 11).key("key-0").expect(422).await;
    assert_eq!(faults(&app).await, json!([]));
}

#[tokio::test]
async fn racing_writers_lose_nothing_and_overdraw_nothing() {
    let app = App::start().await;
    // The first that was ever heard of these users.
    let first = join_all((0..24).map(|n| grant(&app, ["ann", "bob"][n % 2], 5).send())).await;
    assert!(first.iter().all(|reply| reply.as_ref().unwrap().status == 200));
    assert_eq!(
        (credits(&app, "ann").await, credits(&app, "bob").await),
        (json!(60), json!(60))
    );

    let spent = join_all((0..48).map(|n| spend(&app, ["ann", "bob"][n % 2], 5).send())).await;
    let status = |wanted: u16| {
        spent
            .iter()
            .filter(|reply| reply.as_ref().unwrap().status == wanted)
            .count()
    };
    assert_eq!((status(200), status(402)), (24, 24));
    assert_eq!(
        (credits(&app, "ann").await, credits(&app, "bob").await),
        (json!(0), json!(0))
    );

    grant(&app, "ann", 20).expect(200).await;
    let body = json!({ "user_id": "ann", "amount": 5 });
    let held = join_all((0..12).map(|_| app.service.post("/api/credits/holds").json(&body).send())).await;
    assert_eq!(
        held.iter()
            .filter(|reply| reply.as_ref().unwrap().status == 201)
            .count(),
        4
    );
    assert_eq!(faults(&app).await, json!([]));
}

#[tokio::test]
async fn thousands_of_racing_spends_with_repeated_keys_charge_each_key_once() {
    const USERS: usize = 5;
    const KEYS: usize = 600;
    const REPEATS: usize = 5;
    let app = App::start().await;
    let users: Vec<_> = (0..USERS).map(|n| format!("user-{n}")).collect();
    // Enough for some of the keys, so that many fall short.
    for user in &users {
        grant(&app, user, 300).expect(200).await;
    }
    // Every key several times, far from and close to its repetitions.
    let requests = (0..KEYS * REPEATS).map(|n| {
        let key = n * 7 % KEYS;
        let cost = u32::try_from(1 + key % 9).unwrap();
        let request = spend(&app, &users[key % USERS], cost).key(&format!("key-{key}"));
        async move { (key, cost, request.send().await.unwrap()) }
    });
    let replies: Vec<_> = stream::iter(requests).buffer_unordered(48).collect().await;
    assert_eq!(replies.len(), 3000);

    let mut charged = vec![0_u32; KEYS];
    for (key, cost, reply) in &replies {
        let replayed = reply.header("idempotency-replayed").is_some();
        match reply.status {
            200 if !replayed => {
                assert_eq!(charged[*key], 0, "key {key} was charged twice");
                charged[*key] = *cost;
            }
            200 | 402 => {}
            _ => panic!("{reply}"),
        }
    }
    assert!(replies.iter().any(|(_, _, reply)| reply.status == 402));
    for (number, user) in users.iter().enumerate() {
        let spent: u32 = charged.iter().skip(number).step_by(USERS).sum();
        let sql = r#"SELECT coalesce(sum(amount), 0) FROM "CreditTransaction" WHERE "userId" = $1"#;
        let last = r#"SELECT "runningBalance"::bigint FROM "CreditTransaction" WHERE "userId" = $1
            ORDER BY "createdAt" DESC LIMIT 1"#;
        let balance = i64::from(300 - spent);
        assert_eq!(app.db.number(sql, &[user]).await, balance, "Σ amounts of {user}");
        assert_eq!(
            app.db.number(last, &[user]).await,
            balance,
            "the last running balance of {user}"
        );
        assert_eq!(credits(&app, user).await, balance);
    }
    let written = r#"SELECT count(*) FROM "CreditTransaction" WHERE type = 'USAGE'"#;
    let keys = i64::try_from(charged.iter().filter(|cost| **cost > 0).count()).unwrap();
    assert_eq!(app.db.number(written, &[]).await, keys);
    assert_eq!(faults(&app).await, json!([]));
}

#[tokio::test]
async fn a_hold_counts_as_spent_until_it_ends() {
    let app = App::start().await;
    grant(&app, "ann", 100).expect(200).await;
    let (first, second) = (hold(&app, "ann", 60).await, hold(&app, "ann", 30).await);
    assert_eq!(credits(&app, "ann").await, 10);
    let short = spend(&app, "ann", 11).expect(402).await.json();
    assert_eq!(short["balance"], 10);
    app.service
        .post("/api/credits/holds")
        .json(&json!({ "user_id": "ann", "amount": 11 }))
        .expect(402)
        .await;

    capture(&app, &first, 61)
        .expect(422)
        .await
        .expect_pointers(&["/amount"]);
    assert_eq!(
        capture(&app, &first, 40).expect(200).await.json(),
        json!({ "balance": 30 })
    );
    capture(&app, &first, 1).expect(409).await;
    release(&app, &first).expect(409).await;
    release(&app, &second).expect(204).await;
    release(&app, &second).expect(204).await;
    capture(&app, &second, 1).expect(409).await;
    assert_eq!(credits(&app, "ann").await, 60);

    // One that runs out by itself.
    let third = hold(&app, "ann", 50).await;
    assert_eq!(credits(&app, "ann").await, 10);
    let run_out = "UPDATE runledger.credit_holds SET expires_at = now() - interval '1 second' WHERE id = $1";
    app.db.execute(run_out, &[&third]).await;
    assert_eq!(credits(&app, "ann").await, 60);
    capture(&app, &third, 1).expect(409).await;
    assert_eq!(faults(&app).await, json!([]));
}

#[tokio::test]
async fn of_captures_and_releases_at_once_one_ends_the_hold() {
    let app = App::start().await;
    grant(&app, "ann", 100).expect(200).await;
    for _ in 0..5 {
        let hold = hold(&app, "ann", 10).await;
        let requests = (0..6).map(|n| {
            if n % 2 == 0 {
                capture(&app, &hold, 10)
            } else {
                release(&app, &hold)
            }
        });
        let replies = join_all(requests.map(Request::send)).await;
        let captured = replies
            .iter()
            .filter(|reply| reply.as_ref().unwrap().status == 200)
            .count();
        assert!(captured <= 1, "captured {captured} times");
        let sql = "SELECT count(*) FROM runledger.credit_holds WHERE id = $1 AND ended_at IS NOT NULL";
        assert_eq!(app.db.number(sql, &[&hold]).await, 1);
    }
    let spent = r#"SELECT count(*) FROM "CreditTransaction" WHERE type = 'USAGE'"#;
    let captured = "SELECT count(*) FROM runledger.credit_holds WHERE captured IS NOT NULL";
    let (spent, captured) = (app.db.number(spent, &[]).await, app.db.number(captured, &[]).await);
    assert_eq!(spent, captured);
    assert_eq!(credits(&app, "ann").await, 100 - 10 * captured);
    assert_eq!(faults(&app).await, json!([]));
}

#[tokio::test]
async fn the_audit_finds_what_was_tampered_with() {
    let app = App::start().await;
    for user in ["ann", "bob", "cem"] {
        grant(&app, user, 100).expect(200).await;
        spend(&app, user, 10).expect(200).await;
        spend(&app, user, 20).expect(200).await;
    }
    let audit = app.admin.get("/api/admin/credits/audit").expect(200).await.json();
    assert_eq!(audit, json!({ "users": 3, "transactions": 9, "faults": [] }));
    for sql in [
        r#"UPDATE "CreditTransaction" SET amount = -5 WHERE "userId" = 'ann' AND amount = -10"#,
        r#"UPDATE "UserBalance" SET balance = 1000 WHERE "userId" = 'bob'"#,
        r#"UPDATE "CreditTransaction" SET "runningBalance" = 91 WHERE "userId" = 'cem' AND amount = -10"#,
    ] {
        app.db.execute(sql, &[]).await;
    }
    let found: Vec<_> = faults(&app)
        .await
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| {
            (
                fault["user_id"].as_str().unwrap().to_owned(),
                fault["what"].as_str().unwrap().to_owned(),
                fault["expected"].as_i64().unwrap(),
                fault["found"].as_i64().unwrap(),
            )
        })
        .collect();
    let fault = |user: &str, what: &str, expected, found| (user.to_owned(), what.to_owned(), expected, found);
    assert_eq!(
        found,
        [
            fault("ann", "balance", 75, 70),
            fault("ann", "running_balance", 95, 90),
            fault("bob", "balance", 70, 1000),
            fault("cem", "running_balance", 90, 91),
            fault("cem", "running_balance", 71, 70),
        ]
    );
    let of_cem = app
        .admin_for("cem")
        .get("/api/admin/credits/audit")
        .expect(200)
        .await
        .json();
    assert_eq!(of_cem["faults"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn what_the_platform_wrote_counts() {
    let app = App::start().await;
    // Transactions without a balance, one of which no longer counts.
    let sql = r#"INSERT INTO "CreditTransaction" ("transactionKey", "userId", amount, type, "isActive")
        VALUES ('a', 'ann', 50, 'TOP_UP', true), ('b', 'ann', 70, 'TOP_UP', false), ('c', 'ann', -10, 'USAGE', true)"#;
    app.db.execute(sql, &[]).await;
    assert_eq!(credits(&app, "ann").await, 40);
    spend(&app, "ann", 41).expect(402).await;
    assert_eq!(
        spend(&app, "ann", 15).expect(200).await.json(),
        json!({ "balance": 25 })
    );
    assert_eq!(credits(&app, "ann").await, 25);
    assert_eq!(faults(&app).await, json!([]));
}

#[tokio::test]
async fn any_history_adds_up() {
    let app = App::start().await;
    let (mut balance, mut held) = (0_i64, Vec::<(String, u32)>::new());
    // A fixed sequence without a pattern.
    let mut state = 7_u32;
    let mut dice = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) % below
    };
    for _ in 0..120 {
        let amount = 1 + dice(40);
        let free = balance - held.iter().map(|(_, amount)| i64::from(*amount)).sum::<i64>();
        let fits = i64::from(amount) <= free;
        match dice(6) {
            0 => {
                grant(&app, "ann", amount).expect(200).await;
                balance += i64::from(amount);
            }
            1 | 2 => {
                spend(&app, "ann", amount).expect(if fits { 200 } else { 402 }).await;
                balance -= if fits { i64::from(amount) } else { 0 };
            }
            3 if fits => {
                let id = hold(&app, "ann", amount).await;
                held.push((id, amount));
            }
            4 => {
                if let Some((id, most)) = held.pop() {
                    let amount = amount.min(most);
                    capture(&app, &id, amount).expect(200).await;
                    balance -= i64::from(amount);
                }
            }
            _ => {
                if let Some((id, _)) = held.pop() {
                    release(&app, &id).expect(204).await;
                }
            }
        }
        let free = balance - held.iter().map(|(_, amount)| i64::from(*amount)).sum::<i64>();
        assert_eq!(credits(&app, "ann").await, free);
    }
    assert_eq!(faults(&app).await, json!([]));
}
