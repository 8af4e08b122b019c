-- Every table is STRICT. Times are UTC epoch seconds unless the name says otherwise.

CREATE TABLE user (
    id           INTEGER PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE,
    -- Moves with every commit that changes an answer; ETags and snapshots are made of it.
    data_version INTEGER NOT NULL DEFAULT 0,
    created_at   INTEGER NOT NULL
, removed_at INTEGER) STRICT;

CREATE TABLE api_key (
    id           INTEGER PRIMARY KEY,
    user         INTEGER NOT NULL REFERENCES user (id),
    name         TEXT NOT NULL,
    -- SHA-256 of the secret; the secret itself is never stored.
    hash         BLOB NOT NULL UNIQUE,
    -- Comma-separated names.
    scopes       TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    revoked_at   INTEGER
) STRICT;

-- Dictionaries: rows are only ever added, so an id once read stays true.
CREATE TABLE metric (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    -- The unit that samples of this row are stored in. A name that the catalogue lacks may have several: its unit belongs to
    -- the person who has sent it.
    unit TEXT NOT NULL,
    UNIQUE (name, unit)
) STRICT;

CREATE TABLE source (
    id   INTEGER PRIMARY KEY,
    -- Empty when the sender named none; joined sources are sorted, because the phone's order varies.
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE context (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

-- Clustered by the questions that are asked: one person, one metric, a range of time. No foreign keys here: they
-- would cost five look-ups a row, and the writer takes every id from the dictionaries in the same transaction.
CREATE TABLE sample (
    user           INTEGER NOT NULL,
    metric         INTEGER NOT NULL,
    start          INTEGER NOT NULL,
    -- 0 raw, 1 minute, 2 hour, 3 day, 4 week, 5 month, 6 year.
    layer          INTEGER NOT NULL CHECK (layer BETWEEN 0 AND 6),
    -- Tells apart samples that share all of the above: see store/reconcile.
    twin           INTEGER NOT NULL CHECK (twin >= 0),
    -- Right behind the key: reading a row costs by how far into it a column lies.
    value          REAL,
    -- Seconds; end = start + span.
    span           INTEGER NOT NULL CHECK (span >= 0),
    min            REAL,
    max            REAL,
    source         INTEGER NOT NULL,
    context        INTEGER,
    offset_minutes INTEGER NOT NULL,
    -- The delivery that wrote this row as it is now.
    delivery       INTEGER NOT NULL, manual INTEGER NOT NULL DEFAULT 0 CHECK (manual IN (0, 1)),
    PRIMARY KEY (user, metric, start, layer, twin)
) STRICT, WITHOUT ROWID;

-- What is stored, counted in the same commit as the samples, so that the catalogue never scans them.
CREATE TABLE series (
    user          INTEGER NOT NULL,
    metric        INTEGER NOT NULL,
    layer         INTEGER NOT NULL,
    source        INTEGER NOT NULL,
    unit_sent     TEXT NOT NULL,
    samples       INTEGER NOT NULL,
    -- How many of them are summaries with a min or max of their own; without any, questions need not read these.
    summaries     INTEGER NOT NULL,
    first         INTEGER NOT NULL,
    last          INTEGER NOT NULL,
    last_delivery INTEGER NOT NULL, longest INTEGER NOT NULL DEFAULT 0, manual INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (user, metric, layer, source)
) STRICT, WITHOUT ROWID;

CREATE TABLE delivery (
    id             INTEGER PRIMARY KEY,
    public_id      TEXT NOT NULL UNIQUE,
    user           INTEGER NOT NULL REFERENCES user (id),
    -- Null for an import from the command line.
    api_key        INTEGER REFERENCES api_key (id),
    received_at_ms INTEGER NOT NULL,
    format         TEXT NOT NULL,
    -- 1 when the body was of no kind we know; it is kept all the same.
    refused        INTEGER NOT NULL CHECK (refused IN (0, 1)),
    -- The sender's own words about itself: automation name, id, aggregation, period, session, file name. JSON.
    origin         TEXT NOT NULL,
    -- Bytes as decompressed.
    bytes          INTEGER NOT NULL,
    -- The answer that was given. JSON.
    receipt        TEXT NOT NULL
) STRICT;

CREATE INDEX delivery_by_user ON delivery (user, id);

-- The bodies that were of no kind we know, which are kept up to a limit.
CREATE INDEX delivery_refused ON delivery (user, id) WHERE refused = 1;

CREATE TABLE delivery_body (
    delivery INTEGER PRIMARY KEY REFERENCES delivery (id),
    -- 'br'
    encoding TEXT NOT NULL,
    body     BLOB NOT NULL
) STRICT;

CREATE TABLE quarantine (
    id       INTEGER PRIMARY KEY,
    delivery INTEGER NOT NULL REFERENCES delivery (id),
    -- The name that the receipt counts it under; empty for a whole body.
    name     TEXT NOT NULL,
    -- JSON path of the item in the body; '$' is the whole body, which delivery_body holds.
    path     TEXT NOT NULL,
    reason   TEXT NOT NULL,
    item     TEXT NOT NULL
) STRICT;

CREATE INDEX quarantine_by_delivery ON quarantine (delivery);

-- A workout is one row, whoever tells of it. What each sender tells stands apart, so that the order in which they speak
-- changes nothing; reading puts it together.
CREATE TABLE workout (
    id       INTEGER PRIMARY KEY,
    user     INTEGER NOT NULL REFERENCES user (id),
    start    INTEGER NOT NULL,
    -- Stable code such as 'running', else the slug of the sender's word.
    activity TEXT NOT NULL
) STRICT;

CREATE INDEX workout_by_start ON workout (user, start);

CREATE TABLE workout_account (
    workout  INTEGER NOT NULL REFERENCES workout (id),
    -- 0 Apple's export, 1 Health Auto Export, 2 Shortcuts.
    sender   INTEGER NOT NULL CHECK (sender BETWEEN 0 AND 2),
    activity TEXT NOT NULL,
    -- The sender's own id, if it gave one.
    sent_id  TEXT,
    -- model::workout::Account as JSON.
    account  TEXT NOT NULL,
    delivery INTEGER NOT NULL,
    PRIMARY KEY (workout, sender)
) STRICT, WITHOUT ROWID;

-- The deliveries that have told, each, what is stored of a workout: where one of them is deleted, it is another's.
CREATE TABLE workout_told (
    workout  INTEGER NOT NULL,
    sender   INTEGER NOT NULL CHECK (sender BETWEEN 0 AND 2),
    delivery INTEGER NOT NULL,
    PRIMARY KEY (workout, sender, delivery)
) STRICT, WITHOUT ROWID;

-- Values over the time of a workout; the route is the series named 'route'.
CREATE TABLE workout_series (
    workout INTEGER NOT NULL REFERENCES workout (id),
    sender  INTEGER NOT NULL CHECK (sender BETWEEN 0 AND 2),
    name    TEXT NOT NULL,
    unit    TEXT NOT NULL,
    -- How many.
    points  INTEGER NOT NULL,
    -- JSON under zstd.
    body    BLOB NOT NULL,
    PRIMARY KEY (workout, sender, name)
) STRICT;

CREATE TABLE event (
    user           INTEGER NOT NULL,
    kind           TEXT NOT NULL,
    start          INTEGER NOT NULL,
    span           INTEGER NOT NULL CHECK (span >= 0),
    code           TEXT NOT NULL,
    sender         INTEGER NOT NULL CHECK (sender BETWEEN 0 AND 2),
    -- Tells apart different events of one sender that share all of the above.
    twin           INTEGER NOT NULL CHECK (twin >= 0),
    name           TEXT NOT NULL,
    value          TEXT,
    value_sent     TEXT,
    source         INTEGER NOT NULL,
    offset_minutes INTEGER NOT NULL,
    -- JSON.
    details        TEXT NOT NULL,
    -- model::event::EventSeries as JSON under zstd.
    series         BLOB,
    delivery       INTEGER NOT NULL,
    PRIMARY KEY (user, kind, start, span, code, sender, twin)
) STRICT;

-- Nights as a phone has summed them up, as each delivery told them; nights of segments are samples of sleep_analysis.
CREATE TABLE night_summary (
    user           INTEGER NOT NULL,
    -- The local date on which the night ends, in days since 1970-01-01.
    date           INTEGER NOT NULL,
    sender         INTEGER NOT NULL CHECK (sender BETWEEN 0 AND 2),
    delivery       INTEGER NOT NULL,
    -- Which of the delivery's nights of that date.
    session        INTEGER NOT NULL CHECK (session >= 0),
    source         INTEGER NOT NULL,
    offset_minutes INTEGER NOT NULL,
    start          INTEGER,
    end            INTEGER,
    in_bed_start   INTEGER,
    in_bed_end     INTEGER,
    -- Minutes.
    asleep         REAL,
    in_bed         REAL,
    core           REAL,
    deep           REAL,
    rem            REAL,
    awake          REAL,
    PRIMARY KEY (user, date, sender, delivery, session)
) STRICT, WITHOUT ROWID;

CREATE INDEX night_summary_by_delivery ON night_summary (delivery);

-- Files kept as they came.
CREATE TABLE document (
    id         INTEGER PRIMARY KEY,
    user       INTEGER NOT NULL REFERENCES user (id),
    kind       TEXT NOT NULL,
    name       TEXT NOT NULL,
    media_type TEXT NOT NULL,
    bytes      INTEGER NOT NULL,
    -- Under zstd.
    body       BLOB NOT NULL,
    delivery   INTEGER NOT NULL,
    UNIQUE (user, kind, name)
) STRICT;

-- The hardware that a source's samples were measured with, as each delivery told it: decides what kind of source it is.
CREATE TABLE source_hardware (
    user     INTEGER NOT NULL,
    source   INTEGER NOT NULL,
    -- Such as 'Watch6,2'.
    model    TEXT NOT NULL,
    -- 0 when it wrote them itself, 1 when an app on it did, 2 when it is an accessory that passes on what it measures, 3 when it
    -- is not clear which of the first two.
    writer   INTEGER NOT NULL CHECK (writer BETWEEN 0 AND 3),
    delivery INTEGER NOT NULL,
    samples  INTEGER NOT NULL,
    -- Starts of the first and last of them.
    first    INTEGER NOT NULL,
    last     INTEGER NOT NULL,
    PRIMARY KEY (user, source, model, writer, delivery)
) STRICT, WITHOUT ROWID;

-- A person's own orders of sources; those that are in none follow by kind: watches, phones, others.
CREATE TABLE source_priority (
    user   INTEGER NOT NULL REFERENCES user (id),
    -- What the order is about: '' is everything; 'category:sleep' and 'metric:step_count' are believed before it there.
    about  TEXT NOT NULL,
    source INTEGER NOT NULL REFERENCES source (id),
    -- 0 is believed first.
    rank   INTEGER NOT NULL CHECK (rank >= 0),
    PRIMARY KEY (user, about, source)
) STRICT, WITHOUT ROWID;

-- The settings' order of kinds of sources, kept here so that a change of it moves the data version.
CREATE TABLE kind_priority (
    kind TEXT PRIMARY KEY,
    -- 0 is believed first.
    rank INTEGER NOT NULL CHECK (rank >= 0)
) STRICT;

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

INSERT INTO user (name, created_at) VALUES ('owner', unixepoch());

-- How the sender behind a key writes numbers, such as 'de'; decides whether 8,412 is eight or eight thousand.
CREATE TABLE api_key_locale (
    api_key INTEGER PRIMARY KEY REFERENCES api_key (id),
    locale  TEXT NOT NULL
) STRICT;

-- Buckets of local time in the home zone, added up from the samples. Derived: they can be dropped at any time.
CREATE TABLE rollup (
    user     INTEGER NOT NULL,
    metric   INTEGER NOT NULL,
    -- 0 hours, 1 days.
    grain    INTEGER NOT NULL CHECK (grain IN (0, 1)),
    start    INTEGER NOT NULL,
    -- The layers that counted: bit n for layer n.
    layers   INTEGER NOT NULL,
    samples  INTEGER NOT NULL,
    -- How many of them have a value.
    measured INTEGER NOT NULL,
    total    REAL NOT NULL,
    low      REAL,
    high     REAL,
    -- For means that are weighted: the sum of the weights, and of weight times value (or level).
    weight   REAL NOT NULL,
    weighted REAL NOT NULL,
    PRIMARY KEY (user, metric, grain, start)
) STRICT, WITHOUT ROWID;

-- Days whose samples have changed since they were rolled up, marked in the same commit as the change.
CREATE TABLE rollup_dirty (
    user   INTEGER NOT NULL,
    metric INTEGER NOT NULL,
    -- Since 1970-01-01, in UTC.
    day    INTEGER NOT NULL,
    -- Another with each mark, so that what changes while the day is rolled up is noticed.
    stamp  INTEGER NOT NULL,
    PRIMARY KEY (user, metric, day)
) STRICT, WITHOUT ROWID;

-- On what terms the rollups of a metric were made; on others, or without a row, they count for nothing.
CREATE TABLE rollup_state (
    user    INTEGER NOT NULL,
    metric  INTEGER NOT NULL,
    -- The program's version and the zone of the days; empty while all of it is being made.
    terms   TEXT NOT NULL,
    -- Ids of the sources, the one that is believed first at the front, joined by commas.
    sources TEXT NOT NULL,
    -- Moves with every write, so that two who roll up at once cannot undo each other.
    writes  INTEGER NOT NULL,
    PRIMARY KEY (user, metric)
) STRICT, WITHOUT ROWID;

-- Browsers that are signed in. Ids are never used again, so that nobody ends another's session by an old one.
CREATE TABLE session (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    user         INTEGER NOT NULL REFERENCES user (id),
    -- The key that it was begun with, and with which it ends; null after a one-time code.
    api_key      INTEGER REFERENCES api_key (id),
    -- SHA-256 of the cookie's secret; the secret itself is never stored.
    hash         BLOB NOT NULL UNIQUE,
    -- Comma-separated names.
    scopes       TEXT NOT NULL,
    -- Such as 'Firefox on Linux'; empty when it does not say.
    browser      TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    -- Within an hour.
    last_used_at INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT;

-- Codes that begin a session once. A used one is gone.
CREATE TABLE one_time_code (
    -- SHA-256 of the code.
    hash       BLOB PRIMARY KEY,
    user       INTEGER NOT NULL REFERENCES user (id),
    -- Comma-separated names.
    scopes     TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

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
, permanent_at INTEGER) STRICT;

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
    delivery       INTEGER NOT NULL, manual INTEGER NOT NULL DEFAULT 0 CHECK (manual IN (0, 1)), stated INTEGER NOT NULL DEFAULT 0,
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
    delivery       INTEGER NOT NULL,
    session        INTEGER NOT NULL CHECK (session >= 0),
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
    PRIMARY KEY (user, date, sender, deletion, delivery, session)
) STRICT, WITHOUT ROWID;

-- When keys were last used. Apart from the keys, because it is written often and means nothing to any answer about data.
CREATE TABLE api_key_use (
    api_key INTEGER PRIMARY KEY REFERENCES api_key (id),
    used_at INTEGER NOT NULL
) STRICT;

-- What a delivery states as a whole: as of when, and whether that is everything there was in the time that it covers.
CREATE TABLE delivery_account (
    delivery INTEGER PRIMARY KEY REFERENCES delivery (id),
    -- The moment that it tells of, UTC epoch seconds: when it was received, or an export's own date.
    as_of    INTEGER NOT NULL,
    -- 1 when its sender has said which period it covers, so that what it leaves out is no more; 0 when it only adds.
    complete INTEGER NOT NULL CHECK (complete IN (0, 1)),
    -- The first delivery of the same sync: one sync may come in several requests.
    sync     INTEGER NOT NULL,
    -- The automation or key that it came from, and the session that it names; empty where neither is known.
    sender   TEXT NOT NULL DEFAULT '',
    session  TEXT NOT NULL DEFAULT '',
    -- A digest of its samples in any order, and the delivery that said exactly the same before.
    content  INTEGER,
    repeats  INTEGER
) STRICT;

CREATE INDEX delivery_account_by_time ON delivery_account (as_of);

CREATE INDEX delivery_account_by_sync ON delivery_account (sync);

CREATE INDEX delivery_account_by_sender ON delivery_account (sender, delivery);

CREATE INDEX delivery_account_by_content ON delivery_account (content) WHERE content IS NOT NULL;

-- The sync that is under way of each automation, whose parts name no session: what they have said, so that what says it again begins
-- another. A row that is older than two minutes is of no use, and goes with the next delivery.
CREATE TABLE sync_under_way (
    -- As in delivery_account.
    sender TEXT PRIMARY KEY,
    sync   INTEGER NOT NULL,
    -- When its first and its last part came, UTC epoch seconds.
    first  INTEGER NOT NULL,
    last   INTEGER NOT NULL,
    -- How far the parts reach in each series. JSON.
    said   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The stretches of a series of which a delivery has stated every sample, and all the time that a complete one reaches.
CREATE TABLE account (
    user     INTEGER NOT NULL,
    metric   INTEGER NOT NULL,
    layer    INTEGER NOT NULL CHECK (layer BETWEEN 0 AND 6),
    -- Of samples; 0 for buckets, in which the phone has resolved its sources.
    source   INTEGER NOT NULL,
    -- Starts, UTC epoch seconds; `until` excluded.
    since    INTEGER NOT NULL,
    delivery INTEGER NOT NULL,
    until    INTEGER NOT NULL,
    -- 1 when what it has not stated there is no more.
    complete INTEGER NOT NULL CHECK (complete IN (0, 1)),
    PRIMARY KEY (user, metric, layer, source, since, delivery, complete)
) STRICT, WITHOUT ROWID;

CREATE INDEX account_by_delivery ON account (delivery);

CREATE INDEX account_by_end ON account (user, metric, layer, source, until);

-- Samples that a later account has replaced. They count for nothing, and come back when that account is deleted.
CREATE TABLE superseded_sample (
    user           INTEGER NOT NULL,
    metric         INTEGER NOT NULL,
    start          INTEGER NOT NULL,
    layer          INTEGER NOT NULL CHECK (layer BETWEEN 0 AND 6),
    -- The delivery whose account replaces it.
    superseded_by  INTEGER NOT NULL,
    twin           INTEGER NOT NULL CHECK (twin >= 0),
    value          REAL,
    span           INTEGER NOT NULL CHECK (span >= 0),
    min            REAL,
    max            REAL,
    source         INTEGER NOT NULL,
    context        INTEGER,
    offset_minutes INTEGER NOT NULL,
    delivery       INTEGER NOT NULL,
    manual         INTEGER NOT NULL DEFAULT 0 CHECK (manual IN (0, 1)),
    -- The last delivery that has stated it.
    stated         INTEGER NOT NULL,
    PRIMARY KEY (user, metric, start, layer, superseded_by, twin)
) STRICT, WITHOUT ROWID;

-- What a sender has shown of how it groups its points, where no header says so.
CREATE TABLE sender_grain (
    user   INTEGER NOT NULL,
    -- The automation's id, else its name, else the file or the key.
    sender TEXT NOT NULL,
    -- Empty: the finest bucket of any metric. Else a metric of which it has sent measurements.
    metric TEXT NOT NULL,
    layer  INTEGER NOT NULL CHECK (layer BETWEEN 0 AND 6),
    PRIMARY KEY (user, sender, metric)
) STRICT, WITHOUT ROWID;

-- Deliveries whose points were placed by the coarsest bucket that they could be of, which later ones may prove wrong.
CREATE TABLE guessed_delivery (
    user     INTEGER NOT NULL,
    sender   TEXT NOT NULL,
    delivery INTEGER NOT NULL,
    PRIMARY KEY (user, sender, delivery)
) STRICT, WITHOUT ROWID;

-- Longer buckets are settled by date, whatever their start.
CREATE INDEX sample_by_date ON sample (user, metric, layer, start) WHERE layer >= 3;

-- The few samples that were entered by hand: without any in a metric, its scans need not read the last column of each row.

CREATE INDEX superseded_by_date ON superseded_sample (user, metric, layer, start) WHERE layer >= 3;

-- Deliveries whose kept bodies are still to be read again by the rules of today, in this order: those of before the accounts,
-- and what comes while any is left.
CREATE TABLE reading_again (
    delivery INTEGER PRIMARY KEY REFERENCES delivery (id),
    -- 1 when what it is an account of is known, as must be of all before any is stored anew.
    known    INTEGER NOT NULL DEFAULT 0 CHECK (known IN (0, 1)),
    -- How often it was begun: a body at which the process ends is left alone.
    begun    INTEGER NOT NULL DEFAULT 0
) STRICT;
