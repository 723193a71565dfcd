//! A Chromium without a window and without a network, driven through its driver; every call waits for its end.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use fantoccini::actions::{InputSource, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};
use fantoccini::error::CmdError;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use http::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use url::{ParseError, Url};

/// Looks before a test gives up, so that a page that hangs ends, and the pause between two.
const LOOKS: usize = 3_000;
const PAUSE: Duration = Duration::from_millis(20);

/// Keeps the errors of a page from its first script on.
const FAULTS: &str = "window.faults = [];
    addEventListener('error', (event) => faults.push(String(event.message || event.target.outerHTML)), true);
    addEventListener('unhandledrejection', (event) => faults.push(String(event.reason)));
    addEventListener('securitypolicyviolation', (event) => faults.push(event.violatedDirective));";

/// A browser with one tab.
pub(crate) struct Browser {
    runtime: Runtime,
    tab: Client,
    driver: Child,
    folder: TempDir,
}

impl Browser {
    /// Starts a browser whose page has this size in pixels.
    pub(crate) fn start(width: u32, height: u32) -> Browser {
        let folder = tempfile::tempdir().expect("a folder");
        let (driver, port) = driver();
        let profile = format!("--user-data-dir={}", folder.path().join("profile").display());
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            // No name has an address: a page that asks for anything elsewhere fails.
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            &profile,
        ];
        let downloads = folder.path().join("downloads");
        fs::create_dir(&downloads).expect("a folder");
        let options = json!({ "args": arguments, "prefs": { "download.default_directory": downloads } });
        let capabilities = [("goog:chromeOptions".to_string(), options)].into_iter().collect();
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let builder = builder.capabilities(capabilities);
        let address = format!("http://127.0.0.1:{port}");
        let tab = runtime.block_on(builder.connect(&address)).expect("a session");
        let browser = Browser { runtime, tab, driver, folder };
        browser.protocol("Page.addScriptToEvaluateOnNewDocument", json!({ "source": FAULTS }));
        browser.resize(width, height);
        browser
    }

    /// Gives the page another size.
    pub(crate) fn resize(&self, width: u32, height: u32) {
        let metrics =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500 });
        self.protocol("Emulation.setDeviceMetricsOverride", metrics);
    }

    /// Opens a page.
    pub(crate) fn open(&self, url: &str) {
        self.wait(self.tab.goto(url)).expect("a page");
    }

    /// Value of an expression on the page.
    #[track_caller]
    pub(crate) fn value(&self, expression: &str) -> Value {
        let script = format!("return ({expression});");
        self.wait(self.tab.execute(&script, vec![])).unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    /// Value of an expression as text.
    #[track_caller]
    pub(crate) fn text(&self, expression: &str) -> String {
        self.value(&format!("String({expression})")).as_str().expect("a text").to_string()
    }

    /// Value of an expression as a number.
    #[track_caller]
    pub(crate) fn number(&self, expression: &str) -> f64 {
        self.value(expression).as_f64().unwrap_or_else(|| panic!("expected a number: {expression}"))
    }

    /// Waits until an expression is true.
    #[track_caller]
    pub(crate) fn until(&self, expression: &str) {
        for _ in 0..LOOKS {
            if self.value(&format!("Boolean({expression})")) == true {
                return;
            }
            thread::sleep(PAUSE);
        }
        panic!("waited for {expression}; the page has the errors {:?}", self.faults());
    }

    /// Clicks the first element of a selector, as a mouse does: it must be in view and not be covered.
    #[track_caller]
    pub(crate) fn click(&self, selector: &str) {
        let click = async { self.tab.find(Locator::Css(selector)).await?.click().await };
        self.wait(click).unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    /// Presses keys with the focus on an element.
    #[track_caller]
    pub(crate) fn press(&self, selector: &str, keys: &str) {
        let press = async { self.tab.find(Locator::Css(selector)).await?.send_keys(keys).await };
        self.wait(press).unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    /// Drags the mouse over an element through points that are given in shares of its width and height.
    #[track_caller]
    pub(crate) fn drag(&self, selector: &str, points: &[(f64, f64)]) {
        self.value(&format!("document.querySelector({selector:?}).scrollIntoView({{ block: 'center' }})"));
        let side = |name: &str| {
            self.number(&format!("document.querySelector({selector:?}).getBoundingClientRect().{name}"))
        };
        let [left, top, width, height] = ["left", "top", "width", "height"].map(side);
        let mut mouse = MouseActions::new("mouse".to_string());
        for (place, (x, y)) in points.iter().enumerate() {
            let duration = Some(Duration::from_millis(if place == 0 { 0 } else { 60 }));
            mouse = mouse.then(PointerAction::MoveTo { duration, x: left + x * width, y: top + y * height });
            if place == 0 {
                mouse = mouse.then(PointerAction::Down { button: MOUSE_BUTTON_LEFT });
            }
        }
        let mouse = mouse.then(PointerAction::Up { button: MOUSE_BUTTON_LEFT });
        self.wait(self.tab.perform_actions(mouse)).unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    /// Text of a file that the page saves under this name.
    #[track_caller]
    pub(crate) fn saved(&self, name: &str) -> Vec<u8> {
        let path: PathBuf = self.folder.path().join("downloads").join(name);
        for _ in 0..LOOKS {
            match fs::read(&path) {
                Ok(bytes) if !bytes.is_empty() => return bytes,
                _ => thread::sleep(PAUSE),
            }
        }
        panic!("waited for {name}");
    }

    /// Takes the preference of a reader: `light`, `dark`, or `print` for paper.
    pub(crate) fn prefer(&self, look: &str) {
        let media = if look == "print" { "print" } else { "" };
        let scheme = json!([{ "name": "prefers-color-scheme", "value": if look == "dark" { "dark" } else { "light" } }]);
        self.protocol("Emulation.setEmulatedMedia", json!({ "media": media, "features": scheme }));
    }

    /// Errors of the page so far.
    pub(crate) fn faults(&self) -> Vec<String> {
        serde_json::from_value(self.value("window.faults")).expect("texts")
    }

    /// Makes sure that the page had no error, asked for nothing elsewhere, and fits the width of the screen.
    #[track_caller]
    pub(crate) fn check(&self) {
        assert_eq!(self.faults(), Vec::<String>::new());
        let elsewhere = "performance.getEntriesByType('resource').map((entry) => entry.name)
            .filter((name) => !/^(data|blob):/.test(name) && new URL(name).origin !== location.origin)";
        assert_eq!(self.value(elsewhere), json!([]));
        let beyond = self.number("document.documentElement.scrollWidth - innerWidth");
        assert!(beyond <= 0.0, "the page is {beyond} pixels wider than the screen");
    }

    /// A command of the protocol of the developer tools.
    fn protocol(&self, name: &str, parameters: Value) {
        let command = Protocol(json!({ "cmd": name, "params": parameters }));
        self.wait(self.tab.issue_cmd(command)).unwrap_or_else(|error: CmdError| panic!("{name}: {error}"));
    }

    fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Closing the session ends the browser; the driver would leave it.
        let _ = self.runtime.block_on(self.tab.clone().close());
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// A driver and its port.
fn driver() -> (Child, String) {
    let mut driver = Command::new("chromedriver");
    driver.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut driver = driver.spawn().expect("chromedriver: `cargo xtask test-browser` installs it");
    let mut lines = BufReader::new(driver.stdout.take().expect("a pipe")).lines();
    let port = loop {
        let line = lines.next().expect("a line with the port").expect("UTF-8");
        if let Some((_, port)) = line.split_once("started successfully on port ") {
            break port.trim_end_matches('.').to_string();
        }
    };
    // A driver whose output nobody reads would stop.
    thread::spawn(move || lines.for_each(drop));
    (driver, port)
}

/// A command that only Chromium's driver has.
#[derive(Debug)]
struct Protocol(Value);

impl WebDriverCompatibleCommand for Protocol {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/goog/cdp/execute", session.unwrap_or_default()))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.0.to_string()))
    }
}
