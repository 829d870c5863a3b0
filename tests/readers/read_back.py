"""Read exported files with tools that know nothing of gemba, and tell as JSON what is in them.

Run by the interpreter of `build/readers`: `python read_back.py xes payments.xes`.
"""

import json
import sys
import warnings
from collections import defaultdict
from pathlib import Path
from typing import Any

warnings.filterwarnings("ignore")


def xes(path: str) -> dict[str, Any]:
    """By pm4py: its traces as activities in order, and what it makes of their times."""
    import pm4py

    log = pm4py.read_xes(path, variant="iterparse")
    traces = defaultdict(list)
    columns = (log[name] for name in ("case:concept:name", "concept:name", "lifecycle:transition") if name in log)
    for case, *step in zip(*columns, strict=True):
        traces[case].append(step)
    stages = log["stage"].fillna("") if "stage" in log else []
    return {
        "traces": traces,
        "columns": sorted(log.columns),
        "first": log["time:timestamp"].min().isoformat(),
        "last": log["time:timestamp"].max().isoformat(),
        "stages": sorted(set(stages)),
        "start_activities": {name: int(n) for name, n in pm4py.get_start_activities(log).items()},
        "strictly": _cases(path),
    }


def _cases(path: str) -> int:
    """How many r4pm counts, which is written in Rust and takes nothing that is not as the standard says."""
    import r4pm

    log = r4pm.import_item("EventLog", path)
    return int(r4pm.bindings.get_num_cases(r4pm.convert_item(log, "EventLogActivityProjection")))


def ocel(path: str) -> dict[str, Any]:
    """By pm4py: how many events, objects and relations of each kind, and what it mines from them."""
    import pm4py
    from pm4py.objects.ocel.importer.jsonocel.variants import ocel20_standard

    log = ocel20_standard.apply(path)
    graph = pm4py.discover_ocdfg(log)
    return {
        "events": {name: int(n) for name, n in log.events["ocel:activity"].value_counts().items()},
        "objects": {name: int(n) for name, n in log.objects["ocel:type"].value_counts().items()},
        "relations": {name: int(n) for name, n in log.relations["ocel:qualifier"].value_counts().items()},
        "o2o": {name: int(n) for name, n in log.o2o["ocel:qualifier"].value_counts().items()},
        "mined": sorted(graph["object_types"]),
        "titles": sorted(str(title) for title in log.objects["title"].dropna()),
        "strictly": _types(path),
    }


def _types(path: str) -> dict[str, Any]:
    """How many events and objects of each type r4pm counts."""
    import r4pm

    log = r4pm.import_item("OCEL", path)
    found: dict[str, Any] = r4pm.bindings.ocel_type_stats(r4pm.convert_item(log, "SlimLinkedOCEL"))
    return found


def tables(folder: str) -> dict[str, Any]:
    """By DuckDB: columns with their types, number of rows, and sums of what can be summed."""
    import duckdb

    told = {}
    for path in sorted(Path(folder).iterdir()):
        source = f"'{path}'"
        columns = dict(duckdb.sql(f"SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM {source})").fetchall())
        sums = [f'sum("{name}")' for name, kind in columns.items() if kind == "DOUBLE"] or ["1"]
        [row] = duckdb.sql(f"SELECT count(*), {', '.join(sums)} FROM {source}").fetchall()
        texts = [name for name in ("item", "name", "title") if name in columns]
        words = duckdb.sql(f"SELECT {', '.join(texts)} FROM {source}").fetchall()
        told[path.stem] = {"columns": columns, "rows": row[0], "sums": row[1:], "words": words}
    return told


if __name__ == "__main__":
    what, where = sys.argv[1:]
    found = {"xes": xes, "ocel": ocel, "tables": tables}[what](where)
    Path(sys.argv[2]).with_suffix(".told").write_text(json.dumps(found), "utf-8")
