//! Instances that serve one request at a time, so that what fails fails alone.
//!
//! A request runs within the task of its connection, on an instance that nobody else uses meanwhile: no queue and no
//! other task stand between. Only what remains to be done after the response has been given (and the whole, when the
//! client goes away) continues in a task of its own.

use std::{
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::{Duration, Instant},
};

use futures::future::poll_fn;
use http::{Method, Request, Response};
use tokio::{runtime::Handle, time::sleep};
use wasmtime::{Store, component::Accessor};
use wasmtime_wasi_http::{
    FieldMap, WasiBody, WasiHttpView as _,
    p3::{self, bindings::Service},
};

use super::{Factory, Timer, log_failure};
use crate::{
    admission::Admitted,
    body::{ResponseBody, finish},
    guest::Guest,
    problem::Problem,
};

/// Instances of one component.
pub(crate) struct Instances {
    factory: Factory,
    /// The most recently used last, which is the first to be used again.
    idle: Mutex<Vec<Instance>>,
}

/// An instance between requests, or for the time of one.
struct Instance {
    store: Store<Guest>,
    service: Service,
    timer: Timer,
    /// Requests so far.
    served: usize,
    idle_since: Instant,
}

/// What a request is answered with.
type Answer = Result<Response<ResponseBody>, Problem>;

/// Where an instance leaves its answer.
#[derive(Clone, Default)]
struct Slot(Arc<Mutex<Option<Answer>>>);

impl Slot {
    fn put(&self, answer: Answer) {
        *lock(&self.0) = Some(answer);
    }

    fn take(&self) -> Option<Answer> {
        lock(&self.0).take()
    }
}

impl Instances {
    pub(super) fn new(factory: Factory) -> Arc<Self> {
        let instances = Arc::new(Self {
            factory,
            idle: Mutex::default(),
        });
        let (weak, patience) = (Arc::downgrade(&instances), instances.factory.limits.instance_idle_ms);
        tokio::spawn(async move {
            while let Some(instances) = weak.upgrade() {
                instances.drop_idle(patience);
                drop(instances);
                sleep(patience / 2).await;
            }
        });
        instances
    }

    /// Gives up instances that have been idle for longer than `patience`.
    fn drop_idle(&self, patience: Duration) {
        let mut idle = lock(&self.idle);
        let fresh = idle.partition_point(|instance| instance.idle_since.elapsed() > patience);
        let old: Vec<_> = idle.drain(..fresh).collect();
        // Dropping them takes a while, and others wait for the list.
        drop(idle);
        drop(old);
    }

    pub(super) async fn answer(self: &Arc<Self>, request: Request<WasiBody>, admitted: Admitted) -> Answer {
        let reused = lock(&self.idle).pop();
        let instance = match reused {
            Some(instance) => instance,
            None => self.instantiate().await?,
        };
        let slot = Slot::default();
        let mut work = Work(Some(Box::pin(Arc::clone(self).run(
            instance,
            request,
            admitted,
            slot.clone(),
        ))));
        poll_fn(|cx| {
            let Some(running) = &mut work.0 else {
                return Poll::Ready(Err(Problem::Failed));
            };
            let poll = running.as_mut().poll(cx);
            if poll.is_ready() {
                work.0 = None;
            }
            match slot.take() {
                Some(answer) => Poll::Ready(answer),
                None if poll.is_ready() => Poll::Ready(Err(Problem::Failed)),
                None => Poll::Pending,
            }
        })
        .await
    }

    async fn instantiate(&self) -> Result<Instance, Problem> {
        let (store, service) = self.factory.instantiate().await.map_err(|error| {
            tracing::error!(error = format!("{error:#}"), "an instance cannot be made");
            Problem::Busy
        })?;
        Ok(Instance {
            store,
            service,
            timer: Timer::new(),
            served: 0,
            idle_since: Instant::now(),
        })
    }

    /// Serves one request, and keeps the instance if it is good for more.
    async fn run(self: Arc<Self>, mut instance: Instance, request: Request<WasiBody>, admitted: Admitted, slot: Slot) {
        instance.served += 1;
        match self.call(&mut instance, request, admitted, &slot).await {
            Ok(()) if instance.served < self.factory.limits.max_instance_requests => {
                instance.idle_since = Instant::now();
                lock(&self.idle).push(instance);
            }
            Ok(()) => {}
            // It failed because others have the memory that it asked for.
            Err(Problem::Failed) if instance.store.data().memory.was_short => slot.put(Err(Problem::Busy)),
            Err(problem) => slot.put(Err(problem)),
        }
    }

    /// Calls the component, and waits until it has nothing left to do. An error is the end of the instance; answers,
    /// good or bad, go to `slot`.
    async fn call(
        &self,
        instance: &mut Instance,
        request: Request<WasiBody>,
        admitted: Admitted,
        slot: &Slot,
    ) -> Result<(), Problem> {
        let limits = &self.factory.limits;
        let Instance {
            store, service, timer, ..
        } = instance;
        let answered = Mutex::new(None);
        let mut call = pin!(store.run_concurrent(async |accessor| {
            let answer = respond(accessor, service, request, admitted).await?;
            slot.put(answer);
            *lock(&answered) = Some(Instant::now());
            poll_fn(|cx| accessor.poll_no_interesting_tasks(cx)).await;
            wasmtime::error::Ok(())
        }));
        let started = Instant::now();
        // How long the component has computed since it answered.
        let mut busy = Duration::ZERO;
        poll_fn(|cx| {
            let before = *lock(&answered);
            let polled = before.map(|_| Instant::now());
            let result = match call.as_mut().poll(cx) {
                Poll::Ready(result) => result.flatten(),
                Poll::Pending => {
                    busy += polled.map_or(Duration::ZERO, |polled| polled.elapsed());
                    let deadline = match *lock(&answered) {
                        Some(since) => since + limits.stream_deadline_ms,
                        None => started + limits.request_deadline_ms,
                    };
                    if timer.poll(cx, deadline).is_pending() && busy < limits.request_deadline_ms {
                        return Poll::Pending;
                    }
                    log_failure(&self.factory.component.name, &wasmtime::format_err!("it took too long"));
                    return Poll::Ready(Err(Problem::TooSlow));
                }
            };
            Poll::Ready(result.map_err(|error| {
                log_failure(&self.factory.component.name, &error);
                Problem::Failed
            }))
        })
        .await
    }
}

/// The component's response to `request`, its body collected if it is short.
async fn respond(
    accessor: &Accessor<Guest>,
    service: &Service,
    request: Request<WasiBody>,
    admitted: Admitted,
) -> wasmtime::Result<Answer> {
    let is_head = request.method() == Method::HEAD;
    let (parts, body) = request.into_parts();
    let uri = parts.uri.into_parts();
    let headers = accessor.with(|mut access| FieldMap::new_immutable(access.get().http().hooks, parts.headers));
    let (request, sent) = p3::Request::new(
        parts.method,
        uri.scheme,
        uri.authority,
        uri.path_and_query,
        headers,
        None,
        body,
    );
    let response = match service.handle(accessor, request).await? {
        Ok(response) => response,
        Err(code) => {
            tracing::error!(error = ?code, "a component gave an error instead of a response");
            return Ok(Err(Problem::Failed));
        }
    };
    let response = accessor.with(|access| response.into_http(access, sent))?;
    Ok(finish(response, is_head, admitted).await)
}

/// A request that is being served. When nobody waits for it any longer it goes on by itself.
struct Work(Option<Pin<Box<dyn Future<Output = ()> + Send>>>);

impl Drop for Work {
    fn drop(&mut self) {
        if let Some(running) = self.0.take()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(running);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
