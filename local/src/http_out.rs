//! `wasi:http` outward: requests that components send, to the hosts that they may reach.

use std::{net::SocketAddr, sync::Arc};

use http::uri::{Authority, Scheme};
use http_body_util::BodyExt;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks, default_send_request};

use crate::app::Component;

/// The host name by which a component addresses its own application, as with Spin.
const SELF: &str = "self.alt";

/// Bytes that are taken from a component at once: what it has made of a body stays in its memory, which is limited.
const CHUNK: usize = 64 * 1024;

/// Sends the requests of one component.
pub(crate) struct HttpOut {
    component: Arc<Component>,
    /// Where this application listens.
    this: SocketAddr,
}

type Sent = (
    http::Response<WasiBody>,
    Box<dyn Future<Output = Result<(), Error>> + Send>,
);

impl HttpOut {
    /// For `component` of the application that listens at `this`.
    pub(crate) fn new(component: Arc<Component>, this: SocketAddr) -> Self {
        Self { component, this }
    }

    /// Checks where `request` goes, and turns it around where it is meant for the application itself.
    fn direct(&self, request: &mut http::Request<WasiBody>) -> Result<(), Error> {
        let allowed = &self.component.allowed_hosts;
        let scheme = request.uri().scheme_str().unwrap_or("http");
        let authority = request.uri().authority().ok_or(Error::HttpRequestUriInvalid)?;
        let itself = authority.host() == SELF;
        let permitted = if itself {
            allowed.allows_self(scheme)
        } else {
            allowed.allows(scheme, authority.host(), authority.port_u16())
        };
        if !permitted {
            tracing::warn!(
                component = &*self.component.name,
                host = authority.host(),
                "a request to a host that is not among the component's allowed_outbound_hosts"
            );
            return Err(Error::HttpRequestDenied);
        }
        if itself {
            let mut parts = std::mem::take(request.uri_mut()).into_parts();
            let this = Authority::try_from(self.this.to_string()).map_err(|_| Error::HttpRequestUriInvalid)?;
            parts.scheme = Some(Scheme::HTTP);
            parts.authority = Some(this);
            *request.uri_mut() = http::Uri::from_parts(parts).map_err(|_| Error::HttpRequestUriInvalid)?;
        }
        Ok(())
    }
}

impl WasiHttpHooks for HttpOut {
    fn p3_outgoing_body_chunk_size(&mut self) -> usize {
        CHUNK
    }

    fn send_request(
        &mut self,
        mut request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Result<Sent, Error>> + Send> {
        let directed = self.direct(&mut request);
        Box::new(async move {
            directed?;
            let (response, io) = default_send_request(request, options).await?;
            let io: Box<dyn Future<Output = Result<(), Error>> + Send> = Box::new(io);
            Ok((response.map(BodyExt::boxed_unsync), io))
        })
    }
}
