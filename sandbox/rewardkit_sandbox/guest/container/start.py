"""Splits a container's first process in two: a relay, which alone keeps the stream to the caller, and the supervisor.

Whatever travels on the stream (sources, inputs, tests with what they expect) is in the relay's memory only, and the
relay is never forked: no program inherits a word of it.
"""

import contextlib
import os
import socket
from typing import Any

from rewardkit_sandbox.guest.container import relay


def fork_relay(greeting: dict[str, Any]) -> socket.socket:
    """Prepares the container and forks the relay.

    greeting  environment: names of variables to keep; handshake: the zygote's; user: whom the relay becomes
    returns   the socket on which the relay greets the supervisor, which this process goes on to be
    """
    for name in set(os.environ) - set(greeting["environment"]):
        del os.environ[name]
    with contextlib.suppress(FileExistsError):
        os.symlink("/tmp", "/dev/shm")  # noqa: S108 - the run's own
    with contextlib.suppress(FileNotFoundError):
        os.unlink("/dev/ptmx")
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork() == 0:
        theirs.close()
        relay.relay(ours, greeting["handshake"].encode(), greeting["user"])
    ours.close()
    null = os.open("/dev/null", os.O_RDWR)
    for place in (0, 1):
        os.dup2(null, place)
    os.close(null)
    return theirs
