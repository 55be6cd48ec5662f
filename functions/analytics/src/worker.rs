//! The runner of a job in the instance that was asked for it.

use std::{cell::Cell, rc::Rc, time::Duration};

use runledger_bus::Bus;
use runledger_llm::{Idle, run};
use runledger_models::Id;
use runledger_store::Db;

/// How long a runner works before it is to be started again: while somebody waits, or by the scheduled tick.
const LIFE: Duration = Duration::from_mins(20);

/// What works a job off, whatever becomes of the connection. If the instance dies, the tick goes on.
pub(crate) struct Worker {
    pub(crate) db: Rc<Db>,
    pub(crate) job: Id,
    bus: Option<Rc<Bus>>,
    is_at_work: Rc<Cell<bool>>,
}

impl Worker {
    /// One that is at work.
    pub(crate) fn start(db: Rc<Db>, bus: Option<Rc<Bus>>, job: Id) -> Self {
        let is_at_work = Rc::new(Cell::new(false));
        let worker = Self {
            db,
            job,
            bus,
            is_at_work,
        };
        worker.go_on();
        worker
    }

    /// Whether it has not ended. It ends with the job, after its time, or because it cannot work.
    pub(crate) fn is_at_work(&self) -> bool {
        self.is_at_work.get()
    }

    /// Begins anew.
    pub(crate) fn go_on(&self) {
        let (db, bus, job) = (Rc::clone(&self.db), self.bus.clone(), self.job.clone());
        let is_at_work = Rc::clone(&self.is_at_work);
        is_at_work.set(true);
        spin_sdk::wasip3::spawn(async move {
            if let Err(error) = run(&db, bus, &job, LIFE, Idle::Wait).await {
                db.log().error(&format!("the scoring job {job} stopped: {error}"));
            }
            is_at_work.set(false);
        });
    }
}
