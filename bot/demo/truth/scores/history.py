"""Whether the engine reads the history right: renamed states, imported items, automation, bulk edits."""

from collections import defaultdict
from collections.abc import Collection, Iterable

import polars as pl

from bot.demo.truth.run import Part, Run
from bot.demo.truth.world import World
from bot.flow.clock import instant
from bot.flow.reconstruct import Reconstruction
from connectors.records import ActorKind

MOSTLY = 0.5
"""An account is taken for automation if more of its events than this are."""


def rename_recall(run: Run) -> Part | None:
    """Of the states that were renamed, those known by their name of today."""
    names, truth = run.told.found.log.names, run.world.truth.renamed
    return _share([f"{former} -> {today}" for former, today in truth.items() if names.get(former) != today], len(truth))


def rename_false(run: Run) -> Part | None:
    """Of the renames that are said, those that were none."""
    truth, said = run.world.truth.renamed, run.told.found.log.names
    wrong = tuple(f"{former} -> {today}" for former, today in said.items() if truth.get(former) != today)
    return Part(len(wrong), max(len(said), 1), wrong)


def import_recall(run: Run) -> Part | None:
    """Of the imported items, those whose past is not trusted."""
    said, truth = _imported(run.told.found), run.world.truth.imported
    return _share(sorted(truth - said), len(truth))


def import_false(run: Run) -> Part | None:
    """Of the other items, those whose past is not trusted."""
    own = {item.name for item in run.told.found.log.items} - run.world.truth.imported
    return _flagged(sorted(_imported(run.told.found) & own), len(own))


def bot_recall(run: Run) -> Part | None:
    """Of the accounts of automation that no vendor calls so, and that did anything, those recognised."""
    truth = run.world.truth.bots & {e.actor for e in run.world.records.events if e.actor}
    return _share(sorted(truth - _automation(run.told.found)), len(truth))


def bot_false(run: Run) -> Part | None:
    """Of the people, those taken for automation."""
    people = _people(run.world)
    return _flagged(sorted(people & _automation(run.told.found)), len(people))


def bulk_recall(run: Run) -> Part | None:
    """Of the events of bulk edits, those that are no evidence of work."""
    truth, (bulk, single) = _edits(run.world), _attended(run.told.found)
    known = truth & (bulk | single)
    return _share([f"{item} {at}" for item, at in sorted(known - bulk)], len(known))


def bulk_false(run: Run) -> Part | None:
    """Of the events of people outside bulk edits, those that are taken for one."""
    truth, (bulk, single) = _edits(run.world), _attended(run.told.found)
    others = (bulk | single) - truth
    return _flagged([f"{item} {at}" for item, at in sorted(bulk - truth)], len(others))


def _imported(found: Reconstruction) -> set[str]:
    return {found.log.items[number].name for number in found.log.trusted_from}


def _automation(found: Reconstruction) -> set[str]:
    """The accounts most of whose events, apart from bulk edits, are said to be no attention of a person."""
    acts: dict[str, list[bool]] = defaultdict(list)
    for actor, person in _acts(found):
        acts[actor].append(person)
    return {actor for actor, persons in acts.items() if persons.count(False) > MOSTLY * len(persons)}


def _acts(found: Reconstruction) -> Iterable[tuple[str, bool]]:
    """A move is a person's even where it is entered by something that does nothing else."""
    single = _events(found).filter(~pl.col("bulk")).drop_nulls("actor")
    yield from single.select("actor", "attended").iter_rows()
    others = found.log.moves.drop_nulls("by").filter(~pl.col("bulk") & ~pl.col("by").is_in(single["actor"].implode()))
    yield from others.select("by", "human").iter_rows()


def _events(found: Reconstruction) -> pl.DataFrame:
    """With `bulk`."""
    events = found.log.events
    return events if "bulk" in events.columns else events.with_columns(bulk=pl.col("human") & ~pl.col("attended"))


def _people(world: World) -> set[str]:
    """Whoever acted and is no automation, whether or not a vendor says so."""
    said = {(person.source, person.key): person.kind for person in world.records.people}
    acted = {
        e.actor
        for e in world.records.events
        if e.actor and said.get((e.source, e.actor), e.actor_kind) is not ActorKind.BOT
    }
    return acted - world.truth.bots


def _edits(world: World) -> set[tuple[str, int]]:
    return {(item, instant(at)) for item, at in world.truth.bulk}


def _attended(found: Reconstruction) -> tuple[set[tuple[str, int]], set[tuple[str, int]]]:
    """Item and instant of what people did: in bulk, and for one item alone."""
    names = [item.name for item in found.log.items]
    events = _events(found).filter("human").select("item", "at", "bulk")
    moves = found.log.moves.filter(pl.col("human") & ~pl.col("assumed")).select("item", "at", "bulk")
    done = [(names[item], at, bulk) for item, at, bulk in pl.concat([events, moves]).iter_rows()]
    bulk = {(item, at) for item, at, was in done if was}
    return bulk, {(item, at) for item, at, was in done if not was} - bulk


def _share(missed: Collection[str], of: int) -> Part | None:
    return Part(of - len(missed), of, tuple(missed)) if of else None


def _flagged(wrong: Collection[str], of: int) -> Part | None:
    return Part(len(wrong), of, tuple(wrong)) if of else None
