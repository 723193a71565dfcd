//! Loss surfaces around networks as documents.

use crate::chart::{Chart, Mark, Scale, Series, significant};
use crate::document::{Block, Cell, Column, Document, Figure, Table};
use crate::page::sentence;
use crate::race::{Race, Step};

const KIND: &str = "landscape";
const EYEBROW: &str = "Descent · loss surface";

/// A plane of losses: its picture, the losses along its axes, and the networks of a path if there are some.
///
/// # Panics
/// If the plane has no heat.
pub fn plane_document(plane: &Race) -> Document {
    let mut figures = vec![Figure::picture(
        "plane",
        &plane.function,
        &format!("Contours of the {}", plane.function),
        plane.svg(0),
    )];
    figures.extend(axes(plane).as_ref().map(|chart| Figure::of_chart("axes", chart)));
    let mut blocks = vec![
        Block::Lead(format!("{}.", capitalized(&sentence(&plane.formula)))),
        Block::Text(lowest(plane)),
        Block::Figures(figures),
    ];
    if let Some(lane) = plane.heats[0].lanes.first() {
        let row = |(step, name): (&Step, String)| {
            let [x, y] = step.at.map(|at| Cell::number(significant(at), at));
            vec![Cell::text(name), x, y, Cell::number(significant(step.value), step.value)]
        };
        let names = (1..=lane.steps.len()).map(|place| format!("{place} of {}", lane.steps.len()));
        let table = Table {
            title: "Networks of the path".into(),
            columns: vec![
                Column::text("network"),
                Column::number("x"),
                Column::number("y"),
                Column::number("loss"),
            ],
            rows: lane.steps.iter().zip(names).map(row).collect(),
            ..Table::default()
        };
        blocks.push(Block::Fold { summary: table.title.clone(), blocks: vec![Block::Table(table)] });
    }
    blocks.push(Block::Warnings {
        title: "What a plane does not show".into(),
        items: vec![
            "It has two directions; the network has one for each of its weights, and a valley may turn in any of them."
                .into(),
            "Its losses are of some training examples without dropout: their number is under the title.".into(),
        ],
    });
    Document {
        kind: KIND.into(),
        eyebrow: EYEBROW.into(),
        title: capitalized(&sentence(&plane.function)),
        facts: format!("{0} × {0} losses of {1} each", plane.grid.len(), plane.heats[0].rates),
        blocks,
        data: grid(plane),
    }
}

/// The losses on the line between two networks.
pub fn line_document(line: &Chart) -> Document {
    let points = line.series.first().map_or(&[][..], |series| &series.points);
    let row = |&(at, loss): &(f64, f64)| {
        vec![Cell::number(significant(at), at), Cell::number(significant(loss), loss)]
    };
    let data = Table {
        title: "Losses on the line".into(),
        columns: vec![Column::number("place"), Column::number("loss")],
        rows: points.iter().map(row).collect(),
        ..Table::default()
    };
    let names: Vec<&str> =
        line.marks.iter().map(|(Mark::X(_, name) | Mark::Y(_, name))| name.as_str()).collect();
    Document {
        kind: KIND.into(),
        eyebrow: EYEBROW.into(),
        title: line.title.clone(),
        facts: sentence(&names.join(" and ")),
        blocks: vec![
            Block::Text(barrier(points)),
            Block::Figures(vec![Figure::of_chart("line", line)]),
            Block::Table(data.clone()),
        ],
        data,
    }
}

/// With a capital letter at the start.
fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}

/// The sentence on the rise of the loss between two networks, at 0 and 1.
fn barrier(points: &[(f64, f64)]) -> String {
    let nearest = |place: f64| {
        let by_distance =
            |a: &&(f64, f64), b: &&(f64, f64)| (a.0 - place).abs().total_cmp(&(b.0 - place).abs());
        points.iter().min_by(by_distance).map_or(f64::NAN, |point| point.1)
    };
    let between = points.iter().filter(|(at, _)| (0.0..=1.0).contains(at));
    let top = between.map(|point| point.1).fold(f64::NEG_INFINITY, f64::max);
    let [first, second] = [nearest(0.0), nearest(1.0)];
    let barrier = top - first.max(second);
    let ends =
        format!("The loss is {} at the first and {} at the second", significant(first), significant(second));
    match barrier > 0.0 {
        true => format!("{ends}; between them it rises by {} above the higher.", significant(barrier)),
        false => format!("{ends}; between them it is nowhere higher."),
    }
}

/// The sentence on the lowest loss of a plane.
fn lowest(plane: &Race) -> String {
    let mut least = (f64::INFINITY, [0.0; 2]);
    for (row, losses) in plane.grid.iter().enumerate() {
        for (column, &loss) in losses.iter().enumerate() {
            if loss < least.0 {
                least = (loss, [place(plane, 0, column), place(plane, 1, row)]);
            }
        }
    }
    let (loss, [x, y]) = least;
    match loss.is_finite() {
        true => {
            let [x, y] = [x, y].map(significant);
            format!("The lowest loss of the plane is {}, at ({x}, {y}).", significant(loss))
        }
        false => "No loss of the plane is finite.".into(),
    }
}

/// The losses along both axes, where points of the grid are on them.
fn axes(plane: &Race) -> Option<Chart> {
    let on_axis = |axis: usize| (0..plane.grid.len()).find(|&index| place(plane, axis, index).abs() < 1e-9);
    let (column, row) = (on_axis(0)?, on_axis(1)?);
    let finite = |points: Vec<(f64, f64)>| points.into_iter().filter(|(_, loss)| loss.is_finite()).collect();
    let along_x = plane.grid[row].iter().enumerate().map(|(index, &loss)| (place(plane, 0, index), loss));
    let along_y =
        plane.grid.iter().enumerate().map(|(index, losses)| (place(plane, 1, index), losses[column]));
    Some(Chart {
        title: "Loss along the axes".into(),
        x: ("distance from the middle".into(), Scale::Linear),
        y: ("loss".into(), Scale::Linear),
        series: vec![
            Series::line("along x", finite(along_x.collect())),
            Series::line("along y", finite(along_y.collect())),
        ],
        marks: vec![],
    })
}

/// Place of a grid point on an axis.
fn place(plane: &Race, axis: usize, index: usize) -> f64 {
    let [low, high] = plane.domain[axis];
    low + (high - low) * index as f64 / (plane.grid.len() - 1) as f64
}

/// All losses of a plane, a row each.
fn grid(plane: &Race) -> Table {
    let mut rows = Vec::new();
    for (row, losses) in plane.grid.iter().enumerate() {
        for (column, &loss) in losses.iter().enumerate() {
            let [x, y] = [place(plane, 0, column), place(plane, 1, row)];
            rows.push([x, y, loss].map(|value| Cell::number(significant(value), value)).to_vec());
        }
    }
    Table {
        title: "Losses of the plane".into(),
        columns: vec![Column::number("x"), Column::number("y"), Column::number("loss")],
        rows,
        ..Table::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Format;
    use crate::race::{Heat, Lane};

    fn plane(name: &str) -> Race {
        let cell = |x: i32, y: i32| f64::from((x - 1).pow(2) + y.pow(2));
        let step = |at: f64| Step {
            at: [at, 0.0],
            value: cell(0, 0),
            gradient: [0.0; 2],
            update: [0.0; 2],
            state: vec![],
        };
        Race {
            function: name.into(),
            formula: "mean training loss".into(),
            domain: [[-2.0, 2.0]; 2],
            minima: vec![],
            grid: (-2..=2).map(|y| (-2..=2).map(|x| cell(x, y)).collect()).collect(),
            noise: 0.0,
            heats: vec![Heat {
                rates: "50 examples".into(),
                lanes: vec![Lane { recipe: "path".into(), steps: vec![step(1.0), step(0.0)] }],
            }],
            prediction: None,
        }
    }

    #[test]
    fn a_plane_says_its_lowest_loss_and_shows_both_axes() {
        let document = plane_document(&plane("loss around a"));
        let page = document.render(Format::Html);
        assert!(page.contains("The lowest loss of the plane is 0, at (1.00, 0)."));
        assert!(page.contains("5 × 5 losses of 50 examples each") && page.contains("Loss along the axes"));
        let csv = document.render(Format::Csv);
        assert_eq!(csv.lines().count(), 26);
        assert!(csv.starts_with("x,y,loss\r\n-2,-2,13\r\n"), "{csv}");
        let chart = axes(&plane("")).expect("a row and a column at 0");
        assert_eq!(chart.series[0].points, [(-2.0, 9.0), (-1.0, 4.0), (0.0, 1.0), (1.0, 0.0), (2.0, 1.0)]);
        assert_eq!(chart.series[1].points, [(-2.0, 5.0), (-1.0, 2.0), (0.0, 1.0), (1.0, 2.0), (2.0, 5.0)]);
    }

    #[test]
    fn a_line_says_its_barrier() {
        let line = |losses: [f64; 5]| Chart {
            title: "line".into(),
            x: ("place".into(), Scale::Linear),
            y: ("loss".into(), Scale::Linear),
            series: vec![Series::line("loss", [-0.5, 0.0, 0.5, 1.0, 1.5].into_iter().zip(losses).collect())],
            marks: vec![Mark::X(0.0, "</script>".into()), Mark::X(1.0, "b".into())],
        };
        let page = line_document(&line([9.0, 1.0, 4.0, 2.0, 9.0])).render(Format::Html);
        assert!(page.contains("rises by 2.00 above the higher.") && !page.contains("</script> and b"));
        let page = line_document(&line([9.0, 3.0, 2.5, 2.0, 9.0])).render(Format::Html);
        assert!(page.contains("nowhere higher."));
    }
}
