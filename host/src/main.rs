//! The `andon` binary.

use std::process::ExitCode;

use clap::Parser;

/// Taking events in makes and drops many short strings, on several threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Rules run on the runtime's threads for reads: wasm's own stack, and room for the host's frames under it.
const STACK: usize = 8 << 20;

fn main() -> ExitCode {
    let cli = andon::cli::Cli::parse();
    if let Some(done) = cli.run_alone() {
        return done;
    }
    andon::sudden::arm();
    andon::auth::install_crypto();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK).build();
    let done = runtime.map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(cli.run()));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
