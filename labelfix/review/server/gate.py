"""Who may ask the server what: a token, this machine's own names, its own pages, small bodies."""

import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

OWN_HOSTS = ("127.0.0.1", "localhost", "[::1]")
"""A page of another name that resolves to this machine (DNS rebinding) is refused."""
MOST_BODY_BYTES = 1_000_000
"""Of a request; many decisions at once fit."""
TOKEN = "token"  # noqa: S105 (the name of a parameter)

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
HEADERS = {
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


class TooLargeError(Exception):
    """A request's body is over the limit."""


@dataclass(frozen=True, kw_only=True)
class Gate:
    """Stands before the application and lets only the reviewer's own browser in.

    The address with the token sets a cookie that no script can read and that no other site's page
    sends, and leads to the address without it. Cookies know no ports, so its name has the port.

    Attributes:
        inside: the application.
        token: the secret of this run.
        port: on which the server listens.
    """

    inside: ASGIApp
    token: str = field(repr=False)
    port: int

    @property
    def cookie(self) -> str:
        """The name of the cookie."""
        return f"labelfix-{self.port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] != "http":
            return  # the end of a lifespan or a web socket: there are none
        refused = self._refused(scope)
        sender = _with_headers(send)
        if refused is not None:
            await refused(scope, receive, sender)
            return
        try:
            await self.inside(scope, _limited(receive), sender)
        except TooLargeError:
            await _too_large()(scope, receive, sender)

    def _refused(self, scope: Scope) -> Response | None:
        """What to answer instead of passing a request on; None where it may pass."""
        headers = _headers(scope)
        host = headers.get("host", "")
        name, _, port = host.rpartition(":")
        if name not in OWN_HOSTS or not port.isdigit():
            return _forbidden("This server answers on this machine alone.")
        if headers.get("origin", f"http://{host}") != f"http://{host}":
            return _forbidden("Another page may not ask this server.")
        if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            return _forbidden("Another page may not ask this server.")
        try:
            length = int(headers.get("content-length", "0"))
        except ValueError:
            return PlainTextResponse("Bad request.", 400)
        if length > MOST_BODY_BYTES:
            return _too_large()
        if scope["method"] not in ("GET", "HEAD", "POST"):
            return PlainTextResponse("Method not allowed.", 405)
        if scope["method"] == "POST" and "origin" not in headers:
            return _forbidden("A page of this server has to ask.")
        return self._without_token(scope, headers)

    def _without_token(self, scope: Scope, headers: dict[str, str]) -> Response | None:
        """The answer to who has no cookie: none without the token, the cookie with it."""
        asked = parse_qs(scope["query_string"].decode("latin-1")).get(TOKEN, [])
        if scope["method"] == "GET" and scope["path"] == "/" and asked:
            if not self._is_token(asked[-1]):
                return _forbidden("The address is of another run: open the one that is printed.")
            answer = RedirectResponse("/", 303, headers={"cache-control": "no-store"})
            answer.set_cookie(self.cookie, self.token, httponly=True, samesite="strict", path="/")
            return answer
        try:
            sent = SimpleCookie(headers.get("cookie", "")).get(self.cookie)
        except CookieError:
            sent = None
        if sent is None or not self._is_token(sent.value):
            return _forbidden("Open the address that labelfix review has printed, with its token.")
        return None

    def _is_token(self, text: str) -> bool:
        return hmac.compare_digest(text.encode("utf-8", "replace"), self.token.encode())


def _headers(scope: Scope) -> dict[str, str]:
    """The headers by their names; of a repeated one all values, which then match nothing."""
    found: dict[str, str] = {}
    raw: Iterable[tuple[bytes, bytes]] = scope["headers"]
    for name, value in raw:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]}; {text}" if key in found else text
    return found


def _forbidden(why: str) -> Response:
    return PlainTextResponse(f"{why}\n", 403, headers={"cache-control": "no-store"})


def _too_large() -> Response:
    return PlainTextResponse("The request is too large.\n", 413)


def _limited(receive: Receive) -> Receive:
    """The same, but no more than the largest body, whatever its length was said to be."""
    taken = 0

    async def take() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > MOST_BODY_BYTES:
            raise TooLargeError
        return message

    return take


def _with_headers(send: Send) -> Callable[[Message], Any]:
    """Sends an answer with the headers that every answer has."""

    async def pass_on(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = list(message.get("headers", []))
            given = {name.lower() for name, _ in own}
            own += [
                (name.encode(), value.encode())
                for name, value in HEADERS.items()
                if name.encode() not in given
            ]
            message = {**message, "headers": own}
        await send(message)

    return pass_on
