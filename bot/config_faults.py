"""What a configuration gets wrong, in sentences: where it is, and what would be right."""

from collections.abc import Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from bot.words import did_you_mean

Location = tuple[int | str, ...]


def sentence(error: ErrorDetails, model: type[BaseModel], prefix: Location = ()) -> str:
    """One fault, with the place where it is and what would be right."""
    place = _place((*prefix, *error["loc"]))
    match error["type"]:
        case "extra_forbidden":
            near = did_you_mean(str(error["loc"][-1]), _fields(model, error["loc"][:-1]))
            return f"{place}: unknown key{near or '; remove it, or correct where it stands'}"
        case "missing":
            near = did_you_mean(str(error["loc"][-1]), error["input"] if isinstance(error["input"], dict) else ())
            return f"{place} is missing{near.replace('did you mean', 'is it what you wrote as') or '; add it'}"
        case "value_error":
            text = str(error["ctx"]["error"])
            return f"{place}: {text}" if place else text
        case "tuple_type":
            return f'{place}: wants a list; write ["..."]'
    return f"{place}: {error['msg'][0].lower()}{error['msg'][1:]}"


def _place(location: Location) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return text.removeprefix(".")


def _fields(model: type[BaseModel], location: Location) -> Sequence[str]:
    """The keys that are known at a place of the configuration."""
    here: Any = model
    for part in location:
        if (
            isinstance(part, str)
            and isinstance(here, type)
            and issubclass(here, BaseModel)
            and part in here.model_fields
        ):
            here = here.model_fields[part].annotation
        here = _inner(here)
    return list(here.model_fields) if isinstance(here, type) and issubclass(here, BaseModel) else ()


def _inner(annotation: Any) -> Any:
    """The model inside `tuple[Model, ...]` or `Model | None`."""
    if get_origin(annotation) is None:
        return annotation
    return next((_inner(part) for part in get_args(annotation) if part not in (type(None), Ellipsis)), annotation)
