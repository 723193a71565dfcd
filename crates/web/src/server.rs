//! The server: one thread that answers, until it is told to end.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::serve::ListenerExt;

use crate::guard::{Guard, Token};
use crate::routes;
use crate::run::Status;
use crate::session::Session;
use crate::settings::Settings;

/// A server that does not serve, with the next step in [`Error::hint`].
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An address that cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Address {
        /// The address.
        address: SocketAddr,
        /// The system's reason.
        source: io::Error,
    },
    /// A folder that cannot be written.
    #[error(transparent)]
    Folder(#[from] files::Error),
    /// A system without random numbers or threads.
    #[error("cannot start the server: {0}")]
    System(io::Error),
}

impl Error {
    /// The next step.
    pub fn hint(&self) -> String {
        match self {
            Error::Address { .. } => {
                "choose another --port, or leave it out for any that is free".to_string()
            }
            Error::Folder(error) => error.hint(),
            Error::System(_) => "try again; the system's limits may be reached (`ulimit -a`)".to_string(),
        }
    }
}

/// A server that listens and does not answer yet.
///
/// ```no_run
/// use std::sync::Arc;
/// use web::{Server, Settings};
/// let settings = Settings {
///     address: ([127, 0, 0, 1], 0).into(),
///     load: Arc::new(|set| data::load(&data::Request::new(set), &mut |_| ())),
///     store: None,
///     folder: "results/serve".into(),
///     runs: 2,
///     threads: 2,
/// };
/// let server = Server::bind(settings)?;
/// // Whoever has the address may use it: show it to a person.
/// let address = server.url();
/// # let _ = address;
/// // Until something says so; here never.
/// server.serve(&|| false)?;
/// # Ok::<(), web::Error>(())
/// ```
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    token: Token,
    session: Arc<Session>,
}

/// Runs at the end of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ended {
    /// Runs that were stopped on the way and can go on from their checkpoints.
    pub stopped: usize,
    /// Runs or studies that failed, also those whose files cannot be written.
    pub failed: usize,
}

/// Time between two looks at whether the server is to end.
const LOOK: Duration = Duration::from_millis(50);

impl Server {
    /// Listens, makes the folder, and lists the stopped runs in it.
    ///
    /// # Errors
    /// If the address is taken or may not be used, or the folder cannot be written.
    pub fn bind(settings: Settings) -> Result<Server, Error> {
        let address = settings.address;
        files::claim_folder(&settings.folder, "--out")?;
        let refused = |source| Error::Address { address, source };
        let listener = TcpListener::bind(address).map_err(refused)?;
        listener.set_nonblocking(true).map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let token = Token::random().map_err(|error| Error::System(io::Error::other(error.to_string())))?;
        Ok(Server { listener, address, token, session: Arc::new(Session::new(settings)) })
    }

    /// The address with its token, for the browser of this machine.
    pub fn url(&self) -> String {
        let mut address = self.address;
        if address.ip().is_unspecified() {
            address.set_ip(match address.ip() {
                std::net::IpAddr::V4(_) => std::net::Ipv4Addr::LOCALHOST.into(),
                std::net::IpAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
            });
        }
        format!("http://{address}/{}/", self.token.text())
    }

    /// Answers on the calling thread until `ends` says so, then stops all runs and studies and keeps what they have.
    ///
    /// # Errors
    /// If the system refuses what a server needs.
    pub fn serve(self, ends: &dyn Fn() -> bool) -> Result<Ended, Error> {
        let Server { listener, address, token, session } = self;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(Error::System)?;
        let routes = routes::all(session.clone(), Guard::new(token, address));
        let served = runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            // Events are small and wanted at once.
            let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
            tokio::spawn(async move { axum::serve(listener, routes).await });
            while !ends() {
                tokio::time::sleep(LOOK).await;
            }
            Ok(())
        });
        session.close();
        // Pages that still listen are left.
        runtime.shutdown_background();
        served.map_err(Error::System)?;
        let statuses: Vec<Status> = session.runs().iter().map(|run| run.status()).collect();
        let count = |status: Status| statuses.iter().filter(|&&found| found == status).count();
        Ok(Ended { stopped: count(Status::Stopped), failed: count(Status::Failed) })
    }
}
