"""Run by Spark's own Python (make test-spark): the models over the same Parquet. Knows nothing of ours.

The argument is a JSON file: ``sources`` (files of each table), ``empty`` (columns of each table without a file, and
of each model) and ``steps`` (name, month, whether it is a view, its SQL) in order; models are written to ``target``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession  # type: ignore[import-not-found]


def main(told: dict[str, Any]) -> None:
    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.sql.adaptive.enabled", "false")
        .config("spark.driver.memory", "2g")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    for name, columns in told["empty"].items():
        spark.createDataFrame([], columns).createOrReplaceTempView(name)
    for name, files in told["sources"].items():
        spark.read.parquet(*files).createOrReplaceTempView(name)
    written: dict[str, list[str]] = {}
    for name, month, is_view, sql in told["steps"]:
        rows = spark.sql(sql)
        if is_view:
            rows.createOrReplaceTempView(name)
            continue
        path = str(Path(told["target"]) / name / month)
        rows.coalesce(1).write.mode("overwrite").parquet(path)
        written.setdefault(name, []).append(path)
        spark.read.parquet(*written[name]).createOrReplaceTempView(name)
    spark.stop()


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text()))
