#!/bin/sh
# What: a number that first stands behind 20,480 empty ones is lost without an error: DuckDB 2.0.1 reads the column of an NDJSON file as
# "NULL", and DataFusion 55.0.0 that of a CSV file as Null; every value of it is empty. DuckDB 1.5.5 keeps the same NDJSON as JSON.
# Versions: duckdb 1.5.5 and 2.0.1, datafusion 55.0.0, pyarrow 26.0.1 (PyPI), Python 3.11.
# Behaviour: both take the types from the first rows (20,480 and 1,000). DuckDB's CSV reader makes text of such a column, and so do
# others; these two decide for a type that can hold nothing, and do not complain when something comes.
# Seen because `max` of heart rates begins behind the steps. With sample_size = -1 and schema_infer_max_records nothing is lost; in a
# Parquet file the types are written down.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat >make.py <<'PYTHON'
import json
rows = [{"value": 1.5, "max": None}] * 20480 + [{"value": 1.5, "max": 169.5}]
open("late.ndjson", "w").writelines(json.dumps(row) + "\n" for row in rows)
open("late.csv", "w").write("value,max\n" + "".join(f"1.5,{row['max'] or ''}\n" for row in rows))
PYTHON
python3 make.py
cat >duck.py <<'PYTHON'
import duckdb, sys
for options, expected in (("", sys.argv[1]), (", sample_size = -1", "DOUBLE 1")):
    found = duckdb.sql(f"SELECT any_value(typeof(max)) || ' ' || count(max) FROM read_json('late.ndjson'{options})").fetchall()[0][0]
    print(f"duckdb {duckdb.__version__}{options}: {found}, expected {expected}")
    assert found == expected
PYTHON
cat >fusion.py <<'PYTHON'
import datafusion
for options, expected in (({}, "null 0"), ({"schema_infer_max_records": 10**9}, "double 1")):
    column = datafusion.SessionContext().read_csv("late.csv", **options).to_arrow_table()["max"]
    found = f"{column.type} {len(column) - column.null_count}"
    print(f"datafusion {datafusion.__version__} {options}: {found}, expected {expected}")
    assert found == expected
PYTHON
for version in 1.5.5 2.0.1; do
    python3 -m venv "duck-$version" && "duck-$version/bin/pip" install -q duckdb==$version
done
duck-1.5.5/bin/python duck.py "JSON 1"
duck-2.0.1/bin/python duck.py '"NULL" 0'
python3 -m venv fusion && fusion/bin/pip install -q datafusion==55.0.0 pyarrow==26.0.1
fusion/bin/python fusion.py
