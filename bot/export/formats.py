"""All formats: one file a format, one line here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from bot.export.actionable import write_actionable
from bot.export.kinds import Kind
from bot.export.ocel import write_ocel
from bot.export.place import Place, placed
from bot.export.plain import write_csv, write_json, write_parquet
from bot.export.told import Told
from bot.export.xes import write_xes


@dataclass(frozen=True)
class Format:
    """`is_folder`: it makes several files, in a folder."""

    write: Callable[[Told, Place], None]
    is_folder: bool = False


FORMATS: Mapping[Kind, Format] = MappingProxyType(
    {
        Kind.CSV: Format(write_csv, is_folder=True),
        Kind.JSON: Format(write_json),
        Kind.PARQUET: Format(write_parquet, is_folder=True),
        Kind.XES: Format(write_xes),
        Kind.OCEL: Format(write_ocel),
        Kind.ACTIONABLE: Format(write_actionable),
    }
)


def export(told: Told, kind: Kind, target: Path) -> tuple[Path, ...]:
    """The files that were written. Raises OutputError."""
    chosen = FORMATS[kind]
    with placed(target, is_folder=chosen.is_folder) as place:
        chosen.write(told, place)
    return place.files
