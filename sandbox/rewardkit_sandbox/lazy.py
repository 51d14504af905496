"""A sandbox that opens when it is first used, for whoever may never need it."""

from collections.abc import Mapping
from typing import Any

from rewardkit_sandbox.choose import backend_name, open_sandbox
from rewardkit_sandbox.protocol import Sandbox


class LazySandbox:
    """Opens a sandbox at its first use, and another one after it was closed.

    choice    as `open_sandbox` takes it
    raises    SandboxUnavailableError for a choice that names no backend, or one that nobody may choose so
    """

    def __init__(self, choice: str | Mapping[str, Any] = "auto") -> None:
        backend_name(choice)
        self._choice = choice
        self._opened: Sandbox | None = None

    def get(self) -> Sandbox:
        """The open sandbox. Raises SandboxUnavailableError where none opens here."""
        if self._opened is None:
            self._opened = open_sandbox(self._choice)
        return self._opened

    def close(self) -> None:
        """Ends the sandbox if it is open. Closing twice is fine."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None
