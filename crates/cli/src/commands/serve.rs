use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::{Command as Process, Stdio};
use std::sync::Arc;

use clap::{Args, value_parser};
use lab::Store;
use web::{Ended, Server, Settings};

use super::Command;
#[cfg(feature = "store")]
use super::runs::StoreArgs;
use crate::args::PlaceArgs;
use crate::console;
use crate::failure::Failure;
use crate::stop::Stop;

#[derive(Args)]
#[command(
    about = "Opens the live page: runs under way, races and studies in a browser",
    long_about = "Serves a page on this machine: start runs and watch their curves, pause, stop and resume them, change \
        the rate while they train, draw a digit and see the answer change, compare with stored runs, race optimizers \
        on a test function, run a study. The page makes no request to any other machine. The address has a \
        random token and works until the program ends; what follows # is the situation, and goes with any address. \
        Ctrl-C stops all runs and keeps their checkpoints in --out, where the next start finds them.",
    after_help = "Examples:\n  descent serve\n  descent serve --open\n  descent serve --port 8000 --offline\n  \
        descent serve --situation 'task=simplenn&recipes=sgd lr=0.1; adam'"
)]
pub(crate) struct Serve {
    /// Port to listen on; 0 is any that is free
    #[arg(long, value_name = "N", default_value_t = 0)]
    port: u16,
    /// Listen on this address: with another than 127.0.0.1 or ::1, whoever reaches this machine and has the whole
    /// address of the page can use it
    #[arg(long, value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST), value_parser = ip_address)]
    host: IpAddr,
    /// Open the page in a browser
    #[arg(long)]
    open: bool,
    /// Begin with this situation: the part of a page's address after #
    #[arg(long, value_name = "TEXT", default_value = "")]
    situation: String,
    /// Runs that train at the same time, which share the cores [default: one a core]
    #[arg(long, value_name = "N", value_parser = value_parser!(u32).range(1..=1024))]
    runs: Option<u32>,
    /// Keep stopped runs here, and those whose rate was changed by hand
    #[arg(long, value_name = "DIR", default_value = "results/serve")]
    out: PathBuf,
    #[cfg(feature = "store")]
    #[command(flatten)]
    place: StoreArgs,
    #[command(flatten, next_help_heading = "Data")]
    data: PlaceArgs,
}

impl Command for Serve {
    const NAME: &'static str = "serve";

    fn run(self) -> Result<(), Failure> {
        let store = self.store()?;
        let stop = Stop::listen()?;
        let cores = tensor::parallel::cores();
        let (data, runs) = (self.data.clone(), self.runs.map_or(cores, |runs| runs as usize));
        let server = Server::bind(Settings {
            address: SocketAddr::new(self.host, self.port),
            load: Arc::new(move |set| data.load(set)),
            store,
            folder: self.out.clone(),
            runs,
            threads: cores,
        })?;
        let address = server.url() + &fragment(&self.situation);
        if !self.host.is_loopback() {
            console::note(&format!(
                "WARNING: this listens on {}: whoever reaches this machine and sees this address on its way, which is \
                 not encrypted, can use the page.",
                self.host
            ));
        }
        console::note("the live page, until Ctrl-C:");
        console::print(&address)?;
        if self.open {
            open(&address);
        }
        let Ended { stopped, failed } = server.serve(&|| stop.asked())?;
        let folder = files::text::path(&self.out);
        match stopped {
            0 => console::note("ended; nothing was under way"),
            1 => console::note(&format!(
                "ended; 1 stopped run is kept in {folder}: the next start can go on with it"
            )),
            _ => console::note(&format!(
                "ended; {stopped} stopped runs are kept in {folder}: the next start can go on with them"
            )),
        }
        if failed > 0 {
            console::note(&format!("{failed} failed; the page had the reasons"));
        }
        Err(Failure::signal(stop.code().unwrap_or(0), ""))
    }
}

impl Serve {
    /// The store of `--store`.
    #[cfg(feature = "store")]
    fn store(&self) -> Result<Option<Arc<dyn Store>>, Failure> {
        Ok(Some(Arc::from(self.place.open()?)))
    }

    #[cfg(not(feature = "store"))]
    fn store(&self) -> Result<Option<Arc<dyn Store>>, Failure> {
        Ok(None)
    }
}

fn ip_address(text: &str) -> Result<IpAddr, String> {
    let found = files::text::name(text);
    text.parse().map_err(|_| format!("expected an IP address, such as 127.0.0.1 or ::1, found `{found}`"))
}

impl From<web::Error> for Failure {
    fn from(error: web::Error) -> Failure {
        let hint = error.hint();
        match error {
            web::Error::Folder(error) => error.into(),
            web::Error::Address { .. } | web::Error::System(_) => Failure::failed(error.to_string(), hint),
        }
    }
}

/// The end of an address: a situation in the letters that an address may have.
fn fragment(situation: &str) -> String {
    let situation = situation.trim_start_matches('#');
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~=&+%;:,/()!*'@?".contains(&byte);
    let letter = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    let text: String = situation.bytes().map(letter).collect();
    if text.is_empty() { text } else { format!("#{text}") }
}

/// Opens an address in the browser, where there is one: without it, the address is on the terminal.
fn open(address: &str) {
    let (program, arguments): (&str, &[&str]) = match std::env::consts::OS {
        "macos" => ("open", &[]),
        "windows" => ("rundll32", &["url.dll,FileProtocolHandler"]),
        _ => ("xdg-open", &[]),
    };
    let mut process = Process::new(program);
    process.args(arguments).arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if let Err(error) = process.spawn() {
        console::note(&format!("no browser was opened ({program}: {error}): open the address above"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_situation_stays_within_the_address() {
        assert_eq!(fragment(""), "");
        assert_eq!(fragment("#view=race&start=1,2"), "#view=race&start=1,2");
        assert_eq!(
            fragment("recipes=sgd lr=0.1; adam\n<b>#é"),
            "#recipes=sgd%20lr=0.1;%20adam%0A%3Cb%3E%23%C3%A9"
        );
    }
}
