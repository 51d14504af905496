"""A process of its own for work that may take too long or hang: it can be killed, from any thread.

    judge (any thread) ── pickled request ──> child: loads nothing, answers, under limits of processor time and memory
          ^                                     │ fork, when the last one died
          │                                   zygote: a fresh interpreter with the packages loaded, waits for its child
          └────────── JSON lines <──────────────┘

A request counts its own processor time only, so that a busy machine costs nobody a verdict; the wall-clock limit is
there for what sleeps. What the child says is JSON, so that nothing it read can run here.
"""

import json
import math
import os
import pickle
import select
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from typing import Any, NoReturn

_WALL_FACTOR, _WALL_SPARE_S = 10.0, 5.0
"""Wall-clock seconds of a request: this many times its processor time and some more."""
_START_S = 60.0
_MEMORY_BYTES = 2 * 1024**3
_MOST_REQUESTS = 2_000
"""Requests after which a child is replaced, so that what its packages remember stays small."""
_DONE, _REPLACED = 9, 0


class HelperError(Exception):
    """The helper gave no answer."""


class HelperTimeoutError(HelperError):
    """The request used up its processor time or its memory."""


class Helper:
    """A process that answers requests with one function.

    target  the function as `module:name`; it gets the arguments of a request and returns a JSON value. Its module is
            loaded before the first request
    """

    def __init__(self, target: str) -> None:
        self.target = target
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._child = 0
        self._unread = b""

    def ask(self, *request: Any, cpu_s: float) -> Any:
        """The function's answer.

        raises  HelperTimeoutError where it took more than `cpu_s` seconds of processor time; HelperError where the
                helper cannot run here or raised an error
        """
        if not hasattr(os, "fork"):
            raise HelperError("processes cannot be forked on this system")
        with self._lock:
            try:
                if self._process is not None and self._process.poll() is not None:
                    self._stop()
                if self._process is None:
                    self._start()
                return self._ask(request, cpu_s)
            except (OSError, EOFError) as error:
                self._stop()
                raise HelperError(f"the helper process ended: {error}") from None

    def close(self) -> None:
        """Ends the process."""
        with self._lock:
            self._stop()

    def __del__(self) -> None:
        with suppress(Exception):
            self._stop()

    def _start(self) -> None:
        script = f"import sys; sys.path[:] = {sys.path!r}; from {__name__} import serve; serve({self.target!r})"
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, with a script of our own
            [sys.executable, "-c", script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
        )
        self._unread = b""
        self._child = self._read(time.monotonic() + _START_S)["child"]

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for stream in (process.stdin, process.stdout):
            assert stream is not None
            stream.close()
        if process.poll() is None and self._child:
            with suppress(ProcessLookupError):
                os.kill(self._child, signal.SIGKILL)
        process.kill()
        process.wait()

    def _ask(self, request: tuple[Any, ...], cpu_s: float) -> Any:
        assert self._process is not None
        assert self._process.stdin is not None
        body = pickle.dumps((cpu_s, request))
        view = memoryview(struct.pack("<I", len(body)) + body)
        while view:
            view = view[self._process.stdin.write(view) or 0 :]
        try:
            answer = self._read(time.monotonic() + _WALL_FACTOR * cpu_s + _WALL_SPARE_S)
        except TimeoutError:
            os.kill(self._child, signal.SIGKILL)
            answer = self._read(time.monotonic() + _WALL_SPARE_S)
        if "died" in answer or answer.get("last"):
            self._child = self._read(time.monotonic() + _START_S)["child"]
        if "died" in answer or "limit" in answer:
            raise HelperTimeoutError(answer.get("limit") or "it used up its processor time")
        if "error" in answer:
            raise HelperError(answer["error"])
        return answer["answer"]

    def _read(self, deadline: float) -> dict[str, Any]:
        """The next JSON line. Raises TimeoutError, EOFError."""
        assert self._process is not None
        assert self._process.stdout is not None
        ready = select.poll()
        ready.register(self._process.stdout, select.POLLIN | select.POLLHUP)
        while b"\n" not in self._unread:
            left = deadline - time.monotonic()
            if left <= 0 or not ready.poll(1e3 * left):
                raise TimeoutError
            piece = os.read(self._process.stdout.fileno(), 65536)
            if not piece:
                raise EOFError("it closed its output")
            self._unread += piece
        line, _, self._unread = self._unread.partition(b"\n")
        message: dict[str, Any] = json.loads(line)
        return message


def serve(target: str) -> None:
    """The zygote: loads the function's module, and forks a child whenever there is none."""
    import warnings  # noqa: PLC0415 - only in the helper

    warnings.simplefilter("ignore")
    module, _, name = target.partition(":")
    function = getattr(import_module(module), name)
    output = os.dup(1)
    os.dup2(2, 1)
    while True:
        pid = os.fork()
        if pid == 0:
            _answer_all(function, output)
        _, status = os.waitpid(pid, 0)
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) == _DONE:
            return
        if not (os.WIFEXITED(status) and os.WEXITSTATUS(status) == _REPLACED):
            _say(output, {"died": status})


def _answer_all(function: Callable[..., Any], output: int) -> NoReturn:
    """The child: answers until its input ends."""
    import resource  # noqa: PLC0415 - only in the helper, and POSIX only

    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    _say(output, {"child": os.getpid()})
    for count in range(1, _MOST_REQUESTS + 1):
        head = _exactly(4)
        cpu_s, request = pickle.loads(_exactly(struct.unpack("<I", head)[0]))  # noqa: S301 - written by our own parent
        usage = resource.getrusage(resource.RUSAGE_SELF)
        limit = math.ceil(usage.ru_utime + usage.ru_stime + cpu_s)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
        answer: dict[str, Any]
        try:
            answer = {"answer": function(*request)}
            json.dumps(answer)
        except MemoryError:
            answer = {"limit": "it used up its memory", "last": True}
        except Exception as error:  # noqa: BLE001 - whatever a package raises is an answer too
            answer = {"error": f"{type(error).__name__}: {str(error)[:200]}"}
        if count == _MOST_REQUESTS:
            answer["last"] = True
        _say(output, answer)
        if "last" in answer:
            break
    os._exit(_REPLACED)


def _exactly(size: int) -> bytes:
    """The next bytes of the input; ends the process where the input has ended."""
    found = b""
    while len(found) < size:
        piece = os.read(0, size - len(found))
        if not piece:
            os._exit(_DONE)
        found += piece
    return found


def _say(output: int, message: dict[str, Any]) -> None:
    line = memoryview(json.dumps(message).encode() + b"\n")
    while line:
        line = line[os.write(output, line) :]
