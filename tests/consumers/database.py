"""Reads the rows of all samples from health.db by the ways of docs/reading.md, and prints the expression, how many there are, and
the greatest max."""

import json
import os
import sqlite3
import sys

import adbc_driver_sqlite.dbapi
import pandas
import polars

READ = [
    'pandas.read_sql("SELECT * FROM sample", sqlite3.connect("file:health.db?mode=ro", uri=True))',
    'polars.read_database("SELECT * FROM sample", sqlite3.connect("file:health.db?mode=ro", uri=True), infer_schema_length=None)',
    'polars.read_database("SELECT * FROM sample ORDER BY min IS NULL", adbc_driver_sqlite.dbapi.connect("file:health.db?mode=ro"))',
    'polars.read_database("SELECT start, value, coalesce(min, 0.0) AS min, coalesce(max, 0.0) AS max FROM sample", adbc_driver_sqlite.dbapi.connect("file:health.db?mode=ro"))',
]

os.chdir(os.path.dirname(sys.argv[1]))
told = []
for expression in READ:
    frame = eval(expression)
    told.append([expression, len(frame), float(frame["max"].max())])
print(json.dumps(told))
