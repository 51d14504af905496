"""The settings that confine a container of the Docker backend, as the engine's API takes them.

Its first process is root without root's capabilities: it may change users and signal them. Programs are users that own
nothing, without capabilities, behind the filter of `seccomp` besides the one that is set here for the container.
"""

import json
import secrets
from dataclasses import dataclass
from typing import Any

from rewardkit_sandbox.jobs import ENVIRONMENT, guest_modules, guest_text, handshake
from rewardkit_sandbox.protocol import MIB, Limits
from rewardkit_sandbox.seccomp import AF_UNIX, NAMESPACES
from rewardkit_sandbox.syscalls import names

# Beside the runs a container holds its supervisor and its relay, and what the relay keeps of inputs and outputs.
OWN_BYTES = 128 * MIB
OWN_PROCESSES = 16
FILES = 1024
DRIVERS = 1_000
"""The group of drivers; no run has it as its own."""
RELAY = 1_001
FIRST_USERS, USERS = range(20_000, 60_000, 100), 100
"""Runs take their users in turn from a range of USERS that starts at one of these: within what engines map that give
a container users of its own. Containers take different ranges, since the kernel counts a user's processes over all."""

# The engine's own list of paths to mask, and besides them all that describes the machine, and the file system of
# message queues, which outlive whoever made them. Memory events stay, in /sys/fs.
MASKED = [
    *("/proc/asound", "/proc/acpi", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list"),
    *("/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/proc/key-users", "/proc/interrupts"),
    *("/sys/block", "/sys/bus", "/sys/class", "/sys/dev", "/sys/devices", "/sys/firmware", "/sys/hypervisor"),
    *("/sys/kernel", "/sys/module", "/sys/power", "/dev/mqueue", "/dev/pts"),
]
KEPT = (*ENVIRONMENT, "PATH", "LD_LIBRARY_PATH", "PYTHONPATH")
"""All that a run sees of the container's environment; the last three are the image's."""


@dataclass(frozen=True)
class Shape:
    """The limits that a container has from its start: runs with others get another container."""

    memory_bytes: int
    disk_bytes: int
    inodes: int
    processes: int
    output_bytes: int

    @classmethod
    def of(cls, limits: Limits) -> "Shape":
        return cls(limits.memory_bytes, limits.disk_bytes, limits.inodes, limits.processes, limits.output_bytes)

    @property
    def container_bytes(self) -> int:
        """Memory of the whole container: of a run and its driver's files, and of what serves them."""
        return self.memory_bytes + self.disk_bytes + 3 * self.output_bytes + OWN_BYTES


def config(image: str, runtime: str | None, shape: Shape, labels: dict[str, str]) -> dict[str, Any]:
    """The body of the engine's request that creates a container.

    runtime   the engine's default where None
    """
    tmpfs = f"rw,exec,nosuid,nodev,size={shape.disk_bytes},nr_inodes={shape.inodes}"
    host = {
        "AutoRemove": True,
        "NetworkMode": "none",
        "IpcMode": "none",
        "ReadonlyRootfs": True,
        "CapDrop": ["ALL"],
        "CapAdd": ["SETUID", "SETGID", "KILL"],
        "SecurityOpt": ["no-new-privileges", f"seccomp={json.dumps(profile())}"],
        "MaskedPaths": MASKED,
        "Tmpfs": {"/tmp": f"{tmpfs},mode=1777", "/driver": f"{tmpfs},mode=1770,gid={DRIVERS}"},  # noqa: S108
        "Memory": shape.container_bytes,
        "MemorySwap": shape.container_bytes,
        "NanoCpus": 1_000_000_000,
        "PidsLimit": 2 * shape.processes + OWN_PROCESSES,
        "Ulimits": [{"Name": "nofile", "Soft": FILES, "Hard": FILES}, {"Name": "core", "Soft": 1, "Hard": 1}],
        "LogConfig": {"Type": "none"},
        "RestartPolicy": {"Name": "no"},
    }
    if runtime is not None:
        host["Runtime"] = runtime
    return {
        "Image": image,
        "Entrypoint": ["python3", "-S", "-B", "-c", guest_text("zygote.boot")],
        "Cmd": [],
        "User": "0:0",
        "Hostname": "sandbox",
        "WorkingDir": "/",
        "StopSignal": "SIGKILL",  # nothing in there is worth waiting for, least of all for an engine that stops
        "Env": [f"{key}={value}" for key, value in ENVIRONMENT.items()],
        "Labels": labels,
        "OpenStdin": True,
        "StdinOnce": True,
        "AttachStdin": True,
        "AttachStdout": True,
        "AttachStderr": True,
        "NetworkDisabled": True,
        "HostConfig": host,
    }


def greeting() -> dict[str, Any]:
    """The first message to a container."""
    first = secrets.choice(FIRST_USERS)
    missing = "`rewardkit sandbox build {package}` makes an image that has it"
    message = handshake("container.container_zygote", missing=missing, first_user=first, users=USERS, drivers=DRIVERS)
    return {
        "environment": KEPT,
        "modules": guest_modules(),
        "user": RELAY,
        "handshake": message.decode(),
    }


# What the supervisor, the relay and the start of a container call, and programs do not, or by their arguments alone.
OWN_CALLS = ("capset", "memfd_create", "setgroups", "setrlimit", "prlimit64", "setpriority", "sched_setaffinity")


def profile() -> dict[str, Any]:
    """The seccomp profile of the container: the list of `syscalls` as the engine takes it, and OWN_CALLS."""
    only_unix = {"index": 0, "value": AF_UNIX, "op": "SCMP_CMP_EQ"}
    no_namespace = {"index": 0, "value": NAMESPACES, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}
    allow, deny, no_such_call = "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", 38
    return {
        "defaultAction": deny,
        "defaultErrnoRet": no_such_call,
        "archMap": [
            {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": []},
            {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": []},
        ],
        "syscalls": [
            {"names": [*names(), *OWN_CALLS], "action": allow},
            {"names": ["socket", "socketpair"], "action": allow, "args": [only_unix]},
            {"names": ["clone"], "action": allow, "args": [no_namespace]},
            # Engines that do not know defaultErrnoRet answer EPERM, from which the C library does not fall back.
            {"names": ["clone3"], "action": deny, "errnoRet": no_such_call},
        ],
    }
