//! `andon compile`, which nobody types: the process in which the host compiles what strangers wrote. It gives up what it does not
//! need, reads a component from standard input and writes machine code to standard output.

use std::io::{Read, Write};
use std::process::ExitCode;

use rustix::process::{Resource, Rlimit, setrlimit};

use crate::rules::compile::REFUSED;
use crate::rules::machine::compile_alone;

/// What it may use; the host bounds its wall clock from outside.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long)]
    stack_bytes: usize,
    #[arg(long)]
    memory_bytes: u64,
    #[arg(long)]
    processor_seconds: u64,
}

/// Compiles one component. Must run before anything else does in this process.
pub fn run(args: &Args) -> ExitCode {
    // A panic of the compiler is told in our own words.
    std::panic::set_hook(Box::new(|_| {}));
    match confined(args).and_then(|()| read()).and_then(|component| compile(&component, args.stack_bytes)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn confined(args: &Args) -> std::io::Result<()> {
    let limits = [
        (Resource::As, args.memory_bytes),
        (Resource::Cpu, args.processor_seconds),
        // Neither a core file nor any other.
        (Resource::Core, 0),
        (Resource::Fsize, 0),
    ];
    for (resource, most) in limits {
        // The signal comes at the lower limit, certain death a second after.
        let hard = if resource == Resource::Cpu { most + 1 } else { most };
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(hard) })?;
    }
    Ok(())
}

fn read() -> std::io::Result<Vec<u8>> {
    let mut component = Vec::new();
    std::io::stdin().lock().read_to_end(&mut component)?;
    Ok(component)
}

fn compile(component: &[u8], stack_bytes: usize) -> std::io::Result<ExitCode> {
    match compile_alone(component, stack_bytes) {
        Ok(code) => std::io::stdout().lock().write_all(&code).map(|()| ExitCode::SUCCESS),
        Err(why) => {
            eprintln!("{why}");
            Ok(ExitCode::from(REFUSED))
        }
    }
}
