//! Redis commands that the test gives: `{address, commands: [[word, …], …]}`. A first word in lower case means the
//! interface's own function, in upper case the command through `execute`.

use serde::Deserialize;
use serde_json::{Value, json};
use spin_sdk::{
    http::{Request, body::IncomingBodyExt as _},
    redis::{Connection, Error, RedisParameter, RedisResult},
};

use crate::{Answer, answer};

#[derive(Deserialize)]
struct Commands {
    address: String,
    commands: Vec<Vec<Value>>,
}

/// Runs the commands on one connection.
pub(crate) async fn serve(request: Request) -> Answer {
    let Ok(body) = request.into_body().bytes().await else {
        return answer(400, &json!("no body"));
    };
    let given: Commands = match serde_json::from_slice(&body) {
        Ok(given) => given,
        Err(error) => return answer(400, &json!(error.to_string())),
    };
    let connection = match Connection::open(given.address).await {
        Ok(connection) => connection,
        Err(error) => return answer(500, &failure(&error)),
    };
    let mut results = Vec::new();
    for command in &given.commands {
        results.push(run(&connection, command).await.unwrap_or_else(|error| failure(&error)));
    }
    answer(200, &json!(results))
}

async fn run(connection: &Connection, words: &[Value]) -> Result<Value, Error> {
    let text = |index: usize| words.get(index).and_then(Value::as_str).unwrap_or_default().to_owned();
    let rest = || (2..words.len()).map(text).collect::<Vec<_>>();
    let shown = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok(match text(0).as_str() {
        "publish" => json!(
            connection
                .publish(text(1), text(2).into_bytes())
                .await
                .map(|()| "published")?
        ),
        "get" => json!(connection.get(text(1)).await?.map(shown)),
        "set" => json!(connection.set(text(1), text(2).into_bytes()).await.map(|()| "set")?),
        "incr" => json!(connection.incr(text(1)).await?),
        "del" => json!(connection.del(vec![text(1)]).await?),
        "sadd" => json!(connection.sadd(text(1), rest()).await?),
        "srem" => json!(connection.srem(text(1), rest()).await?),
        "smembers" => json!(connection.smembers(text(1)).await?),
        command => {
            let arguments = words[1..].iter().map(|word| match word {
                Value::Number(number) => RedisParameter::Int64(number.as_i64().unwrap_or_default()),
                word => RedisParameter::Binary(word.as_str().unwrap_or_default().as_bytes().to_vec()),
            });
            let results = connection
                .execute(command.to_owned(), arguments.collect::<Vec<_>>())
                .await?;
            json!(results.into_iter().map(result).collect::<Vec<_>>())
        }
    })
}

fn result(result: RedisResult) -> Value {
    match result {
        RedisResult::Nil => Value::Null,
        RedisResult::Status(text) => json!({ "status": text }),
        RedisResult::Int64(number) => json!(number),
        RedisResult::Binary(bytes) => json!(String::from_utf8_lossy(&bytes)),
    }
}

fn failure(error: &Error) -> Value {
    match error {
        Error::InvalidAddress => json!({ "error": "invalid-address" }),
        Error::TooManyConnections => json!({ "error": "too-many-connections" }),
        Error::TypeError => json!({ "error": "type-error" }),
        Error::Other(text) => json!({ "error": text }),
    }
}
