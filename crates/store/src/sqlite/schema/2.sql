-- Runs under way have their curves so far.
ALTER TABLE claims ADD COLUMN so_far TEXT;          -- a record as JSON
ALTER TABLE claims ADD COLUMN so_far_sha256 TEXT;

CREATE VIEW running AS
SELECT
    substr(key, 1, 8) AS id, so_far ->> '$.task.name' AS task, so_far ->> '$.recipe' AS recipe,
    so_far ->> '$.seed' AS seed, so_far ->> '$.counts.updates' AS updates,
    holder ->> '$.host' AS host, holder ->> '$.pid' AS pid,
    datetime(since / 1000, 'unixepoch') AS since, datetime(beat / 1000, 'unixepoch') AS beat, key
FROM claims;

CREATE VIEW running_points AS
SELECT
    claims.key AS run, curve.key AS curve, point.key AS place,
    point.value ->> '$.epoch' AS epoch, point.value ->> '$.updates' AS updates,
    point.value ->> '$.seconds' AS seconds, point.value ->> '$.value' AS value
FROM claims, json_each(claims.so_far, '$.curves') AS curve, json_each(curve.value) AS point;
