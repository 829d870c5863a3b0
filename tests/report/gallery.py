"""Maps of every sort that is hard to draw. `python -m tests.report.gallery FOLDER` draws them to look at."""

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

from bot.flow.analyse import analyse
from bot.flow.findings.loops import Loop
from bot.flow.history.log import Records
from bot.flow.model import LoopKind, Stage, StageKind, Stream
from bot.govern.document import Document
from bot.report.canvas import DARK, LIGHT, Palette, png
from bot.report.map_svg import draw_map
from tests.build import STREAM, issue, records, window

Case = tuple[Document, Sequence[Stage]]
KINDS = (StageKind.WAIT, StageKind.WORK, StageKind.APPROVAL, StageKind.WORK)
STORY = records(
    issue("PAY-1", ("Open", 0), ("In Progress", 3), ("Testing", 4), ("In Progress", 5), ("Testing", 7), ("Done", 8)),
    issue("PAY-2", ("Open", 0), ("In Review", 2), ("Done", 4)),
    issue("PAY-3", ("Open", 0), ("Limbo", 1)),
)
HARD_NAMES = (
    "Waiting for the steering committee of the whole department to decide",
    "製品企画部門における要件定義および関係各部門との調整作業の段階",
    "مراجعة التصميم من قبل لجنة الهندسة المعمارية العليا",
    "👩‍💻👨‍👩‍👧‍👦 Coding 🚀 and pairing 🎉 all day long, every day of the week",
    "<script>alert('x')</script>\x07&amp;",
    "Donaudampfschifffahrtsgesellschaftskapitänsmützenabnahme",
    "a\u202eb\u0301\u0301\u0301 Zalgo\nand a new line",
)


def document(found: Records, stream: Stream = STREAM) -> Document:
    return Document(**analyse(stream, found, window(end=28)).model_dump(by_alias=True), key_results=(), plan=())


def line(names: Sequence[str], kinds: Sequence[StageKind] = KINDS) -> Stream:
    """Stages of those names, and a last one in which all is over."""
    stages = (
        *(Stage(name=name, kind=kinds[n % len(kinds)], states=(f"jira:S{n}",)) for n, name in enumerate(names)),
        Stage(name="Done", kind=StageKind.DONE, states=("jira:Done",)),
    )
    return STREAM.model_copy(update={"stages": stages})


def walked(count: int, days: float = 0.9) -> Records:
    """Three items through every stage, each a bit slower in another, and one that is stuck in each third."""
    delivered = [
        issue(f"PAY-{k}", *((f"S{n}", n * days * (1 + k / 9)) for n in range(count)), ("Done", count * days * 1.4))
        for k in range(3)
    ]
    stuck = [issue(f"PAY-{90 + n}", ("S0", 0), (f"S{n}", 3 + n / 2)) for n in range(0, count, 3)]
    return records(*delivered, *stuck)


def of_length(count: int, names: Sequence[str] = ()) -> Case:
    stream = line([names[n] if n < len(names) else f"Step {n}" for n in range(count)])
    return document(walked(count), stream), stream.stages


def looped(found: Case, *loops: tuple[str, str, int, float]) -> Case:
    """With loops from one stage to another: how often, and at which cost."""
    made = tuple(
        Loop(
            origin=a,
            back_to=b,
            kind=kind,
            count=n,
            items=n,
            rate=0.1,
            cost=cost,
            share=min(cost / 500, 0.9),
            examples=(),
        )
        for (a, b, n, cost), kind in zip(loops, [*LoopKind] * 4, strict=False)
    )
    return found[0].model_copy(update={"loops": made}), found[1]


def told(story: Records, stream: Stream = STREAM) -> Case:
    return document(story, stream), stream.stages


def twelve() -> Case:
    return looped(of_length(7), *((f"Step {n % 6 + 1}", f"Step {n % 3}", 12 - n, 120.0 - 9 * n) for n in range(12)))


def crowded() -> Case:
    """Loops of neighbours below loops that span them."""
    ways = ((1, 0), (2, 1), (3, 2), (3, 0), (2, 0), (3, 1))
    return looped(of_length(4), *((f"Step {a}", f"Step {b}", 1000, 90_000.0) for a, b in ways))


def crossing() -> Case:
    found = of_length(14)
    ways = ((13, 1), (9, 8), (5, 4), (12, 2), (6, 6))
    return looped(found, *((f"Step {a}", f"Step {b}", 9, 80.0 - a) for a, b in ways), ("Done", "Step 3", 2, 3.0))


def hostile_holders() -> Case:
    """An approval that waits for somebody with a long name, found in a state of a wait as well."""
    stories = [issue(f"PAY-{n}", ("In Review", n), ("Done", n + 2)) for n in range(6)]
    found = document(records(*stories, issue("PAY-9", ("In Review", 20))))
    names = ("Wolfeschlegelsteinhausenbergerdorff-Hubert", "b", "c")
    queues = tuple(
        queue.model_copy(update={"holders": names, "batching": "every other Thursday and Friday, 10:00"})
        for queue in found.queues
    )
    twice = (*queues, queues[0].model_copy(update={"stage": "jira:Ready", "origin": "discovered"}))
    return found.model_copy(update={"queues": twice}), STREAM.stages


def reopened() -> Case:
    return told(
        records(
            issue("PAY-1", ("In Progress", 0), ("Done", 2), ("In Progress", 5), ("Done", 6)),
            issue("PAY-2", ("In Progress", 0), ("Cancelled", 2), ("In Progress", 4), ("Limbo", 5), ("Done", 6)),
        )
    )


CASES: Mapping[str, Callable[[], Case]] = {
    "story": lambda: told(STORY),
    "empty": lambda: told(records()),
    "one item": lambda: told(records(issue("PAY-1", ("Open", 0), ("In Progress", 1), ("Done", 2)))),
    "nothing delivered": lambda: told(records(issue("PAY-1", ("Open", 0), ("In Review", 1)))),
    "minutes": lambda: told(records(issue("PAY-1", ("Open", 0), ("In Progress", 0.01), ("Done", 0.03)))),
    "hours": lambda: told(records(issue("PAY-1", ("Open", 0), ("In Progress", 0.5), ("In Review", 0.6), ("Done", 1)))),
    "years": lambda: told(records(issue("PAY-1", ("Open", -900), ("In Progress", 1), ("Done", 20)))),
    "1 stage": lambda: of_length(1),
    "2 stages": lambda: of_length(2),
    "3 stages": lambda: of_length(3),
    "14 stages": lambda: of_length(14),
    "25 stages": lambda: of_length(25),
    "hard names": lambda: of_length(7, HARD_NAMES),
    "hard names in loops": lambda: looped(
        of_length(7, HARD_NAMES), (HARD_NAMES[6], HARD_NAMES[0], 9, 50.0), (HARD_NAMES[2], HARD_NAMES[1], 5, 20.0)
    ),
    "twelve loops": twelve,
    "loops across rows": crossing,
    "crowded loops": crowded,
    "to itself": lambda: looped(of_length(4), ("Step 1", "Step 1", 3, 4.0), ("Step 1", "Step 0", 3, 4.0)),
    "forward": lambda: looped(of_length(4), ("Step 1", "Step 3", 3, 4.0), ("Done", "Step 1", 1, 2.0)),
    "long holders": hostile_holders,
    "reopened": reopened,
    "only waits": lambda: told(walked(9), line([f"Queue number {n}" for n in range(9)], (StageKind.WAIT,))),
    "only approvals": lambda: told(walked(9), line([f"Gate {n}" for n in range(9)], (StageKind.APPROVAL,))),
}


@cache
def case(name: str) -> Case:
    return CASES[name]()


@cache
def drawn(name: str, palette: Palette = LIGHT) -> str:
    return draw_map(*case(name), palette)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in CASES:
        for palette, shade in ((LIGHT, "light"), (DARK, "dark")):
            svg = drawn(name, palette)
            (folder / f"{name}, {shade}.svg").write_text(svg, "utf-8")
            (folder / f"{name}, {shade}.png").write_bytes(png(svg, 1.0))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
