//! What no component should do.

use bytes::Bytes;
use futures::SinkExt as _;
use http_body_util::BodyExt as _;
use serde_json::json;
use spin_sdk::http::{Error, Response, box_body};

use crate::{Answer, answer, number};

/// Misbehaves as `route` says.
pub(crate) async fn serve(route: &str, query: &str) -> Result<Answer, Error> {
    match route {
        "trap" => trap(),
        "loop" => spin(),
        "hog" => Ok(hog(number(query, "mib"), number(query, "ms") as u64).await),
        "never" => {
            std::future::pending::<()>().await;
            Ok(answer(200, &json!("at last")))
        }
        "error" => Err(Error::other("on purpose")),
        "short" => {
            // Says more than it gives.
            let mut response = Response::new(box_body(http_body_util::Full::new(Bytes::from_static(b"short"))));
            response
                .headers_mut()
                .insert("content-length", http::HeaderValue::from_static("10"));
            Ok(response)
        }
        "trap-in-body" => Ok(trap_in_body()),
        _ => Ok(answer(404, &json!(route))),
    }
}

fn trap() -> ! {
    std::process::abort()
}

fn spin() -> ! {
    let mut turns = 0_u64;
    loop {
        turns = std::hint::black_box(turns.wrapping_add(1));
    }
}

async fn hog(mib: usize, milliseconds: u64) -> Answer {
    let mut memory = vec![0_u8; mib << 20];
    // Touched, so that it is there in fact.
    memory.iter_mut().step_by(4096).for_each(|byte| *byte = 1);
    if milliseconds > 0 {
        spin_sdk::time::sleep(std::time::Duration::from_millis(milliseconds)).await;
    }
    answer(200, &json!(std::hint::black_box(memory).len()))
}

/// A body that breaks off.
fn trap_in_body() -> Answer {
    let (mut sender, body) = spin_sdk::http::body::stream::<Bytes>();
    spin_sdk::wasip3::spawn(async move {
        for _ in 0..64 {
            if sender.send(Bytes::from(vec![b'x'; 16 * 1024])).await.is_err() {
                return;
            }
        }
        trap()
    });
    Response::new(body.map_err(Into::into).boxed_unsync())
}
