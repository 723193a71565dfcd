//! The page makes no request and lets no name out of its place.

use report::{curves_svg, page};

use crate::made;

pub(crate) const HOSTILE: [&str; 9] = [
    "</script><img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "\"><svg onload=alert(1)>",
    "' onmouseover='alert(1)",
    "{{ 1234 * 10001 }}{% raw %}",
    "]]>--><!--",
    "a\u{2028}b\u{2029}c\u{0}\u{1b}[2J",
    "\u{202e}gnirts\u{202c} שלום",
    "&lt;&#60;&amp;",
];

#[test]
fn nothing_is_requested() {
    let text = page(&made::comparison(&made::three(), 5, 5));
    assert!(text.contains("default-src 'none'"));
    for forbidden in [
        "http:", "https:", "//cdn", "src=", "@import", "url(http", "<base", "<iframe", "<object", "fetch(",
        "XMLHttp",
    ] {
        assert!(!text.contains(forbidden), "{forbidden}");
    }
    let links: Vec<&str> = text.split("href=").skip(1).map(|rest| &rest[..8]).collect();
    assert_eq!(links, ["\"data:,\""]);
    let urls: Vec<&str> = text.split("url(").skip(1).map(|rest| &rest[..1]).collect();
    assert!(urls.iter().all(|start| *start == "#"), "{urls:?}");
}

#[test]
fn rates_are_drawn_where_they_change() {
    let constant = made::comparison(&made::three(), 2, 4);
    assert!(!page(&constant).contains("data-figure=\"rates\""));
    let falling = made::made("linear", "sgd lr=0.1, linear, batch=64", 0, 0.1, 0.4);
    let lowered = made::made("lowered", "sgd lr=0.1, plateau, batch=64", 0, 0.1, 0.4);
    let changing = [&made::three()[..], &[falling, lowered]].concat();
    let text = page(&made::comparison(&changing, 2, 4));
    assert!(text.contains("data-figure=\"rates\"") && text.contains("The rate of lowered falls further"));
    let recipe: train::Recipe = "sgd lr=0.1, linear, batch=64".parse().expect("a recipe");
    assert_eq!(recipe.learning_rate(0, 938, 4), Some(0.1));
    assert_eq!(recipe.learning_rate(2 * 938, 938, 4), Some(0.05));
}

#[test]
fn names_stay_in_their_place() {
    let mut honest = made::comparison(&made::three(), 2, 2);
    // A recipe that cannot be read has no description on the page.
    honest.rows[0].recipe = "of another version".into();
    let tags = |text: &str| text.matches('<').count();
    for name in HOSTILE {
        let mut comparison = honest.clone();
        comparison.settings[0] = (name.into(), name.into());
        comparison.pairs[0].better = name.into();
        comparison.rows[0].optimizer = name.into();
        comparison.rows[0].recipe = name.into();
        for run in &mut comparison.runs {
            run.task.data.name = name.into();
            run.optimizer = name.into();
            run.task.model = name.into();
            run.environment.kernel = name.into();
        }
        let text = page(&comparison);
        assert_eq!(tags(&text), tags(&page(&honest)), "{name}");
        assert!(!text.contains("<img") && !text.contains("12341234"), "{name}");
        assert!(!text.contains(['\u{2028}', '\u{0}', '\u{1b}', '\u{202e}']), "{name}");

        let svg = curves_svg(&comparison);
        let picture = roxmltree::Document::parse(&svg).unwrap_or_else(|e| panic!("{name}: {e}"));
        let elements =
            |picture: &roxmltree::Document| picture.descendants().filter(|node| node.is_element()).count();
        let plain = curves_svg(&honest);
        assert_eq!(elements(&picture), elements(&roxmltree::Document::parse(&plain).unwrap()));
    }
}

#[test]
fn a_name_of_ten_thousand_letters_is_cut() {
    let mut comparison = made::comparison(&made::three(), 2, 2);
    comparison.rows[0].optimizer = "n".repeat(10_000);
    assert!(curves_svg(&comparison).len() < 60_000);
    let text = page(&comparison);
    let table = text.split("<table").nth(1).unwrap();
    assert!(!table[..table.find("</table").unwrap()].contains(&"n".repeat(100)));
}

#[test]
fn the_sample_is_announced() {
    let mut comparison = made::comparison(&made::three(), 2, 2);
    assert!(!page(&comparison).contains("class=\"banner\""));
    for run in &mut comparison.runs {
        run.task.data.sample = true;
        run.task.examples.insert(train::Split::Train, 10_000);
    }
    let text = page(&comparison);
    assert!(text.contains("class=\"banner\"") && text.contains("10,000 training"));
}

#[test]
fn pictures_in_the_page_are_well_formed() {
    let text = page(&made::comparison(&made::three(), 5, 5));
    let mut seen = 0;
    for part in text.split("<svg").skip(1) {
        let svg = format!("<svg{}</svg>", &part[..part.find("</svg>").unwrap()]);
        roxmltree::Document::parse(&svg).unwrap();
        seen += 1;
    }
    assert_eq!(seen, 2 + 3, "two panels and three keys");
}

#[test]
fn the_same_comparison_is_the_same_page() {
    let comparison = made::comparison(&made::three(), 5, 5);
    assert!(page(&comparison) == page(&comparison.clone()));
}
