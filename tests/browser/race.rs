//! The page of a race.

use crate::browser::Browser;
use crate::program::Folder;

fn page(width: u32) -> (Folder, Browser) {
    let folder = Folder::new();
    folder.run(&[
        "race",
        "rosenbrock",
        "sgd",
        "momentum",
        "adam",
        "--steps",
        "60",
        "--trials",
        "5",
        "--html",
        "race.html",
    ]);
    let browser = Browser::start(width, 900);
    browser.open(&folder.url("race.html"));
    (folder, browser)
}

#[test]
fn a_race_plays_stops_and_is_scrubbed() {
    let (_folder, browser) = page(1280);
    let step = || browser.number("Number(document.getElementById('step').textContent.replace('step ', ''))");
    browser.until("Number(document.getElementById('scrub').value) > 3");
    browser.click("#play");
    let stopped = step();
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(step(), stopped, "a race that is stopped");
    browser.click("#next");
    assert_eq!(step(), stopped + 1.0);
    browser.click("#back");
    assert_eq!(step(), stopped);
    browser.click("#play");
    browser.until(&format!("Number(document.getElementById('scrub').value) > {stopped} + 3"));
    browser.click("#play");
    let words = || browser.text("document.getElementById('lanes').textContent");
    for part in ["gradient", "exp_avg", "momentum_buffer", "update"] {
        assert!(words().contains(part), "expected {part} in {}", words());
    }
    let same = words();
    browser.click("#heats label:nth-of-type(2)");
    browser.until("document.querySelector('#heats label:nth-of-type(2) input').checked");
    assert_ne!(words(), same);
    browser.check();
}

#[test]
fn a_race_fits_a_phone_and_paper() {
    let (_folder, browser) = page(390);
    browser.check();
    // Nothing of a lane is cut at the side.
    let cut = "[...document.querySelectorAll('.lane .scroll')].filter((it) => it.scrollWidth > it.clientWidth).length";
    assert_eq!(browser.number(cut), 0.0);
    browser.resize(800, 1000);
    browser.prefer("print");
    assert_eq!(browser.text("getComputedStyle(document.getElementById('controls')).display"), "none");
}
