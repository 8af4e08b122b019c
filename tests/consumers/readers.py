"""Reads the files in a folder with every tool of Python that is installed here, each by the very expression that docs/reading.md
recommends, and prints what each has found as JSON: rows, a sum, a maximum, the first time, and the types of three columns."""

import importlib
import json
import os
import sys

# (package, file, expression)
READ = [
    ("pandas", "samples.csv", 'pandas.read_csv("samples.csv", parse_dates=["start", "end"], date_format="ISO8601")'),
    ("pandas", "samples.parquet", 'pandas.read_parquet("samples.parquet")'),
    ("pandas", "samples.ndjson", 'pandas.read_json("samples.ndjson", lines=True, convert_dates=["start", "end"])'),
    ("pyarrow", "samples.csv", 'pyarrow.csv.read_csv("samples.csv")'),
    ("pyarrow", "samples.parquet", 'pyarrow.parquet.read_table("samples.parquet")'),
    ("pyarrow", "samples.ndjson", 'pyarrow.json.read_json("samples.ndjson", parse_options=pyarrow.json.ParseOptions(explicit_schema=pyarrow.schema([("min", "float64"), ("max", "float64")])))'),
    ("polars", "samples.csv", 'polars.read_csv("samples.csv", infer_schema_length=None, try_parse_dates=True)'),
    ("polars", "samples.parquet", 'polars.read_parquet("samples.parquet")'),
    ("polars", "samples.ndjson", 'polars.read_ndjson("samples.ndjson", infer_schema_length=None)'),
    ("duckdb", "samples.csv", """duckdb.sql("FROM read_csv('samples.csv', sample_size = -1)")"""),
    ("duckdb", "samples.parquet", """duckdb.sql("FROM read_parquet('samples.parquet')")"""),
    ("duckdb", "samples.ndjson", """duckdb.sql("FROM read_json('samples.ndjson', sample_size = -1)")"""),
    ("datafusion", "samples.csv", 'datafusion.SessionContext().read_csv("samples.csv", schema_infer_max_records=10**9)'),
    ("datafusion", "samples.parquet", 'datafusion.SessionContext().read_parquet("samples.parquet")'),
    ("datafusion", "samples.ndjson", 'datafusion.SessionContext().read_json("samples.ndjson", schema_infer_max_records=10**9, file_extension=".ndjson")'),
    ("chdb", "samples.csv", """chdb.query("SELECT * FROM file('samples.csv', CSVWithNames) SETTINGS input_format_max_rows_to_read_for_schema_inference = 1000000000, input_format_max_bytes_to_read_for_schema_inference = 10000000000, date_time_input_format = 'best_effort'", "ArrowTable")"""),
    ("chdb", "samples.parquet", """chdb.query("SELECT * FROM file('samples.parquet')", "ArrowTable")"""),
    ("chdb", "samples.ndjson", """chdb.query("SELECT * FROM file('samples.ndjson', JSONEachRow) SETTINGS input_format_max_rows_to_read_for_schema_inference = 1000000000, input_format_max_bytes_to_read_for_schema_inference = 10000000000, date_time_input_format = 'best_effort'", "ArrowTable")"""),
    ("fastparquet", "samples.parquet", 'pandas.read_parquet("samples.parquet", engine="fastparquet")'),
]


def arrow(found):
    """Whatever a tool gives, as a table of Arrow."""
    import pyarrow

    if isinstance(found, pyarrow.Table):
        return found
    for way in ("to_arrow_table", "to_arrow", "arrow"):
        if hasattr(found, way):
            table = getattr(found, way)()
            return table.read_all() if hasattr(table, "read_all") else table
    if type(found).__module__.startswith("pandas"):
        return pyarrow.Table.from_pandas(found, preserve_index=False)
    return pyarrow.table(found)


def facts(table):
    import pyarrow
    import pyarrow.compute as compute

    kind = lambda column: str(table.schema.field(column).type)
    names = compute.cast(table["metric"], pyarrow.string())
    some = table.select(["start", "value", "max"])
    of = lambda metric: some.filter(compute.equal(names, metric))
    steps, heart = of("step_count"), of("heart_rate")
    start = compute.min(steps["start"]).as_py()
    return {
        "rows": table.num_rows,
        "steps": compute.sum(compute.cast(steps["value"], pyarrow.float64())).as_py(),
        "max": compute.max(heart["max"]).as_py(),
        "start": start.isoformat() if hasattr(start, "isoformat") else start,
        "types": {column: kind(column) for column in ("start", "value", "max")},
    }


def main(folder, packages):
    os.chdir(folder)
    names = {}
    for name in ("pandas", "pyarrow", "polars", "duckdb", "datafusion", "chdb", "fastparquet"):
        try:
            names[name] = importlib.import_module(name)
        except ImportError:
            pass
    if "pyarrow" in names:
        for part in ("csv", "json", "parquet"):
            importlib.import_module(f"pyarrow.{part}")
    for package, file, expression in READ:
        if packages and package not in packages or package not in names:
            continue
        version = getattr(names[package], "__version__", "?")
        told = {"package": package, "version": version, "file": file, "expression": expression}
        try:
            told |= facts(arrow(eval(expression, dict(names))))
        except Exception as fault:  # told, and the test fails by it
            told["fault"] = f"{type(fault).__name__}: {fault}"[:500]
        print(json.dumps(told, default=str), flush=True)


main(sys.argv[1], sys.argv[2:])
# pandas hands pyarrow an open file, and with one in its threads Python now and then does not end (apache/arrow#50482).
os._exit(0)
