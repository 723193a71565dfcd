//! Paths: those that the program records are those that a page computes from the same start.

use lessons::race::{Entrant, RaceSettings, live, race};
use optim::OptimizerSpec;
use wasm::race::{Setup, best_rate, largest_curvature, path};

#[test]
fn a_page_computes_the_recorded_paths_at_the_same_rates() {
    let entrants = ["sgd", "momentum", "adam", "rmsprop lr=0.01", "nadam, cosine warmup=5"]
        .map(|text| text.parse::<Entrant>().unwrap());
    // Every other one is enough: all have the gradients of `lab`.
    for function in lab::tasks::functions::ALL.iter().step_by(2) {
        let noise = if function.name == "booth" { 0.5 } else { 0.0 };
        let settings = RaceSettings { steps: 40, trials: 9, noise, ..RaceSettings::default() };
        let recorded = race(function.name, &entrants, &settings).expect("a race");
        let page = live(function.name, &entrants, &settings).expect("kernels");
        let setup = Setup {
            function: &wasm::functions::ALL[page.function],
            start: function.start,
            steps: page.steps as usize,
            noise,
            normals: &page.normals,
        };
        let curvature = largest_curvature(setup.function, function.start.map(f64::from));
        assert!((1.0 / curvature / page.shown - 1.0).abs() < 6e-3, "{}", function.name);
        for (place, entrant) in page.entrants.iter().enumerate() {
            let kernel = entrant.kernel.as_ref().expect("a kernel");
            let mut settings = [0.0; 8];
            settings.copy_from_slice(&kernel.settings);
            let rule = wasm::rules::ALL[kernel.rule];
            let factors = &kernel.factors;
            let mut runner = wasm::race::Entrant { rule, settings, max_norm: f64::INFINITY, factors };
            for (heat, tuned) in recorded.heats.iter().zip([false, true]) {
                runner.settings[0] = match (entrant.keeps_rate, tuned) {
                    (true, _) => kernel.settings[0],
                    (false, false) => page.shown,
                    (false, true) => page.rates[best_rate(&setup, &runner, &page.rates)],
                };
                let lane = &heat.lanes[place];
                let words = kernel.recipe.replace("{}", &runner.settings[0].to_string());
                let spec = |recipe: &str| recipe.parse::<OptimizerSpec>().expect("a recipe").to_string();
                assert_eq!(spec(&words), spec(&lane.recipe), "{}", function.name);
                let mut steps = lane.steps.iter();
                path(&setup, &runner, |point, _| {
                    let step = steps.next().expect("as many points");
                    let size = function.domain.map(|[low, high]| high - low);
                    for (axis, size) in size.iter().enumerate() {
                        let apart = (point.at[axis] - step.at[axis]).abs();
                        let far = step.at[axis].abs().max(*size);
                        assert!(apart < 1e-4 * far, "{words} on {}: {apart} apart", function.name);
                    }
                });
                assert!(steps.next().is_none(), "{words} on {}", function.name);
            }
        }
    }
}
