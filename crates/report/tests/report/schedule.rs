//! Pictures of schedules that a user could ask for by accident.

use report::schedule_svg;

fn corners(svg: &str) -> Vec<(f64, f64)> {
    let document = roxmltree::Document::parse(svg).unwrap();
    let path = document.descendants().find(|node| node.has_tag_name("path")).expect("a line");
    let corners = path.attribute("d").unwrap().split(['M', 'L']).filter(|corner| !corner.is_empty());
    corners
        .map(|corner| corner.split_once(',').expect("x and y"))
        .map(|(x, y)| (x.parse().unwrap(), y.parse().unwrap()))
        .collect()
}

#[test]
fn every_input_is_a_picture() {
    for factors in [&[][..], &[0.0], &[1.0], &[f64::NAN, f64::INFINITY], &[1e300, 0.0], &[1e-300; 3]] {
        for name in ["", "<b>&\"'\u{1b}[2J", &"a long name ".repeat(40)] {
            let inside = |(x, y): (f64, f64)| (0.0..=708.0).contains(&x) && (0.0..=700.0).contains(&y);
            assert!(corners(&schedule_svg(name, factors)).into_iter().all(inside), "{factors:?}");
        }
    }
}

#[test]
fn each_step_is_level_and_of_many_the_extremes_stay() {
    let levels = corners(&schedule_svg("two", &[1.0, 0.5]));
    assert_eq!(levels.iter().map(|corner| corner.0).collect::<Vec<_>>(), [50.0, 355.0, 355.0, 660.0]);
    assert!(levels[0].1 == levels[1].1 && levels[1].1 < levels[2].1 && levels[2].1 == levels[3].1);

    let mut factors = vec![0.5; 100_000];
    (factors[50_001], factors[50_002]) = (1.0, 0.0);
    let many = corners(&schedule_svg("spike", &factors));
    assert!(many.len() <= 1200);
    let middle = many.iter().position(|corner| corner.1 < levels[0].1 + 1e-9).expect("the spike");
    assert!(many[middle + 1].1 > levels[2].1, "down to 0 after it");
}
