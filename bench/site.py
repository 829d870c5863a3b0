"""Jira and GitHub of a large company, on loopback: `python -m bench.site ISSUES` until its input ends.

Two pull requests an issue, in twenty projects of the same size and two repositories for each. What happens is kept in
columns; an issue or a pull request becomes an object only when it is asked for, and the demo's stand-ins say it in the
vendors' shapes. It tells its addresses in a line, and on `/asked` how often it was asked for what.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np

from bench.events import END, TEAM, TEAMS, Drawn, Flat, Ints, Taken, drawn, micros, person
from bench.stories import AUTHOR, CI, STATES, Step
from bot.demo.jira_stand_in import FIRST_ID, JiraStandIn
from bot.demo.stand_ins import GitHubStandIn, serving
from bot.demo.stories import Company, Fact, ItemStory, Move, PullStory, Tracker
from bot.flow.clock import moment
from connectors.records import EventKind, Verdict

Json = dict[str, Any]

PROJECTS = 20
PULLS_AN_ISSUE = REPOSITORIES_A_PROJECT = 2
OWNER = "bench"
KEYS = [f"P{n:02}" for n in range(PROJECTS)]
TRACKER = Tracker({key: f"Project {key}" for key in KEYS}, STATES, ("Done", "Rejected"), "u000")
EMPTY = Company(END, TRACKER, ())
VERDICTS = {Verdict.APPROVED: "APPROVED", Verdict.CHANGES: "CHANGES_REQUESTED"}
FACTS = {
    EventKind.ASSIGNED: "assigned",
    EventKind.EDITED: "edited",
    EventKind.BLOCKED: "flagged",
    EventKind.UNBLOCKED: "unflagged",
    EventKind.OPENED: "opened",
    EventKind.READY: "ready",
    EventKind.REQUESTED: "requested",
    EventKind.REVIEWED: "reviewed",
    EventKind.COMMITTED: "committed",
    EventKind.MERGED: "merged",
}
MOST = 100
"""Pull requests on a page, whatever is asked for."""


def repositories() -> list[str]:
    return [f"{key.lower()}-{n}" for key in KEYS for n in range(REPOSITORIES_A_PROJECT)]


@dataclass(frozen=True)
class Told:
    """Steps of many items as far as they have come; `last`: the number of those of each, `updated`: when it was."""

    flat: Flat
    taken: Taken
    last: Ints
    updated: Ints

    @classmethod
    def of(cls, flat: Flat, taken: Taken) -> "Told":
        come = np.add.reduceat((taken.at < micros(END)).astype(np.int64), taken.begins)
        return cls(flat, taken, come, taken.at[taken.begins + np.maximum(come - 1, 0)])

    def steps(self, item: int) -> list[tuple[datetime, Step]]:
        begin = int(self.taken.begins[item])
        rows = range(begin, begin + int(self.last[item]))
        return [(moment(int(self.taken.at[n])), self.flat.steps[int(self.taken.step[n])]) for n in rows]

    def ends_with(self, kinds: tuple[EventKind, ...]) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Whether the last step of each is of these."""
        of_kind = np.array([step.kind in kinds for step in self.flat.steps])
        found: np.ndarray[Any, np.dtype[np.bool_]] = of_kind[self.taken.step[self.taken.begins + self.last - 1]]
        return found


class LargeCompany:
    """Stories of issues and pull requests by their numbers, made when they are asked for."""

    def __init__(self, issues: int) -> None:
        of_issue = np.repeat(np.arange(issues), PULLS_AN_ISSUE)
        made: Drawn = drawn(issues, of_issue, np.random.default_rng(issues))
        self.issues, self.pulls = Told.of(made.issues, made.tracked), Told.of(made.pulls, made.requested)
        self.of_issue = of_issue

    def issue(self, number: int) -> ItemStory:
        steps = self.issues.steps(number)
        moves = [Move(at, str(s.state), self._who(s.role, number)) for at, s in steps if s.kind is EventKind.STATE]
        done = "Done" if moves[-1].status == "Done" else None
        facts = self._facts(steps, number)
        project, place = number % PROJECTS, number // PROJECTS + 1
        return ItemStory(place, "What is to be done", "Story", steps[0][0], done, moves, facts, project=KEYS[project])

    def pull(self, number: int) -> PullStory:
        issue, steps = int(self.of_issue[number]), self.pulls.steps(number)
        branch = f"{KEYS[issue % PROJECTS]}-{issue // PROJECTS + 1}-change"
        draft = any(step.kind is EventKind.DRAFTED for _, step in steps)
        return PullStory(number, "A change", branch, self._who(AUTHOR, issue), draft, self._facts(steps, issue))

    def _facts(self, steps: list[tuple[datetime, Step]], issue: int) -> list[Fact]:
        return [
            Fact(at, FACTS[step.kind], self._who(step.role, issue), self._detail(step, issue))
            for at, step in steps
            if step.kind in FACTS
        ]

    def _detail(self, step: Step, issue: int) -> str:
        if step.asked is not None:
            return self._who(step.asked, issue)
        return VERDICTS[Verdict(step.detail)] if step.kind is EventKind.REVIEWED and step.detail else ""

    def _who(self, role: int, issue: int) -> str:
        return "ci" if role == CI else person(issue % TEAMS * TEAM + (issue // TEAMS + role) % TEAM)


class LargeJira:
    """Chooses whose issues a page shows, and lets the stand-in say them."""

    def __init__(self, company: LargeCompany) -> None:
        self._company = company
        told = company.issues
        self._of_project = [self._ordered(n, told.updated) for n in range(PROJECTS)]
        self._status = np.array([_status(told, number) for number in range(len(told.last))])

    def _ordered(self, project: int, updated: Ints) -> Ints:
        own = np.arange(project, len(updated), PROJECTS)
        return own[np.argsort(updated[own], kind="stable")]

    def __call__(self, path: str, arguments: Json) -> Any:
        if path.endswith("search/jql"):
            return self._search(path, arguments)
        if path.endswith("bulkfetch"):
            return self._standing_in(map(_number, arguments["issueIdsOrKeys"]))(path, arguments)
        return JiraStandIn(EMPTY)(path, arguments)

    def _standing_in(self, numbers: Any) -> JiraStandIn:
        return JiraStandIn(replace(EMPTY, items=tuple(self._company.issue(int(n)) for n in numbers)))

    def _search(self, path: str, arguments: Json) -> Json:
        found = self._matching(arguments["jql"])
        start, size = int(arguments.get("nextPageToken") or 0), int(arguments["maxResults"])
        page, end = found[start : start + size], start + size
        more = {"nextPageToken": str(end)} if end < len(found) else {}
        if arguments.get("fields") == ["id"]:
            return {"issues": [{"id": _id(int(n))} for n in page], **more}
        said = self._standing_in(page)(path, {**arguments, "nextPageToken": None})
        return {**said, **more}

    def _matching(self, jql: str) -> Ints:
        project = re.search(r'project = "?(\w+)', jql)
        since, status, named = (re.search(p, jql) for p in (r"updated >= (\d+)", r"status = (\d+)", r"id in \(([^)]+)"))
        if named:
            return np.array([_number(issue_id) for issue_id in named[1].split(", ")])
        found = self._of_project[KEYS.index(project[1]) if project else 0]
        if since:
            found = found[self._company.issues.updated[found] >= int(since[1]) * 1000]
        if status:
            found = found[self._status[found] == int(status[1])]
        return found[::-1] if "updated DESC" in jql else found


def _status(told: Told, number: int) -> int:
    """As Jira numbers them, from 1."""
    begin = told.taken.begins[number]
    states = told.flat.state[told.taken.step[begin : begin + told.last[number]]]
    return int(states[states >= 0][-1]) + 1


def _id(number: int) -> str:
    return str(FIRST_ID * (number % PROJECTS + 1) + number // PROJECTS + 1)


def _number(issue_id: str) -> int:
    project, place = divmod(int(issue_id) - 1, FIRST_ID)
    return place * PROJECTS + project - 1


class LargeGitHub:
    """Chooses whose pull requests a page shows, and lets the stand-in say them."""

    def __init__(self, company: LargeCompany) -> None:
        self._company = company
        told, every = company.pulls, np.arange(len(company.of_issue))
        opened, place = told.last > 0, company.of_issue % PROJECTS * REPOSITORIES_A_PROJECT + every % PULLS_AN_ISSUE
        going = ~told.ends_with((EventKind.MERGED, EventKind.CLOSED))
        self._pulls, self._open = {}, {}
        for n, name in enumerate(repositories()):
            own = every[(place == n) & opened]
            self._pulls[name] = own[np.argsort(told.updated[own], kind="stable")]
            self._open[name] = own[going[own]]

    def __call__(self, path: str, arguments: Json) -> Any:
        variables = arguments.get("variables") or {}
        match arguments.get("operationName"):
            case "Pulls":
                pulls = self._pulls[variables["name"]]
                ordered = pulls if variables["direction"] == "ASC" else pulls[::-1]
                return self._page(path, arguments, ordered, int(variables["size"]))
            case "Open":
                return self._page(path, arguments, self._open[variables["name"]], MOST)
            case "Again":
                numbers = [int(name.removeprefix("PR_")) for name in variables["ids"]]
                return self._standing_in(numbers)(path, arguments)
        return self._standing_in([])(path, arguments)

    def _standing_in(self, numbers: Any) -> GitHubStandIn:
        return GitHubStandIn(replace(EMPTY, pulls=tuple(self._company.pull(int(n)) for n in numbers)))

    def _page(self, path: str, arguments: Json, pulls: Ints, size: int) -> Json:
        start = int(arguments["variables"].get("after") or 0)
        asked = {**arguments, "variables": {**arguments["variables"], "after": None, "size": size}}
        said: Json = self._standing_in(pulls[start : start + size])(path, asked)
        onward = {"hasNextPage": start + size < len(pulls), "endCursor": str(start + size)}
        said["data"]["repository"]["pullRequests"]["pageInfo"] = onward
        return said


class Counted:
    """Answers, and how often for what."""

    def __init__(self, answer: Callable[[str, Json], Any]) -> None:
        self._answer, self._asked = answer, Counter[str]()

    def __call__(self, path: str, arguments: Json) -> Any:
        if path == "/asked":
            return dict(self._asked)
        self._asked[str(arguments.get("operationName") or path)] += 1
        return self._answer(path, arguments)


def main() -> None:
    company = LargeCompany(int(float(sys.argv[1])))
    answers = Counted(LargeJira(company)), Counted(LargeGitHub(company))
    there = {"issues": len(company.issues.last), "pulls": int((company.pulls.last > 0).sum())}
    with serving(answers, lambda: END) as (jira, github):
        print(json.dumps({"jira": jira, "github": github, **there}), flush=True)  # noqa: T201  read by whoever asked
        sys.stdin.read()


if __name__ == "__main__":
    main()
