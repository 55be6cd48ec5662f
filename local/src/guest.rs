//! What the host keeps for one instance of a component.

use std::sync::Arc;

use wasmtime::component::{HasData, ResourceTable};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::{
    app::Component,
    http_out::HttpOut,
    log::Log,
    memory::{InstanceMemory, Memory},
    output::Output,
    postgres, redis,
};

/// What all instances of all components share.
pub(crate) struct Services {
    /// Connections to Postgres.
    pub(crate) postgres: postgres::Pools,
    /// Connections to Redis.
    pub(crate) redis: redis::Servers,
    /// The memory that instances may have together.
    pub(crate) memory: Arc<Memory>,
    /// The log.
    pub(crate) log: Log,
}

/// The state of one instance.
pub(crate) struct Guest {
    /// Its resources.
    pub(crate) table: ResourceTable,
    /// The component that it is an instance of.
    pub(crate) component: Arc<Component>,
    /// What it shares with the others.
    pub(crate) services: Arc<Services>,
    /// Its memory.
    pub(crate) memory: InstanceMemory,
    wasi: WasiCtx,
    http: WasiHttpCtx,
    http_out: HttpOut,
}

impl Guest {
    /// The state of a new instance with at most `memory` bytes.
    pub(crate) fn new(component: &Arc<Component>, services: &Arc<Services>, http_out: HttpOut, memory: usize) -> Self {
        let output = |stream| Output::new(Arc::clone(&component.name), stream, services.log.clone());
        let mut wasi = WasiCtx::builder();
        wasi.stdout(output("stdout"))
            .stderr(output("stderr"))
            .envs(&component.environment);
        Self {
            table: ResourceTable::new(),
            component: Arc::clone(component),
            services: Arc::clone(services),
            memory: services.memory.instance(memory),
            wasi: wasi.build(),
            http: WasiHttpCtx::new(),
            http_out,
        }
    }
}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for Guest {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            hooks: &mut self.http_out,
            table: &mut self.table,
            ctx: &mut self.http,
        }
    }
}

/// How Spin's interfaces find their state in an instance's.
pub(crate) struct GuestData;

impl HasData for GuestData {
    type Data<'a> = &'a mut Guest;
}
