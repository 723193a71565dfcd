//! Addresses, and what is answered at each.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::header;
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use lab::tasks::TaskSpec;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use train::{Budget, Recipe};

use crate::guard::{self, Guard, REPORT_POLICY};
use crate::problem::{Problem, json_text};
use crate::request::Request;
use crate::session::Session;
use crate::{choices, digit, race, stored, stream, study_thread, training};

/// Maximum number of bytes of a request.
const MOST: usize = 512 << 10;

type Shared = State<Arc<Session>>;
type Answer = Result<Response, Problem>;

/// Files of the page: name, kind and text.
const FILES: [(&str, &str, &str); 7] = [
    ("app.js", JAVASCRIPT, include_str!("../assets/app.js")),
    ("chart.js", JAVASCRIPT, include_str!("../assets/chart.js")),
    ("dom.js", JAVASCRIPT, include_str!("../assets/dom.js")),
    ("draw.js", JAVASCRIPT, include_str!("../assets/draw.js")),
    ("race.js", JAVASCRIPT, include_str!("../assets/race.js")),
    ("situation.js", JAVASCRIPT, include_str!("../assets/situation.js")),
    ("study.js", JAVASCRIPT, include_str!("../assets/study.js")),
];
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const PAGE: &str = include_str!("../assets/index.html");
const STYLE: &str = include_str!("../assets/live.css");

/// All addresses below the token.
pub(crate) fn all(session: Arc<Session>, guard: Guard) -> Router {
    let page = Router::new()
        .route("/live.css", get(|| async { text("text/css; charset=utf-8", report::style() + STYLE) }))
        .route(
            "/looks.js",
            get(|| async { text(JAVASCRIPT, format!("export default {};\n", report::looks())) }),
        )
        .route("/events", get(|State(session): Shared| async { stream::events(session) }))
        .route(
            "/choices",
            get(|State(session): Shared| async move { json_text(choices::all(&session).to_string()) }),
        )
        .route("/runs", post(start_runs))
        .route("/runs/{id}", post(control_run))
        .route("/digit/{runs}", post(read_digit))
        .route("/stored/of/{task}", get(stored_runs))
        .route("/stored/run/{key}", get(stored_run))
        .route("/race/ground/{function}", get(race_ground))
        .route("/race", post(race_paths))
        .route("/studies", post(start_study))
        .route("/studies/{id}", post(control_study))
        .route("/studies/{id}/page", get(study_page));
    let page = FILES.into_iter().fold(page, |page, (name, kind, file)| {
        page.route(&format!("/{name}"), get(move || async move { text(kind, file.to_string()) }))
    });
    Router::new()
        .route("/{token}/", get(|| async { text("text/html; charset=utf-8", PAGE.to_string()) }))
        .nest("/{token}", page)
        .fallback(|| async {
            Problem::missing("unknown address", "open the address that `descent serve` printed")
        })
        .layer(DefaultBodyLimit::max(MOST))
        .layer(middleware::from_fn_with_state(guard, guard::check))
        .with_state(session)
}

fn text(kind: &'static str, text: String) -> Response {
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

/// Does work that takes more than a moment on another thread, so that events go on.
async fn blocking(work: impl FnOnce() -> Result<Value, Problem> + Send + 'static) -> Answer {
    let done = tokio::task::spawn_blocking(work).await;
    let value = done.map_err(|_| {
        Problem::failed("this failed by a mistake of the program", "the terminal has its place")
    })??;
    Ok(json_text(value.to_string()))
}

/// Reads JSON; every field is known.
fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| {
        Problem::bad(format!("expected JSON as the page sends it: {error}"), "load the page again")
    })
}

#[derive(Deserialize)]
struct Id {
    id: u64,
}

/// Recipes to train on a task.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    task: String,
    recipes: String,
    #[serde(default)]
    seed: Option<String>,
    #[serde(default)]
    epochs: Option<u32>,
    #[serde(default)]
    evaluations: Option<u32>,
    /// Batches a second at most, from the start.
    #[serde(default)]
    pace: Option<f64>,
}

/// The most epochs, and evaluations in each, that a page may ask for.
const MOST_EPOCHS: u32 = 100_000;
const MOST_EVALUATIONS: u32 = 1000;

/// The most recipes that start at once.
const MOST_RECIPES: usize = 24;

async fn start_runs(State(session): Shared, body: Bytes) -> Answer {
    let Asked { task, recipes, seed, epochs, evaluations, pace } = read(&body)?;
    let task: TaskSpec = task.parse()?;
    let recipes = Recipe::list(&recipes, task.info.batch)?;
    if !(1..=MOST_RECIPES).contains(&recipes.len()) {
        let message = format!("expected 1 to {MOST_RECIPES} recipes, found {}", recipes.len());
        return Err(Problem::bad(message, "such as `sgd lr=0.1; adam`"));
    }
    let seed = match seed.as_deref().map(str::trim) {
        None | Some("") => 0,
        Some(text) => text.parse().map_err(|_| {
            let found = files::text::name(text);
            Problem::bad(format!("expected a seed, a whole number from 0, found `{found}`"), "such as 0")
        })?,
    };
    let budget = Budget {
        epochs: within(epochs.unwrap_or(task.info.budget.epochs), "epochs", 1..=MOST_EPOCHS)?,
        evaluations: within(
            evaluations.unwrap_or(choices::EVALUATIONS),
            "evaluations",
            1..=MOST_EVALUATIONS,
        )?,
    };
    let pace = checked_pace(pace)?;
    let mut requests = Vec::new();
    for (recipe, _) in recipes {
        recipe.check()?;
        requests.push(Request { task, recipe, seed, budget });
    }
    let ids = training::start(&session, requests, pace)?;
    Ok(json_text(json!({ "runs": ids }).to_string()))
}

fn within(found: u32, name: &str, range: std::ops::RangeInclusive<u32>) -> Result<u32, Problem> {
    let expected = format!("{} to {} {name}", range.start(), range.end());
    let is_right = range.contains(&found);
    is_right
        .then_some(found)
        .ok_or_else(|| Problem::bad(format!("expected {expected}, found {found}"), "change it"))
}

/// Slowest and fastest pace in batches a second.
const PACES: std::ops::RangeInclusive<f64> = 0.1..=1e6;

fn checked_pace(pace: Option<f64>) -> Result<Option<f64>, Problem> {
    match pace {
        Some(pace) if !PACES.contains(&pace) => {
            let message = format!(
                "expected a pace of {} to {} batches a second, found {pace}",
                PACES.start(),
                PACES.end()
            );
            Err(Problem::bad(message, "leave it out for full speed"))
        }
        pace => Ok(pace),
    }
}

/// Something to do with a run.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
enum Wish {
    Pause,
    /// Goes on after a pause or a stop.
    Resume,
    Stop,
    Remove,
    /// Multiplies the rate.
    Rate {
        scale: f64,
    },
    Pace {
        pace: Option<f64>,
    },
}

/// Largest factor of a rate.
const MOST_SCALE: f64 = 1e6;

async fn control_run(State(session): Shared, Path(Id { id }): Path<Id>, body: Bytes) -> Answer {
    let wish: Wish = read(&body)?;
    let run = session.run(id)?;
    let is_over = run.status().is_over();
    let refuse =
        |what: &str| Problem::conflict(format!("this run is over and cannot be {what}"), "start it again");
    match wish {
        Wish::Pause if is_over => return Err(refuse("paused")),
        Wish::Pause => run.control.pause(true),
        Wish::Resume if is_over => training::resume(&session, &run)?,
        Wish::Resume => run.control.pause(false),
        Wish::Stop if is_over => return Err(refuse("stopped")),
        Wish::Stop => run.control.stop(),
        Wish::Remove => session.remove(id)?,
        Wish::Rate { scale } if !(0.0..=MOST_SCALE).contains(&scale) => {
            let message = format!("expected a factor of 0 to {MOST_SCALE}, found {scale}");
            return Err(Problem::bad(message, "1 is the recipe's own rate"));
        }
        Wish::Rate { scale } => run.control.scale(scale),
        Wish::Pace { pace } => run.control.pace(checked_pace(pace)?),
    }
    // Other pages see the new wish at once.
    run.change(|_| ());
    session.tell();
    Ok(json_text(json!({ "id": id }).to_string()))
}

#[derive(Deserialize)]
struct Runs {
    runs: String,
}

async fn read_digit(State(session): Shared, Path(Runs { runs }): Path<Runs>, body: Bytes) -> Answer {
    let ids = runs.split(',').filter(|id| !id.is_empty()).map(|id| id.parse::<u64>());
    let ids = ids
        .collect::<Result<Vec<u64>, _>>()
        .map_err(|_| Problem::bad("expected numbers of runs", "load the page again"))?;
    if ids.len() > MOST_RECIPES {
        return Err(Problem::bad(
            format!("expected at most {MOST_RECIPES} runs, found {}", ids.len()),
            "ask for fewer",
        ));
    }
    blocking(move || digit::answers(&session, &ids, &body)).await
}

#[derive(Deserialize)]
struct TaskName {
    task: String,
}

async fn stored_runs(State(session): Shared, Path(TaskName { task }): Path<TaskName>) -> Answer {
    blocking(move || stored::list(&session, &task)).await
}

#[derive(Deserialize)]
struct Key {
    key: String,
}

async fn stored_run(State(session): Shared, Path(Key { key }): Path<Key>) -> Answer {
    blocking(move || stored::curves(&session, &key)).await
}

#[derive(Deserialize)]
struct FunctionName {
    function: String,
}

async fn race_ground(Path(FunctionName { function }): Path<FunctionName>) -> Answer {
    blocking(move || race::ground(&function)).await
}

async fn race_paths(body: Bytes) -> Answer {
    let asked = read(&body)?;
    blocking(move || race::paths(asked)).await
}

/// The text of a study.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StudyText {
    text: String,
}

async fn start_study(State(session): Shared, body: Bytes) -> Answer {
    let StudyText { text } = read(&body)?;
    let study: lab::Study = text.parse().map_err(|fault: data::own::Fault| {
        let hint = fault.hint.clone();
        Problem::bad(fault.to_string(), hint)
    })?;
    let id = study_thread::start(&session, study)?;
    Ok(json_text(json!({ "id": id }).to_string()))
}

/// Something to do with a study.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
enum StudyWish {
    Stop,
}

async fn control_study(State(session): Shared, Path(Id { id }): Path<Id>, body: Bytes) -> Answer {
    let StudyWish::Stop = read(&body)?;
    session.study(id)?.stop();
    Ok(json_text(json!({ "id": id }).to_string()))
}

async fn study_page(State(session): Shared, Path(Id { id }): Path<Id>) -> Answer {
    let study = session.study(id)?;
    let page = tokio::task::spawn_blocking(move || study.page(&*session.store_of_studies())).await;
    let page = page.map_err(|_| {
        Problem::failed("this failed by a mistake of the program", "the terminal has its place")
    })??;
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, REPORT_POLICY),
    ];
    Ok((headers, page).into_response())
}
