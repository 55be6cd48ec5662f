//! Instances that serve several requests at once, as Spin's do: wasmtime's own handler for that. Requests that share an
//! instance share its fate when it traps.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Instant,
};

use http::{Method, Request, Response};
use tokio::time::sleep_until;
use wasmtime::{Store, StoreContextMut, component::GuestTaskId};
use wasmtime_wasi_http::{
    WasiBody, WasiHttpView as _,
    handler::{
        ExpirationError, HandlerState, Instance, InstantiationError, Proxy, ProxyHandler, ShouldAccept,
        WorkerExpiration, WorkerState, WorkerStatus,
    },
};

use super::{Factory, Timer, log_failure};
use crate::{
    admission::Admitted,
    body::{ResponseBody, finish},
    guest::Guest,
    options::Limits,
    problem::Problem,
};

/// Hands requests to instances.
pub(crate) struct Instances {
    handler: ProxyHandler<Factory>,
}

impl Instances {
    pub(super) fn new(factory: Factory) -> Self {
        Self {
            handler: ProxyHandler::new(factory),
        }
    }

    pub(super) async fn answer(
        &self,
        request: Request<WasiBody>,
        admitted: Admitted,
    ) -> Result<Response<ResponseBody>, Problem> {
        let started = Instant::now();
        let is_head = request.method() == Method::HEAD;
        match self.handler.handle((), request).await {
            Ok(response) => finish(response, is_head, admitted).await,
            Err(error) => Err(self.explain(&error, started)),
        }
    }

    /// Why there is no response.
    fn explain(&self, error: &wasmtime::Error, started: Instant) -> Problem {
        let deadline = self.handler.state().limits.request_deadline_ms;
        if error.is::<ExpirationError>() || started.elapsed() >= deadline {
            return Problem::TooSlow;
        }
        tracing::error!(error = format!("{error:#}"), "a request failed");
        if error.is::<InstantiationError<()>>() {
            Problem::Busy
        } else {
            Problem::Failed
        }
    }
}

impl HandlerState for Factory {
    type StoreData = Guest;
    type WorkerExpiration = Expiration;
    type WorkerState = Worker;

    async fn instantiate(&self) -> wasmtime::Result<Instance<Guest, Expiration, Worker>> {
        let (store, service) = Factory::instantiate(self).await?;
        Ok(Instance {
            store,
            proxy: Proxy::P3(service),
            view: Guest::http,
            expiration: Expiration {
                limits: Arc::clone(&self.limits),
                timer: Timer::new(),
            },
            state: Worker {
                limits: Arc::clone(&self.limits),
                component: Arc::clone(&self.component.name),
            },
        })
    }
}

/// When an instance is given up, whatever it does. Also ends what never gives way, since it is asked from outside.
pub(crate) struct Expiration {
    limits: Arc<Limits>,
    timer: Timer,
}

impl WorkerExpiration for Expiration {
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>, status: WorkerStatus, start: Instant) -> Poll<()> {
        let limit = match status {
            WorkerStatus::Idle => self.limits.instance_idle_ms,
            WorkerStatus::Requests => self.limits.request_deadline_ms,
            WorkerStatus::PostReturn => self.limits.stream_deadline_ms,
        };
        self.timer.poll(cx, start + limit)
    }
}

/// One instance's share of requests.
pub(crate) struct Worker {
    limits: Arc<Limits>,
    component: Arc<str>,
}

impl WorkerState for Worker {
    type StoreData = Guest;
    type RequestData = ();

    fn should_accept_request(&self, concurrent: usize, total: usize) -> ShouldAccept {
        if total >= self.limits.max_instance_requests {
            ShouldAccept::Never
        } else if concurrent >= self.limits.max_instance_concurrency {
            ShouldAccept::No
        } else {
            ShouldAccept::Yes
        }
    }

    fn on_request_start(
        &self,
        _: StoreContextMut<'_, Guest>,
        (): (),
        _: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + Sync>> {
        Box::pin(sleep_until((Instant::now() + self.limits.request_deadline_ms).into()))
    }

    fn drop(&self, store: Store<Guest>, result: wasmtime::Result<()>) {
        if let Err(error) = result {
            log_failure(&self.component, &error);
        }
        drop(store);
    }
}
