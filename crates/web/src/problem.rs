//! Errors as pages get them: JSON with the problem and the next step.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// An answer that is not what was asked for.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) error: String,
    pub(crate) hint: String,
}

/// The next step after an error in a recipe that says no other.
const EXPLAINED: &str = "`descent explain NAME` shows each setting with its range";

impl Problem {
    /// A request that asks for something that cannot be.
    pub(crate) fn bad(error: impl Into<String>, hint: impl Into<String>) -> Problem {
        Problem { status: StatusCode::BAD_REQUEST, error: error.into(), hint: hint.into() }
    }

    /// Something that does not exist, or no longer.
    pub(crate) fn missing(error: impl Into<String>, hint: impl Into<String>) -> Problem {
        Problem { status: StatusCode::NOT_FOUND, error: error.into(), hint: hint.into() }
    }

    /// Something that cannot be done now.
    pub(crate) fn conflict(error: impl Into<String>, hint: impl Into<String>) -> Problem {
        Problem { status: StatusCode::CONFLICT, error: error.into(), hint: hint.into() }
    }

    /// A failure of this machine, such as a store that cannot be read.
    pub(crate) fn failed(error: impl Into<String>, hint: impl Into<String>) -> Problem {
        Problem { status: StatusCode::INTERNAL_SERVER_ERROR, error: error.into(), hint: hint.into() }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Problem { status, error, hint } = self;
        (status, json_text(json!({ "error": error, "hint": hint }).to_string())).into_response()
    }
}

/// An answer that is JSON already.
pub(crate) fn json_text(text: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json; charset=utf-8")], text).into_response()
}

impl From<lab::Error> for Problem {
    fn from(error: lab::Error) -> Problem {
        let hint = error.hint().unwrap_or_else(|| EXPLAINED.into());
        match error {
            lab::Error::Store(_) | lab::Error::Threads(_) => Problem::failed(error.to_string(), hint),
            _ => Problem::bad(error.to_string(), hint),
        }
    }
}

impl From<lab::store::Error> for Problem {
    fn from(error: lab::store::Error) -> Problem {
        lab::Error::from(error).into()
    }
}

impl From<train::Error> for Problem {
    fn from(error: train::Error) -> Problem {
        lab::Error::from(error).into()
    }
}

impl From<lessons::Error> for Problem {
    fn from(error: lessons::Error) -> Problem {
        Problem::bad(error.to_string(), error.hint().unwrap_or_else(|| EXPLAINED.into()))
    }
}

impl From<lab::tasks::UnknownTask> for Problem {
    fn from(error: lab::tasks::UnknownTask) -> Problem {
        Problem::bad(error.to_string(), "choose one of the list; `descent tasks` explains them")
    }
}

impl From<data::pictures::Fault> for Problem {
    fn from(fault: data::pictures::Fault) -> Problem {
        let hint = match &fault {
            data::pictures::Fault::Blank => "draw a digit",
            data::pictures::Fault::Several { .. } => {
                "draw one digit, with strokes that are near to each other"
            }
            other => other.hint(),
        };
        let error = fault.to_string();
        Problem { status: StatusCode::UNPROCESSABLE_ENTITY, error, hint: hint.to_string() }
    }
}
