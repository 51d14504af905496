"""The seccomp filter of a run: an allowlist as classic BPF, assembled here byte by byte.

Covered: the calls of `syscalls`; sockets of the Unix family alone; `clone` without any flag that makes a namespace;
the limits of CPU time and core files stay as they are, the first so that its SIGKILL can be told from any other, the
second so that no crash is handed to a program outside; no call of another ABI (32-bit, x32). A forbidden call fails
with an errno, which programs can handle; a foreign architecture kills. Not covered: what allowed calls do with their
pointers, which BPF cannot follow.

A run that shares the caller's namespaces (`shared`) can name what is not its own: other processes by their numbers,
sockets and files by their paths. It may therefore make no socket but a connected pair, change no file's metadata, set
no other process's limits or owner of signals, use no ioctl but those of streams and terminals, and never send SIGKILL
to its own first process, which would pass for a death from outside.

Source of the layout: linux/seccomp.h, linux/filter.h, linux/audit.h.
"""

import errno
import platform
import struct
from collections.abc import Iterable

from rewardkit_sandbox.syscalls import BY_ARGUMENTS, allowed, number

AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# struct seccomp_data: int nr, __u32 arch, __u64 instruction_pointer, __u64 args[6]
NR, ARCH = 0, 4
ARGUMENTS = tuple(range(16, 64, 8))  # the low half of each: both machines are little-endian
HIGH = 4

LOAD, AND, RETURN = 0x20, 0x54, 0x06
JUMP_EQUAL, JUMP_GREATER_EQUAL, JUMP_ANY_BIT = 0x15, 0x35, 0x45
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000

AF_UNIX = 1
SOCK_STREAM, SOCK_SEQPACKET, SOCKET_TYPES = 1, 5, 0xF
RLIMIT_CPU, RLIMIT_CORE = 0, 4
PRIO_PROCESS = 0
# CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. NEWTIME shares its bit with the exit signal of
# clone, where it means nothing: only clone3 and unshare can ask for it, and both are forbidden.
NAMESPACES = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
OWN = 0x5AFE0001
"""Stands for the number of the run's first process, where a filter is for a run that shares the caller's."""
SIGKILL = 9
NEGATIVE = 0x80000000
PR_SET_DUMPABLE = 4
# F_SETOWN, F_SETSIG, F_SETOWN_EX send signals; F_SETLEASE and F_NOTIFY reach into what others do with a file.
FCNTL_REFUSED = (8, 10, 15, 1024, 1026)
# TCGETS, TIOCGPGRP, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX, TCGETS2
IOCTL_ALLOWED = (0x5401, 0x540F, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451, 0x802C542A)


def _statement(code: int, operand: int) -> bytes:
    return struct.pack("=HBBI", code, 0, 0, operand)


def _jump(code: int, operand: int, if_true: int, if_false: int) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, operand)


_ALLOW, _REFUSE = _statement(RETURN, ALLOW), _statement(RETURN, ERRNO | errno.EPERM)
_NO_FAMILY, _NO_CALL = _statement(RETURN, ERRNO | errno.EAFNOSUPPORT), _statement(RETURN, ERRNO | errno.ENOSYS)


def ranges(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """The numbers as closed ranges, in order."""
    found: list[tuple[int, int]] = []
    for item in sorted(set(numbers)):
        if found and found[-1][1] == item - 1:
            found[-1] = (found[-1][0], item)
        else:
            found.append((item, item))
    return found


def program(machine: str | None = None, *, shared: bool = False, signals: bool = True) -> bytes:
    """The filter as an array of struct sock_filter, for prctl(PR_SET_SECCOMP).

    machine   `x86_64` or `aarch64`; None for the one that this process runs on
    shared    whether the run shares the caller's namespaces; `OWN` must then be filled in
    signals   whether something else keeps a run's signals to itself; if not, none but its first process gets any
    raises    KeyError for a machine whose calls are not known here: there is no sandbox without a filter
    """
    machine = machine or platform.machine()
    rules = _rules_shared(signals=signals) if shared else _rules()
    code = [
        _statement(LOAD, ARCH),
        _jump(JUMP_EQUAL, AUDIT_ARCH[machine], 1, 0),
        _statement(RETURN, KILL),
        _statement(LOAD, NR),
    ]
    for name, body in rules.items():
        code += [_jump(JUMP_EQUAL, number(name, machine), 0, len(body)), *body]
    # x32 calls carry bit 30 in their number, so they lie above every range.
    return b"".join([*code, *_search(ranges(allowed(machine, shared=shared)), _ALLOW, _NO_CALL)])


def _argument(index: int) -> bytes:
    return _statement(LOAD, ARGUMENTS[index])


def _is_one_of(values: Iterable[int], then: bytes, otherwise: bytes) -> list[bytes]:
    """Returns `then` where the word that was loaded is one of `values`."""
    wanted = list(values)
    jumps = [_jump(JUMP_EQUAL, value, len(wanted) - at, 0) for at, value in enumerate(wanted)]
    return [*jumps, otherwise, then]


def _rules() -> dict[str, list[bytes]]:
    """Calls that are allowed by their arguments: each body ends in a return, whatever the arguments are."""
    limits = (RLIMIT_CPU, RLIMIT_CORE)
    return {
        "socket": [_argument(0), *_is_one_of([AF_UNIX], _ALLOW, _NO_FAMILY)],
        "socketpair": [_argument(0), *_is_one_of([AF_UNIX], _ALLOW, _NO_FAMILY)],
        "clone": [_argument(0), _jump(JUMP_ANY_BIT, NAMESPACES, 0, 1), _REFUSE, _ALLOW],
        "setrlimit": [_argument(0), *_is_one_of(limits, _REFUSE, _ALLOW)],
        "prlimit64": [*_only_asks(), _argument(1), *_is_one_of(limits, _REFUSE, _ALLOW)],
        # Its own alone: whoever ends a run in a container has that run's user for a moment.
        "setpriority": [_argument(0), _jump(JUMP_EQUAL, PRIO_PROCESS, 1, 0), _REFUSE, *_only_itself(1)],
        "sched_setaffinity": _only_itself(0),
    }


def _only_itself(index: int) -> list[bytes]:
    """Returns, whether the argument names the process that calls, as 0 does."""
    return [_argument(index), *_is_one_of([0], _ALLOW, _REFUSE)]


def _only_asks() -> list[bytes]:
    """Returns where prlimit64 gets no new limit."""
    return [
        _argument(2),
        _jump(JUMP_EQUAL, 0, 0, 3),
        _statement(LOAD, ARGUMENTS[2] + HIGH),
        _jump(JUMP_EQUAL, 0, 0, 1),
        _ALLOW,
    ]


def _rules_shared(*, signals: bool) -> dict[str, list[bytes]]:
    """As `_rules`, for a run that can name what is not its own."""
    rules = _rules()
    del rules["setpriority"], rules["sched_setaffinity"]  # not even its own
    rules["socket"] = [_NO_FAMILY]
    rules["socketpair"] = [
        _argument(0),
        _jump(JUMP_EQUAL, AF_UNIX, 1, 0),
        _NO_FAMILY,
        _argument(1),
        _statement(AND, SOCKET_TYPES),
        # A datagram can be sent to any address, whatever it is connected to.
        *_is_one_of([SOCK_STREAM, SOCK_SEQPACKET], _ALLOW, _REFUSE),
    ]
    rules["prlimit64"] = [*_only_asks(), _argument(0), _jump(JUMP_EQUAL, 0, 1, 0), _REFUSE, *rules["prlimit64"][5:]]
    rules["prctl"] = [_argument(0), *_is_one_of([PR_SET_DUMPABLE], _REFUSE, _ALLOW)]
    rules["fcntl"] = [_argument(1), *_is_one_of(FCNTL_REFUSED, _REFUSE, _ALLOW)]
    rules["ioctl"] = [_argument(1), *_is_one_of(IOCTL_ALLOWED, _ALLOW, _REFUSE)]
    # Whoever keeps signals to the run: SIGKILL to its first process, alone or with others, is refused in any case.
    others = _ALLOW if signals else _REFUSE
    rules["kill"] = [
        _argument(1),
        _jump(JUMP_EQUAL, SIGKILL, 0, 5),
        _argument(0),
        _jump(JUMP_EQUAL, OWN, 2, 0),
        _jump(JUMP_EQUAL, 0, 1, 0),
        _jump(JUMP_GREATER_EQUAL, NEGATIVE, 0, 1),
        _REFUSE,
        _argument(0),
        *_is_one_of([0, OWN], _ALLOW, others),
    ]
    rules["tgkill"] = [
        _argument(0),
        _jump(JUMP_EQUAL, OWN, 1, 0),
        others,
        _argument(2),
        *_is_one_of([SIGKILL], _REFUSE, _ALLOW),
    ]
    return rules


def _search(found: list[tuple[int, int]], allow: bytes, deny: bytes) -> list[bytes]:
    """A binary search over ranges: the kernel runs the filter for each call that exists when it is loaded."""
    if len(found) == 1:
        first, last = found[0]
        return [_jump(JUMP_GREATER_EQUAL, first, 0, 1), _jump(JUMP_GREATER_EQUAL, last + 1, 0, 1), deny, allow]
    middle = len(found) // 2
    below = _search(found[:middle], allow, deny)
    return [_jump(JUMP_GREATER_EQUAL, found[middle][0], len(below), 0), *below, *_search(found[middle:], allow, deny)]


assert set(_rules()) == set(BY_ARGUMENTS)
