"""Ray itself, imported on demand (it takes a second), and the cluster that is connected to."""

import logging
import socket
from typing import Any

from rewardkit.errors import ConfigError, InfrastructureError

LOCAL = "local"
"""Address that starts a cluster of this machine alone, which ends with this process."""

REACH_S = 10.0
"""Seconds that an address gets to answer at all."""


def ray_module() -> Any:
    """The module `ray`.

    raises  ConfigError where it is not installed
    """
    try:
        import ray  # noqa: PLC0415 - takes a second, for those who use it
    except ImportError as error:
        raise ConfigError(f"the engine ray needs Ray ({error}). Fix: pip install 'rewardkit[ray]'") from error
    return ray


def connect(address: str | None = None) -> Any:
    """The module `ray`, connected to a cluster: the one that this process is connected to already, where it is.

    address  `host:6379`, `ray://host:10001`, `local`; None: that of the variable RAY_ADDRESS, else this machine's
    raises   ConfigError where Ray is not installed, InfrastructureError where no cluster answers
    """
    ray = ray_module()
    if ray.is_initialized():
        return ray
    try:
        if address and ":" in address:
            _reach(address)
        ray.init(address=address or "auto", logging_level=logging.WARNING)
    except (OSError, ValueError, RuntimeError) as error:  # ConnectionError, TimeoutError and the like
        at = f" at {address}" if address else ""
        raise InfrastructureError(
            f"no Ray cluster{at}: {str(error).strip().partition(chr(10))[0]:.300}; start one with `ray start --head`, "
            f"name it with --address HOST:6379, or try on this machine alone with --address {LOCAL}"
        ) from error
    return ray


def _reach(address: str) -> None:
    """Connects once: Ray would try for minutes.

    raises  OSError where nobody listens, ValueError for what is no address
    """
    host, _, port = address.rpartition("://")[2].rpartition(":")
    socket.create_connection((host.strip("[]"), int(port)), timeout=REACH_S).close()
