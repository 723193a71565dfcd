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

#[test]
fn a_race_computes_paths_from_another_start_and_at_another_rate() {
    let (_folder, browser) = page(1280);
    browser.until("!document.getElementById('compute').disabled");
    let start = || {
        ["x", "y"]
            .map(|axis| browser.number(&format!("Number(document.getElementById('start-{axis}').value)")))
    };
    let rates = || browser.text("document.getElementById('heats').textContent");
    let (recorded, at_first) = (start(), rates());
    browser.drag("#board", &[(0.3, 0.5), (0.5, 0.4), (0.6, 0.4)]);
    browser.until("document.getElementById('computed').textContent.includes('ms')");
    assert_ne!(start(), recorded);
    let begins =
        "race.heats.flat().flatMap((heat) => heat.lanes).every(({ steps }) => steps[0].at.every((x, axis) =>
        Math.abs(x - Number(document.getElementById(['start-x', 'start-y'][axis]).value)) < 1e-5))";
    browser.until(begins);
    assert_ne!(rates(), at_first, "1/L is that of the new start");
    assert_eq!(browser.number("race.heats.length"), 2.0, "both choices of rates");
    // By the keyboard, to the right.
    let before = start();
    browser.press("#start", "\u{e014}");
    browser.until(&format!("Number(document.getElementById('start-x').value) > {}", before[0]));
    // At once, as a hand does: an answer to the key above may still come.
    browser.value("(document.getElementById('rate').value = -4, document.getElementById('rate').oninput())");
    browser.until("document.getElementById('heats').textContent.includes('1.00e-4')");
    browser.until("race.heats[0].lanes[0].recipe === 'sgd lr=0.0001'");
    browser.click("#recorded");
    assert_eq!((start(), rates()), (recorded, at_first));
    browser.check();
}

#[test]
fn a_race_that_cannot_compute_still_plays() {
    let folder = Folder::new();
    folder.run(&["race", "booth", "sgd", "--steps", "30", "--html", "race.html"]);
    let path = folder.path("race.html");
    let page = std::fs::read_to_string(&path).expect("a page");
    // As a browser without WebAssembly has it.
    std::fs::write(
        &path,
        page.replacen("<script>", "<script>delete window.WebAssembly;</script><script>", 1),
    )
    .expect("a page");
    let browser = Browser::start(390, 900);
    browser.open(&folder.url("race.html"));
    browser
        .until("document.getElementById('computed').textContent.includes('this browser has no WebAssembly')");
    assert!(browser.value("document.getElementById('compute').disabled") == true);
    browser.until("Number(document.getElementById('scrub').value) > 3");
    browser.check();
}
