//! The live page of `descent serve`.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::browser::Browser;
use crate::program::Folder;

/// A server of the embedded sample; it ends with this value.
struct Live {
    folder: Folder,
    process: Child,
    /// The address with its token and a `/` at the end.
    address: String,
}

impl Live {
    fn start() -> Live {
        Live::of(Folder::new())
    }

    fn of(folder: Folder) -> Live {
        let mut command = folder.descent();
        command.args(["serve", "--offline"]).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().expect("the program was built");
        let mut lines = BufReader::new(process.stdout.take().expect("a pipe")).lines();
        let address = loop {
            let line = lines.next().expect("a line with the address").expect("UTF-8");
            if let Some(word) = line.split_whitespace().find(|word| word.starts_with("http://")) {
                break word.split('#').next().expect("a part").to_string();
            }
        };
        std::thread::spawn(move || lines.for_each(drop));
        Live { folder, process, address }
    }

    /// Ends the program as Ctrl-C does, and starts it again in the same folder.
    fn restart(mut self) -> Live {
        let id = self.process.id().to_string();
        let signal = Command::new("kill").args(["-INT", &id]).status().expect("kill");
        assert!(signal.success());
        self.process.wait().expect("an end");
        Live::of(std::mem::replace(&mut self.folder, Folder::new()))
    }

    fn open(&self, browser: &Browser, situation: &str) {
        browser.open(&format!("{}#{situation}", self.address));
        browser.until("document.getElementById('connection').textContent !== 'connecting'");
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// True if a run has this state: `running`, `stopped`, `finished`.
fn is(run: u32, state: &str) -> String {
    format!("document.getElementById('run-{run}')?.dataset.status === '{state}'")
}

/// Batches of a run so far, by its progress.
fn progress(run: u32) -> String {
    format!("document.getElementById('run-{run}-progress').value")
}

#[test]
fn a_run_is_started_paused_steered_stopped_and_resumed() {
    let live = Live::start();
    let browser = Browser::start(1280, 1000);
    live.open(&browser, "task=simplenn&recipes=sgd lr=0.05&epochs=30&pace=1000");
    assert_eq!(browser.text("document.getElementById('recipes').value"), "sgd lr=0.05");
    browser.click("#start");
    browser.until(&is(1, "running"));
    browser.until(&format!("{} > 0.005", progress(1)));
    browser.click("#run-1-pause");
    browser.until(&is(1, "paused"));
    let held = browser.number(&progress(1));
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(browser.number(&progress(1)), held);
    browser.click("#run-1-pause");
    browser.until(&format!("{} > {held}", progress(1)));

    let rate = "document.getElementById('run-1-rate')";
    browser.value(&format!("({rate}.value = 1, {rate}.dispatchEvent(new Event('input')))"));
    browser.until("document.getElementById('run-1').textContent.includes('rate changed by hand')");
    browser.until("document.getElementById('run-1-rate-text').textContent.includes('= 0.5')");

    browser.click("#run-1-stop");
    browser.until(&is(1, "stopped"));
    let stopped = browser.number(&progress(1));
    browser.click("#run-1-resume");
    browser.until(&format!("{} > {stopped}", progress(1)));
    browser.click("#run-1-stop");
    browser.until(&is(1, "stopped"));
    browser.check();

    // It is there again after the program has ended.
    let situation = browser.text("location.hash.slice(1)");
    let live = live.restart();
    live.open(&browser, &situation);
    browser.until(&is(1, "stopped"));
    assert_eq!(browser.text("document.getElementById('recipes').value"), "sgd lr=0.05");
    browser.check();
}

#[test]
fn two_pages_see_the_same_run_and_a_digit_is_read_while_it_learns() {
    let live = Live::start();
    let [one, two] = [1280, 390].map(|width| Browser::start(width, 900));
    live.open(&one, "task=simplenn&recipes=adam&epochs=3");
    one.click("#start");
    one.until(&is(1, "running"));
    // The second page comes late and is narrow.
    live.open(&two, "task=simplenn");
    two.until(&format!("{} > 0", progress(1)));
    one.drag("#pad", &[(0.5, 0.15), (0.5, 0.5), (0.5, 0.85)]);
    one.until("document.querySelectorAll('#answer-1 li').length === 10");
    for browser in [&one, &two] {
        browser.until(&is(1, "finished"));
        browser.until("/accuracy \\d/.test(document.getElementById('run-1').textContent)");
        browser.check();
    }
    one.until("document.querySelector('#answer-1 b').textContent === '1'");
    one.click("#clear-pad");
    one.until("document.querySelectorAll('#answers li').length === 0");
    // The other page stores and shows it too.
    two.until("document.getElementById('run-1').textContent.includes('stored')");
}

#[test]
fn wrong_tokens_and_wrong_recipes_are_told_with_the_next_step() {
    let live = Live::start();
    let browser = Browser::start(390, 800);
    let root = live.address.trim_end_matches('/').rsplit_once('/').expect("a token").0.to_string();
    for path in ["", "/0123456789abcdef0123456789abcdef/", "/x"] {
        browser.open(&format!("{root}{path}"));
        assert!(
            browser.text("document.body.textContent").contains("Next step: open the whole address"),
            "{path}"
        );
        browser.check();
    }
    for hostile in ["</script><img src=x onerror=faults.push('ran')>", "sgd\u{2028}x", &"x".repeat(10_000)] {
        live.open(&browser, "task=simplenn");
        let text = json!(hostile).to_string();
        browser.value(&format!("(document.getElementById('recipes').value = {text})"));
        browser.click("#start");
        browser.until("document.getElementById('start-error').textContent.includes('hint: ')");
        assert_eq!(browser.value("document.querySelectorAll('img').length"), json!(0));
        browser.check();
    }
}

#[test]
fn a_run_that_does_not_learn_leaves_the_picture_to_those_that_do() {
    let live = Live::start();
    let browser = Browser::start(1280, 1000);
    live.open(&browser, "task=simplenn&recipes=sgd lr=0.1; adam lr=30&epochs=1&smooth=0");
    browser.click("#start");
    for run in [1, 2] {
        browser.until(&is(run, "finished"));
    }
    browser.until("document.querySelector('#loss-figure .beyond').textContent.includes('adam lr=30')");
    assert!(!browser.text("document.querySelector('#loss-figure .beyond').textContent").contains("sgd"));
    assert_eq!(browser.text("document.querySelector('#metric-figure .beyond').textContent"), "");
    browser.check();
}

#[test]
fn names_in_the_address_that_the_program_lacks_are_told() {
    let live = Live::start();
    let browser = Browser::start(390, 800);
    let told = "document.getElementById('address-error').textContent";
    live.open(&browser, "task=simplenn&view=race&race=beale");
    assert_eq!(browser.text(told), "");
    for (situation, name) in [
        ("task=simplenm", "task “simplenm”"),
        ("task=simplenn:mnits", "data set “mnits”"),
        ("view=moon", "view “moon”"),
        ("race=<img src=x>", "function “<img src=x>”"),
    ] {
        live.open(&browser, situation);
        browser.until(&format!("{told}.includes({})", json!(name)));
        browser.check();
    }
}

#[test]
fn the_start_of_a_race_is_dragged_and_its_address_brings_it_back() {
    let live = Live::start();
    let browser = Browser::start(1280, 1000);
    live.open(&browser, "view=race&race=beale&racers=sgd; adam");
    browser.until("document.querySelectorAll('#race-rows tr').length === 2");
    let ends = || browser.text("document.getElementById('race-rows').textContent");
    let before = ends();
    browser.drag("#board", &[(0.4, 0.4), (0.3, 0.3), (0.25, 0.3)]);
    browser.until("location.hash.includes('start=')");
    browser.until(&format!("document.getElementById('race-rows').textContent !== {}", json!(before)));
    let (address, moved) = (browser.text("location.href"), ends());
    browser.click("#race-home");
    browser.until("!location.hash.includes('start=')");
    browser.open(&address);
    browser.value("location.reload()");
    browser.until(&format!("document.getElementById('race-rows')?.textContent === {}", json!(moved)));
    browser.check();
}

#[test]
fn a_study_runs_from_the_page_and_opens_its_report() {
    let live = Live::start();
    let browser = Browser::start(1280, 1000);
    live.open(&browser, "view=study");
    let study = "name = 'page'\ntasks = ['mnist1d-logreg']\nepochs = 1\ntrials = 2\nseeds = 2\n\
        [[entries]]\nrecipe = 'sgd'\n[[entries]]\nrecipe = 'adam'\n";
    browser.value(&format!("(document.getElementById('study-text').value = {})", json!(study)));
    browser.click("#study-start");
    browser.until("document.querySelector('#studies a')");
    browser.until("/finished|complete|done/.test(document.getElementById('studies').textContent)");
    let report = browser.text("document.querySelector('#studies a').href");
    browser.check();
    browser.open(&report);
    browser.until("document.querySelector('figure') !== null");
    assert!(browser.text("document.body.textContent").contains("mnist1d-logreg"));
    // Its figures keep their state in the address, also in the sandbox that it is served in.
    browser.click("figure .controls button[aria-pressed]");
    browser.until("/[.]log=[01]/.test(location.hash)");
    let pressed =
        || browser.text("document.querySelector('figure .controls button[aria-pressed]').ariaPressed");
    let (address, before) = (browser.text("location.href"), pressed());
    browser.open("about:blank");
    browser.open(&address);
    browser.until("document.querySelector('figure .controls button[aria-pressed]')");
    assert_eq!(pressed(), before);
    assert_eq!(browser.text("location.href"), address);
}
