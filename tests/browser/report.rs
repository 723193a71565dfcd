//! The page of a comparison.

use serde_json::json;

use crate::browser::Browser;
use crate::program::Folder;

/// A page of three recipes, the last of which diverges.
fn page() -> (Folder, Browser) {
    let folder = Folder::new();
    let compare = "compare --offline --untuned --epochs 3 --seeds 2 --out made --optimizers";
    folder.run(&[&compare.split(' ').collect::<Vec<_>>()[..], &["sgd; adam; sgd lr=1e30"]].concat());
    let browser = Browser::start(1280, 900);
    browser.open(&folder.url("made/report.html"));
    (folder, browser)
}

/// The picture of the first figure with controls.
const FIGURE: &str = "figure:has(.legend)";

#[test]
fn lines_are_toggled_zoomed_and_read_by_another_measure() {
    let (_folder, browser) = page();
    let lines = || browser.number(&format!("document.querySelectorAll('{FIGURE} > svg path').length"));
    let all = lines();
    browser.click(&format!("{FIGURE} .legend button"));
    browser.until("location.hash.includes('.off=0')");
    assert!(lines() < all);
    browser.click(&format!("{FIGURE} .legend button"));
    browser.until("!location.hash.includes('.off')");
    assert_eq!(lines(), all);

    let labels = || browser.text(&format!("document.querySelector('{FIGURE} > svg').textContent"));
    let whole = labels();
    browser.drag(&format!("{FIGURE} > svg"), &[(0.4, 0.3), (0.5, 0.4), (0.7, 0.7)]);
    browser.until("location.hash.includes('.zoom=')");
    assert_ne!(labels(), whole);
    let address = browser.text("location.href");
    browser.press(&format!("{FIGURE} > svg"), "0");
    browser.until("!location.hash.includes('.zoom=')");
    assert_eq!(labels(), whole);

    browser.click(&format!("{FIGURE} select option:nth-child(2)"));
    browser.until("/\\.x=1/.test(location.hash)");
    assert_ne!(labels(), whole);
    browser.click(&format!("{FIGURE} .controls button[title^='Logarithmic']"));
    browser.until("/\\.log=/.test(location.hash)");

    // The situation is in the address.
    browser.open(&address);
    browser.value("location.reload()");
    browser.until(&format!("document.querySelector('{FIGURE} > svg') && location.hash.includes('.zoom=')"));
    assert_ne!(labels(), whole);
    browser.check();
}

#[test]
fn tables_and_figures_are_saved() {
    let (_folder, browser) = page();
    let save = |kind: &str| browser.click(&format!("{FIGURE} .controls button[title*='as {kind}']"));
    let id = browser.text(&format!("document.querySelector('{FIGURE}').dataset.figure"));
    save("SVG");
    assert!(
        browser.saved(&format!("{id}.svg")).starts_with(b"<?xml")
            || browser.saved(&format!("{id}.svg")).starts_with(b"<svg")
    );
    save("PNG");
    assert!(browser.saved(&format!("{id}.png")).starts_with(b"\x89PNG"));
    save("CSV");
    let csv = String::from_utf8(browser.saved(&format!("{id}.csv"))).expect("UTF-8");
    assert!(csv.lines().count() > 10, "{csv}");
    browser.click(".table .controls button");
    browser.check();
}

#[test]
fn pages_fit_phones_and_paper_in_light_and_dark() {
    let (_folder, browser) = page();
    for (width, look) in [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark"), (800, "print")] {
        browser.resize(width, 900);
        browser.prefer(look);
        browser.value("location.reload()");
        browser.until(&format!(
            "document.readyState === 'complete' && document.querySelector('{FIGURE} > svg')"
        ));
        browser.check();
        let ground = browser.text("getComputedStyle(document.body).backgroundColor");
        assert_eq!(ground == "rgb(21, 24, 29)", look == "dark", "{width} {look}: {ground}");
    }
}

#[test]
fn names_from_files_are_text_on_every_page() {
    let folder = Folder::new();
    let hostile =
        "</script><script>faults.push('ran')</script>\u{2028}<img src=x onerror=faults.push('img')>";
    let long = "long".repeat(2_500);
    let mut csv = String::from("a,b,\"kind\"\n");
    for row in 0..60 {
        let name = if row % 2 == 0 { hostile } else { &long };
        csv += &format!("{row},{},\"{name}\"\n", row % 7);
    }
    let file = "x<b>\u{202e}&.csv";
    std::fs::write(folder.path(file), csv).expect("a file");
    let compare = "compare --offline --untuned --epochs 2 --seeds 1 --out made --store runs.db --optimizers sgd,adam --target kind --data";
    folder.run(&[&compare.split(' ').collect::<Vec<_>>()[..], &[file]].concat());
    let key = folder.run(&["runs", "list", "--json"]);
    let key: serde_json::Value = serde_json::from_str(key.lines().next().expect("a run")).expect("JSON");
    let run = folder.run(&["runs", "show", key["key"].as_str().expect("a key"), "--format", "html"]);
    std::fs::write(folder.path("run.html"), run).expect("a file");
    let browser = Browser::start(1280, 900);
    for page in ["made/report.html", "run.html"] {
        browser.open(&folder.url(page));
        browser.until("document.readyState === 'complete'");
        browser.check();
        assert_eq!(browser.value("document.querySelectorAll('img').length"), json!(0), "{page}");
        assert!(browser.text("document.body.textContent").contains("x<b>"), "{page}");
    }
}
