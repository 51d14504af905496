"""Output, log records and warnings of a program, collected for its tests, which may look at them."""

import io
import logging
import sys
import warnings
from typing import Any

MAX_CHARS = 1 << 20
MAX_EVENTS = 1000


class Events(logging.Handler):
    """The events since the last call, in order, bounded."""

    def __init__(self) -> None:
        super().__init__(1)
        self._happened: list[list[Any]] = []
        self._out, self._err = _stream(), _stream()

    def install(self) -> None:
        """Collects from this process's streams, root logger and warnings."""
        sys.stdout, sys.stderr = self._out, self._err
        root = logging.getLogger()
        root.addHandler(self)
        root.setLevel(1)
        warnings.simplefilter("always")
        warnings.showwarning = self._warning  # type: ignore[assignment]

    def emit(self, record: logging.LogRecord) -> None:
        self._add("log", record.name, record.levelno, record.getMessage())

    def _warning(self, message: Warning | str, category: type[Warning], *_: object) -> None:
        self._add("warning", category, str(message))

    def _add(self, *event: Any) -> None:
        if len(self._happened) < MAX_EVENTS:
            self._happened.append(list(event))

    def take(self) -> list[list[Any]]:
        """The events, which are then forgotten."""
        for name, stream in (("stdout", self._out), ("stderr", self._err)):
            stream.flush()
            raw: Any = stream.buffer
            if raw.tell():
                self._add(name, raw.getvalue().decode("utf-8", "replace")[:MAX_CHARS])
                raw.seek(0)
                raw.truncate()
        happened, self._happened = self._happened, []
        return happened


def _stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="surrogateescape", newline="", write_through=True)
