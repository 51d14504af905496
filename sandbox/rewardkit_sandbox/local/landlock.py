"""The backend for machines that forbid user namespaces: Landlock, seccomp and limits, with reduced isolation.

Nothing is mounted and no namespace is made. A run is a process of this user (of one that owns nothing, for root) that
may open a folder of its own, the machine's programs and the interpreter, and nothing else; it can reach no network, no
socket and no other process. What it can still see is listed in `reduced`, in the line that every verdict
carries, and at length in sandbox/README.md. It is taken only where a rubric allows it.
"""

import os
import platform
import subprocess
import sys
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from rewardkit_sandbox import seccomp
from rewardkit_sandbox.errors import SandboxUnavailableError
from rewardkit_sandbox.interpreter import (
    find_reachable_interpreter,
    hidden,
    reachable,
    shown,
    system_package_folders,
)
from rewardkit_sandbox.jobs import ENVIRONMENT, PATH, handshake
from rewardkit_sandbox.local.backend import LocalBackend
from rewardkit_sandbox.local.bwrap_command import FIRST_UID, STAGES, UIDS
from rewardkit_sandbox.packages import ONE_THREAD, Packages, chosen

LEAST_ABI = 3
"""Before it, any program could cut the files that its user may write to, wherever they are."""
SCOPED_ABI = 6
CAP_SYS_ADMIN = 21
ENDS_WITHIN_S = 30.0


class Landlock(LocalBackend):
    """A sandbox without namespaces. A run takes a few milliseconds."""

    name = "landlock"
    reduced: tuple[str, ...] = ("process numbers", "metadata", "disk")

    def __init__(self, *, packages: Sequence[str] | Packages = (), python: str | None = None) -> None:
        """Starts the zygote.

        packages  what programs can import beside the standard library, built before by `rewardkit sandbox build`
        python    another interpreter that runs the programs, with its packages; a virtual environment's, perhaps
        raises    SandboxUnavailableError, with the fix
        """
        self._abi = landlock_abi()
        self._python, self._packages = chosen(packages, python)
        self._staged: list[str] = []
        super().__init__()
        limited = "root's rights dropped, " if os.geteuid() == 0 else ""
        signals = "" if self._abi >= SCOPED_ABI else ", no signals between processes of a run"
        self.isolation = (
            "reduced isolation: no namespaces, so programs see process numbers and metadata of the machine, and disk "
            f"is watched; {limited}Landlock ABI {self._abi}{signals}, seccomp, rlimits, {self._held()}"
        )

    def _handshake(self) -> bytes:
        if self._abi < LEAST_ABI:
            found = f"Landlock ABI {self._abi}" if self._abi else "no Landlock"
            raise SandboxUnavailableError(
                f"the kernel has {found}, {LEAST_ABI} is needed",
                "use Linux 6.2 or newer, with landlock among the modules that its parameter lsm= lists",
            )
        try:
            bpf = seccomp.program(shared=True, signals=self._abi >= SCOPED_ABI)
        except KeyError as exc:
            raise SandboxUnavailableError(f"no filter of system calls for {platform.machine()}") from exc
        # A user that owns nothing can write where everybody can.
        own = [os.environ["TMPDIR"]] if os.environ.get("TMPDIR") and os.geteuid() != 0 else []
        places = [*own, "/tmp", "/var/tmp", "/dev/shm"]  # noqa: S108 - each run gets a folder of its own
        self._stage = next((path for path in STAGES if Path(path).is_dir()), "")
        if not self._python.reachable and os.geteuid() == 0 and not (self._stage and may_mount()):
            self._python = find_reachable_interpreter()
        prefix = self._seen(self._python.prefix)
        folder = self._seen(self._packages.folder) if self._packages else ""
        return handshake(
            "zygote.landlock_zygote",
            bpf=bpf,
            packages=self._packages,
            abi=self._abi,
            folders=places,
            own=seccomp.OWN,
            shown=[f"{prefix}/{name}" for name in shown(self._python)] + [folder] * bool(folder),
            hidden=[f"{prefix}/{name}" for name in hidden(self._python)] + [*map(str, system_package_folders())],
        )

    def _seen(self, folder: str) -> str:
        """The path of a folder for the user that programs run as. Raises SandboxUnavailableError."""
        if os.geteuid() != 0 or reachable(folder):
            return folder
        if not (self._stage and may_mount()):
            raise SandboxUnavailableError(f"only root can read {folder}", "keep it where every user of the machine can")
        if folder not in self._staged:
            self._staged.append(folder)
        return f"{self._stage}/{self._staged.index(folder)}"

    def _command(self, boot: Sequence[str], group: str) -> tuple[list[str], dict[str, str]]:
        launcher: list[str] = []
        prefix = self._seen(self._python.prefix)
        if os.geteuid() == 0:
            text = resources.files("rewardkit_sandbox.local").joinpath("drop_root.py").read_text()
            uid = str(FIRST_UID + os.getpid() % UIDS)
            launcher = [sys.executable, "-I", "-S", "-c", text, group, uid, self._stage, *self._staged, "--"]
        self.interpreter = self._python.path
        environment = {**ENVIRONMENT, "PATH": PATH}
        if self._python.bound:
            environment["LD_LIBRARY_PATH"] = f"{prefix}/lib"
        if self._packages:
            environment |= {"PYTHONPATH": self._seen(self._packages.folder), **ONE_THREAD}
        return [*launcher, f"{prefix}/{self._python.name}", *boot], environment

    def _advice(self) -> str:
        return "see that TMPDIR or /tmp can be written to, and that root may change its user (CAP_SETUID, CAP_SETGID)"

    def _end(self, process: "subprocess.Popen[bytes]") -> None:
        process.terminate()  # the guard: it ends the zygote and all runs, and removes their folders
        try:
            process.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def landlock_abi() -> int:
    """The version of Landlock that this kernel offers; 0 where there is none."""
    if sys.platform != "linux":
        return 0
    from rewardkit_sandbox.guest.confinement import landlock  # noqa: PLC0415 - loads the C library of Linux

    return landlock.abi()


def may_mount() -> bool:
    """True if this process may make a mount namespace without a user namespace."""
    status = Path("/proc/self/status").read_text("ascii", "replace").splitlines()
    effective = next((line.split()[1] for line in status if line.startswith("CapEff:")), "0")
    return bool(int(effective, 16) >> CAP_SYS_ADMIN & 1)
