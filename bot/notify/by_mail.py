"""A message -> mail to some addresses, each once.

What was handed over stays as it is. Each address has a row of its own in the outbox, by a hash of it, so that whoever
joins, or was put off, has it without anybody having it twice.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from bot.notify.message import Clock, Message
from bot.store import Store
from bot.tables import OutboxRow
from bot.words import count, shortened, tame
from connectors.errors import AccessDenied, SourceError, SourceUnavailable, Unanswered
from connectors.mail import Letter, Mail, nameless

LONGEST_SUBJECT = 150
BUSY = range(400, 500)


@dataclass(frozen=True)
class ByMail:
    """Those who are written to."""

    mail: Mail
    addresses: Sequence[str]

    def send(self, store: Store, message: Message, clock: Clock) -> str:
        each = {address.casefold(): address for address in self.addresses}
        return _Mailing(store, self.mail, tuple(each.values()), message, clock).all()


@dataclass
class _Mailing:
    """One message on its way; `missing`: whose it is yet to become, `begun`: to whom it was being sent."""

    store: Store
    mail: Mail
    addresses: Sequence[str]
    message: Message
    clock: Clock
    missing: dict[str, OutboxRow] = field(default_factory=dict)
    begun: list[str] = field(default_factory=list)

    def all(self) -> str:
        rows = self._claimed()
        if not self.missing:
            changed = any(row.mark != self._mark for row in rows.values())
            return f"was mailed already{', and what changed since is not mailed again' if changed else ''}"
        with ExitStack() as unless_handed_over:
            unless_handed_over.callback(self._undo, self.missing)
            try:
                refused = self.mail.hand_over(self._letter(), self.addresses, tuple(self.missing), self._begin)
            except Unanswered as problem:
                unless_handed_over.pop_all()
                return self._unanswered(problem)
            unless_handed_over.pop_all()
        return self._told(refused, already=len(rows) - len(self.missing))

    def _claimed(self) -> Mapping[str, OutboxRow]:
        """All of them, or none."""
        rows: dict[str, OutboxRow] = {}
        for address in self.addresses:
            row = self.store.outbox.claim(_place(address), self.message.key, self.clock())
            if row is None:
                self._undo(self.missing)
                raise _taken()
            rows[address] = row
            if row.state != "sent":
                self.missing[address] = row
        return rows

    def _begin(self, accepted: Sequence[str]) -> None:
        """Remembered before the server gets it: who dies now leaves a trace of what may have been done."""
        for address in accepted:
            row, now = self.missing[address], self.clock()
            if not self.store.outbox.hold(row.channel, row.key, row.claimed_at, now, self._id):
                raise _taken()
            row.claimed_at = now
        self.begun = list(accepted)

    def _unanswered(self, problem: Unanswered) -> str:
        """It is handed over once more, and then never again: two of the same are better than none, and than many."""
        again = [address for address in self.begun if self.missing[address].message is not None]
        self._keep(again)
        for address in set(self.begun) - set(again):
            self.store.outbox.release(self.missing[address].channel, self.message.key)
        self._undo(set(self.missing) - set(self.begun))
        if len(again) < len(self.missing):
            raise problem
        return "was mailed twice, and the server never said what became of it; ask whether it came"

    def _told(self, refused: Mapping[str, int], already: int) -> str:
        mailed = [address for address in self.missing if address not in refused]
        self._keep(mailed)
        self._undo(tuple(refused))
        told = f"mailed to {count(len(mailed), 'address', 'addresses')}"
        told += f", {already} had it already" if already else ""
        if not refused:
            return told
        wrong = f"the server did not take {self._named(refused)}"
        if any(code in BUSY for code in refused.values()):
            raise SourceUnavailable(f"mail: {told}; {wrong}; the next run tries again")
        todo = "correct it in the configuration, or ask who runs the server"
        if not mailed and not already:
            raise AccessDenied(f"mail: {wrong}; {todo}")
        return f"{told}; {wrong}; {todo}"

    def _named(self, refused: Mapping[str, int]) -> str:
        """By their place in the list: an address is written down nowhere else."""
        return ", ".join([f"address {self.addresses.index(address) + 1} ({code})" for address, code in refused.items()])

    def _keep(self, mailed: Sequence[str]) -> None:
        for address in mailed:
            self.store.outbox.sent(_place(address), self.message.key, self._id, self._mark)

    def _undo(self, addresses: Iterable[str]) -> None:
        for address in addresses:
            self.store.outbox.undo(self.missing[address])

    def _letter(self) -> Letter:
        picture = self.message.picture
        return Letter(
            id=self._id,
            at=self.clock(),
            subject=tame(shortened(tame(self.message.subject), LONGEST_SUBJECT)),
            text=self.message.plain,
            page=self.message.page(f"cid:{self._id}" if picture else None),
            picture=picture.content if picture else None,
        )

    @property
    def _id(self) -> str:
        return self.mail.id(self.message.key)

    @property
    def _mark(self) -> str:
        told = [self.message.subject, self.message.plain]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _place(address: str) -> str:
    return f"mail {nameless(address)}"


def _taken() -> SourceError:
    return SourceUnavailable("mail: another process is mailing it; try again in five minutes")
