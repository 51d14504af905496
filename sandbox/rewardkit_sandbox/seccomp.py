"""The seccomp filter of a run: an allowlist as classic BPF.

Covered: the calls of `syscalls`; sockets of the Unix family alone; `clone` without any flag that makes a namespace;
limits of its own alone; those of CPU time and core files stay as they are, the first so that its SIGKILL can be told
from any other, the second so that no crash is handed to a program outside; no call of another ABI (32-bit, x32). A
forbidden call fails with an errno, which programs can handle; a foreign architecture kills. Not covered: what allowed
calls do with their pointers, which BPF cannot follow.

A run that shares the caller's namespaces (`shared`) can name what is not its own: other processes by their numbers,
sockets and files by their paths. It may therefore make no socket but a connected pair, change no file's metadata, set
no other process's limits or owner of signals, use no ioctl but those of streams and terminals, and never send SIGKILL
to its own first process, which would pass for a death from outside.

Source of the layout: linux/seccomp.h, linux/filter.h, linux/audit.h.
"""

import errno
import platform
from collections.abc import Callable, Iterable

from rewardkit_sandbox.bpf import Assembler
from rewardkit_sandbox.syscalls import BY_ARGUMENTS, NOT_WITHOUT_NAMESPACES, allowed, number

AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# struct seccomp_data: int nr, __u32 arch, __u64 instruction_pointer, __u64 args[6]
NR, ARCH = 0, 4
ARGUMENTS = tuple(range(16, 64, 8))  # the low half of each: both machines are little-endian
HIGH = 4

ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000

AF_UNIX = 1
SOCK_STREAM, SOCK_SEQPACKET, SOCKET_TYPES = 1, 5, 0xF
LIMITS_KEPT = (0, 4)
"""RLIMIT_CPU and RLIMIT_CORE, which no run may set."""
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


REFUSE, NO_FAMILY, NO_CALL = ERRNO | errno.EPERM, ERRNO | errno.EAFNOSUPPORT, ERRNO | errno.ENOSYS


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
    rules = rules_shared(signals=signals) if shared else RULES
    code = Assembler()
    code.load(ARCH)
    code.jump_if_equal(AUDIT_ARCH[machine], "native")
    code.give(KILL)
    code.label("native")
    code.load(NR)
    for name, rule in rules.items():
        code.jump_unless_equal(number(name, machine), f"not {name}")
        rule(code)
        code.label(f"not {name}")
    # x32 calls carry bit 30 in their number, so they lie above every range.
    code.give_by_range(ranges(allowed(machine, shared=shared)), ALLOW, NO_CALL)
    return code.assembled()


Rule = Callable[[Assembler], None]
"""Instructions for a call that is allowed by its arguments; they end the filter, whatever the arguments are."""


def one_of(index: int, values: Iterable[int], action: int, otherwise: int) -> Rule:
    """The action where an argument is one of the values."""
    wanted = list(values)

    def rule(code: Assembler) -> None:
        code.load(ARGUMENTS[index])
        code.give_if_one_of(wanted, action, otherwise)

    return rule


def makes_no_namespace(code: Assembler) -> None:
    code.load(ARGUMENTS[0])
    code.jump_if_any_bit(NAMESPACES, "a namespace")
    code.give(ALLOW)
    code.label("a namespace")
    code.give(REFUSE)


def sets_few_limits_of_itself(code: Assembler) -> None:
    """prlimit64: any limit of any process may be asked for, and its own be set, but for CPU time and core files."""
    code.load(ARGUMENTS[2])
    code.jump_unless_equal(0, "sets")
    code.load(ARGUMENTS[2] + HIGH)
    code.jump_unless_equal(0, "sets")
    code.give(ALLOW)
    code.label("sets")
    code.load(ARGUMENTS[0])
    code.jump_if_equal(0, "its own")
    code.give(REFUSE)
    code.label("its own")
    code.load(ARGUMENTS[1])
    code.give_if_one_of(LIMITS_KEPT, REFUSE, ALLOW)


def sets_its_own_priority(code: Assembler) -> None:
    """Its own alone: whoever ends a run in a container has that run's user for a moment."""
    code.load(ARGUMENTS[0])
    code.jump_if_equal(PRIO_PROCESS, "of a process")
    code.give(REFUSE)
    code.label("of a process")
    code.load(ARGUMENTS[1])
    code.give_if_one_of([0], ALLOW, REFUSE)


RULES: dict[str, Rule] = {
    "socket": one_of(0, [AF_UNIX], ALLOW, NO_FAMILY),
    "socketpair": one_of(0, [AF_UNIX], ALLOW, NO_FAMILY),
    "clone": makes_no_namespace,
    "setrlimit": one_of(0, LIMITS_KEPT, REFUSE, ALLOW),
    "prlimit64": sets_few_limits_of_itself,
    "setpriority": sets_its_own_priority,
    "sched_setaffinity": one_of(0, [0], ALLOW, REFUSE),
}


def refuses_any_socket(code: Assembler) -> None:
    code.give(NO_FAMILY)


def makes_connected_streams(code: Assembler) -> None:
    """socketpair: a datagram could be sent to any address, whatever it is connected to."""
    code.load(ARGUMENTS[0])
    code.jump_if_equal(AF_UNIX, "unix")
    code.give(NO_FAMILY)
    code.label("unix")
    code.load(ARGUMENTS[1])
    code.mask(SOCKET_TYPES)
    code.give_if_one_of([SOCK_STREAM, SOCK_SEQPACKET], ALLOW, REFUSE)


def kills(others: int) -> Rule:
    """kill: SIGKILL never reaches the run's first process, alone or with others; `others` is for foreign processes."""

    def rule(code: Assembler) -> None:
        code.load(ARGUMENTS[1])
        code.jump_unless_equal(SIGKILL, "any other signal")
        code.load(ARGUMENTS[0])
        code.jump_if_equal(OWN, "the first process")
        code.jump_if_equal(0, "the first process")
        code.jump_if_at_least(NEGATIVE, "the first process")
        code.label("any other signal")
        code.load(ARGUMENTS[0])
        code.give_if_one_of([0, OWN], ALLOW, others)
        code.label("the first process")
        code.give(REFUSE)

    return rule


def signals_a_thread(others: int) -> Rule:
    """tgkill, likewise."""

    def rule(code: Assembler) -> None:
        code.load(ARGUMENTS[0])
        code.jump_if_equal(OWN, "a thread of the first process")
        code.give(others)
        code.label("a thread of the first process")
        code.load(ARGUMENTS[2])
        code.give_if_one_of([SIGKILL], REFUSE, ALLOW)

    return rule


def rules_shared(*, signals: bool) -> dict[str, Rule]:
    """As `RULES`, for a run that can name what is not its own.

    signals  True where something else keeps a run's signals to itself
    """
    rules = {name: rule for name, rule in RULES.items() if name not in NOT_WITHOUT_NAMESPACES}
    others = ALLOW if signals else REFUSE
    return rules | {
        "socket": refuses_any_socket,
        "socketpair": makes_connected_streams,
        "prctl": one_of(0, [PR_SET_DUMPABLE], REFUSE, ALLOW),
        "fcntl": one_of(1, FCNTL_REFUSED, REFUSE, ALLOW),
        "ioctl": one_of(1, IOCTL_ALLOWED, ALLOW, REFUSE),
        "kill": kills(others),
        "tgkill": signals_a_thread(others),
    }


assert set(RULES) == set(BY_ARGUMENTS)
