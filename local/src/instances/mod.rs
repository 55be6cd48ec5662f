//! The instances of a component: made on demand, reused for many requests, given up when they are used up, idle,
//! trapped or too slow.

mod alone;
mod shared;

use std::{
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use anyhow::Context as _;
use http::Request;
use http::Response;
use tokio::time::{Sleep, sleep};
use wasmtime::{
    Engine, Store,
    component::{Instance, Linker},
};
use wasmtime_wasi_http::{WasiBody, p3::bindings::Service, p3::bindings::ServicePre};

use crate::{
    admission::Admitted,
    app::Component,
    bindings::Imports,
    body::ResponseBody,
    guest::{Guest, GuestData, Services},
    http_out::HttpOut,
    options::Limits,
    problem::Problem,
};

/// The instances of one component.
pub(crate) enum Instances {
    /// Each serves one request at a time.
    Alone(Arc<alone::Instances>),
    /// Each serves several at once.
    Shared(shared::Instances),
}

impl Instances {
    /// No instances yet.
    pub(crate) fn new(factory: Factory) -> Self {
        if factory.limits.max_instance_concurrency <= 1 {
            Self::Alone(alone::Instances::new(factory))
        } else {
            Self::Shared(shared::Instances::new(factory))
        }
    }

    /// Has an instance answer `request`, which counts as being served until `admitted` is dropped.
    pub(crate) async fn answer(
        &self,
        request: Request<WasiBody>,
        admitted: Admitted,
    ) -> Result<Response<ResponseBody>, Problem> {
        match self {
            Self::Alone(instances) => instances.answer(request, admitted).await,
            Self::Shared(instances) => instances.answer(request, admitted).await,
        }
    }
}

/// Makes instances of one component.
pub(crate) struct Factory {
    engine: Engine,
    pre: ServicePre<Guest>,
    component: Arc<Component>,
    services: Arc<Services>,
    limits: Arc<Limits>,
    this: SocketAddr,
}

impl Factory {
    /// Links `compiled`, so that making an instance is little work. `this` is where the application listens.
    pub(crate) fn new(
        compiled: &wasmtime::component::Component,
        component: &Arc<Component>,
        services: &Arc<Services>,
        limits: &Arc<Limits>,
        this: SocketAddr,
    ) -> anyhow::Result<Self> {
        let engine = compiled.engine().clone();
        let mut linker = Linker::<Guest>::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        wasmtime_wasi::p3::add_to_linker(&mut linker)?;
        wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
        Imports::add_to_linker::<_, GuestData>(&mut linker, |guest| guest)?;
        let name = &component.name;
        let prepared = linker
            .instantiate_pre(compiled)
            .map_err(anyhow::Error::from)
            .with_context(|| format!("the component `{name}` imports what this host has not got"))?;
        let pre = ServicePre::new(prepared)
            .map_err(anyhow::Error::from)
            .with_context(|| {
                format!(
                    "the component `{name}` is no HTTP service of WASI 0.3; build it with version 7 of the Spin SDK"
                )
            })?;
        Ok(Self {
            engine,
            pre,
            component: Arc::clone(component),
            services: Arc::clone(services),
            limits: Arc::clone(limits),
            this,
        })
    }

    fn store(&self) -> Store<Guest> {
        let http_out = HttpOut::new(Arc::clone(&self.component), self.this);
        let memory = self.limits.instance_memory_mib << 20;
        let guest = Guest::new(&self.component, &self.services, http_out, memory);
        let mut store = Store::new(&self.engine, guest);
        store.limiter(|guest| &mut guest.memory);
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        store
    }

    async fn instantiate(&self) -> wasmtime::Result<(Store<Guest>, Service)> {
        let mut store = self.store();
        let service = self.pre.instantiate_async(&mut store).await?;
        Ok((store, service))
    }

    /// An instance for what is no HTTP request.
    pub(crate) async fn instantiate_plainly(&self) -> wasmtime::Result<(Store<Guest>, Instance)> {
        let mut store = self.store();
        let instance = self.pre.instance_pre().instantiate_async(&mut store).await?;
        Ok((store, instance))
    }

    /// How long making an instance takes.
    pub(crate) async fn measure(&self) -> wasmtime::Result<Duration> {
        let started = Instant::now();
        let instance = self.instantiate().await?;
        let taken = started.elapsed();
        drop(instance);
        Ok(taken)
    }
}

/// A timer that is seldom set, since that costs more than letting it go off early.
struct Timer(Pin<Box<Sleep>>);

impl Timer {
    fn new() -> Self {
        Self(Box::pin(sleep(Duration::MAX)))
    }

    /// Ready once `deadline` has passed.
    fn poll(&mut self, cx: &mut Context<'_>, deadline: Instant) -> Poll<()> {
        if self.0.deadline().into_std() > deadline {
            self.0.as_mut().reset(deadline.into());
        }
        while self.0.as_mut().poll(cx).is_ready() {
            if Instant::now() >= deadline {
                return Poll::Ready(());
            }
            self.0.as_mut().reset(deadline.into());
        }
        Poll::Pending
    }
}

/// Says that an instance is no more.
fn log_failure(component: &str, error: &wasmtime::Error) {
    tracing::error!(component, error = format!("{error:#}"), "an instance failed");
}
