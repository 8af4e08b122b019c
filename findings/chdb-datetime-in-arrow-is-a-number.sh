#!/bin/sh
# What: chDB hands a DateTime to Arrow as uint32, seconds since 1970 without a unit or a zone, and a DateTime64 as a timestamp in UTC.
# Versions: chdb 4.4.0, pyarrow 26.0.1 (PyPI), Python 3.11.
# Behaviour: the same moment, once as DateTime and once as DateTime64(6), in one query for "ArrowTable": types uint32 and
# timestamp[us, tz=UTC]. Times of a CSV file that chDB recognises are DateTime, so they reach pandas or Polars as numbers.
# Seen because `start` of a CSV file came out as 1767225600. Cast with toDateTime64(start, 6, 'UTC'), or read the Parquet file.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder" && "$folder/bin/pip" install -q chdb==4.4.0 pyarrow==26.0.1
"$folder/bin/python" - <<'PYTHON'
import os, sys
import chdb
moment = "'2026-01-01 00:00:00'"
table = chdb.query(f"SELECT toDateTime({moment}, 'UTC') AS seconds, toDateTime64({moment}, 6, 'UTC') AS micro", "ArrowTable")
found = [str(column.type) for column in table.schema]
print(f"chdb {chdb.__version__}: DateTime {found[0]} {table['seconds'][0]}, DateTime64 {found[1]}")
assert found == ["uint32", "timestamp[us, tz=UTC]"] and table["seconds"][0].as_py() == 1767225600
PYTHON
