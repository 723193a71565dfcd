//! A wall of the loss, with and without clipping.

use lab::stats::mean;
use lab::tasks::functions::by_name;
use report::chart::{Chart, Scale, Series, significant};

use crate::lesson::{Chapter, Lesson, Question, Verdict};
use crate::walk::Walk;
use crate::{Error, Measured, Settings};

pub(super) const LESSON: Lesson = Lesson {
    id: "clipping",
    title: "Clipping at a cliff",
    chapter: Chapter::Difficulties,
    claim: "Clipping the norm of the gradient keeps one step at a cliff from throwing the weights far away.",
    setup: "The task `cliff`: the loss of one recurrent unit after 50 steps, over its weight and bias. Gradient descent at \
        the rate 0.1 from 60 starts around the wall, 300 steps each: without clipping, with the norm clipped at 1, and at 0.1.",
    theory: "On the wall the gradient is a product of 50 derivatives and thousands of times larger than around it. A step \
        of $\\eta g$ then leaves the region. Clipping at $c$ bounds every step by $\\eta c$.",
    question: Question {
        ask: "The rate is 0.1 and gradients are clipped at 1. How far can one step go?",
        options: &["At most 0.1", "At most 1", "As far as the wall throws it"],
        answer: |measured| match measured.get("jump 1") {
            jump if jump <= 0.101 => 0,
            jump if jump <= 1.01 => 1,
            _ => 2,
        },
    },
    measure,
    judge,
    counterexample: "a region without a wall, around $w = 3$, $b = -1$: there is nothing to clip.",
    limits: "One unit with two weights. At a constant rate clipped steps jump back and forth over the wall; a falling rate would end that. In a real network the wall is met by chance, and the threshold is one more setting.",
    try_it: &["descent tasks cliff", "descent train --task cliff --recipe 'sgd lr=0.1, clip=1'"],
    source: "Pascanu 2013 (On the difficulty of training recurrent neural networks)",
};

const CLIPS: [(&str, &str); 3] = [("none", ""), ("1", ", clip=1"), ("0.1", ", clip=0.1")];

/// Path of the loss, longest step, and final loss.
type Descent = (Vec<(f64, f64)>, f64, f64);

fn measure(settings: &Settings<'_>) -> Result<Measured, Error> {
    let starts: Vec<[f32; 2]> = (0..settings.size(8, 60))
        .map(|i| {
            let along = i as f32 / settings.size(8.0, 60.0);
            settings
                .case([5.0 + 2.0 * along, -2.0 - 1.2 * along + 0.1], [3.0 + 0.5 * along, -1.0 - 0.2 * along])
        })
        .collect();
    let steps = 300;
    let cases: Vec<(usize, [f32; 2])> =
        (0..CLIPS.len()).flat_map(|clip| starts.iter().map(move |&start| (clip, start))).collect();
    let runs = settings
        .parts(&cases, |&(clip, start)| descend(&format!("sgd lr=0.1{}", CLIPS[clip].1), start, steps))?;
    let mut measured = Measured::default();
    let mut series = vec![];
    for (index, (name, _)) in CLIPS.iter().enumerate() {
        let of = &runs[index * starts.len()..][..starts.len()];
        let jump = of.iter().map(|run| run.1).fold(0.0, f64::max);
        let label = format!("longest step, clip {name}");
        match name.parse::<f64>() {
            Ok(clip) => measured.note(
                &format!("jump {name}"),
                &format!("{label} (at most {})", significant(0.1 * clip)),
                jump,
            ),
            Err(_) => measured.note(&format!("jump {name}"), &label, jump),
        }
        series.push(of);
    }
    let worst = (0..starts.len()).max_by(|&a, &b| series[0][a].1.total_cmp(&series[0][b].1)).unwrap_or(0);
    for (index, (name, _)) in CLIPS.iter().enumerate() {
        let label = format!("mean loss over the second half of the steps and all starts, clip {name}");
        let losses: Vec<f64> = series[index].iter().map(|run| run.2).collect();
        measured.note(&format!("end {name}"), &label, mean(&losses));
    }
    measured.charts.push(Chart {
        title: "Loss from the start that the unclipped step throws farthest".into(),
        x: ("step".into(), Scale::Linear),
        y: ("loss".into(), Scale::Log),
        series: CLIPS
            .iter()
            .enumerate()
            .map(|(index, (name, _))| Series::line(format!("clip {name}"), series[index][worst].0.clone()))
            .collect(),
        marks: vec![],
    });
    Ok(measured)
}

fn descend(recipe: &str, start: [f32; 2], steps: u32) -> Result<Descent, lab::Error> {
    let cliff = by_name("cliff").expect("it is listed");
    let mut walk = Walk::new(recipe, &start, 0)?;
    let (mut path, mut jump) = (vec![], 0.0_f64);
    for step in 0..steps {
        let before = walk.at.clone();
        let mut loss = f64::NAN;
        walk.step(&mut |x, gradient| {
            let (value, [w, b]) = cliff.at([x[0].into(), x[1].into()]);
            loss = value;
            gradient.copy_from_slice(&[w as f32, b as f32]);
        });
        path.push((f64::from(step), loss));
        let moved = walk.at.iter().zip(&before).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>().sqrt();
        jump = jump.max(moved);
    }
    // Clipped steps jump back and forth over the wall: a mean says more than the last of them.
    let late = mean(&path[path.len() / 2..].iter().map(|point| point.1).collect::<Vec<_>>());
    Ok((path, jump, late))
}

fn judge(measured: &Measured) -> Verdict {
    let [wild, tame] = ["jump none", "jump 1"].map(|key| measured.get(key));
    let numbers = format!(
        "the longest step was {} without clipping and {} with the norm clipped at 1",
        significant(wild),
        significant(tame)
    );
    if wild < 3.0 * tame {
        return Verdict::DoesNotHoldHere(numbers + ".");
    }
    let [lost, kept] = ["end none", "end 1"].map(|key| measured.get(key));
    let ends = format!(
        "{numbers}. The mean losses over the second half of the steps are {} and {}.",
        significant(lost),
        significant(kept)
    );
    if kept < lost {
        Verdict::Holds(ends)
    } else {
        Verdict::HoldsOnlyWhen(format!("the step is measured: {ends}"))
    }
}
