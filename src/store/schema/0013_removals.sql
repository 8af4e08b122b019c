-- An import can be cancelled.
ALTER TABLE job RENAME TO old_job;

-- Imports that run in the background.
CREATE TABLE job (
    id             INTEGER PRIMARY KEY,
    public_id      TEXT NOT NULL UNIQUE,
    user           INTEGER NOT NULL REFERENCES user (id),
    api_key        INTEGER REFERENCES api_key (id),
    state          TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    -- The name that the sender gave the file.
    file           TEXT NOT NULL,
    bytes          INTEGER NOT NULL,
    -- How often it has been begun and not stopped in good order: more than once when the process ended before it.
    begun          INTEGER NOT NULL DEFAULT 0,
    created_at_ms  INTEGER NOT NULL,
    finished_at_ms INTEGER,
    -- The receipt of a finished job. JSON.
    receipt        TEXT,
    -- Why it failed.
    error          TEXT
) STRICT;

INSERT INTO job (id, public_id, user, api_key, state, file, bytes, begun, created_at_ms, finished_at_ms, receipt, error)
SELECT id, public_id, user, api_key, state, file, bytes, begun, created_at_ms, finished_at_ms, receipt, error FROM old_job;

DROP TABLE old_job;

-- The bodies that were of no kind we know, which are kept up to a limit.
CREATE INDEX delivery_refused ON delivery (user, id) WHERE refused = 1;

-- When the person was removed; what is theirs is destroyed a while later.
ALTER TABLE user ADD COLUMN removed_at INTEGER;

-- Since when it cannot be undone: what lies under it is destroyed, and so is what comes to lie there.
ALTER TABLE deletion ADD COLUMN permanent_at INTEGER;
