"""The printed output of rewards: the first lines of each reward reach the log, in every engine.

    print("x") in a reward ─▶ Prints (worker) ══ pipe ══▶ PrintLog (parent) ─▶ logger: "mine printed: x"

Only what goes through `sys.stdout` and `sys.stderr` is shown, warnings and tracebacks of threads too. What a C library
or a child process writes to descriptors 1 and 2 goes nowhere.
"""

import io
import logging
import threading
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from rewardkit.text import one_line

LINES = 20
"""Lines of each reward that are shown."""
CHARACTERS = 500
"""Characters of a line that are shown."""

log = logging.getLogger("rewardkit")


class Printed(NamedTuple):
    """One line that a reward printed."""

    alias: str
    line: str


class Prints(io.TextIOBase):
    """A stream that hands the first lines of each reward on, and drops the rest."""

    def __init__(self, alias: Callable[[], str], hand_on: Callable[[Printed], None]) -> None:
        """`alias` says which reward is being asked; `hand_on` may be called from any thread."""
        self._alias = alias
        self._hand_on = hand_on
        self._lock = threading.RLock()
        self._begun: dict[str, str] = {}
        self._lines: Counter[str] = Counter()

    def writable(self) -> bool:
        """True: that is what it is for."""
        return True

    def write(self, text: str) -> int:
        """Takes text; hands on the lines that it ends."""
        alias = self._alias()
        with self._lock:
            if self._lines[alias] > LINES:
                return len(text)
            whole = self._begun.get(alias, "") + text[: 4 * LINES * CHARACTERS]
            *lines, rest = whole.split("\n")
            self._begun[alias] = rest[:CHARACTERS]
            for line in lines:
                self._lines[alias] += 1
                if self._lines[alias] <= LINES + 1:  # one more, so that the parent knows that there are more
                    self._hand_on(Printed(alias, one_line(line[:CHARACTERS])))
        return len(text)


class PrintLog:
    """Logs the first lines of each reward, of all workers together. May be called from any thread."""

    def __init__(self) -> None:
        """Nothing printed yet."""
        self._lock = threading.Lock()
        self._lines: Counter[str] = Counter()

    def add(self, printed: Printed) -> None:
        """Logs a line, unless there were enough of that reward."""
        with self._lock:
            self._lines[printed.alias] += 1
            number = self._lines[printed.alias]
        if number <= LINES:
            log.warning("%s printed: %s", printed.alias, printed.line)
        elif number == LINES + 1:
            log.warning("%s prints more than %d lines; `rewardkit score --debug` shows all of it", printed.alias, LINES)
