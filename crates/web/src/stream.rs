//! Events for one page: all that has changed since the last, when the page is ready for more.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, stream};
use serde_json::{Map, Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::numbers::number;
use crate::run::{Run, evaluations, spots};
use crate::session::Session;

/// Time between two events at least.
const GAP: Duration = Duration::from_millis(100);

/// Time after which an idle page is told that the program is still there.
const ALIVE: Duration = Duration::from_secs(15);

/// A page that listens.
struct Page {
    session: Arc<Session>,
    changes: watch::Receiver<u64>,
    seen: BTreeMap<u64, Seen>,
    studies: BTreeMap<u64, u64>,
    last: Option<Instant>,
}

/// Part of a run that a page has seen.
#[derive(Debug, Default)]
struct Seen {
    revision: u64,
    generation: u64,
    losses: usize,
    evaluations: usize,
    batches: u64,
}

/// The stream of a page: first all that there is, then changes. Nothing is queued: a page that is slow to read gets
/// fewer events with more in each.
pub(crate) fn events(session: Arc<Session>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let changes = session.changes();
    let page = Page { session, changes, seen: BTreeMap::new(), studies: BTreeMap::new(), last: None };
    let stream = stream::unfold(page, |mut page| async move {
        let text = page.next().await?;
        Some((Ok(Event::default().data(text)), page))
    });
    Sse::new(stream).keep_alive(KeepAlive::new().interval(ALIVE))
}

impl Page {
    /// The next event; `None` when the program ends.
    async fn next(&mut self) -> Option<String> {
        let is_first = self.last.is_none();
        loop {
            if let Some(last) = self.last {
                self.changes.changed().await.ok()?;
                sleep_until(last + GAP).await;
            }
            self.changes.mark_unchanged();
            self.last = Some(Instant::now());
            let news = self.news();
            if is_first || !news.is_empty() {
                return Some(Value::Object(news).to_string());
            }
        }
    }

    /// All that has changed.
    fn news(&mut self) -> Map<String, Value> {
        let (runs, studies) = (self.session.runs(), self.session.studies());
        let mut news = Map::new();
        let changed: Vec<Value> = runs.iter().filter_map(|run| self.of_run(run)).collect();
        if !changed.is_empty() {
            news.insert("runs".into(), changed.into());
        }
        let gone: Vec<u64> =
            self.seen.keys().copied().filter(|id| runs.iter().all(|run| run.id != *id)).collect();
        if !gone.is_empty() {
            self.seen.retain(|id, _| !gone.contains(id));
            news.insert("gone".into(), gone.into());
        }
        let mut changed = Vec::new();
        for study in studies {
            let (revision, value) = study.told();
            if self.studies.insert(study.id, revision) != Some(revision) {
                changed.push(value);
            }
        }
        if !changed.is_empty() {
            news.insert("studies".into(), changed.into());
        }
        news
    }

    /// News of a run: its points after those that were seen, and its facts if they have changed.
    fn of_run(&mut self, run: &Run) -> Option<Value> {
        let seen = self.seen.entry(run.id).or_default();
        let feed = run.feed();
        let is_other = feed.revision != seen.revision;
        if !is_other && feed.batches == seen.batches {
            return None;
        }
        if feed.generation != seen.generation {
            (seen.losses, seen.evaluations) = (0, 0);
        }
        let (from, from_evaluation) = (seen.losses, seen.evaluations);
        let (losses, measured) = (feed.losses[from..].to_vec(), feed.evaluations[from_evaluation..].to_vec());
        let head = is_other.then(|| run.head(&feed));
        let (batches, seconds, lr) = (feed.batches, feed.seconds, feed.lr);
        *seen = Seen {
            revision: feed.revision,
            generation: feed.generation,
            losses: feed.losses.len(),
            evaluations: feed.evaluations.len(),
            batches,
        };
        // The numbers are written while the run goes on.
        drop(feed);
        let mut news = json!({
            "id": run.id,
            "batches": batches,
            "seconds": number(seconds),
            "lr": lr.map(number),
            "from": from,
            "losses": spots(&losses),
            "from_evaluation": from_evaluation,
            "evaluations": evaluations(&measured),
        });
        if let Some(head) = head {
            news["head"] = head;
        }
        Some(news)
    }
}
