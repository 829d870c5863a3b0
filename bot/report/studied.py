"""A stream that was studied: what its pages are made of."""

from dataclasses import dataclass

from bot.config import ConfiguredStream
from bot.flow.future.foresee import Foresight
from bot.flow.reconstruct import Reconstruction
from bot.govern.document import Document
from bot.govern.remarks import Remarks


@dataclass(frozen=True)
class Studied:
    """`document`: all that is said; `remarks`: what people said of it; `sight`: what more changes can be asked of."""

    stream: ConfiguredStream
    remarks: Remarks
    sight: Foresight
    document: Document

    @property
    def found(self) -> Reconstruction:
        """The timelines that it was told from."""
        return self.sight.found
