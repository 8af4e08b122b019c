-- What a person has deleted, and what has been undone of it. Rows never go away.
CREATE TABLE deletion (
    id        INTEGER PRIMARY KEY,
    user      INTEGER NOT NULL REFERENCES user (id),
    at        INTEGER NOT NULL,
    -- The name of the key that asked for it, or 'session'.
    asked_by  TEXT NOT NULL,
    kind      TEXT NOT NULL
              CHECK (kind IN ('sample', 'range', 'source', 'delivery', 'correction', 'workout', 'event')),
    -- As it was sent. JSON.
    target    TEXT NOT NULL,
    -- One plain sentence.
    what      TEXT NOT NULL,
    note      TEXT,
    -- What it is narrowed to; null where it is not.
    metric    INTEGER,
    source    INTEGER,
    layer     INTEGER,
    delivery  INTEGER,
    -- The starts that it reaches, the second excluded. Kinds that know samples by identity hold those of theirs.
    since     INTEGER NOT NULL,
    until     INTEGER NOT NULL,
    samples   INTEGER NOT NULL DEFAULT 0,
    workouts  INTEGER NOT NULL DEFAULT 0,
    events    INTEGER NOT NULL DEFAULT 0,
    nights    INTEGER NOT NULL DEFAULT 0,
    -- How many came again and were kept out.
    kept_out  INTEGER NOT NULL DEFAULT 0,
    -- A large one is carried out, and undone, in several transactions.
    state     TEXT NOT NULL CHECK (state IN ('burying', 'buried', 'restoring', 'restored')),
    undone_at INTEGER
) STRICT;

CREATE INDEX deletion_by_user ON deletion (user, undone_at, id);

-- Deleted rows, and those that came again, as they would stand without the deletion: the tables of the same names with the
-- deletion in front of the number of a row among its equals.
CREATE TABLE buried_sample (
    user           INTEGER NOT NULL,
    metric         INTEGER NOT NULL,
    start          INTEGER NOT NULL,
    layer          INTEGER NOT NULL CHECK (layer BETWEEN 0 AND 6),
    deletion       INTEGER NOT NULL,
    twin           INTEGER NOT NULL CHECK (twin >= 0),
    value          REAL,
    span           INTEGER NOT NULL CHECK (span >= 0),
    min            REAL,
    max            REAL,
    source         INTEGER NOT NULL,
    context        INTEGER,
    offset_minutes INTEGER NOT NULL,
    delivery       INTEGER NOT NULL,
    PRIMARY KEY (user, metric, start, layer, deletion, twin)
) STRICT, WITHOUT ROWID;

CREATE TABLE buried_workout (
    id       INTEGER NOT NULL,
    deletion INTEGER NOT NULL,
    user     INTEGER NOT NULL REFERENCES user (id),
    start    INTEGER NOT NULL,
    activity TEXT NOT NULL,
    PRIMARY KEY (id, deletion)
) STRICT, WITHOUT ROWID;

CREATE INDEX buried_workout_by_start ON buried_workout (user, start);

CREATE TABLE buried_workout_account (
    deletion INTEGER NOT NULL,
    workout  INTEGER NOT NULL,
    sender   INTEGER NOT NULL CHECK (sender BETWEEN 0 AND 2),
    activity TEXT NOT NULL,
    sent_id  TEXT,
    account  TEXT NOT NULL,
    delivery INTEGER NOT NULL,
    PRIMARY KEY (deletion, workout, sender)
) STRICT, WITHOUT ROWID;

CREATE TABLE buried_workout_series (
    deletion INTEGER NOT NULL,
    workout  INTEGER NOT NULL,
    sender   INTEGER NOT NULL CHECK (sender BETWEEN 0 AND 2),
    name     TEXT NOT NULL,
    unit     TEXT NOT NULL,
    points   INTEGER NOT NULL,
    body     BLOB NOT NULL,
    PRIMARY KEY (deletion, workout, sender, name)
) STRICT;

CREATE TABLE buried_event (
    user           INTEGER NOT NULL,
    kind           TEXT NOT NULL,
    start          INTEGER NOT NULL,
    span           INTEGER NOT NULL CHECK (span >= 0),
    code           TEXT NOT NULL,
    sender         INTEGER NOT NULL CHECK (sender BETWEEN 0 AND 2),
    deletion       INTEGER NOT NULL,
    twin           INTEGER NOT NULL CHECK (twin >= 0),
    name           TEXT NOT NULL,
    value          TEXT,
    value_sent     TEXT,
    source         INTEGER NOT NULL,
    offset_minutes INTEGER NOT NULL,
    details        TEXT NOT NULL,
    series         BLOB,
    delivery       INTEGER NOT NULL,
    PRIMARY KEY (user, kind, start, span, code, sender, deletion, twin)
) STRICT;

CREATE TABLE buried_night_summary (
    user           INTEGER NOT NULL,
    date           INTEGER NOT NULL,
    sender         INTEGER NOT NULL CHECK (sender BETWEEN 0 AND 2),
    deletion       INTEGER NOT NULL,
    source         INTEGER NOT NULL,
    offset_minutes INTEGER NOT NULL,
    start          INTEGER,
    end            INTEGER,
    in_bed_start   INTEGER,
    in_bed_end     INTEGER,
    asleep         REAL,
    in_bed         REAL,
    core           REAL,
    deep           REAL,
    rem            REAL,
    awake          REAL,
    delivery       INTEGER NOT NULL,
    PRIMARY KEY (user, date, sender, deletion)
) STRICT, WITHOUT ROWID;
