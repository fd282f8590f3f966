//! Work in a process of its own, whose memory is nobody else's: the test runs this binary again with nothing but itself.

use std::process::Command;

const ALONE: &str = "ANDON_TESTS_ALONE";

/// Does `work` in a process of its own, begun through the command `by`; `module` and `test` name the calling test.
pub(super) fn alone(module: &str, test: &str, by: &[&str], work: impl FnOnce()) {
    if std::env::var_os(ALONE).is_some() {
        return work();
    }
    let own = std::env::current_exe().unwrap();
    let name = format!("{}::{test}", module.split_once("::").unwrap().1);
    let mut command = Command::new(by.first().map_or(own.as_os_str(), |program| program.as_ref()));
    command.args(by.iter().skip(1)).args(by.first().map(|_| &own)).args(["--exact", &name, "--nocapture"]).env(ALONE, "1");
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// Address space and memory of this process, in bytes.
pub(super) fn memory() -> [i64; 2] {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    let mut pages = pages.split(' ').map(|pages| pages.parse::<i64>().unwrap() * 4_096);
    [pages.next().unwrap(), pages.next().unwrap()]
}

/// Most memory that this process ever had, in bytes.
pub(super) fn most_memory() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<i64>().unwrap() * 1_024
}
