//! The file that browsers run, in an interpreter: its steps are those of `optim` and of the native twin, bit for bit.

use optim::{Optimizer, OptimizerSpec};
use report::browser::KERNELS;
use wasmi::{Engine, Instance, Linker, Memory, Module, Store, TypedFunc, WasmParams, WasmResults};

use crate::net::sample;
use crate::rules::recipes;

/// The file at work, as a page has it.
struct Page {
    store: Store<()>,
    instance: Instance,
    memory: Memory,
}

impl Page {
    fn new() -> Page {
        let engine = Engine::default();
        let module = Module::new(&engine, KERNELS).expect("a module");
        assert_eq!(module.imports().count(), 0, "a page gives it nothing");
        let mut store = Store::new(&engine, ());
        let instance = Linker::new(&engine).instantiate_and_start(&mut store, &module).expect("an instance");
        let memory = instance.get_memory(&store, "memory").expect("its memory");
        Page { store, instance, memory }
    }

    fn call<P: WasmParams, R: WasmResults>(&mut self, name: &str, arguments: P) -> R {
        let function: TypedFunc<P, R> =
            self.instance.get_typed_func(&self.store, name).unwrap_or_else(|error| panic!("{name}: {error}"));
        function.call(&mut self.store, arguments).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn write(&mut self, place: i32, bytes: &[u8]) {
        self.memory.write(&mut self.store, place as usize, bytes).expect("room");
    }

    fn write_f64(&mut self, place: i32, numbers: &[f64]) {
        let bytes: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
        self.write(place, &bytes);
    }

    fn read<const N: usize>(&self, place: i32, count: usize) -> Vec<[u8; N]> {
        let mut bytes = vec![0; N * count];
        self.memory.read(&self.store, place as usize, &mut bytes).expect("room");
        bytes.chunks_exact(N).map(|part| part.try_into().expect("whole numbers")).collect()
    }
}

#[test]
fn paths_in_the_file_take_the_steps_of_optim_bit_for_bit() {
    const STEPS: usize = 40;
    let mut page = Page::new();
    let arguments: i32 = page.call("reserve", 200);
    let points: i32 = page.call("reserve", 8 * 15 * 100);
    for (place, function) in wasm::functions::ALL.iter().enumerate() {
        // Every rule on some function, and every recipe of it on the first.
        let rules = wasm::rules::ALL.iter().enumerate();
        for (number, rule) in rules.filter(|(number, _)| place == 0 || (number + place) % 5 == 0) {
            let count = if place == 0 { usize::MAX } else { 1 };
            for spec in recipes(rule.name).into_iter().take(count) {
                let kernel = lessons::browser::kernel(&spec).expect("a kernel");
                let start = lab::tasks::functions::by_name(function.name).expect("a twin").start;
                let mut numbers = kernel.settings.clone();
                numbers.push(kernel.max_norm.unwrap_or(f64::INFINITY));
                numbers.extend(start.map(f64::from));
                numbers.push(0.0);
                page.write_f64(arguments, &numbers);
                let steps = STEPS as i32;
                let told = (place as i32, number as i32, arguments, steps, 0, 0, 0, 0, points);
                let found: i32 = page.call("race_path", told);
                let width = 7 + 2 * kernel.arrays.len();
                let rows: Vec<f64> = page
                    .read::<8>(points, width * found as usize)
                    .into_iter()
                    .map(f64::from_le_bytes)
                    .collect();
                assert_eq!(rows[..2], start.map(f64::from), "`{spec}` on {}", function.name);
                follow(spec, &rows, width, function.name);
            }
        }
    }
}

/// Takes the gradients of a path to `optim`, whose next points are those of the path.
fn follow(spec: OptimizerSpec, rows: &[f64], width: usize, function: &str) {
    let mut optimizer = Optimizer::of_slice(spec.clone(), 2).expect("a valid recipe");
    let rows: Vec<&[f64]> = rows.chunks(width).collect();
    let mut at = [rows[0][0] as f32, rows[0][1] as f32];
    for (step, pair) in rows.windows(2).enumerate() {
        optimizer.step(&mut at, &[pair[0][3] as f32, pair[0][4] as f32]);
        let found = [pair[1][0] as f32, pair[1][1] as f32];
        assert_eq!(at.map(f32::to_bits), found.map(f32::to_bits), "`{spec}` on {function}, step {step}");
        let state: Vec<f64> =
            optimizer.state_dict().arrays.into_iter().flat_map(|(_, array)| array).map(f64::from).collect();
        assert_eq!(state, pair[0][7..], "`{spec}` on {function}, step {step}");
    }
}

#[test]
fn training_in_the_file_has_the_bits_of_the_native_twin() {
    let (_, [train, test]) = sample(200, 20);
    let mut page = Page::new();
    for (split, digits) in [&train, &test].into_iter().enumerate() {
        let pixels: i32 = page.call("digits_pixels", (split as i32, digits.labels.len() as i32));
        page.write(pixels, &digits.pixels);
        let labels: i32 = page.call("digits_labels", split as i32);
        page.write(labels, &digits.labels);
    }
    let numbers: i32 = page.call("reserve", 200);
    for recipe in ["sgd lr=0.1 momentum=0.9", "adam"] {
        let kernel = lessons::browser::kernel(&recipe.parse().expect("a recipe")).expect("a kernel");
        page.write_f64(numbers, &kernel.settings);
        page.call::<_, ()>("train_start", (kernel.rule as i32, numbers, f64::INFINITY, 5, 64));
        let mut settings = [0.0; 8];
        settings.copy_from_slice(&kernel.settings);
        let rule = wasm::rules::ALL[kernel.rule];
        let mut native = wasm::training::Training::new(rule, settings, f64::INFINITY, 5, 64);
        for _ in 0..5 {
            let loss: f64 = page.call("train_run", 1);
            assert_eq!(loss.to_bits(), native.step(&train).to_bits(), "{recipe}");
        }
        let weights: i32 = page.call("train_weights", ());
        let count = native.net().weights().len();
        let found: Vec<u32> = page.read::<4>(weights, count).into_iter().map(u32::from_le_bytes).collect();
        let expected: Vec<u32> = native.net().weights().iter().map(|w| w.to_bits()).collect();
        assert!(found == expected, "{recipe}: other weights");
        page.call::<_, ()>("train_evaluate", (1, 0, 20, numbers));
        let (loss, correct) = native.evaluate(&test, 0..20);
        let found: Vec<f64> = page.read::<8>(numbers, 2).into_iter().map(f64::from_le_bytes).collect();
        assert_eq!(found, [loss, correct as f64], "{recipe}");
    }
}
