//! The process and worker that has a claim.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};

/// A worker of a process: two of one process are two holders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Name of the machine.
    pub host: String,
    /// The boot of the machine and its space of process numbers, in which `pid` means one process; empty where
    /// the system does not tell.
    pub system: String,
    /// Number of the process.
    pub pid: u32,
    /// Start of the process in ticks since the boot, so that a later one with its number is told apart; 0 where
    /// the system does not tell.
    pub start: u64,
    /// Number of the worker in its process.
    pub worker: u64,
}

impl Holder {
    /// A new worker of this process.
    pub fn new() -> Holder {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let pid = std::process::id();
        Holder {
            host: host(),
            system: system(),
            pid,
            start: start_of(pid).unwrap_or(0),
            worker: NEXT.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// True if it is a worker of this process.
    pub fn is_of_this_process(&self) -> bool {
        self.pid == std::process::id() && self.system == system() && self.host == host()
    }

    /// If its process is known to have ended. False where that cannot be known, as on another machine.
    pub fn has_ended(&self) -> bool {
        let known = !self.system.is_empty() && self.start > 0 && self.system == system();
        known && start_of(self.pid) != Some(self.start)
    }
}

impl Default for Holder {
    fn default() -> Holder {
        Holder::new()
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {} on {}", self.pid, files::text::name(&self.host))
    }
}

fn host() -> String {
    let of_kernel = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name =
        of_kernel.or_else(|| std::env::var("HOSTNAME").or_else(|_| std::env::var("COMPUTERNAME")).ok());
    let name = name.unwrap_or_default();
    if name.trim().is_empty() { "this machine".to_string() } else { name.trim().to_string() }
}

fn system() -> String {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id");
    let space = std::fs::read_link("/proc/self/ns/pid");
    match (boot, space) {
        (Ok(boot), Ok(space)) => format!("{} {}", boot.trim(), space.display()),
        _ => String::new(),
    }
}

/// The start of a process that has not ended, from Linux's `/proc/PID/stat`: state and start are the first and
/// the twentieth field after the name, which is in parentheses and may hold anything.
fn start_of(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ended = matches!(fields.first(), Some(&("Z" | "X")));
    if ended { None } else { fields.get(19)?.parse().ok() }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_ends_for_those_who_share_its_numbers() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().expect("sleep");
        let pid = child.id();
        let holder = Holder { pid, start: start_of(pid).expect("it runs"), ..Holder::new() };
        assert!(!Holder::new().has_ended() && !holder.has_ended());
        child.kill().expect("it can be killed");
        // Not waited for, it is a zombie first.
        while start_of(pid).is_some() {
            std::thread::yield_now();
        }
        assert!(holder.has_ended());
        child.wait().expect("it ends");
        assert!(holder.has_ended());
        assert!(!Holder { system: "another".into(), ..holder.clone() }.has_ended());
        let reused = Holder { start: 1, ..Holder::new() };
        assert!(reused.has_ended());
    }
}
