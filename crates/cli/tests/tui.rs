//! The screen of `--tui` in a real terminal, by keys and signals. `script` of util-linux gives the terminal; where it is
//! missing, these tests say so and try nothing.
#![cfg(target_os = "linux")]
#![allow(clippy::print_stderr, reason = "a test that tries nothing says so")]

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Looks before a test gives up, so that a program that hangs ends, and the pause between two.
const LOOKS: usize = 10_000;
const PAUSE: Duration = Duration::from_millis(10);

/// A run of minutes, of which these tests see the beginning.
const LONG: &str = "train --offline --epochs 10000 --threads 1";

/// The program in a terminal of some size.
struct Terminal {
    script: Child,
    keys: ChildStdin,
    screen: Arc<Mutex<vt100::Parser>>,
    reader: Option<JoinHandle<()>>,
    /// The terminal's name, and the program's number.
    tty: String,
    pid: String,
}

impl Terminal {
    /// Starts the program; `None` without `script`.
    fn start(
        folder: &Path,
        environment: &str,
        arguments: &str,
        (columns, rows): (u16, u16),
    ) -> Option<Terminal> {
        let (program, cache) = (env!("CARGO_BIN_EXE_descent"), folder.display());
        let command = format!(
            "stty rows {rows} cols {columns}; tty; echo $$; exec env -u DESCENT_DATA -u NO_COLOR -u COLUMNS TERM=xterm-256color \
             XDG_CACHE_HOME={cache} {environment} {program} {arguments}"
        );
        let script = Command::new("script")
            .args(["--quiet", "--return", "--flush", "--command", &command, "/dev/null"])
            .current_dir(folder)
            .env("SHELL", "/bin/sh")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut script) = script else {
            eprintln!("SKIPPED: `script` is not installed, and no terminal was tried");
            return None;
        };
        let mut output = script.stdout.take().expect("piped");
        let keys = script.stdin.take().expect("piped");
        let screen = Arc::new(Mutex::new(vt100::Parser::new(rows, columns, 1000)));
        let shared = screen.clone();
        let reader = thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                shared.lock().unwrap().process(&bytes[..count]);
            }
        });
        let reader = Some(reader);
        let mut terminal = Terminal { script, keys, screen, reader, tty: String::new(), pid: String::new() };
        terminal.until("the number of the program", |text| text.lines().count() > 1);
        let text = terminal.text();
        let mut lines = text.lines();
        terminal.tty = lines.next().expect("a name").trim().to_string();
        terminal.pid = lines.next().expect("a number").trim().to_string();
        Some(terminal)
    }

    fn text(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    fn shows_a_screen(&self) -> bool {
        self.screen.lock().unwrap().screen().alternate_screen()
    }

    /// Waits until what is shown is as expected.
    #[track_caller]
    fn until(&mut self, what: &str, is_so: impl Fn(&str) -> bool) {
        for _ in 0..LOOKS {
            if is_so(&self.text()) {
                return;
            }
            if self.script.try_wait().expect("a child").is_some() {
                break;
            }
            thread::sleep(PAUSE);
        }
        // What it showed at its end may have come since.
        assert!(is_so(&self.text()), "no {what}:\n{}", self.text());
    }

    #[track_caller]
    fn sees(&mut self, said: &str) {
        self.until(&format!("`{said}`"), |text| text.contains(said));
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("the program reads");
        self.keys.flush().expect("the program reads");
    }

    fn resize(&mut self, columns: u16, rows: u16) {
        let sizes = [rows, columns].map(|size| size.to_string());
        self.screen.lock().unwrap().screen_mut().set_size(rows, columns);
        let stty =
            Command::new("stty").args(["-F", &self.tty, "rows", &sizes[0], "cols", &sizes[1]]).status();
        assert!(stty.expect("stty runs").success());
    }

    fn signal(&self, name: &str) {
        let kill = Command::new("kill").args([&format!("-{name}"), &self.pid]).status();
        assert!(kill.expect("kill runs").success());
    }

    /// The exit code, and all that is on the normal screen then.
    fn end(mut self) -> (Option<i32>, String) {
        let ended = (0..LOOKS).find_map(|_| {
            let status = self.script.try_wait().expect("a child");
            if status.is_none() {
                thread::sleep(PAUSE);
            }
            status
        });
        let status = ended.unwrap_or_else(|| panic!("it does not end:\n{}", self.text()));
        self.reader.take().expect("one end").join().expect("no panic");
        let parser = self.screen.lock().unwrap();
        let screen = parser.screen();
        assert!(!screen.alternate_screen() && !screen.hide_cursor(), "the terminal is given back");
        (status.code(), screen.contents())
    }
}

/// A test that fails leaves no program.
impl Drop for Terminal {
    fn drop(&mut self) {
        if self.reader.is_some() && !self.pid.is_empty() {
            self.signal("KILL");
            let _ = self.script.wait();
        }
    }
}

fn plain(folder: &Path, arguments: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_descent"));
    command
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .env_remove("DESCENT_DATA")
        .env("XDG_CACHE_HOME", folder)
        .stdin(Stdio::null());
    command.output().expect("the program starts")
}

#[test]
fn keys_pause_change_the_view_and_quit() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut terminal) = Terminal::start(folder.path(), "", &format!("{LONG} --tui"), (80, 24)) else {
        return;
    };
    terminal.sees("adam seed 0");
    terminal.until("curve", |text| text.chars().any(|c| ('\u{2801}'..='\u{28ff}').contains(&c)));
    assert!(terminal.shows_a_screen());
    terminal.press("p");
    terminal.sees("paused");
    terminal.press("\t");
    terminal.sees("test accuracy");
    terminal.press("v");
    terminal.sees("learning rate");
    terminal.press("?");
    terminal.sees("pause all runs, go on with them");
    terminal.press("\u{1b}");
    terminal.sees("running");
    for (columns, rows) in [(50, 20), (200, 50), (20, 3), (120, 30)] {
        terminal.resize(columns, rows);
        terminal.until("a screen of the new size", |text| {
            let widest = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
            // Everything is drawn again: the gauge is as wide as the screen or has its most columns.
            widest <= usize::from(columns) && text.contains("train mlp")
        });
    }
    terminal.sees("running");
    terminal.press("p");
    terminal.until("going on", |text| !text.contains("paused"));
    terminal.press("q");
    terminal.sees("q again: yes");
    terminal.press("q");
    let (code, text) = terminal.end();
    assert_eq!(code, Some(130), "{text}");
    assert!(text.contains("error: stopped at update"), "{text}");
}

#[test]
fn a_stopped_run_keeps_its_checkpoint_and_a_signal_gives_the_terminal_back() {
    let folder = tempfile::tempdir().unwrap();
    let command = format!("{LONG} --checkpoint kept.safetensors --tui");
    for (stop, code, said) in [("ss", 130, "kept.safetensors is written"), ("\u{3}", 130, "is written")] {
        let Some(mut terminal) = Terminal::start(folder.path(), "NO_COLOR=1", &command, (80, 24)) else {
            return;
        };
        terminal.sees("running");
        terminal.press(stop);
        let (ended, text) = terminal.end();
        assert_eq!(ended, Some(code), "{text}");
        assert!(text.replace('\n', "").contains(said), "{text}");
        assert!(folder.path().join("kept.safetensors").exists());
    }
    let resumed = format!("{LONG} --checkpoint kept.safetensors --resume --tui");
    let mut terminal = Terminal::start(folder.path(), "", &resumed, (60, 20)).expect("as before");
    terminal.sees("running");
    terminal.signal("TERM");
    let (ended, text) = terminal.end();
    assert_eq!(ended, Some(143), "{text}");
    assert!(text.contains("going on from kept.safetensors"), "{text}");
}

#[test]
fn a_run_that_is_stopped_is_missing_and_the_same_command_trains_it() {
    let folder = tempfile::tempdir().unwrap();
    let command =
        "compare --offline --optimizers sgd,adam --seeds 2 --epochs 20 --untuned --threads 1 --out here";
    let Some(mut terminal) = Terminal::start(folder.path(), "", &format!("{command} --tui"), (100, 40))
    else {
        return;
    };
    terminal.sees("sgd seed 0");
    terminal.press("p");
    terminal.sees("paused");
    terminal.press("ss");
    terminal.sees("stopped");
    terminal.press("p");
    let (code, text) = terminal.end();
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("error: stopped by a key: "), "{text}");
    assert!(text.contains("hint: the same command trains what is missing"), "{text}");
    assert!(text.contains("The page for this: here/report.html"), "the tables are there:\n{text}");
    let runs = || fs::read_to_string(folder.path().join("here/results.jsonl")).unwrap().lines().count();
    assert_eq!(runs(), 3);
    let again = plain(folder.path(), command);
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    assert_eq!(runs(), 4);
}

#[test]
fn the_weights_are_the_same_with_and_without_a_screen() {
    let folder = tempfile::tempdir().unwrap();
    let command = "train --offline --epochs 3 --threads 2";
    let shown = format!("{command} --save shown.safetensors --tui");
    let Some(terminal) = Terminal::start(folder.path(), "", &shown, (80, 24)) else { return };
    let (code, text) = terminal.end();
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("epoch   3: training loss"), "the lines of a run without a screen:\n{text}");
    assert!(plain(folder.path(), &format!("{command} --save plain.safetensors")).status.success());
    let bytes = |name: &str| fs::read(folder.path().join(name)).unwrap();
    assert!(bytes("shown.safetensors") == bytes("plain.safetensors"), "other bytes");
}

#[test]
fn without_a_terminal_a_screen_is_refused_before_any_work() {
    let folder = tempfile::tempdir().unwrap();
    for command in ["train", "compare --out here", "compare --tasks beale --out here", "study run none.toml"]
    {
        let refused = plain(folder.path(), &format!("{command} --tui"));
        let said = String::from_utf8_lossy(&refused.stderr);
        if command.starts_with("study") {
            // Its file is read first.
            assert_eq!(refused.status.code(), Some(66), "{said}");
            continue;
        }
        assert_eq!(refused.status.code(), Some(2), "{command}: {said}");
        assert!(
            said.contains("error: --tui: expected a terminal") && said.contains("hint: leave out --tui"),
            "{said}"
        );
        assert!(fs::read_dir(folder.path()).unwrap().next().is_none(), "{command} left something");
    }
}
