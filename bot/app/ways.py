"""Where messages go: a channel, mail, or a folder."""

from bot.config import Config, DigestConfig
from bot.errors import UsageError
from bot.notify.message import WayOut
from bot.notify.to_slack import ToSlack
from connectors.slack import Slack


def way_out(config: Config, configured: DigestConfig) -> WayOut:
    """The way that a digest goes. Raises UsageError where it is not furnished."""
    if configured.channel is not None:
        if config.slack is None:
            raise UsageError("[slack] is missing; it needs token_env or token_file")
        return ToSlack(Slack(config.slack), configured.channel)
    raise UsageError("this way is not open yet")


def way_of(config: Config, stream: str, instead: str) -> DigestConfig:
    """The first digest of a stream. Raises UsageError where there is none."""
    found = next((digest for digest in config.digests if digest.stream == stream), None)
    if found is None:
        raise UsageError(f'no channel is configured for "{stream}"; add a [[digests]] table, or use {instead}')
    return found
