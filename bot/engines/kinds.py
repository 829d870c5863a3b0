"""What can carry the analysis of many streams, and how it is to."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Engine(StrEnum):
    LOCAL = "local"
    SPARK = "spark"


@dataclass(frozen=True)
class Ways:
    """`jobs`: processes of this machine; default: one a core. The rest is for Spark.

    `master`: the address of the cluster; default: as Spark is configured. `records`: a folder that every executor
    reads, in which the records lie as Parquet then; default: each reads the store. `out`: where Spark writes findings.
    """

    engine: Engine = Engine.LOCAL
    jobs: int | None = None
    master: str | None = None
    records: Path | None = None
    out: str | None = None
