//! Runs sent to an MLflow server through its REST interface.

use std::env;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use files::text::visible;
use report::{MLFLOW_KEY, MlflowRun};
use reqwest::Url;
use reqwest::blocking::{Client, RequestBuilder};
use serde_json::{Value, json};
use train::Record;

use crate::console;
use crate::failure::Failure;
use crate::stop::Stop;

/// Time to connect, and longest time for an answer.
const TIMES: [Duration; 2] = [Duration::from_secs(5), Duration::from_secs(60)];

/// Most bytes of an answer that are read.
const ANSWER: u64 = 16 << 20;

/// An experiment on a server, which answers.
pub(crate) struct Mlflow {
    client: Client,
    /// `http://127.0.0.1:5000`, without a `/` at the end.
    server: String,
    experiment: String,
    name: String,
}

impl Mlflow {
    /// The experiment of this name on the server that is named, or that `MLFLOW_TRACKING_URI` names. Makes the experiment
    /// if it is not there.
    pub(crate) fn open(server: Option<&str>, name: &str) -> Result<Mlflow, Failure> {
        let of_environment = || env::var("MLFLOW_TRACKING_URI").ok().filter(|text| !text.is_empty());
        let server = server.map(str::to_string).or_else(of_environment).ok_or_else(|| {
            Failure::usage("expected an MLflow server", "name one with --to, as http://127.0.0.1:5000")
        })?;
        if !server.starts_with("http://") && !server.starts_with("https://") {
            return Err(Failure::usage(
                format!("expected the address of an MLflow server, found `{}`", visible(&server)),
                "such as http://127.0.0.1:5000, which `mlflow server` prints",
            ));
        }
        let server = server.trim_end_matches('/').to_string();
        // An error means that there is a provider already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().connect_timeout(TIMES[0]).timeout(TIMES[1]).build();
        let client = client.map_err(|error| unreachable(&server, &error.to_string()))?;
        let mut found = Mlflow { client, server, experiment: String::new(), name: name.to_string() };
        found.experiment = found.experiment_id()?;
        Ok(found)
    }

    /// Sends the runs that are not there yet.
    pub(crate) fn send(&self, runs: &[Record], stop: &Stop) -> Result<(), Failure> {
        let (mut sent, mut known) = (0, 0);
        for run in runs {
            if let Some(code) = stop.code() {
                let message = format!("stopped: {sent} of {} runs are in MLflow", runs.len());
                return Err(Failure::signal(code, message));
            }
            match self.send_one(run)? {
                true => sent += 1,
                false => known += 1,
            }
        }
        let (server, name) = (visible(&self.server), visible(&self.name));
        console::note(&format!("MLflow: {sent} new runs, {known} that were there, in `{name}` at {server}"));
        Ok(())
    }

    /// Sends a run; false if it is there.
    fn send_one(&self, run: &Record) -> Result<bool, Failure> {
        let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as i64;
        let MlflowRun { name, tags, status, milliseconds, batches } = report::mlflow(run, started);
        let found = self.post("runs/search", &json!({
            "experiment_ids": [self.experiment], "filter": format!("tags.`{MLFLOW_KEY}` = '{}'", run.key()),
        }))?;
        for old in found["runs"].as_array().into_iter().flatten() {
            if old["info"]["status"] != "RUNNING" {
                return Ok(false);
            }
            // Half of a run, from a process that was killed.
            self.post("runs/delete", &json!({ "run_id": old["info"]["run_id"] }))?;
        }
        let tags: Vec<Value> =
            tags.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
        let made = self.post(
            "runs/create",
            &json!({
                "experiment_id": self.experiment, "run_name": name, "start_time": started, "tags": tags,
            }),
        )?;
        let id = made["run"]["info"]["run_id"].as_str().ok_or_else(|| self.unexpected("runs/create"))?;
        for mut batch in batches {
            batch["run_id"] = id.into();
            self.post("runs/log-batch", &batch)?;
        }
        let end = started + milliseconds;
        self.post("runs/update", &json!({ "run_id": id, "status": status, "end_time": end }))?;
        Ok(true)
    }

    fn experiment_id(&self) -> Result<String, Failure> {
        let query = [("experiment_name", &self.name)];
        let url = Url::parse_with_params(&self.url("experiments/get-by-name"), query);
        let url = url.map_err(|error| unreachable(&self.server, &error.to_string()))?;
        let get = self.client.get(url);
        let (code, answer) = self.answer("experiments/get-by-name", get)?;
        let found = match code {
            404 => self.post("experiments/create", &json!({ "name": self.name }))?["experiment_id"].clone(),
            200 if answer["experiment"]["lifecycle_stage"] == "deleted" => {
                let message = format!("the experiment `{}` is deleted", visible(&self.name));
                return Err(Failure::usage(message, "name another one with --experiment"));
            }
            200 => answer["experiment"]["experiment_id"].clone(),
            _ => return Err(self.refused("experiments/get-by-name", code, &answer)),
        };
        found.as_str().map(str::to_string).ok_or_else(|| self.unexpected("experiments"))
    }

    fn url(&self, path: &str) -> String {
        format!("{}/api/2.0/mlflow/{path}", self.server)
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        let request = self
            .client
            .post(self.url(path))
            .header("content-type", "application/json")
            .body(body.to_string());
        match self.answer(path, request)? {
            (200, answer) => Ok(answer),
            (code, answer) => Err(self.refused(path, code, &answer)),
        }
    }

    /// Status and JSON of an answer; JSON null if it has none.
    fn answer(&self, path: &str, request: RequestBuilder) -> Result<(u16, Value), Failure> {
        use std::io::Read;
        let answer = with_credentials(request).send();
        let answer = answer.map_err(|error| unreachable(&self.server, &error.without_url().to_string()))?;
        let code = answer.status().as_u16();
        let mut bytes = Vec::new();
        answer
            .take(ANSWER)
            .read_to_end(&mut bytes)
            .map_err(|error| unreachable(&self.server, &error.to_string()))?;
        match serde_json::from_slice(&bytes) {
            Ok(value) => Ok((code, value)),
            Err(_) if code != 200 => Ok((code, Value::Null)),
            Err(_) => Err(self.unexpected(path)),
        }
    }

    fn refused(&self, path: &str, code: u16, answer: &Value) -> Failure {
        let why = answer["message"].as_str().unwrap_or("without a reason");
        let why: String = why.chars().take(300).collect();
        let hint = match code {
            401 | 403 => {
                "set MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
            }
            _ => "the runs that were sent before are there; the same command sends the rest",
        };
        let server = visible(&self.server);
        Failure::failed(format!("{server} refused {path} with {code}: {}", visible(&why)), hint)
    }

    fn unexpected(&self, path: &str) -> Failure {
        let message = format!("{}: {path} did not answer as MLflow does", visible(&self.server));
        Failure::failed(message, "name an MLflow server with --to; `mlflow server` prints its address")
    }
}

/// The credentials that MLflow's own client takes from the environment.
fn with_credentials(request: RequestBuilder) -> RequestBuilder {
    let variable = |name: &str| env::var(name).ok().filter(|text| !text.is_empty());
    if let Some(token) = variable("MLFLOW_TRACKING_TOKEN") {
        return request.bearer_auth(token);
    }
    match variable("MLFLOW_TRACKING_USERNAME") {
        Some(name) => request.basic_auth(name, variable("MLFLOW_TRACKING_PASSWORD")),
        None => request,
    }
}

fn unreachable(server: &str, why: &str) -> Failure {
    let message = format!("cannot reach the MLflow server {}: {}", visible(server), visible(why));
    Failure::failed(message, "start one with `mlflow server`, or name another with --to")
}
