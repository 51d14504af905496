"""Chooses a sandbox: by name, with options, or the strongest that works here.

auto                                          the strongest that isolates fully
{backend: NAME, OPTION: VALUE, …}             that one
{packages: [numpy, pandas]}                   the strongest in which programs can import these
{backend: landlock, reduced_isolation: true}  only by consent: it separates less
{backend: sandbox-fusion, url: URL, reduced_isolation: true}  a server of SandboxFusion
{backend: auto, reduced_isolation: true}      the strongest, and one that separates less where no other works
"""

import inspect
import sys
from collections.abc import Callable, Mapping
from typing import Any

from rewardkit_sandbox.docker.backend import Docker
from rewardkit_sandbox.errors import SandboxUnavailableError
from rewardkit_sandbox.fusion import SandboxFusion
from rewardkit_sandbox.local.bubblewrap import Bubblewrap
from rewardkit_sandbox.local.landlock import Landlock
from rewardkit_sandbox.local.subprocess_backend import DangerousSubprocess
from rewardkit_sandbox.packages import chosen
from rewardkit_sandbox.protocol import Sandbox

BACKENDS: dict[str, Callable[..., Sandbox]] = {
    Bubblewrap.name: Bubblewrap,
    Docker.name: Docker,
    Landlock.name: Landlock,
    DangerousSubprocess.name: DangerousSubprocess,
    SandboxFusion.name: SandboxFusion,
}
STRONGEST_FIRST = (Bubblewrap.name, Docker.name)
"""Backends that `auto` may take: never one of reduced isolation."""
REDUCED = (Landlock.name,)
"""Backends that it may take after these, strongest first, by consent."""
BY_CONSENT = (*REDUCED, SandboxFusion.name)
"""Backends that separate less and must be asked for explicitly."""
CONSENT = "reduced_isolation"
PACKAGE_OPTIONS = {"packages", "python"}
"""Options of the backends without an image, which `auto` takes too."""


def open_sandbox(choice: str | Mapping[str, Any] = "auto") -> Sandbox:
    """Opens a sandbox.

    choice    `auto`, the name of a backend, or `{backend: name, option: value, …}`
    raises    SandboxUnavailableError, naming what was found and the fix
    """
    name = backend_name(choice)
    options = {key: value for key, value in _options(choice).items() if key != CONSENT}
    if name != "auto":
        return BACKENDS[name](**options)
    reasons = []
    for candidate in (*STRONGEST_FIRST, *(REDUCED if _consents(choice) else ())):
        if lacking := options.keys() - _parameters(candidate):
            reasons.append(f"{candidate}: it has no option {', '.join(sorted(lacking))}")
            continue
        try:
            return BACKENDS[candidate](**options)
        except SandboxUnavailableError as exc:
            reasons.append(f"{candidate}: {exc}")
    raise SandboxUnavailableError("no sandbox works here. " + "; ".join(reasons))


def backend_name(choice: str | Mapping[str, Any]) -> str:
    """The backend that is asked for, or `auto`; opens nothing.

    raises  SandboxUnavailableError for a name that no backend has, an option that this one does not have, packages
            that are not built, and a backend of reduced isolation without consent
    """
    name = choice.get("backend", "auto") if isinstance(choice, Mapping) else choice
    if name != "auto" and name not in BACKENDS:
        raise SandboxUnavailableError(f"no sandbox named {name!r}; there are: auto, {', '.join(sorted(BACKENDS))}")
    has = {CONSENT} if name == "auto" or name in BY_CONSENT else set()
    has |= PACKAGE_OPTIONS if name == "auto" else _parameters(name)
    options = _options(choice)
    for option in options:
        if option not in has:
            there = f"it has: {', '.join(sorted(has))}" if has else "it has none"
            raise SandboxUnavailableError(f"the sandbox {name} has no option {option!r}; {there}")
    if PACKAGE_OPTIONS & options.keys() and sys.platform == "linux":
        chosen(options.get("packages", ()), options.get("python"))
    if not _consents(choice) and name in BY_CONSENT:
        raise SandboxUnavailableError(
            f"{name} isolates less than other sandboxes and must be asked for explicitly",
            f"write `sandbox: {{backend: {name}, {CONSENT}: true}}` in the rubric",
        )
    return str(name)


def _parameters(backend: str) -> set[str]:
    return set(inspect.signature(BACKENDS[backend]).parameters)


def _options(choice: str | Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in choice.items() if key != "backend"} if isinstance(choice, Mapping) else {}


def _consents(choice: str | Mapping[str, Any]) -> bool:
    given = _options(choice).get(CONSENT, False)
    if not isinstance(given, bool):
        raise SandboxUnavailableError(f"{CONSENT} is true or false, found {given!r}")
    return given
