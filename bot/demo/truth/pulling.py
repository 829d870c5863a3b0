"""What the author and the reviewers of a pull request do, as the work goes on."""

from random import Random

from bot.demo.truth.process import Design
from bot.demo.truth.story import Pull, Story

MINUTE = 1 / 60
LEAST = 1e-6
"""Hours of work that are none."""


def write(design: Design, random: Random, story: Story, session: tuple[float, float], who: int) -> None:
    """What was written in a session is pushed at its end. A story in several parts is merged part by part."""
    start, end = session
    pulls = design.pulls
    if pulls is None:
        return
    pull = story.pull
    if pull is None:
        pull = Pull(who, random.random() < pulls.draft)
        story.pulls.append(pull)
    pull.commits += [(at, end, by) for at, _, by in story.touches if start <= at < end and design.evidence]
    if pull.draft and pull.opened is None and pull.commits and story.left > LEAST:
        _open(pull, end + MINUTE / 2)
    part = len(story.pulls) / story.pulls_wanted
    first = len(story.rounds) == 0
    if first and part < 1 and LEAST < story.left < story.whole * (1 - part) and pull.commits:
        _open(pull, end + MINUTE)
        if pulls.review is not None:
            approve(pull, end + 1.5 * MINUTE, random.choice(design.places[pulls.review].people))
        merge(pull, end + 2 * MINUTE)


def hand_in(design: Design, random: Random, story: Story, at: float, who: int) -> None:
    """The last commit, and somebody is asked; where nobody reviews it is merged."""
    pulls, pull = design.pulls, story.pull
    if pulls is None:
        return
    if pull is None:
        pull = Pull(who, draft=False)
        story.pulls.append(pull)
    pull.commits.append((at - MINUTE / 2, at, who))
    was_open = pull.opened is not None
    _open(pull, at)
    if pull.draft and was_open:
        pull.facts.append((at, "ready", pull.author, None))
        was_open = False
    pull.draft = False
    if pulls.review is None:
        merge(pull, at)
        return
    judges = [judge for _, what, judge, _ in pull.facts if what == "refused"]
    asked = judges[-1] if judges else random.choice(design.places[pulls.review].people)
    if not was_open or random.random() < pulls.again:
        pull.facts.append((at, "asked", pull.author, asked))
    if judges and random.random() < pulls.dismissed:
        pull.facts.append((at, "dismissed", pull.author, judges[-1]))


def _open(pull: Pull, at: float) -> None:
    pull.opened = at if pull.opened is None else pull.opened


def refuse(pull: Pull, at: float, who: int) -> None:
    pull.facts.append((at, "refused", who, None))


def approve(pull: Pull, at: float, who: int) -> None:
    pull.facts.append((at, "approved", who, None))


def merge(pull: Pull, at: float) -> None:
    pull.merged = at


def abandon(pull: Pull, at: float) -> None:
    pull.closed = at
