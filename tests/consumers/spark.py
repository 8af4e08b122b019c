"""Reads files with Spark by the expressions of docs/reading.md, and prints of each: file, expression, rows, and rows that are good."""

import json
import os
import sys

from pyspark.sql import SparkSession, functions

os.chdir(sys.argv[1])
spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").config("spark.sql.session.timeZone", "UTC").getOrCreate()
told = []
for file, expression in [
    ("workouts.csv", """spark.read.csv("workouts.csv", header=True, inferSchema=True, escape='"')"""),
    ("samples.csv", """spark.read.csv("samples.csv", header=True, inferSchema=True, escape='"')"""),
    ("samples.parquet", 'spark.read.parquet("samples.parquet")'),
    ("samples.ndjson", 'spark.read.json("samples.ndjson")'),
]:
    frame = eval(expression)
    good = frame.filter(functions.col("start").isNotNull())
    if file == "workouts.csv":
        good = good.filter(functions.col("metadata").isNull() | functions.from_json("metadata", "map<string,string>").isNotNull())
    told.append([file, expression, frame.count(), good.count()])
print(json.dumps(told))
