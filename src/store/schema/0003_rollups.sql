-- Buckets of local time in the home zone, added up from the samples. Derived: they can be dropped at any time.
CREATE TABLE rollup (
    user     INTEGER NOT NULL,
    metric   INTEGER NOT NULL,
    -- 0 hours, 1 days.
    grain    INTEGER NOT NULL CHECK (grain IN (0, 1)),
    start    INTEGER NOT NULL,
    -- The layer that was believed.
    layer    INTEGER NOT NULL,
    samples  INTEGER NOT NULL,
    -- How many of them have a value.
    measured INTEGER NOT NULL,
    total    REAL NOT NULL,
    low      REAL,
    high     REAL,
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
