"""One measured piece of work of a peer, in the environment of the peers: `python -m bench.peers WAY FILE`.

What is compared is what all of them can tell: which activity follows which, how often and after how long; which cases
do an activity again; how long cases take; which sequences there are. Nothing of Gemba is imported here.
"""

import contextlib
import io
import json
import resource
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

Told = dict[str, Any]
Prepared = Callable[[], Told]
CASE, ACTIVITY, AT = "case:concept:name", "concept:name", "time:timestamp"


def with_pandas(log: pd.DataFrame) -> Prepared:
    """As one writes it by hand."""

    def work() -> Told:
        ordered = log.sort_values(["case", "at"], kind="stable")
        cases = ordered.groupby("case")
        ordered["next"], ordered["took"] = cases["activity"].shift(-1), cases["at"].shift(-1) - ordered["at"]
        pairs = ordered.groupby(["activity", "next"])["took"].agg(["size", "mean", "median", "min", "max", "std"])
        again = ordered[ordered.duplicated(["case", "activity"])].groupby("activity")["case"].nunique()
        took = cases["at"].max() - cases["at"].min()
        variants = cases["activity"].agg(tuple).value_counts()
        return _summary(int(pairs["size"].sum()), len(pairs), int(again.sum()), took.dt.total_seconds(), len(variants))

    return work


def with_pm4py(log: pd.DataFrame) -> Prepared:
    import pm4py

    shaped = _formatted(log)

    def work() -> Told:
        pairs, _, _ = pm4py.discover_dfg(shaped)
        timed, _, _ = pm4py.discover_performance_dfg(shaped)
        again = pm4py.get_rework_cases_per_activity(shaped)
        took = pm4py.get_all_case_durations(shaped)
        variants = pm4py.get_variants(shaped)
        return _summary(sum(pairs.values()), len(timed), sum(again.values()), pd.Series(took), len(variants))

    return work


def with_pm4py_format(log: pd.DataFrame) -> Prepared:
    """What pm4py wants to be done before anything else."""

    def work() -> Told:
        return {"rows": len(_formatted(log))}

    return work


def _formatted(log: pd.DataFrame) -> pd.DataFrame:
    import pm4py

    named = log.rename(columns={"case": CASE, "activity": ACTIVITY, "at": AT})
    found = pm4py.format_dataframe(named, case_id=CASE, activity_key=ACTIVITY, timestamp_key=AT)
    return pd.DataFrame(found)


def _summary(follow: int, pairs: int, again: int, took: "pd.Series[float]", variants: int) -> Told:
    """What both must agree on."""
    return {
        "follow": follow,
        "pairs": pairs,
        "again": again,
        "days": round(float(took.median()) / 86_400, 6),
        "variants": variants,
    }


WAYS: Mapping[str, Callable[[pd.DataFrame], Prepared]] = {
    "pandas": with_pandas,
    "pm4py": with_pm4py,
    "pm4py-format": with_pm4py_format,
}


def main() -> None:
    """What they print is not listened to."""
    aside = io.StringIO()
    with contextlib.redirect_stdout(aside), contextlib.redirect_stderr(aside):
        log = pd.read_parquet(sys.argv[2])
        WAYS[sys.argv[1]](log.head(5_000).copy())()
        work = WAYS[sys.argv[1]](log)
        begun, started = time.process_time(), time.perf_counter()
        told = work()
        spent = {"cpu": time.process_time() - begun, "wall": time.perf_counter() - started}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    print(json.dumps({**spent, "peak": peak, "told": told}))  # noqa: T201  read by whoever asked


if __name__ == "__main__":
    main()
