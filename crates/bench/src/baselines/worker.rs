//! A baseline at work: a process that does one repetition for each line it is sent.
//!
//! The lines are described in `scripts/baselines/protocol.py`.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// A started baseline.
pub(super) struct Worker {
    input: Option<Box<dyn Write>>,
    output: Box<dyn BufRead>,
    child: Option<Child>,
    /// The library and its version, in its own words.
    pub(super) version: String,
}

/// Outcome of one repetition.
#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    /// Done in this number of seconds; all baselines that have a value must come to the same.
    Done { seconds: f64, value: Option<f64> },
    /// The baseline has nothing of the kind.
    Skipped(String),
    /// It tried and failed.
    Failed(String),
}

impl Worker {
    /// Starts a baseline and waits for its first word; all other output is added to `log`.
    pub(super) fn start(mut command: Command, log: &Path) -> Result<Worker, String> {
        let file = File::options().create(true).append(true).open(log);
        let file = file.map_err(|error| format!("{}: {error}", log.display()))?;
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(file)
            .spawn()
            .map_err(|error| format!("{} cannot be started: {error}", command.get_program().display()))?;
        let input = Box::new(child.stdin.take().expect("it is piped"));
        let output = Box::new(BufReader::new(child.stdout.take().expect("it is piped")));
        Worker::new(input, output, Some(child))
    }

    /// The number of its process.
    pub(super) fn process(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    fn new(input: Box<dyn Write>, output: Box<dyn BufRead>, child: Option<Child>) -> Result<Worker, String> {
        let mut worker = Worker { input: Some(input), output, child, version: String::new() };
        let hello = worker.read()?;
        worker.version = hello["version"].as_str().ok_or("it does not say its version")?.to_string();
        Ok(worker)
    }

    /// Asks for one repetition and waits for it.
    pub(super) fn run(&mut self, workload: &str) -> Answer {
        let input = self.input.as_mut().expect("open until it is dropped");
        let asked = writeln!(input, "run {workload}").and_then(|()| input.flush());
        match asked.map_err(|error| format!("it has stopped: {error}")).and_then(|()| self.read()) {
            Ok(line) => answer(&line),
            Err(why) => Answer::Failed(why),
        }
    }

    fn read(&mut self) -> Result<Value, String> {
        let mut line = String::new();
        match self.output.read_line(&mut line) {
            Ok(0) => Err("it has stopped without an answer".to_string()),
            Ok(_) => serde_json::from_str(&line).map_err(|_| format!("it says {:?}", line.trim())),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl Drop for Worker {
    /// The end of its input ends a worker; one that is busy is ended.
    fn drop(&mut self) {
        self.input = None;
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn answer(line: &Value) -> Answer {
    if let Some(seconds) = line["seconds"].as_f64() {
        match line.get("value") {
            None => return Answer::Done { seconds, value: None },
            Some(Value::Number(value)) => return Answer::Done { seconds, value: value.as_f64() },
            // JSON has no other word for what is not a number.
            Some(_) => return Answer::Failed("it comes to no number".to_string()),
        }
    }
    match (line["skip"].as_str(), line["error"].as_str()) {
        (Some(why), _) => Answer::Skipped(why.to_string()),
        (_, Some(why)) => Answer::Failed(why.to_string()),
        _ => Answer::Failed(format!("it says {line}")),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::cell::RefCell;
    use std::io::Cursor;
    use std::rc::Rc;

    use super::*;

    /// A worker that has said these lines and whose input can be read.
    pub(crate) fn fake(lines: &str) -> (Result<Worker, String>, Rc<RefCell<Vec<u8>>>) {
        let asked = Rc::new(RefCell::new(Vec::new()));
        let worker = Worker::new(
            Box::new(Shared(asked.clone())),
            Box::new(Cursor::new(lines.to_string().into_bytes())),
            None,
        );
        (worker, asked)
    }

    struct Shared(Rc<RefCell<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.borrow_mut().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_worker_is_asked_in_lines_and_answers_in_lines() {
        let (worker, asked) = fake(
            "{\"baseline\": \"fake\", \"version\": \"fake 1.0\"}\n\
             {\"seconds\": 0.5, \"value\": 0.25}\n\
             {\"skip\": \"no such thing\"}\n\
             {\"error\": \"it broke\"}\n\
             {\"seconds\": null, \"value\": 1}\n\
             {\"seconds\": 1.5}\n\
             {\"seconds\": 1.5, \"value\": null}\n\
             warning: not JSON\n",
        );
        let mut worker = worker.expect("it says hello");
        assert_eq!(worker.version, "fake 1.0");
        assert_eq!(worker.run("a b=1"), Answer::Done { seconds: 0.5, value: Some(0.25) });
        assert_eq!(*asked.borrow(), b"run a b=1\n");
        assert_eq!(worker.run("c"), Answer::Skipped("no such thing".into()));
        assert_eq!(worker.run("c"), Answer::Failed("it broke".into()));
        assert!(matches!(worker.run("c"), Answer::Failed(why) if why.contains("null")));
        assert_eq!(worker.run("d"), Answer::Done { seconds: 1.5, value: None });
        assert_eq!(worker.run("d"), Answer::Failed("it comes to no number".into()));
        assert_eq!(worker.run("c"), Answer::Failed("it says \"warning: not JSON\"".into()));
        assert_eq!(worker.run("c"), Answer::Failed("it has stopped without an answer".into()));
    }

    #[test]
    fn a_worker_without_a_hello_is_not_started() {
        assert_eq!(fake("").0.err().expect("no line"), "it has stopped without an answer");
        assert_eq!(fake("{}\n").0.err().expect("no version"), "it does not say its version");
    }

    #[test]
    fn a_program_that_is_not_there_is_said_so() {
        let log = tempfile::NamedTempFile::new().expect("a temporary file");
        let error = Worker::start(Command::new("no-such-program-anywhere"), log.path()).err();
        assert!(error.expect("it cannot start").starts_with("no-such-program-anywhere cannot be started"));
    }
}
