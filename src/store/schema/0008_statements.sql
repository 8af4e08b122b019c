ALTER TABLE delivery_account RENAME TO old_delivery_account;

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

INSERT INTO delivery_account (delivery, as_of, complete, sync) SELECT delivery, as_of, complete, sync FROM old_delivery_account;

DROP TABLE old_delivery_account;

CREATE INDEX delivery_account_by_time ON delivery_account (as_of);

CREATE INDEX delivery_account_by_sync ON delivery_account (sync);

CREATE INDEX delivery_account_by_sender ON delivery_account (sender, delivery);

CREATE INDEX delivery_account_by_content ON delivery_account (content) WHERE content IS NOT NULL;

-- Nothing has been written to them so far.
DROP TABLE account;
DROP TABLE superseded_sample;

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

-- Longer buckets are settled by date, whatever their start.
CREATE INDEX sample_by_date ON sample (user, metric, layer, start) WHERE layer >= 3;

CREATE INDEX superseded_by_date ON superseded_sample (user, metric, layer, start) WHERE layer >= 3;

-- The last delivery that has stated it; 0 where that is the one that wrote it.
ALTER TABLE buried_sample ADD COLUMN stated INTEGER NOT NULL DEFAULT 0;

-- Made anew by the new rules.
UPDATE rollup_state SET terms = '', writes = writes + 1;

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

ALTER TABLE night_summary RENAME TO old_night_summary;

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

INSERT INTO night_summary (user, date, sender, delivery, session, source, offset_minutes, start, end, in_bed_start, in_bed_end, asleep, in_bed, core, deep, rem, awake)
    SELECT user, date, sender, delivery, 0, source, offset_minutes, start, end, in_bed_start, in_bed_end, asleep, in_bed, core, deep, rem, awake FROM old_night_summary;

DROP TABLE old_night_summary;

ALTER TABLE buried_night_summary RENAME TO old_buried_night_summary;

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

INSERT INTO buried_night_summary (user, date, sender, deletion, delivery, session, source, offset_minutes, start, end, in_bed_start, in_bed_end, asleep, in_bed, core, deep, rem, awake)
    SELECT user, date, sender, deletion, delivery, 0, source, offset_minutes, start, end, in_bed_start, in_bed_end, asleep, in_bed, core, deep, rem, awake FROM old_buried_night_summary;

DROP TABLE old_buried_night_summary;

-- The hardware that a source's samples were measured with, as each delivery told it: decides what kind of source it is.
CREATE TABLE source_hardware (
    user     INTEGER NOT NULL,
    source   INTEGER NOT NULL,
    -- Such as 'Watch6,2'.
    model    TEXT NOT NULL,
    -- 0 when it wrote them itself, 1 when an app on it did, 2 when it is an accessory that passes on what it measures.
    writer   INTEGER NOT NULL CHECK (writer BETWEEN 0 AND 2),
    delivery INTEGER NOT NULL,
    samples  INTEGER NOT NULL,
    PRIMARY KEY (user, source, model, writer, delivery)
) STRICT, WITHOUT ROWID;

-- Nobody has counted so far; what is told from now on weighs more.
INSERT INTO source_hardware (user, source, model, writer, delivery, samples)
    SELECT DISTINCT series.user, source_device.source, model, iif(model GLOB 'Watch*' OR model GLOB 'iPhone*', 0, 2), 0, 1
    FROM source_device JOIN series ON series.source = source_device.source;

DROP TABLE source_device;

-- The deliveries that have told, each, what is stored of a workout: where one of them is deleted, it is another's.
CREATE TABLE workout_told (
    workout  INTEGER NOT NULL,
    sender   INTEGER NOT NULL CHECK (sender BETWEEN 0 AND 2),
    delivery INTEGER NOT NULL,
    PRIMARY KEY (workout, sender, delivery)
) STRICT, WITHOUT ROWID;

INSERT INTO workout_told (workout, sender, delivery) SELECT workout, sender, delivery FROM workout_account;

-- Deliveries whose kept bodies are still to be read again by the rules of today, in this order: those of before the accounts,
-- and what comes while any is left.
CREATE TABLE reading_again (
    delivery INTEGER PRIMARY KEY REFERENCES delivery (id),
    -- 1 when what it is an account of is known, as must be of all before any is stored anew.
    known    INTEGER NOT NULL DEFAULT 0 CHECK (known IN (0, 1)),
    -- How often it was begun: a body at which the process ends is left alone.
    begun    INTEGER NOT NULL DEFAULT 0
) STRICT;

INSERT INTO reading_again (delivery) SELECT delivery FROM delivery_body WHERE encoding <> 'gone';
