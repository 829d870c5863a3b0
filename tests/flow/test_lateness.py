"""What was not ready by the day on which it should have been, and what of that could have been avoided."""

from bot.flow.analyse import analyse
from bot.flow.findings.lateness import Lateness, LateStep
from bot.flow.model import Stream
from connectors.records import Record
from tests.build import STREAM, issue, records, window
from tests.flow.onboarding import HR, LOGGED, TOLD_APART, case, child, parent, steps

DUE = {"anchor": "eventlog:First day"}
LOGGED_DUE = LOGGED.model_copy(update=DUE)
LATE = TOLD_APART.model_copy(update=DUE)


def found(*parts: list[Record], stream: Stream = LATE, start: float = 0, end: float = 100) -> Lateness:
    told = analyse(stream, records(*parts), window(start, end)).lateness
    assert told is not None
    return told


def step(told: Lateness, name: str) -> LateStep:
    return next(s for s in told.steps if s.step == name)


def hire(name: str, *told: tuple[str, float, float], first_day: float = 10, end: float = 30) -> list[Record]:
    """Steps with their starts and ends, and the first day."""
    item, *events = case(
        name,
        *sorted(
            [
                ("Signed", 0.0),
                *(
                    (f"{s} / {what}", day)
                    for s, *days in told
                    for what, day in zip(("start", "complete"), days, strict=True)
                ),
                ("First day", first_day),
                ("Productive", end),
            ],
            key=lambda e: e[1],
        ),
    )
    return [item, *events]


def test_what_could_have_begun_earlier_is_avoidable() -> None:
    """The training takes 2 days, waits for nothing, and began 3 days after the first day: 5 late for nothing."""
    only = step(found(*(hire(f"C{n}", ("Training", 13, 15)) for n in range(8))), "Training")

    assert (only.n, only.late, only.share, only.lateness.p50) == (8, 8, 1.0, 5.0)
    assert (only.avoidable, only.unavoidable, only.avoidable_total) == (5.0, 0.0, 40.0)
    assert (only.scheduled_late, only.earliest) == (1.0, -10.0)
    assert [(i.item, i.late, i.avoidable) for i in only.items][:2] == [("C0", 5.0, 5.0), ("C1", 5.0, 5.0)]
    assert "begun after the anchor in 8" in only.reason


def test_what_was_avoidable_has_an_interval() -> None:
    """Of nine trainings of two days that nothing held up the middle one was five days late, the others one to nine."""
    told = found(*(hire(f"C{n}", ("Training", 9 + n, 11 + n)) for n in range(9)))
    only, few = step(told, "Training"), found(*(hire(f"C{n}", ("Training", 13, 15)) for n in range(8)))

    assert only.avoidable == 5.0
    assert only.avoidable_low is not None
    assert only.avoidable_high is not None
    assert 2.0 <= only.avoidable_low <= 4.0
    assert 6.0 <= only.avoidable_high <= 8.0
    assert (step(few, "Training").avoidable_low, step(few, "Training").avoidable_high) == (5.0, 5.0)


def test_what_its_predecessors_cost_is_not_avoidable() -> None:
    """The laptop came on day 11, and the training of 2 days began on day 13: of 5 days 3 were not to be avoided."""
    told = found(*(hire(f"C{n}", ("Laptop", 1, 11), ("Training", 13, 15)) for n in range(8)))
    only = step(told, "Training")

    assert (only.lateness.p50, only.avoidable, only.unavoidable) == (5.0, 2.0, 3.0)
    assert (only.scheduled_late, only.earliest) == (0.0, 1.0)
    assert only.avoidable_if_free == 5.0


def test_a_predecessor_that_need_not_be_one_is_none() -> None:
    """15 of 60 did their training before they had a laptop; so nobody has to wait for it."""
    usual = [hire(f"C{n}", ("Laptop", 1, 11), ("Training", 13, 15)) for n in range(45)]
    other = [hire(f"X{n}", ("Laptop", 1, 11), ("Training", 2, 4)) for n in range(15)]

    assert step(found(*usual, *other), "Training").avoidable == 5.0


def test_a_start_is_recommended_so_that_most_are_ready() -> None:
    """It takes 1 to 10 days; 85 % take less than 9, and with thirty cases it may be a day more."""
    cases = [hire(f"C{n}", ("Training", 1, 2 + n % 10), first_day=20) for n in range(30)]
    only = step(found(*cases), "Training")

    assert only.recommended is not None
    assert -10.0 <= only.recommended < -8.6
    assert (only.late, only.avoidable, only.reason) == (0, None, "Finished in time in every case.")


def test_ready_is_who_has_everything_in_time() -> None:
    """Six have; one was late with the badge, one never got one, one waits for it still."""
    ready = [hire(f"R{n}", ("Laptop", 1, 2), ("Badge", 3, 4)) for n in range(6)]
    late = hire("L", ("Laptop", 1, 2), ("Badge", 3, 12))
    none = hire("N", ("Laptop", 1, 2))
    going = case(
        "G", ("Signed", 0), ("Laptop / start", 1), ("Laptop / complete", 2), ("First day", 10), ("Badge / start", 11)
    )
    told = found(*ready, late, none, going, end=15)

    assert (told.ready.n, told.ready.ready, told.not_ready) == (9, 6, ("G", "L", "N"))
    only = step(told, "Badge")
    assert (only.n, only.late, only.missing) == (8, 2, 1)
    assert [(i.item, i.late, i.finished) for i in only.items] == [("G", 5.0, False), ("L", 2.0, True)]


def test_only_what_they_must_have_counts() -> None:
    """By the name of the step or of the state; a name that no case knows is told, with the nearest."""
    told = found(
        *(hire(f"C{n}", ("Laptop", 1, 2), ("Badge", 3, 12)) for n in range(8)),
        stream=LATE.model_copy(update={"must_have": ("laptop", "Bagde")}),
    )

    assert ([s.step for s in told.steps], told.ready.ready) == (["Laptop"], 8)
    assert told.reason == 'No case has a step "Bagde"; did you mean "Badge".'


def test_a_first_day_to_come_or_of_another_window_does_not_count() -> None:
    """Nor one before the contract; fewer than eight tell nothing of steps."""
    past = [hire(f"P{n}", ("Laptop", 1, 12)) for n in range(8)]
    now = [hire(f"N{n}", ("Laptop", 1, 52), first_day=50, end=60) for n in range(7)]
    to_come = [hire("F", ("Laptop", 1, 52), first_day=90, end=95)]
    told = found(*past, *now, *to_come, start=40, end=80)

    assert (told.ready.n, told.steps) == (7, ())
    assert told.reason == "Only 7 cases came to the anchor in the window; figures of steps take 8."


def test_completions_tell_how_late_and_not_what_was_avoidable() -> None:
    """Nobody knows when they began."""
    cases = [case(f"C{n}", ("Signed", 0), ("First day", 10), ("Training", 15), ("Productive", 30)) for n in range(8)]
    told = found(*cases, stream=LOGGED.model_copy(update={**DUE, "steps": "completions"}))
    only = step(told, "Training")

    assert (only.lateness.p50, only.avoidable, only.avoidable_total, only.grade) == (5.0, None, None, "C")
    assert told.reason == "Only completions are logged, so what was avoidable is not known."


def test_a_log_of_one_state_at_a_time_tells_only_what_had_not_begun() -> None:
    """The laptop was entered on day 8 and may have been finished then; the badge, begun on day 12, was not."""
    both = (("Laptop", 8.0), ("First day", 10.0), ("Badge", 12.0))
    told = found(*(case(f"C{n}", ("Signed", 0), *both, ("Productive", 30)) for n in range(8)), stream=LOGGED_DUE)

    assert [(s.step, s.late, s.lateness.p50, s.avoidable) for s in told.steps] == [
        ("Badge", 8, 2.0, None),
        ("Laptop", 0, None, None),
    ]
    assert "had not even begun" in (told.reason or "")


def test_the_first_day_ends_no_step() -> None:
    """Of a log of one state at a time: the laptop was begun before it and finished after it."""
    cases = [
        case(
            f"C{n}", ("Signed", 0), ("Laptop", 8), ("First day", 10), ("Laptop", 10), ("Badge", 12), ("Productive", 30)
        )
        for n in range(8)
    ]
    told = found(*cases, stream=LOGGED.model_copy(update={"anchor": "Start", "steps": "states"}))

    assert (step(told, "Laptop").late, step(told, "Laptop").lateness.p50) == (8, 2.0)


def test_departments_are_compared_by_their_labels() -> None:
    """Where three or more cases have one: sales is ready, research waits for its laptops."""
    stream = STREAM.model_copy(update={"item_types": ("Onboarding",), "anchor": "Test"})
    parts = []
    for n in range(12):
        label, day = ("sales", 5.0) if n < 6 else ("research", 15.0)
        name = f"HR-{n}"
        parts += [
            parent(name, label, *(("lonely",) if n == 0 else ()), moves=(("Open", 0), ("Testing", 10), ("Done", 30))),
            child(f"{name}a", name, "Laptop", ("Open", 0), ("In Progress", day - 1), ("Done", day)),
        ]
    told = found(*parts, stream=stream)

    assert [(g.name, g.n, g.ready, g.late) for g in told.groups] == [("research", 6, 0.0, 5.0), ("sales", 6, 1.0, 0.0)]


def test_a_stream_without_anchor_or_steps() -> None:
    """Says nothing, or why."""
    card = issue("PAY-1", ("Open", 0), ("In Progress", 1), ("Done", 5))

    assert analyse(STREAM, records(card), window()).lateness is None
    told = found(card, stream=STREAM.model_copy(update={"anchor": "Build"}))
    assert told.reason is not None
    assert told.reason.startswith("Nothing tells of steps")
    assert steps("C0", ("Laptop", 1, 2))[0].source == HR
