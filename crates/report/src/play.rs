//! A page that trains the notebook's network in the reader's browser.

use serde::Serialize;

use crate::browser::{Kernel, embedded, packed};
use crate::look::{STYLE, escape, look};
use crate::number::count;

const PAGE_STYLE: &str = include_str!("play/page.css");
const PAGE_SCRIPT: &str = include_str!("play/page.js");
const WORKER: &str = include_str!("play/worker.js");

/// Digits and optimizers of a page.
#[derive(Debug, Clone)]
pub struct Play {
    /// Title of the data set: `MNIST`.
    pub title: String,
    /// Training and test images of the whole set, of which the page has the first; `None` if they are of a sample of it.
    pub whole: Option<[usize; 2]>,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// Training images.
    pub train: Images,
    /// Test images.
    pub test: Images,
    /// Optimizers to choose from, the first chosen.
    pub optimizers: Vec<Kernel>,
}

/// Images of 28 × 28 bytes with their classes.
#[derive(Debug, Clone)]
pub struct Images {
    /// Bytes of all images, one image after the other.
    pub pixels: Vec<u8>,
    /// Class of each image.
    pub labels: Vec<u8>,
}

/// Facts that the script knows.
#[derive(Serialize)]
struct Told<'a> {
    classes: &'a [String],
    train: usize,
    kernels: &'a [Kernel],
}

impl Play {
    /// The page as one HTML file that makes no request.
    ///
    /// ```
    /// use report::play::{Images, Play};
    ///
    /// let digits = || Images { pixels: vec![0; 784], labels: vec![3] };
    /// let page = Play {
    ///     title: "One".into(),
    ///     whole: Some([1, 1]),
    ///     classes: (0..10).map(|digit| digit.to_string()).collect(),
    ///     train: digits(),
    ///     test: digits(),
    ///     optimizers: vec![],
    /// };
    /// assert!(page.page().contains("1 training and 1 test images"));
    /// ```
    pub fn page(&self) -> String {
        let Play { title, whole, classes, train, test, optimizers } = self;
        let counts = [train.labels.len(), test.labels.len()];
        let choice = match whole {
            None => "of an embedded sample of the set".to_string(),
            Some(whole) if *whole == counts => "all of the set".to_string(),
            Some([train, test]) => format!("the first of {} and {}", count(*train), count(*test)),
        };
        let told = Told { classes, train: train.labels.len(), kernels: optimizers };
        let told = serde_json::to_string(&told).expect("plain data").replace('<', "\\u003c");
        let looks: Vec<(usize, &str)> = (0..12).map(|index| (look(index).hue, look(index).color)).collect();
        let looks = serde_json::to_string(&looks).expect("plain data");
        let options: String =
            optimizers.iter().enumerate().map(|(index, kernel)| option(index, kernel)).collect();
        let digits: String = [("train", train), ("test", test)]
            .map(|(name, images)| {
                let Images { pixels, labels } = images;
                format!("{name}:{{pixels:\"{}\",labels:\"{}\"}},", packed(pixels), packed(labels))
            })
            .concat();
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n\
             <title>Train a network on {title}</title>\n<style>\n{PAGE_STYLE}{STYLE}</style>\n</head>\n<body>\n<main>\n\
             <h1>Train a network on {title}</h1>\n\
             <p>A net of 784, 128, 64 and 10 units with ReLU learns {trained} training and {tested} test images \
             ({choice}). All of it happens in this page, which needs no network.</p>\n{CONTROLS_START}{options}{CONTROLS_END}\
             </main>\n<script>\nconst play = {told};\nconst looks = {looks};\nconst DIGITS = {{{digits}}};\n{parts}{PAGE_SCRIPT}</script>\n\
             </body>\n</html>\n",
            title = escape(title),
            trained = count(counts[0]),
            tested = count(counts[1]),
            parts = embedded(WORKER),
        )
    }
}

/// An optimizer in the list.
fn option(index: usize, kernel: &Kernel) -> String {
    let rate = kernel.settings.first().copied().unwrap_or_default().to_string();
    format!("<option value=\"{index}\">{}</option>", escape(&kernel.recipe.replace("{}", &rate)))
}

const CONTROLS_START: &str = "\
    <fieldset><legend>Run</legend>\
    <label>optimizer <select id=\"optimizer\">";

const CONTROLS_END: &str = "</select></label>\
    <label>rate <input id=\"rate\" type=\"range\" min=\"-5\" max=\"1\" step=\"0.01\"/>\
    <output id=\"rate-value\" for=\"rate\"></output></label>\
    <label>batch <input id=\"batch\" type=\"number\" min=\"1\" step=\"1\" value=\"64\"/></label>\
    <label>seed <input id=\"seed\" type=\"number\" min=\"0\" step=\"1\" value=\"0\"/></label>\
    <span class=\"buttons\"><button id=\"run\" type=\"button\" disabled=\"disabled\">Train</button>\
    <button id=\"reset\" type=\"button\" disabled=\"disabled\">New run</button></span></fieldset>\n\
    <progress id=\"progress\" max=\"1\" value=\"0\" aria-label=\"part of the epoch\"></progress>\n\
    <p id=\"status\">this page needs JavaScript</p><span id=\"said\" class=\"unseen\" role=\"status\"></span>\n\
    <div class=\"charts curves\">\
    <figure><figcaption>Loss: training (thin), test</figcaption><svg id=\"loss\" role=\"img\" aria-label=\"Loss over epochs\"></svg></figure>\
    <figure><figcaption>Test accuracy</figcaption><svg id=\"accuracy\" role=\"img\" aria-label=\"Test accuracy over epochs\"></svg></figure>\
    </div>\n\
    <div class=\"scroll\"><table id=\"runs\"><thead><tr><th>run</th><th>batch</th><th>seed</th><th>epochs</th>\
    <th>test accuracy</th><th>s per epoch</th></tr></thead><tbody></tbody></table></div>\n\
    <div class=\"buttons\"><button id=\"forget\" type=\"button\">Clear the runs</button></div>\n\
    <h2>Ask the net</h2>\n\
    <div class=\"drawing\"><div><canvas id=\"pad\" width=\"280\" height=\"280\" role=\"img\" \
    aria-label=\"Field to draw in with a mouse or a finger; the button below shows an image of the test set instead\"></canvas>\
    <div class=\"buttons\"><button id=\"clear\" type=\"button\">Clear</button>\
    <button id=\"sample\" type=\"button\" disabled=\"disabled\">Show a test image</button></div>\
    <p id=\"label\" role=\"status\"></p></div>\
    <div><canvas id=\"seen\" width=\"28\" height=\"28\" role=\"img\" aria-label=\"The image as the net sees it\"></canvas>\
    <output id=\"answer\" aria-live=\"polite\"></output></div>\
    <ol id=\"classes\" aria-label=\"Probability of each class\"></ol></div>\n";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_holds_hostile_names_and_makes_no_request() {
        let hostile = "</script><b> & \"quoted\"";
        let images = || Images { pixels: vec![7; 2 * 784], labels: vec![0, 9] };
        let kernel = Kernel {
            rule: 0,
            settings: vec![0.1],
            max_norm: None,
            recipe: format!("{hostile} lr={{}}"),
            arrays: vec![],
            factors: vec![],
        };
        let play = Play {
            title: hostile.into(),
            whole: None,
            classes: vec![hostile.into(); 10],
            train: images(),
            test: images(),
            optimizers: vec![kernel],
        };
        let page = play.page();
        assert_eq!(page.matches("</script>").count(), 1);
        assert!(!page.contains("<b>"));
        assert!(!page.replace("http://www.w3.org/2000/svg", "").contains("http"));
        let markup = page.split("<script>").next().expect("a page").replace("<!DOCTYPE html>", "");
        roxmltree::Document::parse(&(markup + "</body></html>")).expect("well-formed");
    }
}
