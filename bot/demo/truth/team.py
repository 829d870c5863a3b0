"""A team at work: people take items, work in sessions, judge, meet, wait, send back. One event after the other.

Time is in working hours, so that nobody works at night; every item knows at each instant what it is spent on.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any

from bot.demo.truth import pulling
from bot.demo.truth.process import JUDGED, QUEUES, WORKED, Design, Place, Pool
from bot.demo.truth.story import Story
from bot.demo.truth.world import Account, Station

Act = Callable[..., None]

TYPES = ("Story", "Story", "Story", "Bug", "Task")
HEARD = 4.0
"""Mean working hours until somebody hears that his work came back."""


@dataclass(slots=True)
class Worker:
    who: int
    pool: Pool
    hand: list[Story] = field(default_factory=list)
    resting: bool = True


class Team:
    """One run of a design."""

    def __init__(self, design: Design, random: Random) -> None:
        self.design, self.random = design, random
        self.end = design.hours.end
        self.stories: list[Story] = []
        self._agenda: list[tuple[float, int, Act, tuple[Any, ...]]] = []
        self._order = count()
        self._waiting: list[list[Story]] = [[] for _ in design.places]
        """in a queue, or before a judge"""
        self._inside: list[list[Story]] = [[] for _ in design.places]
        """in a state of work in which nobody has begun yet"""
        self._sent_back: list[list[Story]] = [[] for _ in design.places]
        """aside, until the place that they go back to takes them"""
        self._workers = [[Worker(who, pool) for who in pool.people] for pool in design.pools]
        self._by_name = {worker.who: worker for pool in self._workers for worker in pool}
        self._under_way = 0
        self.at_work = 0.0

    def run(self) -> list[Story]:
        """Everything that happened until the end."""
        self._at(self._soon(5 * 8 / self.design.rate), self._arrive)
        for n, place in enumerate(self.design.places):
            if place.kind is Station.APPROVAL:
                for who in place.people:
                    self._at(self._soon(place.every), self._look, n, who)
            elif place.cadence:
                self._meet(n, place)
        while self._agenda and self._agenda[0][0] < self.end:
            at, _, act, about = heapq.heappop(self._agenda)
            act(at, *about)
        return self.stories

    def _at(self, at: float, act: Act, *about: Any) -> None:
        heapq.heappush(self._agenda, (at, next(self._order), act, about))

    def _soon(self, mean: float) -> float:
        return self.random.expovariate(1 / mean)

    def _meet(self, n: int, place: Place) -> None:
        """Every appointment of a gate, and the ones more from when they were made more frequent."""
        cadence, change = place.cadence, self.design.change
        if not cadence:
            return
        dates = self.design.hours.appointments(cadence.weekdays, cadence.hour)
        if change and change.at == "gate" and change.factor < 1:
            free = [day for day in ("mon", "wed", "fri", "tue", "thu") if day not in cadence.weekdays]
            more = free[: max(1, round(len(cadence.weekdays) * (1 / change.factor - 1)))]
            extra = self.design.hours.appointments(tuple(more), cadence.hour)
            dates = sorted(dates + [at for at in extra if at >= self.design.changed_at])
        for at in dates:
            self._at(at, self._sit, n)

    def _arrive(self, at: float) -> None:
        random, design = self.random, self.design
        drop_at = None
        if random.random() < design.dropped:
            drop_at = random.choice([0, *(n for n, place in enumerate(design.places) if place.kind in WORKED)])
        several = bool(design.pulls) and random.random() < (design.pulls.several if design.pulls else 0)
        size = random.lognormvariate(-0.18, 0.6)
        story = Story(
            len(self.stories), at, random.choice(TYPES), size, random.choice((2, 2, 3)) if several else 1, drop_at
        )
        story.rank = random.choice((0, 1, 1, 2, 2, 2)) if design.priority else 0
        self.stories.append(story)
        story.moves.append((at, 0, random.randrange(1, 4)))
        if drop_at == 0:
            self._forget(at, story)
        else:
            self._queue(at, story, Account.BACKLOG, 0)
        self._at(at + self._soon(5 * 8 / design.rate), self._arrive)

    def _forget(self, at: float, story: Story) -> None:
        """Nobody wants it any more, but it takes a while until somebody says so."""
        story.spends(at, Account.BACKLOG if story.place == 0 else Account.IDLE)
        self._at(at + self._soon(100), self._drop, story)

    def _drop(self, at: float, story: Story) -> None:
        story.moves.append((at, self.design.done, self.design.manager))
        story.dropped = at
        self._under_way -= story.place > 0
        if story.pull:
            pulling.abandon(story.pull, at)

    def _enter(self, at: float, story: Story, n: int, who: int) -> None:
        """A place, seen by everybody, or several that begin together."""
        story.place = n
        story.moves.append((at, n, who))
        if n in self.design.together:
            story.judges = set(self.design.together)
            for judge in self.design.together:
                self._come(at, story, judge)
        else:
            self._come(at, story, n)

    def _come(self, at: float, story: Story, n: int) -> None:
        place = self.design.places[n]
        if place.kind in WORKED:
            self._wait_inside(at, story, n)
        elif place.kind is Station.DONE:
            story.delivered = at
            self._under_way -= 1
        elif self.design.pulls and n == self.design.pulls.review:
            story.spends(at, Account.CHECKS)
            ended = at + self.random.uniform(0.05, 0.5)
            if story.pull:
                story.pull.checked = ended
            self._at(ended, self._queue, story, Account.APPROVAL, n)
        else:
            waits = {Station.HAND_OFF: Account.HAND_OFF, Station.DEPLOY: Account.DEPLOY}
            self._queue(at, story, waits.get(place.kind, Account.APPROVAL), n)

    def _wait_inside(self, at: float, story: Story, n: int) -> None:
        self._measure(at, story, n)
        story.spends(at, Account.IDLE)
        self._inside[n].append(story)
        self._call(at, n)

    def _queue(self, at: float, story: Story, account: Account, n: int) -> None:
        if self._is_withdrawn(story, n):
            return
        story.spends(at, account)
        place = self.design.places[n]
        if place.kind in QUEUES:
            self._at(at + self._soon(place.every), self._offer, story, self._waiting[n], n + 1)
        else:
            self._waiting[n].append(story)
            if place.box is not None:
                self._at(self.design.hours.later(at, place.box), self._escalate, story, len(story.moves))

    def _escalate(self, at: float, story: Story, moves: int) -> None:
        """It has waited too long: somebody decides at once, unless it was decided."""
        n = story.place
        if len(story.moves) == moves and story in self._waiting[n]:
            self._waiting[n].remove(story)
            self._judge(at, n, story, self.design.places[n].people[0])

    def _offer(self, at: float, story: Story, queue: list[Story], n: int) -> None:
        """Those who work at `n` hear of it."""
        queue.append(story)
        self._call(at, n)

    def _measure(self, at: float, story: Story, n: int) -> None:
        """How much there is to do: all of it, or a share of it when it was there before."""
        change, effort = self.design.change, self.design.places[n].effort * story.size
        effort *= self.random.lognormvariate(-0.08, 0.4)
        if change and change.at == "work" and at >= self.design.changed_at:
            effort *= change.factor
        story.whole = story.left = max(0.1, effort * (story.redo if n in story.visited else 1.0))
        story.visited.add(n)

    def _call(self, at: float, n: int) -> None:
        """Somebody who has nothing to do looks at the board."""
        for worker in self._workers[self.design.places[n].pool]:
            if worker.resting:
                self._wake(at, worker)
                return

    def _wake(self, at: float, worker: Worker) -> None:
        if worker.resting:
            worker.resting = False
            self._at(at + self.random.uniform(0.02, 0.3), self._work, worker)

    def _work(self, at: float, worker: Worker) -> None:
        """The next session, or first a meeting."""
        random, meetings = self.random, self.design.meetings
        often = meetings * worker.pool.session / (0.75 * (1 - meetings))
        if random.random() < often:
            at += random.uniform(0.5, 1.0) * max(1.0, often)
        if sum(not story.blocked for story in worker.hand) < worker.pool.hands:
            self._take(at, worker)
        ready = [story for story in worker.hand if not story.blocked]
        if not ready:
            worker.resting = True
            return
        story = ready[0]
        worker.hand.remove(story)
        worker.hand.append(story)
        length = min(story.left, worker.pool.session * random.uniform(0.4, 1.6))
        story.spends(at, Account.ACTIVE)
        self.at_work += length
        self._at(at + length, self._pause, worker, story, length)

    def _take(self, at: float, worker: Worker) -> None:
        """What was begun before what is new."""
        for n in worker.pool.places:
            if self._inside[n]:
                story = self._inside[n].pop(0)
            elif self._sent_back[n]:
                story = self._sent_back[n].pop(0)
                self._resume(at, story, n, worker.who)
            elif self.design.places[n - 1].kind in QUEUES and self._waiting[n - 1] and self._may_begin(n):
                story = self._waiting[n - 1].pop(0 if self.random.random() < 0.8 else -1)
                self._under_way += n == 1
                self._measure(at, story, n)
                story.moves.append((at, n, worker.who))
                story.place = n
                story.spends(at, Account.IDLE)
            else:
                continue
            worker.hand.insert(0, story)
            if story.owner != worker.who:
                story.assigned.append((at, worker.who))
            story.owner = worker.who
            return

    def _may_begin(self, n: int) -> bool:
        return n > 1 or self.design.limit is None or self._under_way < self.design.limit

    def _resume(self, at: float, story: Story, n: int, who: int) -> None:
        """What was sent back and stood aside."""
        self._measure(at, story, n)
        story.place, story.aside = n, self.design.reworked_in_return
        if not story.aside:
            story.moves.append((at, n, who))
        story.spends(at, Account.IDLE)

    def _pause(self, at: float, worker: Worker, story: Story, length: float) -> None:
        """A session is over: perhaps the work with it, or something comes between."""
        random, design = self.random, self.design
        story.spends(at, Account.IDLE)
        story.left -= length
        self._trace(at - length, at, worker.who, story)
        if story.left <= pulling.LEAST:
            self._finish(at, worker, story)
        elif random.random() < design.flagged * length:
            story.blocked = True
            story.flags.append((at, True, worker.who))
            story.spends(at, Account.BLOCKED)
            self._at(at + self._soon(10), self._free, worker, story, "flag")
        elif design.parking is not None and not story.aside and random.random() < design.parked * length:
            story.blocked = True
            story.moves.append((at, design.parking, worker.who))
            story.spends(at, Account.BLOCKED)
            self._at(at + self._soon(24), self._free, worker, story, "parked")
        away = self._soon(worker.pool.away) if worker.pool.away > 0.05 else random.uniform(0.02, 0.1)
        self._at(at + away, self._work, worker)

    def _free(self, at: float, worker: Worker, story: Story, how: str) -> None:
        story.blocked = False
        if how == "flag":
            story.flags.append((at, False, worker.who))
        else:
            story.moves.append((at, story.place, worker.who))
        story.spends(at, Account.IDLE)
        self._wake(at, worker)

    def _trace(self, start: float, end: float, who: int, story: Story) -> None:
        """What work leaves behind, at random instants."""
        rate, at = self.design.evidence, start
        while rate:
            since, at = at, at + self._soon(1 / rate)
            if at >= end:
                break
            story.touches.append((at, since, who))
        if self.design.pulls and story.place == self.design.pulls.code:
            pulling.write(self.design, self.random, story, (start, end), who)

    def _finish(self, at: float, worker: Worker, story: Story) -> None:
        worker.hand.remove(story)
        n, story.aside = story.place, False
        if self.design.pulls and n == self.design.pulls.code:
            pulling.hand_in(self.design, self.random, story, at, worker.who)
        if story.drop_at == n:
            self._forget(at, story)
        elif not self._is_sent_back(at, story, n, worker.who):
            self._enter(at, story, n + 1, worker.who)

    def _is_sent_back(self, at: float, story: Story, n: int, who: int) -> bool:
        """By chance, and not for ever."""
        loop = self.design.loops.get(n)
        if not loop or story.rounds.get(n, 0) >= loop.rounds or self.random.random() >= loop.chance:
            return False
        self._withdraw(story)
        story.rounds[n] = story.rounds.get(n, 0) + 1
        story.redo = loop.redo
        story.returned.append((at, n, loop.back))
        if self.design.returns is None:
            self._enter(at, story, loop.back, who)
        else:
            story.moves.append((at, self.design.returns, who))
            story.spends(at, Account.HAND_OFF)
            self._at(at + self._soon(HEARD), self._offer, story, self._sent_back[loop.back], loop.back)
        return True

    def _withdraw(self, story: Story) -> None:
        """Nobody else needs to judge what is sent back."""
        for n in story.judges:
            if story in self._waiting[n]:
                self._waiting[n].remove(story)
        story.judges.clear()

    def _is_withdrawn(self, story: Story, n: int) -> bool:
        return n in self.design.together and n not in story.judges

    def _look(self, at: float, n: int, who: int) -> None:
        """An approver finds time, takes what he can, and comes again whenever."""
        place, design, free = self.design.places[n], self.design, at
        for story in self._chosen(n, place):
            free = self._judge(free, n, story, who)
        every = place.every
        if design.change and design.change.at == "approval" and at >= design.changed_at:
            every *= design.change.factor
        self._at(free + self._soon(every), self._look, n, who)

    def _chosen(self, n: int, place: Place) -> list[Story]:
        queue = self._waiting[n]
        if place.order == "random":
            self.random.shuffle(queue)
        elif place.order == "last":
            queue.reverse()
        if self.design.priority:
            queue.sort(key=lambda story: story.rank)
        taken, rest = queue[: place.cap], queue[place.cap :]
        self._waiting[n] = rest[::-1] if place.order == "last" else rest
        return taken

    def _judge(self, at: float, n: int, story: Story, who: int) -> float:
        """One after the other; when it is decided."""
        effort = self.design.places[n].effort * self.random.uniform(0.4, 1.6)
        self._at(at, self._begin, story)
        self._at(at + effort, self._decide, n, story, who)
        self.at_work += effort
        return at + effort + self.random.uniform(0.005, 0.05)

    def _begin(self, at: float, story: Story) -> None:
        story.spends(at, Account.REVIEWING)

    def _decide(self, at: float, n: int, story: Story, who: int) -> None:
        pulls = self.design.pulls
        pull = story.pull if pulls and n == pulls.review else None
        if self._is_withdrawn(story, n):
            return
        if self._is_sent_back(at, story, n, who):
            if pull:
                pulling.refuse(pull, at, who)
        elif pull:
            pulling.approve(pull, at, who)
            story.spends(at, Account.MERGE)
            self._at(at + self.random.uniform(0.05, 3.0), self._merge, story, n, pull)
        else:
            self._pass(at, story, n, who)

    def _pass(self, at: float, story: Story, n: int, who: int) -> None:
        """To the next place, when all that began together are over."""
        if self._is_withdrawn(story, n):
            return
        story.judges.discard(n)
        if not story.judges:
            self._enter(at, story, max(self.design.together) + 1 if n in self.design.together else n + 1, who)

    def _merge(self, at: float, story: Story, n: int, pull: Any) -> None:
        pulling.merge(pull, at)
        self._pass(at, story, n, pull.author)

    def _sit(self, at: float, n: int) -> None:
        """An appointment: a gate judges all that waits, a train takes all of it along."""
        place, who = self.design.places[n], self.design.places[n].people[0]
        at += self.random.uniform(0.02, 0.15)
        waiting, self._waiting[n] = self._waiting[n], []
        for story in waiting:
            if place.kind in JUDGED:
                at = self._judge(at, n, story, who)
            else:
                at += self.random.uniform(0.002, 0.03)
                self._at(at, self._enter, story, n + 1, who)
