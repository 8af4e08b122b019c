-- What a delivery states as a whole: as of when, and whether that is everything there was in the time that it covers.
CREATE TABLE delivery_account (
    delivery INTEGER PRIMARY KEY REFERENCES delivery (id),
    -- The moment that it tells of, UTC epoch seconds: when it was received, or an export's own date.
    as_of    INTEGER NOT NULL,
    -- 1 when its sender has said which period it covers, so that what it leaves out is no more; 0 when it only adds.
    complete INTEGER NOT NULL CHECK (complete IN (0, 1)),
    -- The first delivery of the same sync: one sync may come in several requests.
    sync     INTEGER NOT NULL
) STRICT;

INSERT INTO delivery_account (delivery, as_of, complete, sync)
    SELECT id, received_at_ms / 1000, 0, id FROM delivery;

-- The stretches of a series of which a delivery has stated every sample.
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
    -- As in delivery_account.
    complete INTEGER NOT NULL CHECK (complete IN (0, 1)),
    PRIMARY KEY (user, metric, layer, source, since, delivery)
) STRICT, WITHOUT ROWID;

CREATE INDEX account_by_delivery ON account (delivery);

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
    PRIMARY KEY (user, metric, start, layer, superseded_by, twin)
) STRICT, WITHOUT ROWID;

-- 1 where a person has entered the value by hand: such values outrank every device.
ALTER TABLE sample ADD COLUMN manual INTEGER NOT NULL DEFAULT 0 CHECK (manual IN (0, 1));
ALTER TABLE buried_sample ADD COLUMN manual INTEGER NOT NULL DEFAULT 0 CHECK (manual IN (0, 1));

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
