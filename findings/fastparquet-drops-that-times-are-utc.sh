#!/bin/sh
# What: fastparquet reads a timestamp that the Parquet file marks as UTC into a column without a zone; pyarrow keeps the zone. So the same
# file gives two columns that pandas refuses to compare, and with local times beside them everything is off by the offset.
# Versions: fastparquet 2026.9.0, pandas 3.1.1, pyarrow 26.0.1 (PyPI), Python 3.11.
# Behaviour: isAdjustedToUTC is set in the file, and there is no metadata of pandas, as in files of DuckDB, Rust or Spark.
# Seen because days of samples were cut an hour off. Add the zone: frame["start"].dt.tz_localize("UTC").
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv" && "$folder/venv/bin/pip" install -q fastparquet==2026.9.0 pandas==3.1.1 pyarrow==26.0.1
cd "$folder"
venv/bin/python -W ignore - <<'PYTHON'
import datetime, os, sys
import fastparquet, pandas, pyarrow, pyarrow.parquet
moment = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
pyarrow.parquet.write_table(pyarrow.table({"start": pyarrow.array([moment], pyarrow.timestamp("us", "UTC"))}), "made.parquet")
assert "isAdjustedToUTC=true" in str(pyarrow.parquet.ParquetFile("made.parquet").schema)
found = {engine: str(pandas.read_parquet("made.parquet", engine=engine)["start"].dtype) for engine in ("fastparquet", "pyarrow")}
print(f"fastparquet {fastparquet.__version__}: {found['fastparquet']}; pyarrow {pyarrow.__version__}: {found['pyarrow']}")
sys.stdout.flush()
os._exit(found != {"fastparquet": "datetime64[us]", "pyarrow": "datetime64[us, UTC]"})
PYTHON
