"""The first process of a world in which one program is run on input after input, each time as if it were the first.

    client ── socket ──▶ this process, PID 1 ── fork ─▶ PID 2: one case, confined, without a capability
                 ◀── the end of the case, as bytes ──┘   …then killed with all that it started, and its files removed

A run of its own takes most of its time to make a world and to get ready in it. Here both are done once, up to the fork.
What could carry a word from a case to the next is removed between them:

- processes: all but this one are killed at once and reaped before the end of a case is reported;
- files: /tmp, which /dev/shm leads to, is a new file system for each case; nothing else can be written to;
- process numbers: every case is number 2, and counts on from there;
- this process: it is not dumpable and /proc is mounted so that a case does not find it; it has no handler, so that no
  signal from inside reaches it; its limits can be set by nobody;
- its memory, of which every case is a copy: neither input nor output is ever in it, and how a case ended is read into
  one buffer by the kernel, written from there and wiped, without a Python object of it.

Nothing here runs or parses anything of a program's. Its code is compiled by its first case, while that is confined and
before it runs, and goes to the others as bytes.
"""

import ctypes
import marshal
import os
import signal
import socket
import struct
from collections.abc import Callable
from typing import Any

from rewardkit_sandbox.guest import descriptors, script
from rewardkit_sandbox.guest.confinement import confinement
from rewardkit_sandbox.guest.zygote.zygote import Job

CASE = 2
"""The number of a case's first process."""
FILES = 3
"""Descriptors that come with each case: its standard input, output and error."""
SIZE = struct.Struct(">Q")
REPORT_BYTES = 256
P_PID, WEXITED, WNOWAIT, ECHILD = 1, 4, 0x01000000, 10
LAST_PID = "/proc/sys/kernel/ns_last_pid"


def _quiet(name: str) -> Any:
    """A function of the C library whose result nobody sees: no number of it is left in this process."""
    function = ctypes.CDLL(None, use_errno=True)[name]
    function.restype = None
    return function


_wait4, _waitid, _kill, _read, _send = map(_quiet, ("wait4", "waitid", "kill", "read", "send"))


class _Report(ctypes.Structure):
    """The end of a case: wait4's status and rusage, and the text of its schedstat. `cases_client` reads it."""

    _fields_ = (
        ("confined", ctypes.c_int),
        ("status", ctypes.c_int),
        ("usage", ctypes.c_long * 18),
        ("schedstat", ctypes.c_char * (REPORT_BYTES - 8 - 18 * 8)),
    )


class CaseWorld:
    """Forks the cases of one program and waits for each of them."""

    def __init__(self, job: Job, data: bytes, *, addresses: bool) -> None:
        """Makes the world and holds itself to the limits of a case. Raises OSError; the process must then end.

        data       the program
        addresses  whether memory is limited by address space
        """
        limits = self._limits = job.request["limits"]
        self.mode: str = job.request["mode"]
        self.data = data
        self._socket = socket.socket(fileno=job.descriptors["control"])
        self._report = _Report()
        self._code_file = descriptors.memory_file() if self.mode == "script" else -1
        self.code = b""
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        confinement.make_world(limits, hidden=True)
        self._last_pid = os.open(LAST_PID, os.O_WRONLY | os.O_CLOEXEC)
        os.pwrite(self._last_pid, b"%d" % (CASE - 1), 0)
        confinement.hold(limits, address_space=addresses, processes=confinement.most_processes(limits))
        confinement.prctl(confinement.PR_SET_NO_NEW_PRIVS, 1)
        self._confined, self._entered = os.pipe()
        os.set_blocking(self._confined, False)
        self._open_streams()
        for name in job.request["preload"]:
            __import__(name)
        os.write(job.entered, b"1")
        os.close(job.entered)
        confinement.prctl(confinement.PR_SET_DUMPABLE, 0)

    def _open_streams(self) -> None:
        """Text streams over descriptors of the kinds that every case has: what they find out about these is kept."""
        read, write = os.pipe()
        for place, descriptor in enumerate((descriptors.sealed(b""), write, write)):
            os.dup2(descriptor, place)
        os.close(read)
        os.close(write)
        script.open_streams()
        script.prepare_exit()
        self.module = script.main_module(confinement.WORK)

    def serve(self) -> None:
        """Forks for each message; returns in the child, in place and confined."""
        self._save()
        while True:
            message, files, _, _ = socket.recv_fds(self._socket, 16, FILES)
            if not message:
                os._exit(0)
            os.pwrite(self._last_pid, b"%d" % (CASE - 1), 0)
            child = confinement.fork()
            if child == 0:
                for place, descriptor in enumerate(files):
                    os.dup2(descriptor, place)
                self._enter()
                return
            if child != CASE:
                os._exit(1)
            for descriptor in files:
                os.close(descriptor)
            self._await()
            self._keep_code()
            confinement.renew_tmp(self._limits)
            self._save()
            _send(self._socket.fileno(), ctypes.byref(self._report), REPORT_BYTES, 0)
            ctypes.memset(ctypes.byref(self._report), 0, REPORT_BYTES)

    def _save(self) -> None:
        """Puts the program's text where a program expects its own file."""
        if self.mode == "script":
            script.save_bytes(self.data, f"{confinement.WORK}/{script.FILE}")

    def _enter(self) -> None:
        """In a case: gives up what this process has."""
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.chdir(confinement.WORK)
        os.setsid()
        confinement.drop_capabilities()
        confinement.seal()
        os.write(self._entered, b"1")
        if self.mode == "script" and not self.code:
            self.code = marshal.dumps(script.compiled(self.data.decode("utf-8", "surrogatepass")))
            os.write(self._code_file, SIZE.pack(len(self.code)) + self.code)
        os.closerange(FILES, 256)

    def _await(self) -> None:
        """Returns when the case and all that it started are gone; fills in the report."""
        report = self._report
        _waitid(P_PID, CASE, None, WEXITED | WNOWAIT)
        schedstat = os.open(f"/proc/{CASE}/schedstat", os.O_RDONLY)
        _read(schedstat, ctypes.byref(report, _Report.schedstat.offset), _Report.schedstat.size - 1)
        os.close(schedstat)
        _wait4(CASE, ctypes.byref(report, _Report.status.offset), 0, ctypes.byref(report, _Report.usage.offset))
        _kill(-1, signal.SIGKILL)
        ctypes.set_errno(0)
        while ctypes.get_errno() != ECHILD:
            _wait4(-1, None, 0, None)
        _read(self._confined, ctypes.byref(report), 1)

    def _keep_code(self) -> None:
        """Keeps what the first case compiled, if that is complete."""
        if self._code_file < 0:
            return
        written = descriptors.read_file(self._code_file)
        os.close(self._code_file)
        self._code_file = -1
        size, code = written[: SIZE.size], written[SIZE.size :]
        if size == SIZE.pack(len(code)):
            self.code = code


def run_cases(job: Job, load: Callable[..., bool]) -> None:
    """Becomes the first process of a world, and in the child of each case the program.

    load    imports guest modules by name
    """
    data = descriptors.read_file(job.descriptors["data"])
    if job.request["mode"] == "script":
        world = CaseWorld(job, data, addresses=True)
        world.serve()
        script.run_code(marshal.loads(world.code), world.module)  # noqa: S302 - confined as the program is
        return
    load("rewardkit_sandbox.guest.toolchains")
    from rewardkit_sandbox.guest import languages, toolchains

    header, image = toolchains.unpacked(data)
    world = CaseWorld(job, image, addresses=not languages.LANGUAGES[header["language"]].maps_more)
    world.serve()
    toolchains.become_image(header, image, job.request["limits"]["memory_bytes"])
