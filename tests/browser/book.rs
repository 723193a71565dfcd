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
    browser.click("a[href*='momentum']");
    browser.until("location.pathname.endsWith('momentum.html')");
    let figure = "document.querySelector('#reveal figure, #reveal svg').checkVisibility()";
    assert_eq!(browser.value(figure), false);
    browser.click("#reveal summary");
    browser.until(figure);
    assert!(browser.number("document.querySelectorAll('math').length") > 0.0);
    browser.check();
    browser.resize(390, 800);
    browser.check();
}
