//! Digits, stored runs, races and studies; and names that try to leave the page.

use lab::Store;
use serde_json::{Value, json};
use train::Record;

use crate::browser::Live;

/// A drawing of 140 × 140 pixels: a stroke from the top to the bottom.
fn one() -> Vec<u8> {
    (0..140 * 140)
        .map(|i| if (66..76).contains(&(i % 140)) && (20..120).contains(&(i / 140)) { 255 } else { 0 })
        .collect()
}

#[test]
fn the_answer_to_a_drawn_digit_changes_while_the_network_learns() {
    let live = Live::start();
    let mut page = live.page();
    let run = live.run("adam lr=0.01, batch=20", json!({ "epochs": 6, "pace": 0.1 }));
    page.until(run, |run| run.status() == "running");
    let ask = || {
        let answer = live.post_bytes(&format!("digit/{run}"), &one());
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    };
    let first = ask();
    live.wish(run, json!({ "do": "pace", "pace": null }));
    page.until_status(run, "finished");
    let last = ask();
    assert_eq!(first["digit"], last["digit"]);
    assert!(first["digit"].as_array().unwrap().len() == 784 && first["side"] == 28);
    for told in [&first, &last] {
        let probabilities: Vec<f64> =
            serde_json::from_value(told["answers"][0]["probabilities"].clone()).unwrap();
        assert!(probabilities.len() == 10 && (probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-4);
    }
    let [first, last] = [&first["answers"][0], &last["answers"][0]];
    assert!(first["batches"].as_u64().unwrap() <= 2 && last["batches"] == 600);
    assert_ne!(first["probabilities"], last["probabilities"]);
    assert_eq!(last["seen"], 1, "a stroke is a one to a network that has learned: {last}");

    for (drawing, status, hint) in [
        (vec![0; 140 * 140], 422, "draw a digit"),
        (vec![0; 10], 400, "a byte for each pixel"),
        (vec![0; 281 * 281], 400, "a byte for each pixel"),
    ] {
        let answer = live.post_bytes(&format!("digit/{run}"), &drawing);
        assert!(answer.status == status && answer.body.contains(hint), "{}", answer.body);
    }
    // A task without pictures answers nothing.
    let other = live.post("runs", &json!({ "task": "booth", "recipes": "sgd", "epochs": 1 })).json()["runs"]
        [0]
    .as_u64()
    .unwrap();
    page.until_status(other, "finished");
    assert_eq!(live.post_bytes(&format!("digit/{other}"), &one()).json()["answers"], json!([null]));
}

#[test]
fn stored_runs_are_listed_with_their_curves() {
    let live = Live::start();
    let mut page = live.page();
    let run = live.run("adam, batch=100", json!({ "epochs": 1 }));
    let key = page.until_status(run, "finished").head["stored"].as_str().unwrap().to_string();
    let list = live.get("stored/of/simplenn").json();
    assert_eq!((list["runs"].as_array().unwrap().len(), &list["runs"][0]["key"]), (1, &json!(key)));
    assert_eq!(live.get("stored/of/logreg").json()["runs"], json!([]));
    let curves = live.get(&format!("stored/run/{}", &key[..12])).json();
    assert_eq!(curves["losses"].as_array().unwrap().len(), 10);
    assert_eq!(curves["evaluations"].as_array().unwrap().len(), 5);
}

#[test]
fn names_that_try_to_leave_the_page_stay_text() {
    let live = Live::start();
    let mut page = live.page();
    let run = live.run("adam, batch=100", json!({ "epochs": 1 }));
    let key = page.until_status(run, "finished").head["stored"].as_str().unwrap().to_string();
    let record = live.store.get(&key).unwrap().unwrap();
    let hostile = [
        "</script><script>alert(1)</script>".to_string(),
        "a\u{2028}b\u{2029}\u{202e}\"'<!--".to_string(),
        "ü<".repeat(5000),
    ];
    for name in &hostile {
        let mut other = Record { recipe: name.clone(), optimizer: name.clone(), ..record.clone() };
        other.task.data.name = name.clone();
        live.store.put(&other).unwrap();
    }
    let list = live.get("stored/of/simplenn");
    let runs = list.json()["runs"].as_array().unwrap().clone();
    for name in &hostile {
        let found: &Value = runs.iter().find(|run| run["recipe"] == *name.as_str()).expect("as it was");
        let curves = live.get(&format!("stored/run/{}", found["key"].as_str().unwrap()));
        assert!(
            curves.json()["recipe"] == *name.as_str()
                && curves.head.contains("content-type: application/json")
        );
    }
    // Nothing from outside is in the page or in a script: they are the same for everyone.
    for file in ["", "app.js", "looks.js"] {
        assert_eq!(live.get(file).body, Live::start().get(file).body);
    }
    // A study may have such a name as far as names go, and its page escapes it.
    let name = "<b>&\u{2028}<img src=x onerror=alert(1)>";
    let text = format!(
        "name = \"{name}\"\ntasks = [\"booth\"]\nrulesets = [\"default\"]\nseeds = 1\nepochs = 1\n[[entries]]\nrecipe = \"sgd\"\n"
    );
    let answer = live.post("studies", &json!({ "text": text }));
    let id = answer.json()["id"].as_u64().unwrap_or_else(|| panic!("{}", answer.body));
    while page.studies.get(&id).is_none_or(|study| study["status"] != "finished") {
        page.read();
    }
    assert_eq!(page.studies[&id]["name"], name);
    let report = live.get(&format!("studies/{id}/page"));
    assert!(report.head.contains("sandbox allow-scripts"), "{}", report.head);
    assert!(report.body.contains("&lt;img src=x") && !report.body.contains("<img src=x"));
    // Errors say what was sent, as JSON.
    let answer = live.post("runs", &json!({ "task": hostile[0], "recipes": hostile[1] }));
    assert!(answer.status == 400 && answer.json()["error"].as_str().unwrap().contains("</script>"));
}

#[test]
fn a_race_begins_where_it_is_told_to() {
    let live = Live::start();
    let ground = live.get("race/ground/rosenbrock").json();
    assert!(ground["contours"].as_array().unwrap().len() > 5 && ground["start"].is_array());
    let race = |body: Value| live.post("race", &body).json();
    let asked = json!({ "function": "booth", "recipes": ["sgd", "sam(adam)"], "start": [1.5, -2.0], "steps": 30, "trials": 5 });
    let told = race(asked.clone());
    assert_eq!(told["heats"].as_array().unwrap().len(), 2);
    for heat in told["heats"].as_array().unwrap() {
        for lane in heat["lanes"].as_array().unwrap() {
            assert_eq!((&lane["path"][0], lane["path"].as_array().unwrap().len()), (&json!([1.5, -2.0]), 31));
        }
    }
    assert_eq!(told, race(asked));
    // While the start is dragged, only the race at one rate is made.
    let dragged = race(json!({ "function": "booth", "recipes": ["sgd"], "start": [0.0, 0.0] }));
    assert_eq!(dragged["heats"].as_array().unwrap().len(), 1);
    let preset = race(json!({ "preset": "overshoot" }));
    assert!(
        preset["prediction"]["path"].as_array().unwrap().len() > 10
            && preset["ground"]["contours"].is_array()
    );
}

const STUDY: &str = r#"
name = "valleys"
tasks = ["booth", "beale"]
rulesets = ["default", "lr"]
trials = 3
tuning_seeds = 1
fresh_seeds = 1
seeds = 2
epochs = 2
[[entries]]
recipe = "sgd"
[[entries]]
recipe = "adam"
"#;

#[test]
fn a_study_runs_from_its_text_to_its_page() {
    let live = Live::start();
    let mut page = live.page();
    let start = || live.post("studies", &json!({ "text": STUDY })).json()["id"].as_u64().unwrap();
    let id = start();
    while page.studies.get(&id).is_none_or(|study| study["status"] != "finished") {
        assert_ne!(
            page.studies.get(&id).map(|study| &study["status"]),
            Some(&json!("failed")),
            "{:?}",
            page.studies
        );
        page.read();
    }
    assert_eq!(page.studies[&id]["fraction"], 1.0);
    let report = live.get(&format!("studies/{id}/page"));
    assert!(report.status == 200 && report.body.contains("valleys") && report.body.contains("beale"));
    // What the store knows costs nothing: the same study again is over at once, with the same page.
    let again = start();
    while page.studies.get(&again).is_none_or(|study| study["status"] != "finished") {
        page.read();
    }
    assert_eq!(live.get(&format!("studies/{again}/page")).body, report.body);

    // A long one is stopped, and what is finished stays.
    let long = STUDY.replace("valleys", "longer").replace("epochs = 2", "epochs = 50000");
    let id = live.post("studies", &json!({ "text": long })).json()["id"].as_u64().unwrap();
    while page.studies.get(&id).is_none_or(|study| study["status"] != "running") {
        page.read();
    }
    assert_eq!(live.post("studies", &json!({ "text": long })).status, 409);
    live.post(&format!("studies/{id}"), &json!({ "do": "stop" }));
    while page.studies[&id]["status"] != "stopped" {
        page.read();
    }
}
