#!/bin/sh
# What: ADBC's driver for SQLite refuses a column of real numbers whose first rows are NULL: "expected INT64 but got DOUBLE". That the
# column is declared REAL, or cast to REAL in the query, changes nothing.
# Versions: adbc-driver-sqlite 1.13.0, pyarrow 26.0.1 (PyPI), Python 3.11.
# Behaviour: 2,000 NULLs, then 1.5. The driver looks at the values of its first batch (1,024 rows), takes INT64 for a column of NULLs,
# and ends with an error at the first real number. With the numbers sorted to the front, or NULLs made 0.0, the type is double.
# Seen because `min` and `max` of samples are empty for most metrics.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv" && "$folder/venv/bin/pip" install -q adbc-driver-sqlite==1.13.0 pyarrow==26.0.1
cd "$folder"
venv/bin/python - <<'PYTHON'
import sqlite3
import adbc_driver_sqlite.dbapi as adbc
with sqlite3.connect("made.db") as made:
    made.execute("CREATE TABLE sample (max REAL)")
    made.executemany("INSERT INTO sample VALUES (?)", [(None,)] * 2000 + [(1.5,)])
made.close()

def asked(query):
    with adbc.connect("file:made.db?mode=ro") as connection, connection.cursor() as cursor:
        try:
            cursor.execute(query)
            return str(cursor.fetch_arrow_table().schema.field("max").type)
        except Exception as fault:
            return str(fault)

for query, expected in (
    ("SELECT max FROM sample", "expected INT64 but got DOUBLE"),
    ("SELECT CAST(max AS REAL) AS max FROM sample", "expected INT64 but got DOUBLE"),
    ("SELECT max FROM sample ORDER BY max IS NULL", "double"),
    ("SELECT coalesce(max, 0.0) AS max FROM sample", "double"),
):
    found = asked(query)
    print(f"{query}: {found}")
    assert expected in found
PYTHON
