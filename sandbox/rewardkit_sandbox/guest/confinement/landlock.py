"""Landlock by its three system calls: what a process may still do with files, sockets and other processes.

    rules = Ruleset(abi())
    rules.allow("/usr", READ)
    rules.enforce()             # for this process and all that it starts, for ever

Covered by the kernel from the ABI on: files (1), renaming between folders (2), truncating (3), TCP (4), ioctls of
devices (5), signals and abstract sockets (6). Never covered: looking at the metadata of a file whose path is known,
changing that of a file that one owns, and Unix sockets that have a path; the filter of system calls must see to those.

Source: linux/landlock.h; Documentation/userspace-api/landlock.rst.
"""

import ctypes
import os
import stat

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same on every architecture
VERSION = 1
PATH_BENEATH = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR = 1, 2, 4, 8, 16
MAKE_CHAR, MAKE_SOCK, MAKE_FIFO, MAKE_BLOCK, REFER, TRUNCATE, IOCTL_DEV = (
    1 << bit for bit in (6, 9, 10, 11, 13, 14, 15)
)
FIRST_ABI_RIGHTS = (1 << 13) - 1
READ = EXECUTE | READ_FILE | READ_DIR
DEVICE = READ_FILE | WRITE_FILE
EVERYTHING = (FIRST_ABI_RIGHTS | REFER | TRUNCATE) & ~(MAKE_CHAR | MAKE_SOCK | MAKE_FIFO | MAKE_BLOCK)
FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
BIND_TCP, CONNECT_TCP = 1, 2
ABSTRACT_SOCKETS, SIGNALS = 1, 2

_libc = ctypes.CDLL(None, use_errno=True)
_syscall = _libc.syscall
_syscall.restype = ctypes.c_long


class _Attributes(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"  # what _pack_ means; newer Pythons require it
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def abi() -> int:
    """The version of Landlock that the kernel offers; 0 where there is none."""
    found = int(_syscall(ctypes.c_long(CREATE_RULESET), None, ctypes.c_size_t(0), ctypes.c_uint32(VERSION)))
    return max(0, found)


class Ruleset:
    """The rights that stay; all else that this ABI knows is forbidden. Raises OSError."""

    def __init__(self, version: int, *, files_alone: bool = False) -> None:
        """Knows what `version` of Landlock knows; only files, where that is all that is asked for."""
        files = FIRST_ABI_RIGHTS
        files |= REFER if version >= 2 else 0
        files |= TRUNCATE if version >= 3 else 0
        files |= IOCTL_DEV if version >= 5 else 0
        network = BIND_TCP | CONNECT_TCP if version >= 4 and not files_alone else 0
        scoped = ABSTRACT_SOCKETS | SIGNALS if version >= 6 and not files_alone else 0
        attributes = _Attributes(files, network, scoped)
        size = 24 if version >= 6 else 16 if version >= 4 else 8
        self._handled = files
        self._descriptor = _call(CREATE_RULESET, ctypes.addressof(attributes), size, 0)

    def allow(self, path: str, rights: int) -> None:
        """Allows `rights` on a file, or on a folder and all beneath it; what is not there, or is a link, needs none."""
        try:
            parent = os.open(path, os.O_PATH | os.O_CLOEXEC | os.O_NOFOLLOW)
        except FileNotFoundError:
            return
        try:
            mode = os.fstat(parent).st_mode
            if stat.S_ISLNK(mode):
                return
            if not stat.S_ISDIR(mode):
                rights &= FILE_RIGHTS
            rule = _PathBeneath(rights & self._handled, parent)
            _call(ADD_RULE, self._descriptor, PATH_BENEATH, ctypes.addressof(rule), 0)
        finally:
            os.close(parent)

    def allow_but(self, path: str, rights: int, hidden: set[str]) -> None:
        """Allows `rights` beneath a folder except in those that are `hidden`, whose names alone are seen."""
        if path in hidden:
            return
        if not any(other.startswith(f"{path}/") for other in hidden):
            self.allow(path, rights)
            return
        self.allow(path, READ_DIR & rights)
        for name in os.listdir(path):
            self.allow_but(f"{path}/{name}", rights, hidden)

    def enforce(self) -> None:
        """From here on, for this thread and its descendants; needs no_new_privs."""
        _call(RESTRICT_SELF, self._descriptor, 0)
        os.close(self._descriptor)


def _call(number: int, *words: int) -> int:
    result = int(_syscall(ctypes.c_long(number), *map(ctypes.c_ulong, words)))
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"landlock: {os.strerror(error)}")
    return result
