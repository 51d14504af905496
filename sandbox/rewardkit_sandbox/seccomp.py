"""The seccomp filter of a run: an allowlist as classic BPF, assembled here byte by byte.

Covered: the calls of `syscalls`; `socket` for Unix sockets alone; `clone` without any flag that makes a namespace; the
limit of CPU time stays as it is, so that its SIGKILL can be told from any other; no call of another ABI (32-bit, x32).
A forbidden call fails with an errno, which programs can handle; a foreign architecture kills. Not covered: what allowed
calls do with their pointers, which BPF cannot follow.

Source of the layout: linux/seccomp.h, linux/filter.h, linux/audit.h.
"""

import errno
import platform
import struct
from collections.abc import Iterable

from rewardkit_sandbox.syscalls import CLONE, PRLIMIT64, SETRLIMIT, SOCKET, allowed

AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# struct seccomp_data: int nr, __u32 arch, __u64 instruction_pointer, __u64 args[6]
NR, ARCH, ARG0_LOW, ARG1_LOW, ARG2_LOW, ARG2_HIGH = 0, 4, 16, 24, 32, 36  # both machines are little-endian

LOAD, JUMP_EQUAL, JUMP_GREATER_EQUAL, JUMP_ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000

AF_UNIX = 1
RLIMIT_CPU = 0
# CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. NEWTIME shares its bit with the exit signal of
# clone, where it means nothing: only clone3 and unshare can ask for it, and both are forbidden.
NAMESPACES = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000


def _statement(code: int, operand: int) -> bytes:
    return struct.pack("=HBBI", code, 0, 0, operand)


def _jump(code: int, operand: int, if_true: int, if_false: int) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, operand)


def ranges(numbers: Iterable[int]) -> list[tuple[int, int]]:
    """The numbers as closed ranges, in order."""
    found: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def program(machine: str | None = None) -> bytes:
    """The filter as an array of struct sock_filter, for prctl(PR_SET_SECCOMP).

    machine   `x86_64` or `aarch64`; None for the one that this process runs on
    raises    KeyError for a machine whose calls are not known here: there is no sandbox without a filter
    """
    machine = machine or platform.machine()
    allow, deny = _statement(RETURN, ALLOW), _statement(RETURN, ERRNO | errno.ENOSYS)
    code = [
        _statement(LOAD, ARCH),
        _jump(JUMP_EQUAL, AUDIT_ARCH[machine], 1, 0),
        _statement(RETURN, KILL),
        _statement(LOAD, NR),
        _jump(JUMP_EQUAL, SOCKET[machine], 0, 4),
        _statement(LOAD, ARG0_LOW),  # the kernel reads the family as an int: its low half
        _jump(JUMP_EQUAL, AF_UNIX, 1, 0),
        _statement(RETURN, ERRNO | errno.EAFNOSUPPORT),
        allow,
        _jump(JUMP_EQUAL, CLONE[machine], 0, 4),
        _statement(LOAD, ARG0_LOW),
        _jump(JUMP_ANY_BIT, NAMESPACES, 0, 1),
        _statement(RETURN, ERRNO | errno.EPERM),
        allow,
        _jump(JUMP_EQUAL, SETRLIMIT[machine], 0, 4),
        _statement(LOAD, ARG0_LOW),
        _jump(JUMP_EQUAL, RLIMIT_CPU, 0, 1),
        _statement(RETURN, ERRNO | errno.EPERM),
        allow,
        _jump(JUMP_EQUAL, PRLIMIT64[machine], 0, 8),
        _statement(LOAD, ARG1_LOW),
        _jump(JUMP_EQUAL, RLIMIT_CPU, 0, 5),
        _statement(LOAD, ARG2_LOW),
        _jump(JUMP_EQUAL, 0, 0, 2),
        _statement(LOAD, ARG2_HIGH),
        _jump(JUMP_EQUAL, 0, 1, 0),  # no new limit: it only asks
        _statement(RETURN, ERRNO | errno.EPERM),
        allow,
    ]
    # x32 calls carry bit 30 in their number, so they lie above every range.
    return b"".join([*code, *_search(ranges(allowed(machine)), allow, deny)])


def _search(found: list[tuple[int, int]], allow: bytes, deny: bytes) -> list[bytes]:
    """A binary search over ranges: the kernel runs the filter for each call that exists when it is loaded."""
    if len(found) == 1:
        first, last = found[0]
        return [_jump(JUMP_GREATER_EQUAL, first, 0, 1), _jump(JUMP_GREATER_EQUAL, last + 1, 0, 1), deny, allow]
    middle = len(found) // 2
    below = _search(found[:middle], allow, deny)
    return [_jump(JUMP_GREATER_EQUAL, found[middle][0], len(below), 0), *below, *_search(found[middle:], allow, deny)]
