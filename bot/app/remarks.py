"""What people said of what they were told: who changed what, when, and from where; and taking it back."""

from uuid import uuid4

from bot.app.clock import clock
from bot.app.wiring import Wanted, asked_stream, opened
from bot.config import Config
from bot.errors import NothingYet, StoreError, UsageError
from bot.govern.remarks import Remark, RemarkKind
from bot.words import tame
from connectors.errors import SourceError

HERE = "command line"


def remarks_in(config: Config, stream: str | None) -> list[dict[str, object]]:
    """All that was ever said of a stream, in its order, with what was withdrawn."""
    chosen, now = asked_stream(config, Wanted(stream))
    with opened(config) as store:
        return [dict(row) for row in store.said.remarks(chosen.name, now)]


def withdraw(config: Config, stream: str | None, number: int, reason: str) -> str:
    """Take back what was said, with a reason, also where the digest stands; both stay on the list. In words."""
    chosen, now = asked_stream(config, Wanted(stream))
    with opened(config) as store:
        rows = store.said.remarks(chosen.name, now)
        gone = {row["subject"] for row in rows if row["kind"] == RemarkKind.WITHDRAWN}
        found = next((row for row in rows if row["number"] == number and f"{number}" not in gone), None)
        if found is None or found["kind"] == RemarkKind.WITHDRAWN:
            raise UsageError(f"there is no remark {number} that could be withdrawn; see `gemba remarks list`")
        if not tame(reason):
            raise UsageError("say why with --reason")
        said = Remark(
            stream=chosen.name,
            at=clock(),
            by=HERE,
            kind=RemarkKind.WITHDRAWN,
            subject=f"{number}",
            reason=tame(reason),
        )
        row = {**said.model_dump(exclude={"number"}), "kind": said.kind.value, "place": HERE}
        store.said.remark(f"{uuid4()}", row, said.at)
    told = f"{found['subject']}: what was said on {found['at']:%Y-%m-%d} does not count any more"
    return "\n".join((told, *show(config, chosen.name).values()))


def show(config: Config, stream: str) -> dict[str, str]:
    """Bring the digests of a stream to what was said, wherever they stand in a channel; by place why one is not."""
    from bot.app.digests import refresh

    failed: dict[str, str] = {}
    for digest in config.digests:
        if digest.stream == stream and digest.channel is not None:
            try:
                refresh(config, digest)
            except (SourceError, StoreError, UsageError, NothingYet) as problem:
                failed[digest.place] = f"the digest in {digest.place} does not show what was said: {problem}"
    return failed
