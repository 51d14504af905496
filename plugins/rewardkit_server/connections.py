"""HTTP connections that end: idle ones, slow ones, and those whose client does not read its answer.

uvicorn's own protocol waits for ever for the head of a first request and for a client that reads nothing. Where all
connections are taken, the oldest that has sent no request yet gives way to a new one.
"""

import asyncio
from collections import OrderedDict
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from rewardkit_server.settings import Settings


def protocol_class(settings: Settings) -> type[asyncio.Protocol]:
    """The protocol of a server's connections."""
    waiting: OrderedDict[asyncio.Transport, None] = OrderedDict()

    class Connection(H11Protocol):
        _head: asyncio.TimerHandle | None = None
        _reading: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            if len(self.connections) > settings.connections and waiting:
                next(iter(waiting)).abort()
            self._wait_for_head()

        def connection_lost(self, exc: Exception | None) -> None:
            self._heard()
            self.resume_writing()
            super().connection_lost(exc)

        def handle_events(self) -> None:
            before = self.cycle
            super().handle_events()
            if self.cycle is not before:
                self._heard()

        def on_response_complete(self) -> None:
            super().on_response_complete()
            if self.cycle.response_complete and not self.transport.is_closing():
                self._wait_for_head()

        def pause_writing(self) -> None:
            super().pause_writing()
            self._reading = self._reading or self.loop.call_later(settings.send_s, self.transport.abort)

        def resume_writing(self) -> None:
            super().resume_writing()
            if self._reading:
                self._reading.cancel()
                self._reading = None

        def _wait_for_head(self) -> None:
            self._heard()
            waiting[self.transport] = None
            self._head = self.loop.call_later(settings.head_s, self.transport.abort)

        def _heard(self) -> None:
            waiting.pop(self.transport, None)
            if self._head:
                self._head.cancel()
                self._head = None

    return Connection
