-- When keys were last used. Apart from the keys, because it is written often and means nothing to any answer about data.
CREATE TABLE api_key_use (
    api_key INTEGER PRIMARY KEY REFERENCES api_key (id),
    used_at INTEGER NOT NULL
) STRICT;
