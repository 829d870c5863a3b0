"""Key results, gates and plans in which nothing that somebody wrote is told: names become numbers, reasons go."""

from dataclasses import replace

from bot.flow.anonymous.names import Names
from bot.flow.findings.future import Future
from bot.govern.gates import Gate, GateContext, Recorded
from bot.govern.key_results import KeyResult
from bot.govern.plan import Course, Followed, Milestone, PlanItem, Prediction

NOT_TOLD = "not told"
"""In place of a text whose only use is to be read."""


class GoalNames:
    """What goals are called instead; people, stages and items as in the records."""

    def __init__(self, names: Names) -> None:
        self.names = names

    def key_result(self, name: str) -> str:
        return self.names.called("Key result ", name)

    def gate(self, name: str) -> str:
        return self.names.called("Gate ", name)

    def change(self, name: str) -> str:
        return self.names.called("Change ", name)


def anonymous_key_result(result: KeyResult, goals: GoalNames) -> KeyResult:
    names = goals.names
    return result.model_copy(
        update={
            "objective": names.called("Objective ", result.objective),
            "name": goals.key_result(result.name),
            "metric": names.plain(result.metric),
            "jql": result.jql and NOT_TOLD,
            "source": None,
            "serves": result.serves and names.serves(result.name, result.serves),
        }
    )


def anonymous_gate(gate: Gate, goals: GoalNames) -> Gate:
    judged = tuple(goals.key_result(name) for name in gate.key_results)
    return gate.model_copy(update={"name": goals.gate(gate.name), "key_results": judged})


def anonymous_context(context: GateContext, goals: GoalNames) -> GateContext:
    return GateContext(
        since={goals.gate(name): since for name, since in context.since.items()},
        recorded={
            (goals.gate(name), day): tuple(_recorded(one) for one in records)
            for (name, day), records in context.recorded.items()
        },
    )


def _recorded(one: Recorded) -> Recorded:
    return one.model_copy(update={"reason": NOT_TOLD, "hash": NOT_TOLD})


def anonymous_item(item: PlanItem, goals: GoalNames) -> PlanItem:
    return item.model_copy(
        update={
            "name": goals.change(item.name),
            "owner": goals.names.named(item.owner, "Owner "),
            "change": goals.names.plain(item.change),
            "milestones": tuple(_milestone(each, goals) for each in item.milestones),
            "issue": None,
        }
    )


def anonymous_course(course: Course, goals: GoalNames) -> Course:
    return replace(
        course,
        item=anonymous_item(course.item, goals),
        dropped=course.dropped and NOT_TOLD,
        reached={goals.names.called("Milestone ", name): at for name, at in course.reached.items()},
        issue=course.issue and _followed(course.issue, goals),
        prediction=course.prediction and _prediction(course.prediction, goals),
    )


def _milestone(milestone: Milestone, goals: GoalNames) -> Milestone:
    return milestone.model_copy(update={"name": goals.names.called("Milestone ", milestone.name)})


def _followed(issue: Followed, goals: GoalNames) -> Followed:
    told = {
        "key": goals.names.called("PLAN-", issue.key),
        "url": "",
        "state": goals.names.text(issue.state),
        "resolution": issue.resolution and NOT_TOLD,
    }
    return issue.model_copy(update=told)


def _prediction(prediction: Prediction, goals: GoalNames) -> Prediction:
    """As it was frozen, but for the words."""
    future = prediction.future and _future(prediction.future, goals)
    return prediction.model_copy(update={"future": future, "reason": prediction.reason and NOT_TOLD})


def _future(future: Future, goals: GoalNames) -> Future:
    return future.model_copy(
        update={
            "name": goals.change(future.name),
            "what": goals.names.text(future.what),
            "change": goals.names.plain(future.change),
            "reason": future.reason and NOT_TOLD,
        }
    )
