"""Where messages go: a channel, mail, or a folder."""

from collections.abc import Iterator
from dataclasses import replace

from bot.app.clock import clock
from bot.config import Config, DigestConfig
from bot.errors import UsageError
from bot.notify.by_mail import ByMail
from bot.notify.message import WayOut
from bot.notify.to_folder import ToFolder
from bot.notify.to_slack import ToSlack
from connectors.mail import Mail
from connectors.records import Check
from connectors.slack import Slack
from connectors.slack_check import checked


def way_out(config: Config, configured: DigestConfig) -> WayOut:
    """The way that a digest goes. Raises UsageError where it is not furnished."""
    if configured.channel is not None:
        if config.slack is None:
            raise UsageError("[slack] is missing; add it, with token_env or token_file")
        return ToSlack(Slack(config.slack), configured.channel)
    if configured.folder is not None:
        return ToFolder(configured.folder)
    if config.mail is None:
        raise UsageError("[mail] is missing; add it, with host and sender")
    return ByMail(Mail(config.mail), configured.mail)


def channels_of(config: Config) -> list[str]:
    """The channels of Slack to which anything is posted."""
    admin = config.slack.admin_channel if config.slack else None
    named = (*(digest.channel for digest in config.digests), admin)
    return list(dict.fromkeys(channel for channel in named if channel))


def check_ways(config: Config, member: str | None = None) -> Iterator[Check]:
    """Whether every way that is furnished works; nothing is sent, but what a `member` of Slack is shown as a test."""
    if config.slack is not None:
        yield from checked(Slack(config.slack), channels_of(config), clock, member)
    if config.mail is not None:
        yield replace(Mail(config.mail).check(), section="mail")
    for folder in dict.fromkeys(digest.folder for digest in config.digests if digest.folder is not None):
        yield replace(ToFolder(folder).check(), section="folders")


def way_of(config: Config, stream: str, instead: str) -> DigestConfig:
    """The first digest of a stream. Raises UsageError where there is none."""
    found = next((digest for digest in config.digests if digest.stream == stream), None)
    if found is None:
        raise UsageError(f'no channel is configured for "{stream}"; add a [[digests]] table, or use {instead}')
    return found
