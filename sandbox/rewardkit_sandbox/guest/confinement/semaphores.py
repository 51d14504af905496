"""Locks for multiprocessing where /dev/shm is not the run's own: an eventfd instead of a POSIX semaphore.

Takes the place of the C module `_multiprocessing`. Shared by forking alone, which is how pools and processes start on
Linux; a semaphore cannot be named, so the start methods that look one up by name do not work.
"""

import errno
import os
import select
import sys
import threading
import time
import types
from typing import Any

RECURSIVE_MUTEX, SEMAPHORE = 0, 1
SEM_VALUE_MAX = 2**31 - 1


class SemLock:
    """A semaphore, or a mutex that its owner may take again; the methods are those of the C class."""

    SEM_VALUE_MAX = SEM_VALUE_MAX

    def __init__(self, kind: int, value: int, maxvalue: int, name: str, unlink: bool) -> None:  # noqa: FBT001 - as there
        if not unlink:
            raise OSError(errno.ENOSYS, "semaphores have no names in this sandbox")
        self.kind, self.maxvalue, self.name = kind, maxvalue, name
        self.handle = os.eventfd(value, os.EFD_SEMAPHORE | os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._held = 0
        self._owner = 0

    def __del__(self) -> None:
        os.close(self.handle)

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:  # noqa: FBT001, FBT002 - as there
        if self.kind == RECURSIVE_MUTEX and self._is_mine():
            self._held += 1
            return True
        end = None if timeout is None else time.monotonic() + max(0.0, timeout)
        while not self._take():
            left = None if end is None else end - time.monotonic()
            if not block or (left is not None and left <= 0):
                return False
            select.select([self.handle], [], [], left)
        self._held += 1
        self._owner = threading.get_ident()
        return True

    def _take(self) -> bool:
        try:
            os.eventfd_read(self.handle)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        if self.kind == RECURSIVE_MUTEX:
            if not self._is_mine():
                raise AssertionError("attempt to release recursive lock not owned by thread")
            if self._held > 1:
                self._held -= 1
                return
        elif self.maxvalue < SEM_VALUE_MAX and self._get_value() >= self.maxvalue:
            raise ValueError("semaphore or lock released too many times")
        self._held -= 1
        os.eventfd_write(self.handle, 1)

    __enter__ = acquire

    def __exit__(self, *_: object) -> None:
        self.release()

    def _count(self) -> int:
        return self._held

    def _is_mine(self) -> bool:
        return self._held > 0 and self._owner == threading.get_ident()

    def _is_zero(self) -> bool:
        return not select.select([self.handle], [], [], 0)[0]

    def _get_value(self) -> int:
        """Taken and given back at once: nothing else tells the count of an eventfd to a process of the run."""
        value = 0
        while self._take():
            value += 1
        if value:
            os.eventfd_write(self.handle, value)
        return value

    def _after_fork(self) -> None:
        self._held = 0


def install() -> None:
    """Makes this what `import _multiprocessing` finds."""
    module: Any = types.ModuleType("_multiprocessing")
    module.SemLock = SemLock
    module.sem_unlink = lambda _: None
    module.flags = {"HAVE_SEM_OPEN": 1, "HAVE_SEM_TIMEDWAIT": 1, "HAVE_FD_TRANSFER": 1}
    sys.modules["_multiprocessing"] = module
