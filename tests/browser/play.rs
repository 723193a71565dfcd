//! The page that trains a network.

use crate::browser::Browser;
use crate::program::Folder;

fn page(width: u32) -> (Folder, Browser) {
    let folder = Folder::new();
    folder.run(&["play", "--offline", "--examples", "3000", "--test-examples", "500"]);
    let browser = Browser::start(width, 900);
    browser.open(&folder.url("play.html"));
    browser.until("!document.getElementById('run').disabled");
    (folder, browser)
}

const ACCURACY: &str = "run.tests[run.tests.length - 1][2]";

#[test]
fn a_net_learns_pauses_and_goes_on() {
    let (_folder, browser) = page(1280);
    browser.click("#run");
    browser.until("run.steps > 94");
    browser.click("#run");
    let steps = || browser.number("run.steps");
    browser.until("document.getElementById('run').textContent === 'Train'");
    // What was on its way when the button was pressed.
    std::thread::sleep(std::time::Duration::from_millis(200));
    let paused = steps();
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(steps(), paused, "a run that is paused");
    browser.click("#run");
    browser.until("run.steps >= 3 * run.perEpoch");
    assert!(browser.number(ACCURACY) > 0.7, "{}", browser.number(ACCURACY));
    assert!(browser.text("document.getElementById('status').textContent").contains("test accuracy"));
    assert!(browser.number("document.querySelectorAll('#accuracy path[class]').length") == 1.0);
    browser.check();
}

#[test]
fn another_optimizer_is_another_run_and_a_rate_acts_at_once() {
    let (_folder, browser) = page(390);
    browser.click("#run");
    browser.until("run.steps > 50");
    browser.value("document.getElementById('optimizer').value = 5");
    browser.value("document.getElementById('optimizer').onchange()");
    assert_eq!(browser.number("rateNow()"), 0.001);
    browser.click("#run");
    browser.until("run.steps > 50");
    assert_eq!(browser.number("document.getElementById('runs').tBodies[0].rows.length"), 2.0);
    // A rate beyond single precision ends the run, and the page says so.
    browser.value("document.getElementById('optimizer').value = 0");
    browser.value("document.getElementById('optimizer').onchange()");
    browser.click("#run");
    browser.until("run.steps > 20");
    browser.value("document.getElementById('rate').value = 1");
    browser.value("document.getElementById('rate').oninput()");
    browser.until("document.getElementById('runs').textContent.includes('sgd lr=0.1, rate changed')");
    browser.value("worker.postMessage({ rate: 1e39 })");
    browser.until("document.getElementById('status').textContent.includes('diverged')");
    browser.click("#run");
    browser.until("run.steps > 0 && !run.diverged");
    browser.check();
}

#[test]
fn the_net_reads_test_images_and_what_is_drawn() {
    let (_folder, browser) = page(1280);
    browser.value("document.getElementById('optimizer').value = 5");
    browser.value("document.getElementById('optimizer').onchange()");
    browser.click("#run");
    browser.until("run.steps >= 3 * run.perEpoch");
    browser.click("#run");
    let mut right = 0;
    for number in 0..10 {
        browser.click("#sample");
        browser.until(&format!("tested === {number} && document.getElementById('label').textContent !== ''"));
        std::thread::sleep(std::time::Duration::from_millis(100));
        let class = browser.text("document.getElementById('label').textContent.match(/: (.*)\\./)[1]");
        right += usize::from(
            browser.text("document.getElementById('answer').textContent").starts_with(&format!("{class},")),
        );
    }
    assert!(right >= 7, "{right} of 10");
    browser.click("#clear");
    // A one, from top to bottom.
    browser.drag("#pad", &[(0.5, 0.15), (0.5, 0.5), (0.5, 0.85)]);
    browser.until("document.getElementById('answer').textContent.startsWith('1,')");
    browser.check();
}
