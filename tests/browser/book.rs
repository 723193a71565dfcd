//! The pages of the course.

use crate::browser::Browser;
use crate::program::Folder;

#[test]
fn a_lesson_asks_first_and_shows_the_answer_when_it_is_opened() {
    let folder = Folder::new();
    folder.run(&["lessons", "--only", "momentum,adam-diverges", "--quick", "--offline", "--html", "book"]);
    let browser = Browser::start(1280, 900);
    browser.open(&folder.url("book/index.html"));
    browser.check();
    let verdict = "document.querySelector('.lessons .verdict').checkVisibility()";
    assert_eq!(browser.value(verdict), false, "no verdict is told before it is asked for");
    browser.click(".bar button");
    browser.until(verdict);
    browser.click("a[href*='momentum']");
    browser.until("location.pathname.endsWith('momentum.html')");
    let figure = "document.querySelector('#reveal figure, #reveal svg').checkVisibility()";
    assert_eq!(browser.value(figure), false);
    browser.click("#reveal summary");
    browser.until(figure);
    browser.click("#reveal figure .bar button:nth-child(1)");
    assert!(browser.saved("momentum-1.svg").starts_with(b"<svg"));
    browser.click("#reveal figure .bar button:nth-child(2)");
    assert!(browser.saved("momentum-1.png").starts_with(b"\x89PNG"));
    browser.click("#reveal figure .bar button:nth-child(3)");
    assert!(browser.saved("momentum-1.csv").starts_with(b"series,"));
    assert!(browser.number("document.querySelectorAll('math').length") > 0.0);
    browser.check();
    browser.resize(390, 800);
    browser.check();
}
