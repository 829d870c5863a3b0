"""The page on which the token is entered once."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.serve.access import COOKIE, SIGNED_IN, Access, local_path
from bot.serve.pages import sign_in_page

LONGEST = 4096
PAUSE_S = 0.5
"""Before a wrong token is answered, one after the other."""


class SigningIn:
    """A browser that knew the token keeps a sealed cookie, which no script can read."""

    def __init__(self, access: Access, clock: Callable[[], datetime]) -> None:
        self._access, self._clock = access, clock
        self._turn = asyncio.Semaphore(4)

    def routes(self) -> list[Route]:
        return [Route("/signin", self.ask, methods=["GET"]), Route("/signin", self.sign_in, methods=["POST"])]

    async def ask(self, request: Request) -> Response:
        if self._access.token is None:
            return RedirectResponse("/", 303)
        return HTMLResponse(sign_in_page(local_path(request.query_params.get("next", "/"))))

    async def sign_in(self, request: Request) -> Response:
        told = _fields(await _body(request))
        back_to = local_path(told.get("next", ["/"])[0])
        if not self._access.is_token(told.get("token", [""])[0].strip()):
            async with self._turn:
                await asyncio.sleep(PAUSE_S)
            return HTMLResponse(sign_in_page(back_to, "That is not the token."), 403)
        answer = RedirectResponse(back_to, 303)
        answer.set_cookie(
            COOKIE,
            self._access.pass_until(self._clock() + SIGNED_IN),
            max_age=int(SIGNED_IN.total_seconds()),
            httponly=True,
            samesite="strict",
            secure=bool(request.scope.get("secure")),
        )
        return answer


def _fields(body: str) -> dict[str, list[str]]:
    """Of a form that has more fields than ours nothing is believed."""
    try:
        return parse_qs(body, max_num_fields=8, errors="replace")
    except ValueError:
        return {}


async def _body(request: Request) -> str:
    """No more than a token can be; the rest is not read."""
    found = b""
    async for part in request.stream():
        found += part
        if len(found) > LONGEST:
            return ""
    return found.decode("utf-8", "replace")
