ALTER TABLE metric RENAME TO old_metric;

CREATE TABLE metric (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    -- The unit that samples of this row are stored in. A name that the catalogue lacks may have several: its unit belongs to
    -- the person who has sent it.
    unit TEXT NOT NULL,
    UNIQUE (name, unit)
) STRICT;

INSERT INTO metric (id, name, unit) SELECT id, name, unit FROM old_metric;

DROP TABLE old_metric;
