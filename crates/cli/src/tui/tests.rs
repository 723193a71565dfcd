//! The screen by news and keys, without a terminal.

use std::ops::ControlFlow;
use std::sync::mpsc;

use lab::Halt;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;
use report::Ground;
use train::record::Status;
use train::{Event, Record, RunInfo, Split};

use super::feed::Feed;
use super::part::{Label, Part};
use super::state::{Act, Key, Measure, Message, Question, Stage, State, UpScale};
use super::theme::{Colors, Theme};
use super::view;
use crate::progress::tests::{record, run};
use crate::stop::Stop;

fn colored() -> Theme {
    Theme::new(Colors::True, Ground::Dark)
}

fn plain() -> Theme {
    Theme::new(Colors::None, Ground::Dark)
}

/// Runs of 5 epochs with 100 batches each.
const BATCHES: u64 = 500;

fn label(look: usize) -> impl Fn(&RunInfo) -> Label {
    move |run: &RunInfo| Label {
        name: format!("{} seed {look}", run.optimizer),
        group: String::new(),
        look,
        work: run.total_batches() as f64,
    }
}

fn tell(feed: &Feed, worker: usize, look: usize, event: &Event) -> ControlFlow<Halt> {
    feed.read(worker, &label(look), event, (&Stop::default(), &|| ()))
}

fn started() -> Event {
    Event::RunStarted { run: run(), batches: 0 }
}

fn progress(batches: u64, loss: f64) -> Event {
    let seconds = 0.001 * batches as f64;
    Event::Progress { batches, examples: 64 * batches, seconds, loss, learning_rate: Some(0.001) }
}

fn evaluation(batches: u64, metric: f64) -> Event {
    Event::Evaluated { split: Split::Test, batches, loss: 1.0, metric }
}

fn diverged() -> Event {
    let record = Record { status: Status::Diverged { step: 250 }, curves: Default::default(), ..record() };
    let counts = train::record::Counts { batches: 250, ..record.counts };
    Event::RunFinished { record: Box::new(Record { counts, ..record }) }
}

/// Three runs: one is over, one has diverged, one is at the half.
fn three() -> (Feed, State) {
    let (feed, mut state) = (Feed::default(), State::new("compare on digits".into(), false));
    feed.begin(Part { name: "as they are set".into(), runs: 6, work: 6.0 * 500.0, known: (0, 0.0) });
    for look in 0..3 {
        assert!(tell(&feed, look, look, &started()).is_continue());
        let batches = if look == 0 { BATCHES } else { BATCHES / 2 };
        let mut step = |batches: u64| {
            let place = batches as f64 / 100.0;
            let loss =
                if look == 1 { 2.0 * place.exp2().powi(8) } else { 2.0 * (-place - 0.3 * look as f64).exp() };
            assert!(tell(&feed, look, look, &progress(batches, loss)).is_continue());
            if batches.is_multiple_of(100) {
                let metric = if look == 1 { 0.1 } else { 0.9 + 0.015 * place };
                assert!(tell(&feed, look, look, &evaluation(batches, metric)).is_continue());
            }
        };
        (1..=batches).for_each(&mut step);
    }
    let over = Event::RunFinished { record: Box::new(record()) };
    assert!(tell(&feed, 0, 0, &over).is_continue());
    assert!(tell(&feed, 1, 1, &diverged()).is_continue());
    let (messages, latest) = feed.news();
    state.take(messages, &latest);
    (feed, state)
}

fn drawn(state: &State, width: u16, height: u16, theme: &Theme) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a screen in memory");
    let draw = |frame: &mut ratatui::Frame<'_>| {
        let area = frame.area();
        view::draw(frame.buffer_mut(), area, state, None, theme);
    };
    terminal.draw(draw).expect("a screen in memory");
    terminal.backend().buffer().clone()
}

fn text(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width).max(1);
    let rows = buffer.content().chunks(width);
    let rows =
        rows.map(|row| row.iter().map(|cell| cell.symbol()).collect::<String>().trim_end().to_string());
    rows.collect::<Vec<String>>().join("\n")
}

fn is_braille(symbol: &str) -> bool {
    symbol.chars().all(|c| ('\u{2801}'..='\u{28ff}').contains(&c))
}

#[test]
fn the_screen_of_three_runs_at_fifty_columns() {
    let (_, mut state) = three();
    state.pass(10.0);
    assert_eq!(text(&drawn(&state, 50, 20, &plain())), PICTURE.trim_matches('\n'));
}

const PICTURE: &str = "
compare on digits: as they are set
██████▋░░░░░░░░░ 42%, 2 of 6 runs, about 18 s left
training loss, log scale                    3 runs
        │●⣄⣀                ■↑
      1 ┤⠤⣀⡀⠑⠒⠤⢄⡀
        │  ⠈⠑⠒⠤⣄⡈⠉⠒⠢⣀⡀
        │       ⠈⠑⠒▲⢄⡈⠉⠑⠤●⡀
        │            ⠈⠑⠒⠤⣀⡈⠉⠒⠤⢄⣀
    0.1 ┤                 ⠈⠉⠒▲  ⠑⠒⠢⣀⡀
        │                           ⠈⠉⠑⠤⢄⡀
        │                                ●⠉⠒⠤⢄⣀
        │                                      ⠉⠒●
        └┴───────┴───────┴───────┴───────┴───────┴
         0       1       2       3       4   epoch
  run           epoch   loss accuracy state
● adam seed 0     5/5 0.0812   97.31% finished
■ adam seed 1   2.5/5      —        — diverged 250
▲ adam seed 2   2.5/5 0.0901   93.00% running

p pause  tab view  s stop  ? help  q quit
";

#[test]
fn every_width_shows_curves_runs_and_keys() {
    let (_, state) = three();
    for (width, height) in [(50, 20), (80, 24), (120, 30), (200, 50)] {
        let buffer = drawn(&state, width, height, &colored());
        let text = text(&buffer);
        for said in
            ["compare on digits: as they are set", "training loss", "adam seed 2", "diverged 250", "q quit"]
        {
            assert!(text.contains(said), "{width} columns, no `{said}`:\n{text}");
        }
        // The picture takes half of the columns at least.
        let columns =
            (0..width).filter(|&x| (0..height).any(|y| is_braille(buffer[(x, y)].symbol()))).count();
        assert!(columns > usize::from(width) / 4, "{width} columns, curves in {columns}:\n{text}");
    }
}

#[test]
fn no_size_and_no_choice_writes_outside_of_the_screen() {
    let (_, mut state) = three();
    let none = State::new(String::new(), true);
    let sizes = [0, 1, 2, 3, 5, 8, 13, 20, 21, 50, 80, 109, 110, 200];
    for measure in [Measure::Loss, Measure::Metric, Measure::LearningRate] {
        for (scale, one, help, question) in [
            (UpScale::Fitting, false, false, None),
            (UpScale::Log, true, false, Some(Question::Quit)),
            (UpScale::Linear, false, true, Some(Question::End(2))),
        ] {
            (state.measure, state.scale, state.one, state.help, state.question) =
                (measure, scale, one, help, question);
            for (width, height) in sizes.iter().flat_map(|&width| sizes.map(|height| (width, height))) {
                let around = Rect { x: 0, y: 0, width: width + 6, height: height + 4 };
                let mut buffer = Buffer::filled(around, ratatui::buffer::Cell::new("·"));
                let inside = Rect { x: 3, y: 2, width, height };
                view::draw(&mut buffer, inside, &state, Some("a note of the program"), &colored());
                view::draw(&mut buffer, inside, &none, None, &plain());
                view::draw(&mut buffer, inside, &state, None, &plain());
                for (x, y) in (0..around.width).flat_map(|x| (0..around.height).map(move |y| (x, y))) {
                    let outside = !inside.contains((x, y).into());
                    assert!(!outside || buffer[(x, y)].symbol() == "·", "{width} × {height}: {x}, {y}");
                }
            }
        }
    }
}

#[test]
fn without_colors_markers_tell_runs_apart() {
    let (_, state) = three();
    let buffer = drawn(&state, 80, 24, &plain());
    assert!(buffer.content().iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
    let text = text(&buffer);
    for marker in ['●', '■', '▲'] {
        assert!(text.matches(marker).count() > 1, "`{marker}` is in the table and in the picture:\n{text}");
    }
    let colors = |buffer: &Buffer| {
        let mut colors: Vec<String> = buffer
            .content()
            .iter()
            .filter(|cell| is_braille(cell.symbol()))
            .map(|cell| format!("{:?}", cell.fg))
            .collect();
        colors.sort();
        colors.dedup();
        colors.len()
    };
    assert!(colors(&drawn(&state, 80, 24, &colored())) >= 3, "each run has its color");
}

#[test]
fn a_diverged_run_is_marked_at_the_border_and_leaves_room_for_those_that_learn() {
    let (_, mut state) = three();
    let top =
        |state: &State| text(&drawn(state, 80, 24, &plain())).lines().nth(3).unwrap_or_default().to_string();
    assert!(top(&state).contains("■↑"), "{}", top(&state));
    // So is one of which nothing was ever finite.
    state.runs[1].losses.clear();
    assert!(top(&state).contains("■↑"), "{}", top(&state));
    state.measure = Measure::Metric;
    let picture = text(&drawn(&state, 80, 24, &plain()));
    assert!(picture.contains("test accuracy") && picture.contains("■↓"), "{picture}");
}

#[test]
fn pauses_take_no_time_from_the_pace() {
    let (_, mut state) = three();
    // 500 + 250 + 250 batches are trained, and as many of the diverged run are left out.
    state.pass(10.0);
    assert_eq!(state.seconds_left(), Some(10.0 / 1000.0 * (3000.0 - 500.0 - 500.0 - 250.0)));
    assert_eq!(state.press(Key::Pause), Some(Act::Pause(true)));
    state.pass(1e6);
    assert_eq!(state.seconds_left(), Some(17.5));
    assert!(text(&drawn(&state, 50, 20, &plain())).contains("paused"));
    assert_eq!(state.press(Key::Pause), Some(Act::Pause(false)));
    assert_eq!(state.counted(), (2, 6));
    assert_eq!(state.done(), 1250.0 / 3000.0);
}

#[test]
fn a_run_ends_when_the_same_key_says_yes() {
    let (feed, mut state) = three();
    assert_eq!(state.press(Key::End), None);
    assert!(
        text(&drawn(&state, 60, 20, &plain())).contains("stop adam seed 2? s again: yes, another key: no")
    );
    assert_eq!(state.press(Key::Other), None);
    assert_eq!(state.question, None);
    assert_eq!(state.press(Key::End), None);
    assert_eq!(state.press(Key::End), Some(Act::End(2)));
    assert_eq!(state.runs[2].stage, Stage::Ending);

    feed.end(2);
    assert!(tell(&feed, 0, 3, &started()).is_continue(), "another run goes on");
    assert!(tell(&feed, 2, 2, &evaluation(251, 0.9)).is_continue(), "what was measured is told first");
    assert_eq!(tell(&feed, 2, 2, &progress(251, 0.1)), ControlFlow::Break(Halt::Run));
    assert!(tell(&feed, 2, 4, &started()).is_continue(), "the next run of the worker goes on");
    assert_eq!(feed.ended(), ["adam seed 2"]);
    let (messages, latest) = feed.news();
    state.take(messages, &latest);
    assert_eq!(state.runs[2].stage, Stage::Ended);
    assert_eq!(state.counted(), (3, 6));

    // What is over cannot be ended.
    state.press(Key::First);
    assert_eq!((state.press(Key::End), state.question), (None, None));
    assert_eq!(state.note.as_deref(), Some("adam seed 0 is not running"));
}

#[test]
fn the_end_of_a_single_run_is_that_of_everything() {
    let (feed, mut state) = (Feed::default(), State::new("train".into(), true));
    assert_eq!(state.press(Key::End), None, "nothing has begun");
    assert!(tell(&feed, 0, 0, &started()).is_continue());
    state.take(feed.news().0, &[]);
    assert_eq!((state.press(Key::End), state.press(Key::End)), (None, Some(Act::Stop)));
    assert_eq!((state.press(Key::Quit), state.press(Key::Quit)), (None, Some(Act::Stop)));
    assert_eq!(state.press(Key::Interrupt), Some(Act::Stop));
}

#[test]
fn selection_stays_within_the_runs_and_follows_the_newest_until_a_key_chooses() {
    let (feed, mut state) = three();
    let begin = |state: &mut State, look: usize| {
        assert!(tell(&feed, 0, look, &started()).is_continue());
        let (messages, latest) = feed.news();
        state.take(messages, &latest);
    };
    assert_eq!(state.selected, 2);
    begin(&mut state, 3);
    assert_eq!(state.selected, 3);
    for (key, selected) in
        [(Key::Up(1), 2), (Key::Up(10), 0), (Key::Down(1), 1), (Key::Down(10), 3), (Key::First, 0)]
    {
        state.press(key);
        assert_eq!(state.selected, selected, "{key:?}");
    }
    begin(&mut state, 4);
    assert_eq!(state.selected, 0);
    state.press(Key::Newest);
    assert_eq!(state.selected, 4);
    begin(&mut state, 5);
    assert_eq!(state.selected, 5);
}

#[test]
fn keys_change_the_measure_the_scale_and_the_runs_of_the_picture() {
    let (_, mut state) = three();
    let title =
        |state: &State| text(&drawn(state, 80, 24, &plain())).lines().nth(2).unwrap_or_default().to_string();
    for (key, said) in [
        (Key::Other, "training loss, log scale"),
        (Key::NextMeasure, "test accuracy"),
        (Key::NextMeasure, "learning rate"),
        (Key::LastMeasure, "test accuracy"),
        (Key::LastMeasure, "training loss, log scale"),
        (Key::Scale, "training loss, log scale"),
        (Key::Scale, "training loss  "),
        (Key::OneOrAll, "adam seed 2"),
        (Key::OneOrAll, "3 runs"),
    ] {
        assert_eq!(state.press(key), None);
        assert!(title(&state).contains(said), "{key:?}: `{said}` is not in `{}`", title(&state));
    }
    state.press(Key::Help);
    assert!(text(&drawn(&state, 80, 24, &plain())).contains("pause all runs, go on with them"));
    state.press(Key::Escape);
    assert!(!state.help);
}

#[test]
fn a_run_that_was_there_shows_the_curve_of_its_record() {
    let (feed, mut state) = (Feed::default(), State::new("compare".into(), false));
    feed.begin(Part { runs: 1, work: 500.0, ..Part::default() });
    assert!(tell(&feed, 0, 0, &started()).is_continue());
    assert!(tell(&feed, 0, 0, &Event::RunFinished { record: Box::new(record()) }).is_continue());
    let (messages, latest) = feed.news();
    state.take(messages, &latest);
    assert_eq!((state.runs[0].stage, state.done(), state.counted()), (Stage::Kept, 1.0, (1, 1)));
    assert_eq!(state.seconds_left(), None, "nothing was trained");
}

#[test]
fn the_curve_of_a_long_run_begins_with_its_first_batches() {
    let long = RunInfo { epochs: 1_000_000, ..run() };
    for before in [0, 1_234_567] {
        let feed = Feed::default();
        assert!(tell(&feed, 0, 0, &Event::RunStarted { run: long.clone(), batches: before }).is_continue());
        for batches in before + 1..=before + 3 {
            assert!(tell(&feed, 0, 0, &progress(batches, 1.0)).is_continue());
        }
        let points = feed.news().0.into_iter().filter(|news| matches!(news, Message::Point { .. }));
        assert_eq!(points.count(), 3, "after {before}");
    }
}

#[test]
fn a_pause_holds_a_run_until_it_ends_and_a_long_run_leaves_few_messages() {
    let feed = Feed::default();
    feed.pause(true);
    let (sender, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            assert!(tell(&feed, 0, 0, &started()).is_continue());
            sender.send("trains").expect("a receiver");
            for batches in 1..=BATCHES {
                assert!(tell(&feed, 0, 0, &progress(batches, 1.0)).is_continue());
            }
        });
        // The run has told of its start when it waits.
        while feed.news().0.is_empty() {
            std::thread::yield_now();
        }
        assert!(receiver.try_recv().is_err(), "nothing is trained during the pause");
        feed.pause(false);
        assert_eq!(receiver.recv(), Ok("trains"));
    });
    let points = feed.news().0.len();
    assert!((100..=300).contains(&points), "{points} messages of {BATCHES} batches");

    // A screen that is gone, and an end that is asked for, also end the pause.
    for (is_closed, word) in [(true, ControlFlow::Continue(())), (false, ControlFlow::Break(Halt::Run))] {
        let feed = Feed::default();
        assert!(tell(&feed, 0, 0, &started()).is_continue());
        feed.pause(true);
        std::thread::scope(|scope| {
            let run = scope.spawn(|| tell(&feed, 0, 0, &progress(1, 1.0)));
            if is_closed {
                feed.close()
            } else {
                feed.end(0)
            }
            assert_eq!(run.join().expect("no panic"), word);
        });
    }
}
