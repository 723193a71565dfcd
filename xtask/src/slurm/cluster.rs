//! A Slurm cluster of one node, with configuration, key, state and logs in one folder.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use super::{output, wait_for};
use crate::debian::which;

/// Ports that a Slurm which is already there does not have.
const PORTS: [u16; 2] = [26817, 26818];

/// munged, slurmctld and slurmd; all end with it.
pub(super) struct Cluster {
    folder: PathBuf,
    munged: Child,
    daemons: Vec<Child>,
}

impl Cluster {
    /// The file of the configuration.
    pub(super) fn configuration(folder: &Path) -> PathBuf {
        folder.join("slurm/slurm.conf")
    }

    /// Starts a cluster whose files are in `folder/slurm`.
    pub(super) fn start(folder: &Path) -> Result<Cluster, String> {
        let home = folder.join("slurm");
        prepare(&home).map_err(|error| format!("{}: {error}", home.display()))?;
        let munged = daemon("munged", &home, |command| {
            let path = |name: &str| home.join(name).display().to_string();
            command.arg("--foreground").arg("--force").args([
                format!("--key-file={}", path("munge.key")),
                format!("--socket={}", path("munge.socket")),
                format!("--pid-file={}", path("munged.pid")),
                format!("--seed-file={}", path("munged.seed")),
                format!("--log-file={}", path("munged.log")),
            ]);
        })?;
        let mut cluster = Cluster { folder: folder.to_path_buf(), munged, daemons: Vec::new() };
        wait_for("munged", || home.join("munge.socket").exists().then_some(()))?;
        cluster.start_daemons()?;
        Ok(cluster)
    }

    /// A command of Slurm for this cluster.
    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env("SLURM_CONF", Cluster::configuration(&self.folder));
        command
    }

    /// Starts slurmctld and slurmd, and waits until the node takes jobs.
    pub(super) fn start_daemons(&mut self) -> Result<(), String> {
        let home = self.folder.join("slurm");
        let configuration = Cluster::configuration(&self.folder);
        for name in ["slurmctld", "slurmd"] {
            self.daemons.push(daemon(name, &home, |command| {
                command.arg("-D").arg("-f").arg(&configuration);
            })?);
        }
        wait_for("the node", || {
            let states = output(self.command("sinfo").args(["--noheader", "--format=%T"])).ok()?;
            let states = String::from_utf8_lossy(&states).into_owned();
            ["idle", "mixed", "allocated"].contains(&states.trim()).then_some(())
        })
    }

    /// Ends slurmctld and slurmd with SIGKILL; steps that run go on.
    pub(super) fn kill_daemons(&mut self) -> Result<(), String> {
        for mut child in self.daemons.drain(..) {
            child.kill().and_then(|()| child.wait()).map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Jobs that are left would go on without a controller.
        let _ = output(self.command("scancel").args(["--user", "root"]));
        thread::sleep(Duration::from_secs(1));
        let _ = self.kill_daemons();
        let _ = self.munged.kill();
        let _ = self.munged.wait();
    }
}

/// Starts a daemon in the foreground, with what it prints in a log.
fn daemon(name: &str, home: &Path, arguments: impl Fn(&mut Command)) -> Result<Child, String> {
    let program = which(name).ok_or_else(|| format!("no program `{name}`"))?;
    let log = fs::File::options().create(true).append(true).open(home.join(format!("{name}.out")));
    let log = log.map_err(|error| format!("{name}: {error}"))?;
    let mut command = Command::new(program);
    arguments(&mut command);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    command.spawn().map_err(|error| format!("{name}: {error}"))
}

/// Makes folders, key and configuration.
fn prepare(home: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    fs::DirBuilder::new().mode(0o755).create(home)?;
    let mut key = [0; 128];
    fs::File::open("/dev/urandom")?.read_exact(&mut key)?;
    fs::write(home.join("munge.key"), key)?;
    fs::set_permissions(home.join("munge.key"), fs::Permissions::from_mode(0o600))?;
    for folder in ["state", "spool"] {
        fs::create_dir(home.join(folder))?;
    }
    let host = fs::read_to_string("/proc/sys/kernel/hostname")?;
    let host = host.trim().split('.').next().unwrap_or("localhost").to_string();
    fs::write(home.join("slurm.conf"), configuration(home, &host))
}

/// A controller and a node of this machine, without accounting and without control groups.
fn configuration(home: &Path, host: &str) -> String {
    let (home, cores, [controller, node]) = (home.display(), tensor::parallel::cores(), PORTS);
    format!(
        "ClusterName=descent\nSlurmctldHost={host}(127.0.0.1)\nSlurmUser=root\nSlurmdUser=root\n\
         SlurmctldPort={controller}\nSlurmdPort={node}\nAuthType=auth/munge\nAuthInfo=socket={home}/munge.socket\n\
         ProctrackType=proctrack/linuxproc\nTaskPlugin=task/none\nSelectType=select/cons_tres\n\
         SelectTypeParameters=CR_Core\nAccountingStorageType=accounting_storage/none\n\
         JobAcctGatherType=jobacct_gather/none\nMpiDefault=none\nReturnToService=2\n\
         StateSaveLocation={home}/state\nSlurmdSpoolDir={home}/spool\nSlurmctldPidFile={home}/slurmctld.pid\n\
         SlurmdPidFile={home}/slurmd.pid\nSlurmctldLogFile={home}/slurmctld.log\n\
         SlurmdLogFile={home}/slurmd.log\nNodeName={host} NodeAddr=127.0.0.1 CPUs={cores} State=UNKNOWN\n\
         PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP\n"
    )
}
