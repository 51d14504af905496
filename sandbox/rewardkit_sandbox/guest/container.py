"""Starts a container of the Docker backend: what its first process runs.

Sent as `python -c`; everything else comes on standard input. The first process forks a relay, which alone keeps the
stream to the caller, and becomes the supervisor. Whatever travels on the stream (sources, inputs, tests with what they
expect) is in the relay's memory only, and the relay is never forked: no program inherits a word of it.
"""

import contextlib
import json
import os
import socket
import struct
import sys
import types

SIZE = struct.Struct(">Q")


def read_exactly(size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = os.read(0, size - len(data))
        if not piece:
            sys.exit("the stream ended before it said anything")
        data += piece
    return data


def main() -> None:
    greeting = json.loads(read_exactly(SIZE.unpack(read_exactly(SIZE.size))[0]))
    for name in set(os.environ) - set(greeting["environment"]):
        del os.environ[name]
    with contextlib.suppress(FileExistsError):
        os.symlink("/tmp", "/dev/shm")  # noqa: S108 - the run's own
    with contextlib.suppress(FileNotFoundError):
        os.unlink("/dev/ptmx")
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork() == 0:
        theirs.close()
        for name in ("rewardkit_sandbox", "rewardkit_sandbox.guest"):
            sys.modules[name] = package = types.ModuleType(name)
            package.__path__ = []
        for name, source in greeting["relay"].items():
            module = types.ModuleType(f"rewardkit_sandbox.guest.{name}")
            sys.modules[module.__name__] = module
            exec(compile(source, f"<{name}>", "exec"), module.__dict__)  # noqa: S102
            setattr(package, name, module)
        module.relay(ours, greeting["hello"].encode(), greeting["user"])
    ours.close()
    null = os.open("/dev/null", os.O_RDWR)
    for place in (0, 1):
        os.dup2(null, place)
    os.close(null)
    sys.argv = ["-c", str(theirs.detach())]
    exec(compile(greeting["boot"], "<boot>", "exec"), {"__name__": "boot"})  # noqa: S102


main()
