//! The engine that runs components, and the components compiled for it.

use std::{
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io::Write as _,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use anyhow::{Context, Result};
use sha2::{Digest as _, Sha256};
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, component};

use crate::{app::Component, options::Limits};

/// How often a component that computes lets others have their turn.
const EPOCH: Duration = Duration::from_millis(10);
/// Instances besides those with requests in flight or open streams: idle ones, and ones on their way out.
const SPARE_INSTANCES: usize = 64;
/// Core instances and tables that a component built by the toolchain needs, generously.
const PARTS: u32 = 8;
/// Bytes of an instance's memory that stay mapped when it is gone, for the next to start with.
const KEEP_RESIDENT: usize = 1 << 20;

/// An engine with room for the instances that `limits` allow. Starts the thread that its clock needs.
pub(crate) fn new(limits: &Limits) -> Result<Engine> {
    // Twice the requests, since an instance may still be at work when its response has been given. Places that nobody
    // takes cost no memory, only addresses.
    let instances = u32::try_from(2 * limits.max_in_flight + limits.max_sending + limits.max_streams + SPARE_INSTANCES)
        .context("--max-in-flight, --max-sending or --max-streams is too large")?;
    let memory = limits.instance_memory_mib << 20;
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(instances)
        .total_core_instances(instances * PARTS)
        .total_memories(instances)
        .total_tables(instances * PARTS)
        .total_stacks(instances.saturating_mul(2))
        .max_memory_size(memory)
        .linear_memory_keep_resident(KEEP_RESIDENT)
        .table_keep_resident(64 << 10);
    let mut config = Config::new();
    config
        .wasm_component_model_async(true)
        .epoch_interruption(true)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    let engine = Engine::new(&config)?;

    let clock = engine.weak();
    thread::spawn(move || {
        while let Some(engine) = clock.upgrade() {
            engine.increment_epoch();
            drop(engine);
            thread::sleep(EPOCH);
        }
    });
    Ok(engine)
}

/// The component in `component`'s file, compiled now or before.
pub(crate) fn compile(engine: &Engine, component: &Component, state_dir: &Path) -> Result<component::Component> {
    let wasm = fs::read(&component.source).with_context(|| {
        format!(
            "the component `{}` has no file {}; {}",
            component.name,
            component.source.display(),
            component.build_hint
        )
    })?;
    let entry = Entry::new(engine, state_dir, &wasm);
    if let Some(compiled) = entry.load(engine) {
        tracing::debug!(component = &*component.name, "compiled before");
        return Ok(compiled);
    }
    let started = std::time::Instant::now();
    let compiled = component::Component::new(engine, &wasm)
        .map_err(anyhow::Error::from)
        .with_context(|| {
            format!(
                "{} is not a component that this host can run",
                component.source.display()
            )
        })?;
    tracing::info!(
        component = &*component.name,
        milliseconds = started.elapsed().as_millis() as u64,
        "compiled"
    );
    let kept = compiled
        .serialize()
        .map_err(anyhow::Error::from)
        .and_then(|code| entry.store(&code));
    if let Err(error) = kept {
        tracing::warn!(
            component = &*component.name,
            error = format!("{error:#}"),
            "compiled code cannot be kept"
        );
    }
    Ok(compiled)
}

/// Compiled code in a file: the SHA-256 of the code, then the code. The file's name says for which component and engine.
struct Entry(PathBuf);

impl Entry {
    fn new(engine: &Engine, state_dir: &Path, wasm: &[u8]) -> Self {
        let mut compatibility = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut compatibility);
        Self(
            state_dir
                .join("compiled")
                .join(format!("{:x}-{:016x}", Sha256::digest(wasm), compatibility.finish())),
        )
    }

    /// The code, unless there is none or the file is damaged.
    fn load(&self, engine: &Engine) -> Option<component::Component> {
        let bytes = fs::read(&self.0).ok()?;
        let (digest, code) = bytes.split_first_chunk::<32>()?;
        if Sha256::digest(code) != (*digest).into() {
            tracing::warn!(file = %self.0.display(), "compiled code is damaged; compiling anew");
            return None;
        }
        #[expect(
            unsafe_code,
            reason = "the digest says that these are the bytes that `serialize` gave this host"
        )]
        let component = unsafe { component::Component::deserialize(engine, code) };
        component.ok()
    }

    /// Keeps `code`. Another process may do the same now: the file appears as a whole or not at all.
    fn store(&self, code: &[u8]) -> Result<()> {
        let folder = self.0.parent().context("an entry is in a folder")?;
        fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&Sha256::digest(code))?;
        file.write_all(code)?;
        file.persist(&self.0)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_entry_is_no_entry() {
        let engine = Engine::default();
        let folder = tempfile::tempdir().unwrap();
        // The head of a component, which is all that an empty one has.
        let wasm = b"\0asm\x0d\0\x01\0";
        let entry = Entry::new(&engine, folder.path(), wasm);
        assert!(entry.load(&engine).is_none(), "nothing is there yet");
        let code = component::Component::new(&engine, wasm).unwrap().serialize().unwrap();
        entry.store(&code).unwrap();
        assert!(entry.load(&engine).is_some());

        let intact = fs::read(&entry.0).unwrap();
        for damage in [0, 20, intact.len() / 2, intact.len() - 1] {
            let mut bytes = intact.clone();
            bytes[damage] ^= 1;
            fs::write(&entry.0, bytes).unwrap();
            assert!(entry.load(&engine).is_none(), "byte {damage}");
        }
        fs::write(&entry.0, &intact[..intact.len() / 3]).unwrap();
        assert!(entry.load(&engine).is_none());
        entry.store(&code).unwrap();
        assert!(entry.load(&engine).is_some());
    }
}
