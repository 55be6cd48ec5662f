//! The component that the tests of the host run: each route makes the host do one thing, well or badly.

mod misbehave;
mod redis;
mod sql;

use bytes::Bytes;
use futures::SinkExt as _;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use spin_sdk::{
    http::{BoxBody, FullBody, Request, Response, body::IncomingBodyExt as _, box_body},
    http_service, variables,
};

/// What every route gives.
type Answer = Response<BoxBody>;

/// `status` with a JSON body.
fn answer(status: u16, body: &Value) -> Answer {
    let mut response = Response::new(box_body(FullBody::new(Bytes::from(body.to_string()))));
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
    response
}

/// The value of a parameter of the query, which must need no decoding.
fn parameter<'q>(query: &'q str, name: &str) -> Option<&'q str> {
    query
        .split('&')
        .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

fn number(query: &str, name: &str) -> usize {
    parameter(query, name)
        .and_then(|text| text.parse().ok())
        .unwrap_or_default()
}

#[http_service]
async fn serve(request: Request) -> Result<Answer, spin_sdk::http::Error> {
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let (_, rest) = path.split_once("/guest/").unwrap_or(("", path.trim_start_matches('/')));
    let (route, argument) = rest.split_once('/').unwrap_or((rest, ""));
    Ok(match route {
        "hello" => Response::new(box_body(FullBody::new(Bytes::from_static(b"hello")))),
        "variable" => match variables::get(argument).await {
            Ok(value) => answer(200, &json!(value)),
            Err(error) => answer(404, &json!(format!("{error:?}"))),
        },
        "request" => {
            let names: Vec<_> = request.headers().keys().map(http::HeaderName::as_str).collect();
            answer(
                200,
                &json!({ "method": request.method().as_str(), "uri": request.uri().to_string(), "headers": names }),
            )
        }
        "environment" => answer(200, &json!(std::env::var(argument).ok())),
        "echo" => Response::new(request.into_body().map_err(Into::into).boxed_unsync()),
        "count" => match request.into_body().bytes().await {
            Ok(bytes) => answer(200, &json!(bytes.len())),
            Err(error) => answer(400, &json!(format!("{error:?}"))),
        },
        "stream" => stream(
            number(&query, "chunks"),
            number(&query, "size"),
            number(&query, "pause") as u64,
        ),
        "events" => events(&query),
        "sleep" => {
            spin_sdk::time::sleep(std::time::Duration::from_millis(number(&query, "ms") as u64)).await;
            answer(200, &json!("rested"))
        }
        "log" => {
            println!("plain out");
            eprintln!("plain err");
            println!(r#"{{"level":"INFO","message":"json out","request_id":"{argument}"}}"#);
            answer(200, &json!(null))
        }
        "fetch" => fetch(request).await,
        "kept" => sql::kept(&query).await,
        "sql" => sql::serve(argument, request).await,
        "redis" => redis::serve(request).await,
        _ => misbehave::serve(route, &query).await?,
    })
}

/// A body of `chunks` pieces of `size` bytes with pauses between them.
fn stream(chunks: usize, size: usize, pause: u64) -> Answer {
    let (mut sender, body) = spin_sdk::http::body::stream::<Bytes>();
    spin_sdk::wasip3::spawn(async move {
        for _ in 0..chunks {
            if sender.send(Bytes::from(vec![b'x'; size])).await.is_err() {
                break;
            }
            if pause > 0 {
                spin_sdk::time::sleep(std::time::Duration::from_millis(pause)).await;
            }
        }
    });
    Response::new(box_body(body))
}

/// A stream of server-sent events of `size` bytes (1), without an end unless one is asked for.
fn events(query: &str) -> Answer {
    let chunks = parameter(query, "chunks").map_or(usize::MAX, |_| number(query, "chunks"));
    let mut answer = stream(chunks, number(query, "size").max(1), number(query, "pause") as u64);
    answer
        .headers_mut()
        .insert("content-type", http::HeaderValue::from_static("text/event-stream"));
    answer
}

/// Fetches the URL in the request's body.
async fn fetch(request: Request) -> Answer {
    let Ok(url) = request.into_body().bytes().await else {
        return answer(400, &json!("no body"));
    };
    match spin_sdk::http::get(String::from_utf8_lossy(&url)).await {
        Ok(response) => {
            let status = response.status().as_u16();
            match response.into_body().bytes().await {
                Ok(body) => answer(
                    200,
                    &json!({ "status": status, "body": String::from_utf8_lossy(&body) }),
                ),
                Err(error) => answer(502, &json!(format!("{error:?}"))),
            }
        }
        Err(error) => answer(502, &json!(format!("{error:?}"))),
    }
}
