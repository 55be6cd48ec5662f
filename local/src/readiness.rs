//! Whether the application that is served can do its work: asked once, when it starts, since a component has no start of
//! its own at which it could say that a setting cannot be used.

use std::net::SocketAddr;

use anyhow::{Error, Result, anyhow, bail};
use bytes::Bytes;
use http::StatusCode;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use serde::Deserialize;

/// The route that tells. An application without it is not asked.
pub(crate) const PATH: &str = "/api/health/ready";
/// The kind of problem that does not go away by itself.
const NOT_CONFIGURED: &str = "/problems/not-configured";
/// The most bytes of an answer.
const MAX_BYTES: usize = 64 << 10;

#[derive(Deserialize)]
struct Document {
    r#type: String,
    detail: String,
}

/// Says so at ERROR when a setting of the application cannot be used; ends only then, and only where that is `required`.
pub(crate) async fn refuse_unusable_settings(application: SocketAddr, required: bool) -> Error {
    match unusable_setting(application).await {
        Ok(None) => {}
        Ok(Some(setting)) => {
            tracing::error!(setting, "the application serves nothing: a setting cannot be used");
            if required {
                return anyhow!("a setting cannot be used: {setting}");
            }
        }
        Err(error) => tracing::warn!(
            error = format!("{error:#}"),
            "the application was not asked for its settings"
        ),
    }
    std::future::pending().await
}

/// Which setting of the application cannot be used, if it says so.
async fn unusable_setting(application: SocketAddr) -> Result<Option<String>> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let request = http::Request::get(format!("http://{application}{PATH}")).body(Empty::<Bytes>::new())?;
    let response = client.request(request).await?;
    if response.status() != StatusCode::SERVICE_UNAVAILABLE {
        return Ok(None);
    }
    let body = Limited::new(response.into_body(), MAX_BYTES).collect().await;
    let Ok(body) = body else {
        bail!("the answer of {PATH} cannot be read")
    };
    let document = serde_json::from_slice::<Document>(&body.to_bytes()).ok();
    Ok(document
        .filter(|document| document.r#type == NOT_CONFIGURED)
        .map(|document| document.detail))
}
