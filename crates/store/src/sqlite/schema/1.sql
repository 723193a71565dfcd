-- Runs that are over, a row each, in the order in which they were put.
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,       -- hash of task, recipe, seed, budget, kernel and version of the numbers
    task TEXT NOT NULL,
    data TEXT NOT NULL,
    model TEXT NOT NULL,
    optimizer TEXT NOT NULL,
    recipe TEXT NOT NULL,           -- canonical spelling of all settings
    seed INTEGER NOT NULL,          -- as a signed number
    epochs INTEGER NOT NULL,
    status TEXT NOT NULL,           -- finished, diverged
    metric TEXT NOT NULL,           -- name of the measure
    value REAL,                     -- the measure at the end
    train_loss REAL,                -- of the last epoch
    added INTEGER NOT NULL,         -- milliseconds since 1970
    record_sha256 TEXT NOT NULL,    -- of records.json
    check_sha256 TEXT NOT NULL      -- of all columns before
) STRICT;

-- The whole record of each run.
CREATE TABLE records (
    run INTEGER PRIMARY KEY REFERENCES runs (id),
    json TEXT NOT NULL
) STRICT;

CREATE TABLE studies (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    text TEXT NOT NULL,             -- the definition
    check_sha256 TEXT NOT NULL
) STRICT;

CREATE TABLE trials (
    id INTEGER PRIMARY KEY,
    study TEXT NOT NULL REFERENCES studies (name),
    name TEXT NOT NULL,
    runs TEXT NOT NULL,             -- keys, as a JSON array
    result TEXT NOT NULL,
    check_sha256 TEXT NOT NULL,
    UNIQUE (study, name)
) STRICT;

-- Runs under way.
CREATE TABLE claims (
    key TEXT PRIMARY KEY,
    holder TEXT NOT NULL,           -- host, pid, … as JSON
    since INTEGER NOT NULL,         -- milliseconds since 1970
    beat INTEGER NOT NULL,          -- the last sign of life
    check_sha256 TEXT NOT NULL      -- of the columns before, but beat
) STRICT;

-- Number of rows and XOR of their checks, so that a missing row is noticed.
CREATE TABLE totals (
    name TEXT PRIMARY KEY,          -- runs, studies, trials, claims (these only counted)
    count INTEGER NOT NULL,
    checks TEXT NOT NULL
) STRICT;

INSERT INTO totals SELECT value, 0, printf('%064d', 0) FROM json_each('["runs", "studies", "trials", "claims"]');

-- The runs that each trial consists of.
CREATE VIEW trial_runs AS
SELECT trials.study, trials.name AS trial, each.key AS place, each.value AS run
FROM trials, json_each(trials.runs) AS each;

-- Runs for people: no checks, and the studies that have each.
CREATE VIEW results AS
SELECT
    substr(key, 1, 8) AS id, task, data, model, optimizer, recipe, seed, epochs, status, metric, value, train_loss,
    json ->> '$.counts.updates' AS updates,
    json ->> '$.environment.kernel' AS kernel,
    json ->> '$.environment.version' AS version,
    datetime(added / 1000, 'unixepoch') AS added,
    (SELECT group_concat(DISTINCT study) FROM trial_runs WHERE trial_runs.run = runs.key) AS studies,
    key
FROM runs JOIN records ON records.run = runs.id;

-- Every point of every curve. A value that is not finite is text: NaN, Infinity, -Infinity.
CREATE VIEW points AS
SELECT
    runs.key AS run, curve.key AS curve, point.key AS place,
    point.value ->> '$.epoch' AS epoch, point.value ->> '$.updates' AS updates,
    point.value ->> '$.seconds' AS seconds, point.value ->> '$.value' AS value
FROM runs JOIN records ON records.run = runs.id,
    json_each(records.json, '$.curves') AS curve, json_each(curve.value) AS point;
