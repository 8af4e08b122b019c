ALTER TABLE source_priority RENAME TO old_source_priority;

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

INSERT INTO source_priority (user, about, source, rank) SELECT user, '', source, rank FROM old_source_priority;

DROP TABLE old_source_priority;

ALTER TABLE source_hardware RENAME TO old_source_hardware;

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

-- When the samples of earlier deliveries were is not known: of all of them the delivery with the most counts, as it did.
INSERT INTO source_hardware (user, source, model, writer, delivery, samples, first, last)
SELECT user, source, model, writer, delivery, samples, -9223372036854775807, 9223372036854775807 FROM old_source_hardware;

DROP TABLE old_source_hardware;
