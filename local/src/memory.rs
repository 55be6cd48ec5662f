//! The memory of instances: each has a limit, and so have all together.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use wasmtime::ResourceLimiter;

/// What all instances have together.
pub(crate) struct Memory {
    used: AtomicUsize,
    limit: usize,
}

/// The memory of one instance, counted until this is dropped.
pub(crate) struct InstanceMemory {
    all: Arc<Memory>,
    used: usize,
    limit: usize,
    /// Whether the instance was refused memory that it might have had at another time.
    pub(crate) was_short: bool,
}

impl Memory {
    /// At most `limit` bytes.
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            used: AtomicUsize::new(0),
            limit,
        })
    }

    /// Whether more than half of it is in use.
    pub(crate) fn is_short(&self) -> bool {
        self.used.load(Ordering::Relaxed) > self.limit / 2
    }

    /// The memory of a new instance, at most `limit` bytes.
    pub(crate) fn instance(self: &Arc<Self>, limit: usize) -> InstanceMemory {
        InstanceMemory {
            all: Arc::clone(self),
            used: 0,
            limit,
            was_short: false,
        }
    }

    fn take(&self, bytes: usize) -> bool {
        let taken = self.used.try_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            used.checked_add(bytes).filter(|used| *used <= self.limit)
        });
        taken.is_ok()
    }
}

impl ResourceLimiter for InstanceMemory {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let more = desired.saturating_sub(current);
        if self.used + more > self.limit {
            return Ok(false);
        }
        if !self.all.take(more) {
            self.was_short = true;
            return Ok(false);
        }
        self.used += more;
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(true)
    }
}

impl Drop for InstanceMemory {
    fn drop(&mut self) {
        self.all.used.fetch_sub(self.used, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_instances_have_together_is_limited_and_given_back() {
        let all = Memory::new(100);
        let (mut one, mut two) = (all.instance(80), all.instance(80));
        assert!(one.memory_growing(0, 50, None).unwrap() && !all.is_short());
        assert!(
            !one.memory_growing(50, 90, None).unwrap() && !one.was_short,
            "its own limit"
        );
        assert!(one.memory_growing(50, 80, None).unwrap() && all.is_short());
        assert!(
            !two.memory_growing(0, 30, None).unwrap() && two.was_short,
            "the others have it"
        );
        drop(one);
        assert!(two.memory_growing(0, 30, None).unwrap());
    }
}
