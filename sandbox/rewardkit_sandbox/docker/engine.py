"""The engine: its address, its runtimes, and containers of ours that it still has although nobody uses them.

Every container carries who opened it: machine, process-number namespace, process and that process's start. It ends by
itself when its stream closes, and the engine then removes it. `sweep` is for what is left even so: a container that
was made and never started, or one of an engine that was killed with the owner.
"""

import contextlib
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rewardkit_sandbox.errors import SandboxUnavailableError
from rewardkit_sandbox.guest import procfs

PREFIX = "rewardkit.sandbox"
OWNER = f"{PREFIX}.owner"
USER = f"{PREFIX}.user"
CALL_S = 60
# After this an idle container of an owner of whom nothing can be learned from here has been left.
LEFT_AFTER_S = 3600.0
# An engine that this process has used before may be restarting.
RESTARTS_WITHIN_S = 8.0
_known: set[str] = set()

START = "start the engine (Linux: `systemctl start docker`), or set DOCKER_HOST to one that this user may use"


def address() -> str:
    """The engine's address: DOCKER_HOST, else the usual place, or a rootless engine's where there is only that."""
    usual = "/var/run/docker.sock"
    own = Path(os.environ.get("XDG_RUNTIME_DIR") or "/nowhere", "docker.sock")
    if sys.platform == "win32":
        usual = "//./pipe/docker_engine"
    elif own.exists() and not Path(usual).exists():
        usual = str(own)
    return os.environ.get("DOCKER_HOST") or f"{'npipe' if sys.platform == 'win32' else 'unix'}://{usual}"


def connect() -> Any:
    """The engine's client, a docker.APIClient. Raises SandboxUnavailableError where no engine answers."""
    import docker  # noqa: PLC0415 - takes a while, and nobody else needs it
    from docker.errors import DockerException  # noqa: PLC0415

    where = address()
    deadline = time.monotonic() + (RESTARTS_WITHIN_S if where in _known else 0.0)
    while True:
        api = None
        try:
            _listens(where)
            api = docker.from_env(timeout=CALL_S, environment={**os.environ, "DOCKER_HOST": where}).api
            api.ping()
        except (DockerException, OSError) as exc:
            if api is not None:
                api.close()
            if time.monotonic() > deadline:
                raise SandboxUnavailableError(f"no Docker engine answers at {where} ({_words(exc)})", START) from exc
            time.sleep(0.1)
        else:
            _known.add(where)
            return api


def connect_and_sweep() -> tuple[Any, dict[str, Any]]:
    """The engine's client, and the engine's description of itself, after a sweep. Raises SandboxUnavailableError."""
    from docker.errors import DockerException  # noqa: PLC0415 - as above

    api = connect()
    try:
        sweep(api)
        return api, api.info()
    except (DockerException, OSError) as exc:
        api.close()
        raise SandboxUnavailableError(f"the Docker engine does not answer ({_words(exc)})", START) from exc


def engine_runtimes() -> list[str]:
    """The OCI runtimes that the engine has, its default first. Raises SandboxUnavailableError without an engine."""
    api, info = connect_and_sweep()
    api.close()
    default = info.get("DefaultRuntime", "runc")
    # Engines list their own runtime under its full name as well.
    return [default, *sorted(name for name in info.get("Runtimes", ()) if name != default and "." not in name)]


def _listens(where: str) -> None:
    """Raises OSError where nobody listens: the engine's client would leave its own socket open then."""
    if where.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(where.removeprefix("unix://"))


def _words(exc: BaseException) -> str:
    """The message of the innermost error."""
    seen = exc
    while seen.__cause__ is not None or seen.__context__ is not None:
        seen = seen.__cause__ or seen.__context__  # type: ignore[assignment]
    return str(seen) or type(seen).__name__


def labels() -> dict[str, str]:
    """The labels of a container of this process: who opened it, and as which user."""
    return {OWNER: " ".join(_owner(os.getpid())), USER: str(os.getuid() if hasattr(os, "getuid") else "-")}


def _owner(pid: int) -> tuple[str, str, str, str]:
    """Machine (its boot), namespace of process numbers, process, and when it started."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        space = str(Path("/proc/self/ns/pid").readlink())
    except OSError:  # no Linux
        return "-", "-", str(pid), "-"
    return boot, space, str(pid), procfs.started(pid) or "exited"


def _has_exited(pid: int, start: str) -> bool:
    """True if a process has exited. One that cannot be read, another user's under hidepid, has not."""
    found = procfs.started(pid)
    if found:
        return found != start
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return False


def left(containers: list[dict[str, Any]], now: float) -> Iterator[str]:
    """Those of our containers whose owners have exited, by id.

    containers   as the engine lists them
    now          seconds since the epoch
    """
    for container in containers:
        owner = container["Labels"].get(OWNER, "").split(" ")
        if len(owner) == 4 and owner[0] != "-" and tuple(owner[:2]) == _owner(os.getpid())[:2]:
            if _has_exited(int(owner[2]), owner[3]):
                yield container["Id"]
        elif container["State"] != "running" and now - container["Created"] > LEFT_AFTER_S:
            yield container["Id"]


def sweep(api: Any) -> None:
    """Removes our containers that were left."""
    for found in left(api.containers(all=True, filters={"label": OWNER}), time.time()):
        remove(api, found)


def remove(api: Any, container: str) -> None:
    """Ends and removes a container; fine where that has been done, or is being done."""
    from docker.errors import APIError, DockerException  # noqa: PLC0415 - as above

    with contextlib.suppress(APIError, DockerException, OSError):
        api.remove_container(container, force=True, v=True)
