"""Between the stream of a container and its supervisor: jobs in, results out, all as bytes with their lengths.

    caller → relay   {"limits", "tasks": [{"mode", "data": size, "stdin": size or None}]} and the bytes in that order
    relay → caller   {"ready": version}, once; then for each job
                     {"ended": [{"end", "code", …, "written": {name: size}}]} and the bytes in that order,
                     or {"broke": why}, after which the container ends

Each message is the length of its JSON text in eight bytes, and the text. Data goes from the stream into memory files,
of which the supervisor gets descriptors. The stream closing ends the relay, and with it the container.
"""

import json
import os
import socket
import struct
import sys
from typing import Any, NoReturn

from rewardkit_sandbox.guest import descriptors
from rewardkit_sandbox.guest.zygote import zygote_client

SIZE = struct.Struct(">Q")
STREAM_IN, STREAM_OUT = 0, 1


class Stream:
    """The container's standard input and output."""

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes. Raises EOFError where the caller has ended."""
        return descriptors.read_exactly(STREAM_IN, size)

    def receive(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self.read(SIZE.unpack(self.read(SIZE.size))[0]))
        return message

    def file(self, size: int) -> int:
        """The next `size` bytes as a sealed memory file, however many they are."""
        descriptor = descriptors.memory_file()
        while size:
            piece = self.read(min(size, descriptors.PIECE))
            size -= len(piece)
            descriptors.write_all(descriptor, piece)
        descriptors.seal(descriptor)
        return descriptor

    def send(self, message: dict[str, Any], *blobs: bytes) -> None:
        text = json.dumps(message).encode()
        descriptors.write_all(STREAM_OUT, b"".join((SIZE.pack(len(text)), text, *blobs)))


def relay(control: socket.socket, handshake: bytes, user: int) -> NoReturn:
    """Greets the supervisor at the other end of `control`, then relays until one of the two ends.

    user    the user to become, which no run ever is
    """
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    stream = Stream()
    try:
        if zygote_client.greet(control, handshake):
            stream.send({"ready": sys.version.split()[0]})
            client = zygote_client.ZygoteClient(control, caller=STREAM_IN)
            while True:
                serve(stream, client)
    except zygote_client.ZygoteError as exc:
        stream.send({"broke": str(exc)})
    except (EOFError, BrokenPipeError):
        pass  # the caller has ended
    os._exit(0)


def serve(stream: Stream, client: zygote_client.ZygoteClient) -> None:
    """One job."""
    request = stream.receive()
    tasks = []
    try:
        for task in request["tasks"]:
            data = stream.file(task["data"])
            stdin = None if task["stdin"] is None else stream.file(task["stdin"])
            tasks.append(zygote_client.Task(task["mode"], data, stdin))
        ended = client.run(tasks, request["limits"])
    finally:
        for task in tasks:
            task.close()
    reports = []
    blobs: list[bytes] = []
    for process in ended:
        reports.append(vars(process) | {"written": {name: len(data) for name, data in process.written.items()}})
        blobs += process.written.values()
    stream.send({"ended": reports}, *blobs)
