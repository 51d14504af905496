"""Confines one run by namespaces, mounts, limits and a filter; called in the process that becomes its program.

Order matters. `enter` runs in a child that was forked into a new PID namespace, so it is PID 1 there: when it ends, the
kernel ends every other process of the run. It still holds CAP_SYS_ADMIN of the sandbox's own user namespace; it makes
its mounts, gives up all capabilities, and then the filter forbids what could bring any of that back.
"""

import ctypes
import os
import resource
import struct
from typing import Any

CLONE_NEWNS, CLONE_NEWPID = 0x00020000, 0x20000000
MS_NOSUID, MS_NODEV, MS_NOEXEC = 2, 4, 8
MNT_DETACH = 2
PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 4, 22, 38
SECCOMP_MODE_FILTER = 2
INSTRUCTION = struct.Struct("=HBBI")  # struct sock_filter

WORK = "/tmp/run"  # noqa: S108 - the run's own tmpfs
MIB = 1024 * 1024
# Addresses beyond a program's memory and what its interpreter has mapped before: for libraries that it loads itself.
SPARE_BYTES = 128 * MIB
SPARE_WITH_PACKAGES_BYTES = 512 * MIB
# What V8, the JVM and Go's runtime map writable beyond what they ever touch; a watch and the cgroup hold the rest.
MAPPED_BYTES = 1024 * MIB
STACK_BYTES = 120 * MIB
# Processes that share the user with a run inside the namespace: bubblewrap's init, two zygotes, a world's, a driver.
OTHER_PROCESSES = 6

_libc = ctypes.CDLL(None, use_errno=True)
_python = ctypes.PyDLL(None, use_errno=True)  # as the above, but holding the interpreter's lock across the call


class _Filter(ctypes.Structure):
    _fields_ = (("len", ctypes.c_ushort), ("filter", ctypes.c_void_p))


# Made once, before any fork: building ctypes' types takes longer than the calls themselves.
_CAPABILITY_VERSION_3, _THIS_THREAD = 0x20080522, 0
_capability_header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, _THIS_THREAD)
_no_capabilities = (ctypes.c_uint32 * 6)()
_prepared: list[Any] = []


def prepare(bpf: bytes) -> None:
    """Keeps the filter, an array of struct sock_filter, ready for the runs that will be forked."""
    code = ctypes.create_string_buffer(bpf, len(bpf))
    _prepared[:] = [code, _Filter(len(bpf) // 8, ctypes.cast(code, ctypes.c_void_p))]


def fill(placeholder: int, value: int) -> None:
    """Puts what is only known in a run in the place that the filter keeps for it."""
    code = _prepared[0]
    for at in range(0, ctypes.sizeof(code), INSTRUCTION.size):
        *operation, operand = INSTRUCTION.unpack_from(code, at)
        if operand == placeholder:
            INSTRUCTION.pack_into(code, at, *operation, value)


def _check(result: int, call: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")


def prctl(option: int, *arguments: int) -> int:
    words = (*arguments, 0, 0, 0, 0)[:4]
    return int(_libc.prctl(option, *map(ctypes.c_ulong, words)))


def fork() -> int:
    """The C library's fork, without what Python does around it: for a process of one thread, and never another.

    os.fork would make new locks, forget other threads and reseed `random` in the child. None of that is needed where
    there is one thread, and it takes a tenth of a run's time, in pages copied.
    """
    pid = int(_python.fork())
    _check(min(0, pid), "fork")
    return pid


def unshare(flags: int) -> None:
    _check(_libc.unshare(flags), "unshare")


def setns(descriptor: int, kind: int) -> None:
    _check(_libc.setns(descriptor, kind), "setns")


def mount(kind: str, target: str, flags: int, options: str = "") -> None:
    _check(_libc.mount(kind.encode(), target.encode(), kind.encode(), flags, options.encode()), f"mount {target}")


def drop_capabilities() -> None:
    """No capability any more, and none to come by exec."""
    _check(prctl(PR_SET_NO_NEW_PRIVS, 1), "no_new_privs")
    _check(_libc.capset(_capability_header, _no_capabilities), "capset")


def limit(what: int, value: int) -> None:
    """Sets soft and hard limit, never above the hard limit that was inherited."""
    _, hard = resource.getrlimit(what)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(what, (value, value))


def mapped_bytes() -> int:
    """Size of this process's address space."""
    with open("/proc/self/statm", "rb") as statm:
        return int(statm.read().split()[0]) * resource.getpagesize()


def counts_processes_by_namespace() -> bool:
    """RLIMIT_NPROC counts the processes of a user in a user namespace, not in the whole system: since Linux 5.14."""
    major, minor = (int(part) for part in os.uname().release.split("-")[0].split(".")[:2])
    return (major, minor) >= (5, 14)


def enter(limits: dict[str, Any], *, address_space: bool = True) -> None:
    """Makes this process PID 1 of a fresh PID namespace, confined.

    limits    cpu_s, memory_bytes, files, processes, disk_bytes, inodes
    address_space  whether memory is limited by address space, or else by what is mapped private and writable
    raises    OSError; the caller must then end the process
    """
    make_world(limits)
    os.chdir(WORK)
    confine(limits, address_space=address_space)


def make_world(limits: dict[str, Any], *, hidden: bool = False) -> None:
    """Makes mounts of this process's own: a fresh /tmp with the working directory, and a fresh /proc.

    hidden  whether /proc hides processes that may not be looked into
    """
    # The network and IPC namespaces are the sandbox's, not the run's: of all that lives in them a run can only make
    # Unix sockets, which end with it. The kernel takes longer to free such namespaces than a run to need the next.
    unshare(CLONE_NEWNS)
    mount_tmp(limits)
    mount("proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "hidepid=2" if hidden else "")


def mount_tmp(limits: dict[str, Any]) -> None:
    """Mounts a new file system on /tmp, and makes the working directory in it."""
    options = f"size={limits['disk_bytes']},nr_inodes={limits['inodes']},mode=0700"
    mount("tmpfs", "/tmp", MS_NOSUID | MS_NODEV, options)  # noqa: S108
    os.mkdir(WORK)


def renew_tmp(limits: dict[str, Any]) -> None:
    """Puts a new file system in the place of the one on /tmp; nobody may use that any more."""
    _check(_libc.umount2(b"/tmp", MNT_DETACH), "unmount /tmp")
    mount_tmp(limits)


def confine(limits: dict[str, Any], *, address_space: bool) -> None:
    """Holds this process, and what it forks, to its limits, without capabilities and behind the filter."""
    hold(limits, address_space=address_space, processes=most_processes(limits))
    drop_capabilities()
    seal()


def most_processes(limits: dict[str, Any]) -> int | None:
    """How many processes the user of a namespace of its own may have; None where the kernel counts all namespaces'."""
    return limits["processes"] + OTHER_PROCESSES if counts_processes_by_namespace() else None


def hold(limits: dict[str, Any], *, address_space: bool, processes: int | None) -> None:
    """Sets the limits of this process and of what it forks, in a session of its own.

    processes  how many its user may have, where the kernel's count is one to go by
    """
    os.setsid()
    adjust = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
    os.write(adjust, b"1000")
    os.close(adjust)
    # With 0 a crash would still be handed to a program that core_pattern names, outside; 1 byte keeps both away.
    limit(resource.RLIMIT_CORE, 1)
    limit(resource.RLIMIT_CPU, limits["cpu_s"])
    spare = SPARE_WITH_PACKAGES_BYTES if os.environ.get("PYTHONPATH") else SPARE_BYTES
    addresses = limits["memory_bytes"] + spare + mapped_bytes()
    if address_space:
        limit(resource.RLIMIT_AS, addresses)
    else:
        limit(resource.RLIMIT_DATA, addresses + MAPPED_BYTES)
    limit(resource.RLIMIT_STACK, STACK_BYTES)
    limit(resource.RLIMIT_FSIZE, limits["disk_bytes"])
    limit(resource.RLIMIT_NOFILE, limits["files"])
    limit(resource.RLIMIT_MEMLOCK, 0)
    limit(resource.RLIMIT_MSGQUEUE, 0)
    limit(resource.RLIMIT_SIGPENDING, 256)
    if processes is not None:
        limit(resource.RLIMIT_NPROC, processes)


def seal() -> None:
    """Puts this process behind the filter that was prepared."""
    prctl(PR_SET_DUMPABLE, 1)  # /proc/self belongs to the program, or /dev/stdin could not be opened
    _check(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.addressof(_prepared[1])), "seccomp")
