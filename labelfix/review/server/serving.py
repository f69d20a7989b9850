"""The server's socket, its run and its end."""

import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass, field

import uvicorn
from starlette.types import ASGIApp

from labelfix.errors import InputError
from labelfix.review.server.gate import TOKEN, Gate

HOST = "127.0.0.1"
BACKLOG = 128
END_S = 2
"""How long requests that are being answered may take when the server ends."""
IDLE_S = 30


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A socket that listens, and the address that a browser opens.

    Attributes:
        listener: bound to this machine alone.
        port: of it.
        token: the secret of this run.
    """

    listener: socket.socket
    port: int
    token: str = field(repr=False)

    @property
    def address(self) -> str:
        """With the token; whoever has it may review."""
        return f"http://{HOST}:{self.port}/?{TOKEN}={self.token}"


def open_socket(port: int) -> Opened:
    """Listen on a port of this machine.

    Args:
        port: 0 takes a free one.

    Raises:
        InputError: the port is taken or may not be used.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise InputError(
            f"--port {port}: expected a free port of this machine, found one that cannot be "
            f"used: {error.strerror or error}",
            "Leave --port out to take a free one.",
        ) from error
    return Opened(
        listener=listener, port=listener.getsockname()[1], token=secrets.token_urlsafe(24)
    )


def serve(application: ASGIApp, opened: Opened, when_ready: Callable[[], None]) -> None:
    """Answer until the process is asked to end; then the signal takes its usual way.

    Args:
        application: what stands behind the gate.
        opened: from `open_socket`.
        when_ready: called when requests are answered.
    """
    gate = Gate(inside=application, token=opened.token, port=opened.port)
    config = uvicorn.Config(
        gate,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=END_S,
    )
    _Server(config, when_ready).run(sockets=[opened.listener])


class _Server(uvicorn.Server):
    """Says when it is ready."""

    def __init__(self, config: uvicorn.Config, when_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._when_ready = when_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then call."""
        await super().startup(sockets)
        if self.started:
            self._when_ready()
