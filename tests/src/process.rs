//! The real binary in a process of its own: run to its end, or to be killed without warning.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// What a command did that has ended.
#[derive(Debug)]
pub struct Ran {
    /// Whether it says that it succeeded.
    pub succeeded: bool,
    /// What it printed.
    pub out: String,
    /// What it said besides.
    pub err: String,
}

impl Ran {
    /// Runs a command to its end.
    pub fn to_its_end(command: &mut Command) -> Self {
        let output = command.stdin(Stdio::null()).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { succeeded: output.status.success(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// What was printed by a command that succeeded.
    #[track_caller]
    pub fn ok(self) -> String {
        assert!(self.succeeded, "{}\n{}", self.out, self.err);
        self.out
    }

    /// The error of a command that failed.
    #[track_caller]
    pub fn failed(&self) -> &str {
        assert!(!self.succeeded, "{}\n{}", self.out, self.err);
        self.err.trim()
    }

    /// What was printed, as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }
}

/// A host that serves, for as long as somebody holds it.
pub struct Process {
    child: Child,
    address: String,
}

impl Process {
    /// Starts `binary` on a port that the system chooses and waits until it listens.
    pub fn serve(binary: &str, home: &Path, database_url: &str) -> Self {
        Self::serve_with(binary, home, database_url, &[])
    }

    /// The same, to die at a point: see [`andon::sudden::arm`].
    pub fn serve_until(die_at: &str, binary: &str, home: &Path, database_url: &str) -> Self {
        Self::start(binary, home, database_url, &[], die_at)
    }

    /// The same with further flags.
    pub fn serve_with(binary: &str, home: &Path, database_url: &str, flags: &[&str]) -> Self {
        Self::start(binary, home, database_url, flags, "")
    }

    fn start(binary: &str, home: &Path, database_url: &str, flags: &[&str], die_at: &str) -> Self {
        let mut child = Command::new(binary)
            .env("ANDON_DIE_AT", die_at)
            .args(["serve", "--listen", "127.0.0.1:0", "--log", "json", "--database-url", database_url, "--home"])
            .arg(home)
            .args(flags)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut seen = String::new();
        let address = loop {
            let from = seen.len();
            assert_ne!(log.read_line(&mut seen).unwrap(), 0, "it ended before it listened:\n{seen}");
            if let Some((_, rest)) = seen[from..].split_once("http://") {
                break rest.split([',', '"', '/', ' ']).next().unwrap().to_owned();
            }
        };
        // A full pipe would stop the host.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Self { child, address }
    }

    /// Where it listens.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// SIGKILL, at once.
    pub fn kill(self) {
        drop(self);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A connection that sends requests and reads answers in JSON, one after the other.
pub struct Connection {
    stream: BufReader<TcpStream>,
    token: String,
}

impl Connection {
    /// Connects, with a token to show.
    pub fn open(address: &str, token: &str) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream), token: token.to_owned() })
    }

    /// Status and body of the answer; an error where the other side is gone before the answer is whole.
    pub fn get(&mut self, path: &str) -> std::io::Result<(u16, Value)> {
        self.send("GET", path, "", "")
    }

    /// The same of a request with a body.
    pub fn post(&mut self, path: &str, body: &str) -> std::io::Result<(u16, Value)> {
        self.post_with(path, "", body)
    }

    /// The same with further lines in the head, each with its end.
    pub fn post_with(&mut self, path: &str, lines: &str, body: &str) -> std::io::Result<(u16, Value)> {
        self.send("POST", path, &format!("content-type: application/json\r\n{lines}"), body)
    }

    fn send(&mut self, method: &str, path: &str, lines: &str, body: &str) -> std::io::Result<(u16, Value)> {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {}\r\n{lines}content-length: {}\r\n\r\n",
            self.token,
            body.len()
        );
        self.stream.get_mut().write_all(head.as_bytes())?;
        self.stream.get_mut().write_all(body.as_bytes())?;
        let (mut line, mut status, mut length) = (String::new(), 0, 0);
        loop {
            line.clear();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            let text = line.trim_end().to_ascii_lowercase();
            if text.is_empty() {
                break;
            }
            if let Some(rest) = text.strip_prefix("http/1.1 ") {
                status = rest[..3].parse().unwrap();
            } else if let Some(rest) = text.strip_prefix("content-length: ") {
                length = rest.parse().unwrap();
            }
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer)?;
        Ok((status, serde_json::from_slice(&answer)?))
    }
}
