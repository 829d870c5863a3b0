"""Which workspace of Slack is talked to."""

from pydantic import model_validator

from connectors.settings import Address, ConfiguredPath, TokenSettings, VariableName, Word


class SlackSettings(TokenSettings):
    """`[slack]` of the configuration. The app in which digests are posted and questions answered."""

    api_url: Address = "https://slack.com/api/"
    """where Slack is asked"""
    app_token_env: VariableName | None = None
    """the variable that holds an app-level token (`xapp-…`), with which questions and buttons are answered"""
    app_token_file: ConfiguredPath | None = None
    """or the file that holds it"""
    admin_channel: Word | None = None
    """where it is told once that something does not work until a person acts; default: only in the log"""
    may_change: tuple[str, ...] = ()
    """ids of members who may claim, snooze and excuse; default: all members of the workspace"""

    @model_validator(mode="after")
    def _one_app_token(self) -> "SlackSettings":
        if self.app_token_env and self.app_token_file:
            raise ValueError("needs either app_token_env or app_token_file, not both")
        return self

    @property
    def app(self) -> TokenSettings | None:
        """The app-level token, where there is one."""
        if self.app_token_env is None and self.app_token_file is None:
            return None
        return TokenSettings(token_env=self.app_token_env, token_file=self.app_token_file)
