"""Reads with pandas, polars, TensorBoard and MLflow what the program wrote, and compares every measurement.

    python check.py FOLDER URI

FOLDER holds runs.jsonl, points.csv, points.jsonl and logs/; the server at URI has the runs in the experiment `descent`.
`cargo xtask test-readers` makes all of them.
"""

import json
import math
import sys
from pathlib import Path

import mlflow
import numpy
import pandas
import polars
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

folder, uri = Path(sys.argv[1]), sys.argv[2]

# What was measured: key of the run, measure, updates -> value, as the records have it.
records = {}
expected = {}
for line in (folder / "runs.jsonl").read_text().splitlines():
    record = json.loads(line)
    name = (record["recipe"], record["seed"])
    records[name] = record
    for curves in (record["curves"], record.get("diagnostics", {})):
        for measure, points in curves.items():
            for point in points:
                # JSON has no word for what is not finite: it is a text there.
                expected[(*name, measure, point["updates"])] = float(point["value"])


def same(a, b):
    return a == b or (math.isnan(a) and math.isnan(b))


def check(reader, found, rounded=lambda x: x):
    assert found.keys() == expected.keys(), f"{reader}: {found.keys() ^ expected.keys()}"
    for place, value in expected.items():
        assert same(found[place], rounded(value)), f"{reader}: {place}: {found[place]} for {value}"
    print(f"{reader}: {len(found)} measurements of {len(records)} runs, all the same")


def rows(table):
    return {
        (row["recipe"], int(row["seed"]), row["measure"], int(row["updates"])): float(row["value"])
        for row in table
    }


# The usual parser of pandas is quick and off by an ulp.
table = pandas.read_csv(folder / "points.csv", float_precision="round_trip")
check(f"pandas {pandas.__version__}, CSV", rows(table.to_dict("records")))
lines = pandas.read_json(folder / "points.jsonl", lines=True, precise_float=True)
check(f"pandas {pandas.__version__}, JSON lines", rows(lines.to_dict("records")))
check(f"polars {polars.__version__}, CSV", rows(polars.read_csv(folder / "points.csv").to_dicts()))
check(f"polars {polars.__version__}, JSON lines", rows(polars.read_ndjson(folder / "points.jsonl").to_dicts()))

scalars = {}
for logs in sorted((folder / "logs").iterdir()):
    events = EventAccumulator(str(logs), size_guidance={"scalars": 0, "tensors": 0}).Reload()
    recipe = events.Tensors("recipe")[0].tensor_proto.string_val[0].decode()
    seed = int(logs.name.rsplit("-", 2)[1].removeprefix("seed"))
    for measure in events.Tags()["scalars"]:
        for event in events.Scalars(measure):
            scalars[(recipe, seed, measure, event.step)] = event.value
check("TensorBoard", scalars, rounded=lambda value: float(numpy.float32(value)))

client = mlflow.MlflowClient(tracking_uri=uri)
experiment = client.get_experiment_by_name("descent")
metrics = {}
for run in client.search_runs([experiment.experiment_id], max_results=1000):
    params = run.data.params
    name = (params["recipe"], int(params["seed"]))
    record = records[name]
    wanted = "FINISHED" if record["status"]["is"] == "finished" else "FAILED"
    assert run.info.status == wanted, f"MLflow: {name}: {run.info.status} for {wanted}"
    assert params["batch_size"] == str(record["batch"]), f"MLflow: {name}: {params}"
    for measure in run.data.metrics:
        for metric in client.get_metric_history(run.info.run_id, measure):
            metrics[(*name, measure, metric.step)] = metric.value
check(f"MLflow {mlflow.__version__}", metrics)
