//! Who may ask: only pages of this server, by its address and its token.

use std::fmt;
use std::net::IpAddr;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use subtle::ConstantTimeEq;

/// Policy of pages: they load files of this server and nothing else, and no other page holds them in a frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The same for a report, which is one file with its script, and cannot ask this server for anything.
pub(crate) const REPORT_POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; \
    img-src data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox allow-scripts allow-downloads";

/// The secret part of the address: 128 random bits.
#[derive(Clone)]
pub(crate) struct Token(String);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Token {
    /// From the system's random numbers.
    ///
    /// # Errors
    /// If the system has none.
    pub(crate) fn random() -> Result<Token, getrandom::Error> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(Token(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    /// The token as text.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    /// True for the same text, found in a time that does not tell where two differ.
    fn is(&self, other: &str) -> bool {
        self.0.as_bytes().ct_eq(other.as_bytes()).into()
    }
}

/// Checks of every request.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    token: Token,
    port: u16,
    /// True if the server listens on loopback only.
    is_local: bool,
}

impl Guard {
    pub(crate) fn new(token: Token, address: std::net::SocketAddr) -> Guard {
        Guard { token, port: address.port(), is_local: address.ip().is_loopback() }
    }

    /// The reason to refuse a request.
    fn refusal(&self, path: &str, headers: &HeaderMap) -> Option<Refusal> {
        let host = only(headers, header::HOST).filter(|host| self.is_own(host));
        let Some(host) = host else { return Some(Refusal::Host) };
        // Browsers send it with every request that may change something, and pages of others cannot leave it out.
        let origin =
            headers.contains_key(header::ORIGIN).then(|| only(headers, header::ORIGIN).unwrap_or(""));
        if origin.is_some_and(|origin| origin.strip_prefix("http://") != Some(host)) {
            return Some(Refusal::Origin);
        }
        let token = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        (!self.token.is(token)).then_some(Refusal::Token)
    }

    /// True for this server's name: a name that another page's owner could let point here is none. Numbers are safe, since
    /// no name server has a say in them.
    fn is_own(&self, host: &str) -> bool {
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if !name.ends_with(':') && port.parse() == Ok(self.port) => (name, self.port),
            // Without a port it is that of HTTP.
            _ => (host, 80),
        };
        // IPv6 is in brackets.
        let number = match name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
            Some(inside) => inside.parse().map(IpAddr::V6).ok(),
            None => name.parse().map(IpAddr::V4).ok(),
        };
        let is_known = match number {
            Some(number) => number.is_loopback() || !self.is_local,
            None => name.eq_ignore_ascii_case("localhost"),
        };
        is_known && port == self.port
    }
}

/// The value of a header that is there once and is text.
fn only(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy)]
enum Refusal {
    Host,
    Origin,
    Token,
}

impl Refusal {
    fn page(self) -> Response {
        let (problem, step) = match self {
            Refusal::Host => (
                "this server does not answer under this name",
                "open the address that `descent serve` printed, with its numbers or localhost",
            ),
            Refusal::Origin => (
                "another page asked for this",
                "open the address that `descent serve` printed in a tab, and use the buttons there",
            ),
            Refusal::Token => (
                "the address has another token than this server, or none",
                "open the whole address that `descent serve` printed; it changes whenever the program starts, and what \
                 follows # in an older link can be put after the new address",
            ),
        };
        let page = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<title>Refused</title>\n\
             </head>\n<body>\n<main>\n<h1>Refused: {problem}</h1>\n<p>Next step: {step}.</p>\n</main>\n</body>\n</html>\n"
        );
        (StatusCode::FORBIDDEN, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
    }
}

/// Lets a request through or refuses it, and adds the headers of every answer.
pub(crate) async fn check(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let response = match guard.refusal(path, request.headers()) {
        Some(refusal) => refusal.page(),
        // Files are named relative to the address, which needs its last slash.
        None if path.trim_start_matches('/') == guard.token.text() => {
            Redirect::permanent(&format!("/{}/", guard.token.text())).into_response()
        }
        None => next.run(request).await,
    };
    with_headers(response)
}

fn with_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(POLICY));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(address: &str) -> Guard {
        Guard::new(Token("00ff".into()), address.parse().unwrap())
    }

    #[test]
    fn only_names_that_nobody_else_can_point_here_are_answered() {
        let local = guard("127.0.0.1:8000");
        for host in ["127.0.0.1:8000", "localhost:8000", "LOCALHOST:8000", "[::1]:8000", "127.9.9.9:8000"] {
            assert!(local.is_own(host), "{host}");
        }
        let others = [
            "",
            ":8000",
            "127.0.0.1",
            "localhost",
            "127.0.0.1:8001",
            "evil.example:8000",
            "localhost.evil.example:8000",
            "127.0.0.1.evil.example:8000",
            "192.168.1.2:8000",
            "localhost:8000:8000",
            "::1:8000",
        ];
        for host in others {
            assert!(!local.is_own(host), "{host}");
        }
        let open = guard("0.0.0.0:8000");
        assert!(open.is_own("192.168.1.2:8000") && open.is_own("localhost:8000"));
        assert!(!open.is_own("evil.example:8000"));
        assert!(guard("127.0.0.1:80").is_own("localhost"));
    }

    #[test]
    fn a_token_is_compared_as_a_whole() {
        let token = Token::random().unwrap();
        assert!(token.text().len() == 32 && token.is(token.text()));
        assert_ne!(token.text(), Token::random().unwrap().text());
        for other in ["", "00", &token.text()[..31], &format!("{}0", token.text())] {
            assert!(!token.is(other));
        }
        assert!(!format!("{token:?}").contains(token.text()));
    }
}
