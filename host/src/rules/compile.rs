//! Compiling what strangers wrote: in a child process that may use only so much memory, processor time and wall clock, because
//! the compiler's makers promise nothing about hostile input. The child is this program itself, called `compile`.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;

use super::engine::Engine;
use super::fault::quote;
use super::machine::MachineCode;
use super::refusal::{Code, Refusal};

/// The child's status where the component is to blame, as in sysexits.h.
pub const REFUSED: u8 = 65;
/// The child's status after a panic.
const PANICKED: i32 = 101;
/// Most bytes of the child's complaints that are read.
const MAX_WORDS: u64 = 4_096;

/// What compiling one component may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompileLimits {
    /// Processor time, whole seconds.
    pub processor: Duration,
    /// Wall clock. Processor time runs out long before on a machine that is not crowded; on one that is, as many seconds of it would
    /// refuse rules for what others are doing.
    pub wall: Duration,
    /// Address space of the child, in bytes.
    pub memory_bytes: u64,
    /// Largest machine code, in bytes.
    pub code_bytes: usize,
}

impl Default for CompileLimits {
    fn default() -> Self {
        Self { processor: Duration::from_secs(5), wall: Duration::from_secs(30), memory_bytes: 512 << 20, code_bytes: 64 << 20 }
    }
}

/// Why there is no machine code.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// The component is to blame.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The compiler could not be run.
    #[error("the compiler could not be run: {0}")]
    Unavailable(#[from] io::Error),
}

/// Who compiles, one component at a time.
#[derive(Debug, Clone)]
pub struct Compiler {
    program: Option<PathBuf>,
    limits: CompileLimits,
    turn: Arc<Semaphore>,
}

impl Compiler {
    /// In this process: for whoever compiles nothing but what is their own.
    pub fn here(limits: CompileLimits) -> Self {
        Self { program: None, limits, turn: Arc::new(Semaphore::new(1)) }
    }

    /// In a child process that runs `program`, which must be `andon`.
    pub fn child(program: PathBuf, limits: CompileLimits) -> Self {
        Self { program: Some(program), ..Self::here(limits) }
    }

    /// In a child process that runs this very program, which must be `andon`.
    pub fn own(limits: CompileLimits) -> io::Result<Self> {
        // On Linux this names what is running even after the file was replaced by a newer version.
        let running = PathBuf::from("/proc/self/exe");
        let program = if running.exists() { running } else { std::env::current_exe()? };
        Ok(Self::child(program, limits))
    }

    /// What compiling may use.
    pub fn limits(&self) -> &CompileLimits {
        &self.limits
    }

    /// Compiles a component that was looked at before.
    pub async fn compile(&self, engine: &Arc<Engine>, component: &[u8]) -> Result<MachineCode, CompileError> {
        let _turn = self.turn.acquire().await.map_err(io::Error::other)?;
        let Some(program) = &self.program else {
            let (engine, component) = (Arc::clone(engine), component.to_vec());
            let compiled = tokio::task::spawn_blocking(move || engine.compile_here(&component)).await;
            return Ok(compiled.map_err(io::Error::other)??);
        };
        let child = self.command(program, engine).spawn()?;
        match tokio::time::timeout(self.limits.wall, self.converse(child, component)).await {
            Ok(done) => done,
            // Dropping the child killed it.
            Err(_) => Err(refused(format!("was not compiled within {} s", self.limits.wall.as_secs_f32()))),
        }
    }

    fn command(&self, program: &PathBuf, engine: &Engine) -> Command {
        let mut command = Command::new(program);
        command.arg0("andon").arg("compile");
        command.args(["--stack-bytes", &engine.limits.stack_bytes.to_string()]);
        command.args(["--memory-bytes", &self.limits.memory_bytes.to_string()]);
        command.args(["--processor-seconds", &self.limits.processor.as_secs().max(1).to_string()]);
        // The allocator would set aside a gibibyte before the limit on memory is in force, and never feel it.
        command.env_clear().env("MIMALLOC_ARENA_RESERVE", "0");
        command.current_dir("/").kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Gives the child the component, and takes machine code or complaints.
    async fn converse(&self, mut child: Child, component: &[u8]) -> Result<MachineCode, CompileError> {
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let give = async {
            if let Some(mut stdin) = stdin {
                // A child that ends before it has read everything says why by itself.
                let _ = stdin.write_all(component).await;
            }
        };
        let (mut code, mut words) = (Vec::new(), Vec::new());
        let take = async {
            match stdout {
                Some(stdout) => stdout.take(self.limits.code_bytes as u64 + 1).read_to_end(&mut code).await,
                None => Ok(0),
            }
        };
        let listen = async {
            match stderr {
                Some(stderr) => stderr.take(MAX_WORDS).read_to_end(&mut words).await,
                None => Ok(0),
            }
        };
        let ((), taken, listened) = tokio::join!(give, take, listen);
        taken.and(listened)?;
        if code.len() > self.limits.code_bytes {
            return Err(refused(format!("makes more than {} bytes of machine code", self.limits.code_bytes)));
        }
        let status = child.wait().await?;
        if status.success() {
            return Ok(MachineCode::trusted(code));
        }
        Err(self.failure(status, &String::from_utf8_lossy(&words)))
    }

    fn failure(&self, status: ExitStatus, words: &str) -> CompileError {
        match (status.code(), status.signal()) {
            (Some(code), _) if code == i32::from(REFUSED) => refused(quote(words.trim())),
            (Some(PANICKED), _) => refused("made the compiler panic".to_owned()),
            (Some(code), _) => io::Error::other(format!("status {code}: {}", quote(words.trim()))).into(),
            (None, Some(signal)) if signal == rustix::process::Signal::XCPU.as_raw() => {
                refused(format!("took more than {} s of processor time to compile", self.limits.processor.as_secs()))
            }
            (None, signal) => {
                let (signal, most) = (signal.unwrap_or_default(), self.limits.memory_bytes);
                refused(format!("ended the compiler (signal {signal}), which may use {most} bytes of memory"))
            }
        }
    }
}

fn refused(why: String) -> CompileError {
    Refusal::of(Code::Compile, "component", why).into()
}
