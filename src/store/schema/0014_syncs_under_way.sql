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
