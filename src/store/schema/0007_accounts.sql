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

INSERT INTO delivery_account (delivery, as_of, complete, sync)
    SELECT id, received_at_ms / 1000, 0, id FROM delivery;

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

-- 1 where a person has entered the value by hand: such values outrank every device.
ALTER TABLE sample ADD COLUMN manual INTEGER NOT NULL DEFAULT 0 CHECK (manual IN (0, 1));
ALTER TABLE buried_sample ADD COLUMN manual INTEGER NOT NULL DEFAULT 0 CHECK (manual IN (0, 1));
-- The last delivery that has stated it; 0 where that is the one that wrote it.
ALTER TABLE buried_sample ADD COLUMN stated INTEGER NOT NULL DEFAULT 0;

DROP TABLE rollup;
-- Made anew by the new rules.
UPDATE rollup_state SET terms = '', writes = writes + 1;

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
