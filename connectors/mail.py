"""Mail, by SMTP: handed over to a server, once for its key as far as mail can promise that."""

import re
from typing import Literal

from connectors.settings import ConfiguredPath, Settings, VariableName

MAIL_ADDRESS = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+")


class MailSettings(Settings):
    """`[mail]` of the configuration."""

    host: str
    port: int | None = None
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: str
    user: str | None = None
    password_env: VariableName | None = None
    password_file: ConfiguredPath | None = None
