//! `runledger-local`: see the library.

use std::{io, process::ExitCode};

use clap::Parser as _;
use mimalloc::MiMalloc;
use runledger_local::{Log, Options, run};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let options = Options::parse();
    let log = Log::new(io::stderr());
    let result = log.install(&options.log).and_then(|()| {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        let result = runtime.block_on(run(options, log.clone()));
        // Instances that never give way must not keep the process.
        runtime.shutdown_background();
        result
    });
    log.flush();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // For a person at a terminal: not a line of JSON.
            eprintln!("runledger-local: {error:#}");
            ExitCode::FAILURE
        }
    }
}
