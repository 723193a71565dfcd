//! A made-up comparison whose numbers look like real ones; nothing in it was trained.

use lab::compare::{Comparison, CurvePoint, Estimate, Pair, Row};
use train::record::{Counts, Environment, Point, SCHEMA, Status, TaskRecord};
use train::{Budget, DataInfo, Metric, Record, Split};

/// Simulated results of one optimizer.
#[derive(Clone)]
pub(crate) struct Made {
    pub(crate) name: String,
    pub(crate) recipe: String,
    pub(crate) state: usize,
    /// Error rate after the first epoch and the power of the epoch by which it falls.
    pub(crate) error: f64,
    pub(crate) power: f64,
}

pub(crate) fn made(name: &str, recipe: &str, state: usize, error: f64, power: f64) -> Made {
    Made { name: name.into(), recipe: recipe.into(), state, error, power }
}

pub(crate) fn three() -> Vec<Made> {
    vec![
        made("sgd", "sgd lr=0.01, batch=64", 0, 0.128, 0.36),
        made("adam", "adam lr=0.001, batch=64", 8, 0.062, 0.53),
        made("rmsprop", "rmsprop lr=0.001, batch=64", 4, 0.066, 0.51),
    ]
}

pub(crate) fn comparison(optimizers: &[Made], seeds: usize, epochs: usize) -> Comparison {
    let runs_of =
        |made: &Made| -> Vec<Record> { (1..=seeds).map(|seed| run(made, seed as u64, epochs)).collect() };
    let groups: Vec<Vec<Record>> = optimizers.iter().map(runs_of).collect();
    let rows = optimizers.iter().zip(&groups).map(|(made, runs)| row(made, runs)).collect();
    let mut order: Vec<usize> = (0..optimizers.len()).collect();
    order.sort_by(|&a, &b| final_mean(&groups[b]).total_cmp(&final_mean(&groups[a])));
    let mut pairs = vec![];
    for (place, &better) in order.iter().enumerate() {
        for &worse in &order[place + 1..] {
            pairs.push(pair(&groups[better], &groups[worse]));
        }
    }
    Comparison {
        command: "cargo xtask compare".into(),
        settings: vec![
            ("data set".into(), "mnist, made-up numbers".into()),
            ("model".into(), "784-128-64-10, ReLU, cross-entropy".into()),
            ("initial weights".into(), "uniform, ±1/√fan_in".into()),
            ("batch".into(), "64, shuffled each epoch".into()),
            ("epochs".into(), epochs.to_string()),
            ("seeds".into(), format!("1 to {seeds}, paired")),
        ],
        metric: Metric::Accuracy,
        target: Some(0.95),
        rows,
        pairs,
        runs: groups.concat(),
        looks: None,
    }
}

pub(crate) fn run(made: &Made, seed: u64, epochs: usize) -> Record {
    let luck = |of: u64| {
        let mixed = (seed * 1_000_003 + of).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 40) as f64 / (1u64 << 24) as f64 - 0.5
    };
    let error = |epoch: f64| {
        let of_the_moment = luck((epoch * 10.0) as u64 + 1000 * made.state as u64);
        let noise = 1.0 + 0.06 * luck(3) + 0.16 * of_the_moment;
        let falling = made.error * (epoch + 0.02).powf(-made.power) * noise;
        if epoch == 0.0 { 0.9 + 0.03 * luck(1) } else { falling.min(0.88) }
    };
    let loss = |epoch: f64| (3.6 * error(epoch) * (1.0 + 0.06 * luck(7))).min(2.31);
    let second = 0.42 + made.state as f64 * 0.021;
    let tenths = |count: usize| (1..=count).map(|tenth| tenth as f64 / 10.0);
    let mut seconds = 0.0;
    let epochs = (1..=epochs).map(|epoch| {
        seconds += second * (1.0 + 0.04 * luck(epoch as u64));
        Point { epoch: epoch as f64, updates: 938 * epoch as u64, seconds, value: loss(epoch as f64 - 0.6) }
    });
    let epochs: Vec<Point> = epochs.collect();
    let count = epochs.len();
    let at =
        |epoch: f64, value| Point { epoch, updates: (938.0 * epoch) as u64, seconds: epoch * second, value };
    let fifths = || (0..=count * 5).map(|fifth| fifth as f64 / 5.0);
    let name = |measure| Record::curve_name(Split::Test, measure);
    let curves = [
        (Record::EPOCH_LOSS.to_string(), epochs),
        (Record::TRAIN_LOSS.to_string(), tenths(count * 10).map(|epoch| at(epoch, loss(epoch))).collect()),
        (name("loss"), fifths().map(|epoch| at(epoch, loss(epoch) * 0.96)).collect()),
        (name("accuracy"), fifths().map(|epoch| at(epoch, 1.0 - error(epoch))).collect()),
    ];
    let updates = 938 * count as u64;
    Record {
        schema: SCHEMA,
        task: TaskRecord {
            name: "mlp".into(),
            data: DataInfo { name: "mnist".into(), origin: "made up".into(), sample: false },
            sha256: String::new(),
            examples: [(Split::Train, 60_000), (Split::Test, 10_000)].into(),
            model: "784-128-64-10".into(),
            weights: 109_386,
            loss: "cross-entropy".into(),
            settings: Default::default(),
            metric: Metric::Accuracy,
            target: Some(0.95),
        },
        optimizer: made.name.clone(),
        recipe: made.recipe.clone(),
        seed,
        batch: 64,
        budget: Budget { epochs: count as u32, evaluations: 5 },
        status: Status::Finished,
        counts: Counts {
            batches: updates,
            updates,
            gradients: Some(updates),
            examples: 60_000 * count as u64,
        },
        state_bytes_per_weight: made.state,
        environment: Environment { kernel: "avx2".into(), threads: 1, version: String::new(), numbers: 1 },
        curves: curves.into(),
        diagnostics: [].into(),
        histograms: [].into(),
        changes: Vec::new(),
    }
}

fn row(made: &Made, runs: &[Record]) -> Row {
    let reached: Vec<&Point> = runs
        .iter()
        .filter_map(|run| run.metric_curve(Split::Test).iter().find(|test| test.value >= 0.95))
        .collect();
    let most = 2 * reached.len() > runs.len();
    let middle = |mut values: Vec<f64>| {
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied()
    };
    Row {
        optimizer: made.name.clone(),
        recipe: made.recipe.clone(),
        seeds: None,
        runs: runs.len(),
        diverged: 0,
        train_loss: estimate(runs.iter().filter_map(Record::final_train_loss).collect()),
        score: estimate(runs.iter().filter_map(Record::final_metric).collect()),
        reached: reached.len(),
        epochs_to_target: most.then(|| middle(reached.iter().map(|t| t.epoch).collect())).flatten(),
        seconds_to_target: most.then(|| middle(reached.iter().map(|t| t.seconds).collect())).flatten(),
        seconds_per_epoch: middle(runs.iter().flat_map(Record::epoch_seconds).collect()),
        state_bytes_per_weight: made.state,
        gradients_per_batch: Some(1.0),
        train_curve: curve(runs, |run| run.curve(Record::TRAIN_LOSS)),
        score_curve: curve(runs, |run| run.metric_curve(Split::Test)),
    }
}

fn curve(runs: &[Record], of: impl Fn(&Record) -> &[Point]) -> Vec<CurvePoint> {
    let curves: Vec<&[Point]> = runs.iter().map(of).collect();
    let length = curves.iter().map(|curve| curve.len()).min().unwrap_or(0);
    (0..length)
        .map(|i| {
            let values: Vec<f64> = curves.iter().map(|curve| curve[i].value).collect();
            CurvePoint {
                epoch: curves[0][i].epoch,
                updates: curves[0][i].updates as f64,
                examples: 60_000.0 * curves[0][i].epoch,
                gradients: curves[0][i].updates as f64,
                seconds: curves.iter().map(|curve| curve[i].seconds).sum::<f64>() / curves.len() as f64,
                mean: values.iter().sum::<f64>() / values.len() as f64,
                low: values.iter().copied().fold(f64::INFINITY, f64::min),
                high: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            }
        })
        .collect()
}

fn pair(better: &[Record], worse: &[Record]) -> Pair {
    let differences = better
        .iter()
        .zip(worse)
        .filter_map(|(better, worse)| Some(better.final_metric()? - worse.final_metric()?));
    let difference = estimate(differences.collect()).expect("every made-up run finishes");
    let distinct = difference.low.is_some_and(|low| low > 0.0);
    Pair {
        better: better[0].optimizer.clone(),
        worse: worse[0].optimizer.clone(),
        p_value: difference.low.map(|_| if distinct { 0.0004 } else { 0.21 }),
        difference,
        distinct,
    }
}

fn final_mean(runs: &[Record]) -> f64 {
    estimate(runs.iter().filter_map(Record::final_metric).collect()).map_or(0.0, |e| e.mean)
}

/// The quantile is that of five values: near enough for numbers that are made up.
fn estimate(values: Vec<f64>) -> Option<Estimate> {
    let n = values.len();
    let mean = values.iter().sum::<f64>() / n as f64;
    let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n as f64 - 1.0);
    let half = 2.776 * (variance / n as f64).sqrt();
    let many = n > 1;
    let end = |x: f64| many.then_some(x);
    (n > 0).then(|| Estimate { mean, low: end(mean - half), high: end(mean + half), n })
}

/// Makes the first `count` runs of a row diverge at step 3.
pub(crate) fn diverge(comparison: &mut Comparison, row: usize, count: usize) {
    let row = &mut comparison.rows[row];
    row.diverged = count;
    if row.diverged == row.runs {
        row.train_loss = None;
        row.score = None;
        row.reached = 0;
        row.epochs_to_target = None;
        row.seconds_to_target = None;
        row.seconds_per_epoch = None;
        row.train_curve.clear();
        row.score_curve.clear();
    }
    let of_row = comparison.runs.iter_mut().filter(|run| run.optimizer == row.optimizer);
    for run in of_row.take(count) {
        run.status = Status::Diverged { step: 3 };
        run.curves.remove(Record::EPOCH_LOSS);
    }
}
