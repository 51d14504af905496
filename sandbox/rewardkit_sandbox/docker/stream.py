"""The stream to a container's first process: the engine's attached connection, and the relay's messages on it.

The engine wraps what a container writes in frames with a header of eight bytes: the stream, and a length. One
connection carries both directions, so this works with an engine on another machine as well, and leaves no file.
"""

import contextlib
import json
import socket
import struct
import time
import urllib.parse
from typing import Any

from rewardkit_sandbox.errors import SandboxBrokeError, SandboxUnavailableError

SIZE = struct.Struct(">Q")
ENGINE_FRAME = struct.Struct(">BxxxI")
STDERR = 2
PIECE = 1 << 18
MAX_MESSAGE = 1 << 20
KEPT_WORDS = 4000


def attach(address: str, api: Any, container: str, deadline: float) -> socket.socket:
    """A connection to the engine that is now the container's standard input, output and error.

    address   of the engine: unix:// or tcp://
    api       the engine's client, which knows the certificates of a TLS connection
    raises    OSError; SandboxUnavailableError for an engine that is reached in another way

    The engine's client could do this too, but for a socket that it then neither hands out nor closes.
    """
    connection = connect(address, api, _left(deadline))
    connection.settimeout(_left(deadline))
    path = f"/containers/{container}/attach?stdin=1&stdout=1&stderr=1&stream=1"
    upgrade = "Host: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0"
    answer = b""
    with contextlib.ExitStack() as stack:
        stack.callback(connection.close)
        connection.sendall(f"POST {path} HTTP/1.1\r\n{upgrade}\r\n\r\n".encode())
        while not answer.endswith(b"\r\n\r\n") and len(answer) < PIECE:
            piece = connection.recv(1)  # what follows the header is the container's
            if not piece:
                break
            answer += piece
        status = answer.split(b"\r\n")[0].decode(errors="replace")
        if status.split(" ")[1:2] not in (["101"], ["200"]):
            raise ConnectionError(f"the engine does not attach: {status}")
        stack.pop_all()
    return connection


def connect(address: str, api: Any, timeout_s: float) -> socket.socket:
    """A plain or encrypted connection, as `attach` says."""
    url = urllib.parse.urlsplit(address)
    if url.scheme == "unix":
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(timeout_s)
        try:
            connection.connect(url.path)
        except OSError:
            connection.close()
            raise
        return connection
    if url.scheme not in ("tcp", "http", "https"):
        raise SandboxUnavailableError(
            f"DOCKER_HOST is a {url.scheme}:// address", "forward the engine's socket, and set DOCKER_HOST to unix://…"
        )
    import ssl  # noqa: PLC0415 - takes a while, and few engines need it

    secure = api.base_url.startswith("https:")
    plain = socket.create_connection((url.hostname, url.port or (2376 if secure else 2375)), timeout_s)
    if not secure:
        return plain
    context = ssl.create_default_context(cafile=api.verify if isinstance(api.verify, str) else None)
    if api.verify is False:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if api.cert:
        context.load_cert_chain(*api.cert)
    return context.wrap_socket(plain, server_hostname=url.hostname)


class Stream:
    """One container's attached connection; every wait has a deadline in time.monotonic() seconds."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._received = bytearray()
        self._words = bytearray()

    @property
    def words(self) -> str:
        """The last line that the container wrote on standard error."""
        return (self._words.decode(errors="replace").strip().splitlines() or [""])[-1]

    def send(self, message: dict[str, Any], blobs: list[bytes], deadline: float) -> None:
        """Raises SandboxBrokeError."""
        text = json.dumps(message).encode()
        parts = [SIZE.pack(len(text)) + text, *blobs]
        if sum(map(len, parts)) <= PIECE:  # in one piece, which wakes the engine and all behind it once
            parts = [b"".join(parts)]
        try:
            for part in parts:
                view = memoryview(part)
                while view:
                    self._socket.settimeout(_left(deadline))
                    view = view[self._socket.send(view[:PIECE]) :]
        except OSError as exc:
            raise self._broke(exc) from exc

    def receive(self, deadline: float) -> dict[str, Any]:
        """The next message. Raises SandboxBrokeError."""
        (size,) = SIZE.unpack(self.read(SIZE.size, deadline))
        if size > MAX_MESSAGE:
            raise SandboxBrokeError("the container wrote what is no message")
        try:
            message: dict[str, Any] = json.loads(self.read(size, deadline))
        except ValueError as exc:
            raise SandboxBrokeError("the container wrote what is no message") from exc
        return message

    def read(self, size: int, deadline: float) -> bytes:
        """Exactly `size` bytes of the container's standard output. Raises SandboxBrokeError."""
        try:
            while len(self._received) < size:
                kind, length = ENGINE_FRAME.unpack(self._exactly(ENGINE_FRAME.size, deadline))
                while length:
                    piece = self._some(min(length, PIECE), deadline)
                    length -= len(piece)
                    if kind == STDERR:
                        self._words = (self._words + piece)[-KEPT_WORDS:]
                    else:
                        self._received += piece
        except OSError as exc:
            raise self._broke(exc) from exc
        data = bytes(self._received[:size])
        del self._received[:size]
        return data

    def _exactly(self, size: int, deadline: float) -> bytes:
        data = b""
        while len(data) < size:
            data += self._some(size - len(data), deadline)
        return data

    def _some(self, size: int, deadline: float) -> bytes:
        self._socket.settimeout(_left(deadline))
        piece = self._socket.recv(size)
        if not piece:
            raise ConnectionResetError("the stream ended")
        return piece

    def _broke(self, exc: OSError) -> SandboxBrokeError:
        if isinstance(exc, TimeoutError):
            return SandboxBrokeError("the container did not answer in time")
        return SandboxBrokeError(f"the container has ended ({self.words or exc})")

    def close(self) -> None:
        self._socket.close()


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
