//! A race whose page computes paths from any start, at any rate.

use serde::Serialize;

use super::Race;
use crate::browser::{Kernel, embedded};

const WORKER: &str = include_str!("worker.js");
const SCRIPT: &str = include_str!("live.js");

/// Numbers by which a page runs a race again.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Live {
    /// Place of the function among those of the kernels.
    pub function: usize,
    /// Steps of a path.
    pub steps: u64,
    /// Standard deviation of the noise.
    pub noise: f64,
    /// Standard normal numbers of the noise, two a point; empty without noise.
    pub normals: Vec<f32>,
    /// Rates that are tried for each recipe.
    pub rates: Vec<f64>,
    /// The recipes, in the order of the lanes.
    pub entrants: Vec<Entrant>,
    /// The rate of all that was asked for; the page takes 1/L at the start if there is none.
    #[serde(skip)]
    pub lr: Option<f64>,
    /// The rate of all in the recorded paths.
    #[serde(skip)]
    pub shown: f64,
    /// Words after the rate of all: `; stated rates stay`.
    #[serde(skip)]
    pub kept: String,
}

/// A recipe in a race of a page.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entrant {
    /// The recipe in words.
    pub recipe: String,
    /// Its numbers; `None` if the kernels lack a part of it.
    pub kernel: Option<Kernel>,
    /// True if the recipe states its rate.
    pub keeps_rate: bool,
}

impl Live {
    /// Controls of the page.
    pub(super) const CONTROLS: &str = "\
        <fieldset id=\"compute\" hidden=\"hidden\"><legend>Compute in this page</legend>\
        <p>Click or drag in the picture to move the start, or type it.</p>\
        <label>x <input id=\"start-x\" type=\"number\" step=\"any\" aria-label=\"x of the start\"/></label>\
        <label>y <input id=\"start-y\" type=\"number\" step=\"any\" aria-label=\"y of the start\"/></label>\
        <span id=\"rates\"><label>rate of all <input id=\"rate\" type=\"range\" min=\"-5\" max=\"1\" step=\"0.01\"/>\
        <output id=\"rate-value\" for=\"rate\"></output></label>\
        <label><input id=\"rate-auto\" type=\"checkbox\"/> 1/L at the start</label></span>\
        <button id=\"recorded\" type=\"button\">As recorded</button>\
        <span id=\"computed\" role=\"status\"></span></fieldset>\n";

    /// The script of the page, after that which plays.
    pub(super) fn script(&self, race: &Race) -> String {
        let mut setup = serde_json::to_value(self).expect("plain data");
        setup["heats"] = race.heats.len().into();
        let tunable = race.heats.len() > 1 && self.entrants.iter().any(|entrant| !entrant.keeps_rate);
        let live = serde_json::json!({
            "setup": setup,
            "lr": self.lr,
            "shown": self.shown,
            "kept": self.kept,
            "tunable": tunable,
        });
        format!("const live = {};\n{}{SCRIPT}", live.to_string().replace('<', "\\u003c"), embedded(WORKER))
    }
}
