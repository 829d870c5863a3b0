"""The formats, by their names."""

from enum import StrEnum


class Kind(StrEnum):
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"
    XES = "xes"
    OCEL = "ocel"
    ACTIONABLE = "actionable"
