//! Cores that other programs kept busy meanwhile, where the system tells it.

use std::collections::BTreeMap;
use std::fs;

/// Processor time so far, in the system's ticks.
pub(super) struct Load {
    /// Of all cores, idle or not.
    all: f64,
    /// Of any program, or of another machine on the same processor.
    busy: f64,
    /// Of each of our processes.
    ours: BTreeMap<u32, f64>,
}

impl Load {
    /// Up to now, with these as our processes.
    pub(super) fn now(processes: impl Iterator<Item = u32>) -> Option<Load> {
        let (all, busy) = machine(&fs::read_to_string("/proc/stat").ok()?)?;
        let ticks = |id: u32| Some((id, process(&fs::read_to_string(format!("/proc/{id}/stat")).ok()?)?));
        Some(Load { all, busy, ours: processes.filter_map(ticks).collect() })
    }

    /// Cores that others kept busy from `before` until this.
    pub(super) fn others_since(&self, before: &Load, cores: usize) -> f64 {
        let used = |(id, ticks): (&u32, &f64)| Some(ticks - before.ours.get(id)?);
        let ours: f64 = self.ours.iter().filter_map(used).sum();
        let others = (self.busy - before.busy - ours) / (self.all - before.all).max(1.0);
        cores as f64 * others.max(0.0)
    }
}

/// All and busy ticks from the first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq,
/// steal, and two that are part of the first two.
fn machine(stat: &str) -> Option<(f64, f64)> {
    let numbers = stat.lines().next()?.strip_prefix("cpu ")?.split_whitespace();
    let ticks: Vec<f64> = numbers.take(8).map_while(|number| number.parse().ok()).collect();
    let [user, nice, system, idle, iowait, irq, softirq, steal] = ticks[..] else { return None };
    let busy = user + nice + system + irq + softirq + steal;
    Some((busy + idle + iowait, busy))
}

/// User and system ticks of a process and its threads from /proc/PID/stat, whose second field may have
/// spaces and ends with a bracket.
fn process(stat: &str) -> Option<f64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some(ticks()? + ticks()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_read_from_the_systems_lines() {
        assert_eq!(machine("cpu  10 1 5 80 4 2 1 7 3 0\ncpu0 1\n"), Some((110.0, 26.0)));
        assert_eq!(machine("cpu  10 1\n"), None);
        let stat = "812 (a (b) c) S 1 812 812 0 -1 4194304 100 200 0 0 70 30 5 6 20 0 4 0 9999 1 2";
        assert_eq!(process(stat), Some(100.0));
    }

    #[test]
    fn what_is_not_ours_is_others() {
        let load = |all, busy, ours: &[(u32, f64)]| Load { all, busy, ours: ours.iter().copied().collect() };
        let before = load(1000.0, 400.0, &[(7, 100.0), (9, 50.0)]);
        let after = load(1200.0, 550.0, &[(7, 150.0), (8, 20.0)]);
        assert_eq!(after.others_since(&before, 2), 1.0);
        assert_eq!(before.others_since(&before, 2), 0.0);
    }
}
