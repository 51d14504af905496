"""Which sandbox: by name, with options, or the strongest that works here."""

from collections.abc import Callable, Mapping
from typing import Any

from rewardkit_sandbox.bubblewrap import Bubblewrap
from rewardkit_sandbox.errors import SandboxUnavailableError
from rewardkit_sandbox.protocol import Sandbox
from rewardkit_sandbox.unsafe import DangerousSubprocess

BACKENDS: dict[str, Callable[..., Sandbox]] = {
    Bubblewrap.name: Bubblewrap,
    DangerousSubprocess.name: DangerousSubprocess,
}
STRONGEST_FIRST = (Bubblewrap.name,)
"""What `auto` may take: never a backend that isolates less than it should."""


def open_sandbox(choice: str | Mapping[str, Any] = "auto") -> Sandbox:
    """Opens a sandbox.

    choice    `auto`, the name of a backend, or `{backend: name, option: value, …}`
    raises    SandboxUnavailableError, naming what is there and what mends it
    """
    options = dict(choice) if isinstance(choice, Mapping) else {"backend": choice}
    name = backend_name(choice)
    options.pop("backend", None)
    if name == "auto":
        reasons = []
        for candidate in STRONGEST_FIRST:
            try:
                return BACKENDS[candidate](**options)
            except SandboxUnavailableError as exc:
                reasons.append(f"{candidate}: {exc}")
        raise SandboxUnavailableError("no sandbox works here. " + "; ".join(reasons))
    try:
        return BACKENDS[name](**options)
    except TypeError as exc:
        raise SandboxUnavailableError(f"options that {name} does not have: {exc}") from exc


def backend_name(choice: str | Mapping[str, Any]) -> str:
    """The backend that is asked for, or `auto`; opens nothing.

    raises  SandboxUnavailableError for a name that no backend has
    """
    name = choice.get("backend", "auto") if isinstance(choice, Mapping) else choice
    if name != "auto" and name not in BACKENDS:
        raise SandboxUnavailableError(f"no sandbox named {name!r}; there are: auto, {', '.join(sorted(BACKENDS))}")
    return str(name)
