//! Working a scoring job off. Any number of runners may share a job: each takes executions that nobody has, under a
//! lease that it renews, so that what a runner leaves behind when it dies is taken up by another.

use std::{
    cell::{Cell, RefCell},
    pin::pin,
    rc::Rc,
    time::{Duration, Instant},
};

use futures::future::{join_all, select};
use runledger_bus::Bus;
use runledger_logging::{Complaints, Trace};
use runledger_models::{AnyUser, Id, scoring::Verdict};
use runledger_store::{
    Db, Error,
    scoring::{Item, Outcome, ScoringTask, Work},
};
use spin_sdk::time::sleep;

use crate::{Settings, catalog, client::Client};

/// How often a runner says that it lives; a third of a lease.
const RENEWAL: Duration = Duration::from_secs(20);
/// How long a runner waits where there is nothing to take: others have the rest, and one of them may die.
const IDLE_PAUSE: Duration = Duration::from_secs(1);
/// How long it waits after the database failed it.
const TROUBLE: Duration = Duration::from_secs(2);
/// How often what was scored is published.
const PUBLICATION: Duration = Duration::from_secs(1);
/// After so many executions in one go a runner leaves the rest to the next: an instance is not to compute for ever.
const MAX_EXECUTIONS: u32 = 2_000;
/// An execution that so many runners took and did not finish is what ends them.
const MAX_TAKEN: u32 = 5;
/// How often an execution is read that the database does not give.
const MAX_READS: u32 = 5;

/// What a runner does when others have all that is left of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Idle {
    /// It waits: one of them may die.
    Wait,
    /// It leaves.
    Leave,
}

struct Runner<'a> {
    db: &'a Db,
    bus: Option<Rc<Bus>>,
    work: Work,
    client: Client,
    until: Instant,
    idle: Idle,
    taken: Cell<u32>,
    is_done: Cell<bool>,
    published: RefCell<Instant>,
    complaints: Complaints,
}

/// Works a job off, for `life` at most (what has begun then is finished).
pub async fn run(db: &Db, bus: Option<Rc<Bus>>, job: &Id, life: Duration, idle: Idle) -> Result<(), Error> {
    let until = Instant::now() + life;
    let Some(work) = db.read(Work::open(&AnyUser::for_own_work(), job.clone())).await? else {
        return Ok(());
    };
    let client = client(&work, db.log().trace()).await.map_err(Error::Internal)?;
    let runner = Runner {
        db,
        bus,
        work,
        client,
        until,
        idle,
        taken: Cell::new(0),
        is_done: Cell::new(false),
        published: RefCell::new(Instant::now()),
        complaints: Complaints::new(),
    };
    let workers = join_all((0..runner.work.batch_size()).map(|_| runner.work_off()));
    // The workers end, and with them the other, which never does.
    select(pin!(workers), pin!(runner.keep_alive())).await;
    runner.publish().await;
    Ok(())
}

/// The model of a job. What is wrong with it is for the log: whoever made the job was told.
async fn client(work: &Work, trace: &Trace) -> Result<Client, String> {
    let catalog = catalog().await?;
    let (provider, model) = catalog.model(work.provider(), work.model()).ok_or(
        "the provider or the model of a job is not known any more: the variable llm_providers has to name them",
    )?;
    let settings = Settings::of(provider).await?;
    Ok(Client::new(settings, model, trace.clone()))
}

impl Runner<'_> {
    /// One execution after another, until nothing is left.
    async fn work_off(&self) {
        while !self.is_done.get() && Instant::now() < self.until && self.taken.get() < MAX_EXECUTIONS {
            match self.db.write(self.work.claim()).await {
                Ok(claimed) => match claimed.item {
                    Some(item) => {
                        self.taken.set(self.taken.get() + 1);
                        self.judge(&item).await;
                    }
                    None if !claimed.is_running => self.is_done.set(true),
                    None if self.idle == Idle::Leave => return,
                    None => sleep(IDLE_PAUSE).await,
                },
                Err(error) => self.wait_for_database(&error).await,
            }
        }
    }

    /// From the execution to what came of it.
    async fn judge(&self, item: &Item) {
        let mut reads = 0;
        let outcome = loop {
            if item.taken > MAX_TAKEN {
                let why = format!("{MAX_TAKEN} runners began with it, and none came to its end");
                break Outcome::Failed(why, None);
            }
            reads += 1;
            match self.db.read(self.work.find(item, self.client.budget())).await {
                Ok(Some(ScoringTask::Case(case))) => {
                    let templates = self.work.templates();
                    let prompt = templates.user_prompt(&case, self.client.budget());
                    drop(case);
                    let (verdict, usage) = self.client.ask(&templates.system, &prompt).await;
                    break match verdict {
                        Ok(verdict) => Outcome::Success(verdict, usage),
                        Err(why) => Outcome::Failed(why, Some(usage)),
                    };
                }
                Ok(Some(ScoringTask::Scored { summary, score })) => break Outcome::Skipped(Verdict { summary, score }),
                Ok(None) => {
                    let why = "the execution was deleted or started again before it was scored";
                    break Outcome::Failed(why.to_owned(), None);
                }
                Err(error @ Error::Unavailable(_)) if reads < MAX_READS => self.wait_for_database(&error).await,
                // Another runner may have better luck, when the lease has run out.
                Err(error @ Error::Unavailable(_)) => return self.complain(&error),
                // Another try would find the same.
                Err(error) => {
                    self.db.log().error(&error.to_string());
                    break Outcome::Failed("the execution cannot be read; the log has more".to_owned(), None);
                }
            }
        };
        if let Err(error) = self.finish(item, &outcome).await {
            self.db.log().error(&error.to_string());
            let outcome = Outcome::Failed("the result cannot be stored; the log has more".to_owned(), None);
            if let Err(error) = self.finish(item, &outcome).await {
                self.db.log().error(&error.to_string());
            }
        }
        if self.published.borrow().elapsed() >= PUBLICATION {
            self.published.replace(Instant::now());
            self.publish().await;
        }
    }

    /// Stores what came of an execution. An answer that was paid for is not given up because the database is away for a
    /// while. The lease may run out meanwhile; whoever comes first counts.
    async fn finish(&self, item: &Item, outcome: &Outcome) -> Result<(), Error> {
        loop {
            match self.db.write(self.work.finish(item, outcome)).await {
                Err(error @ Error::Unavailable(_)) => self.wait_for_database(&error).await,
                done => return done.map(|_| ()),
            }
        }
    }

    async fn keep_alive(&self) {
        loop {
            sleep(RENEWAL).await;
            if let Err(error) = self.db.write(self.work.renew()).await {
                self.complain(&error);
            }
        }
    }

    /// Has the changed statistics published.
    async fn publish(&self) {
        if let Some(bus) = &self.bus {
            bus.relay(self.db).await;
        }
    }

    async fn wait_for_database(&self, error: &Error) {
        self.complain(error);
        sleep(TROUBLE).await;
    }

    fn complain(&self, error: &Error) {
        self.complaints
            .warn(self.db.log(), &format!("a scoring job waits for the database: {error}"));
    }
}
