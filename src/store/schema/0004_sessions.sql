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
