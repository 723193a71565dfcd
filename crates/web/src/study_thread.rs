//! The thread that trains a study.

use std::ops::ControlFlow;
use std::sync::Arc;

use lab::Halt;
use lab::store::Holder;
use lab::study::{Engine, Position, Study};
use train::{Event, Task};

use crate::problem::Problem;
use crate::run::Status;
use crate::session::Session;
use crate::study::StudyRun;

/// Starts a study; returns its number.
pub(crate) fn start(session: &Arc<Session>, study: Study) -> Result<u64, Problem> {
    session.admit_study(&study.name)?;
    let study = Arc::new(StudyRun::new(session.next_id(), study));
    let at_work = study.clone();
    session.spawn(format!("study-{}", study.id), move |session| {
        let ended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(session, &at_work)));
        let mistake =
            || Problem::failed("the study ended by a mistake of the program", "the terminal has its place");
        match ended.unwrap_or_else(|_| Err(mistake())) {
            Ok(status) => at_work.change(|state| state.status = status),
            Err(Problem { error, hint, .. }) => {
                at_work.change(|state| (state.status, state.trouble) = (Status::Failed, Some((error, hint))));
            }
        }
        session.tell();
    })?;
    let id = study.id;
    session.list_study(study);
    Ok(id)
}

fn run(session: &Session, study: &StudyRun) -> Result<Status, Problem> {
    let setup = session.setup();
    let mut setup = if study.study.tunes() { setup.with_validation() } else { setup };
    let specs = study.study.specs()?;
    let tasks =
        specs.iter().map(|spec| Ok(spec.build(&mut setup)?)).collect::<Result<Vec<Task>, Problem>>()?;
    let store = session.store_of_studies();
    let threads = study.study.threads.unwrap_or(session.threads).min(session.threads);
    let engine = Engine::new(&study.study, &tasks, &*store)?.with_threads(threads);
    let planned = engine.planned()?;
    study.change(|state| {
        state.status = Status::Running;
        (state.runs, state.planned) = (planned.known_runs, planned.runs);
        (state.done, state.cost) = (planned.known_cost, planned.cost.max(f64::MIN_POSITIVE));
        state.fraction = planned.known_cost / state.cost;
    });
    session.tell();
    let watch = |position: &Position, event: &Event| {
        if study.read(position, event) {
            session.tell();
        }
        match study.flow() {
            ControlFlow::Break(()) => ControlFlow::Break(Halt::All),
            ControlFlow::Continue(()) => ControlFlow::Continue(()),
        }
    };
    let waiting = |holder: &Holder| {
        study.change(|state| state.what = format!("waiting for runs of {holder}"));
        session.tell();
        study.flow()
    };
    let outcome = engine.run(&watch, &waiting)?;
    if !outcome.is_complete() {
        return Ok(Status::Stopped);
    }
    // What halving and early choices saved is not missing.
    study.change(|state| (state.fraction, state.what) = (1.0, String::new()));
    Ok(Status::Finished)
}
