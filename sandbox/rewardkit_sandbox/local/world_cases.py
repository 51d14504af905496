"""The cases of one program in one world (`guest/zygote/case_world.py`), which takes a third of the time of many."""

import contextlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rewardkit_sandbox.errors import SandboxBrokeError
from rewardkit_sandbox.guest import descriptors
from rewardkit_sandbox.guest.zygote.cases_client import CasesClient, NoWorldError
from rewardkit_sandbox.guest.zygote.run_process import Ended
from rewardkit_sandbox.guest.zygote.zygote_client import Task, ZygoteClient
from rewardkit_sandbox.jobs import PRELOAD, result, tasks_for
from rewardkit_sandbox.protocol import Cases, Image, Limits, RunResult, Sandbox, Script

WORTH_A_WORLD = 5
"""Number of cases from which a world for them takes less time than one for each."""
MOST_CASES = 200
"""Cases of one world: its first process, which takes a millisecond for each, has the CPU time of a case."""
_IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+(\w+)|import[ \t]+([\w., \t]+))", re.MULTILINE)


@dataclass
class Worlds:
    """The parts of a sandbox that a maker of worlds uses.

    client      that of its zygote for cases
    loaded      packages that only its other zygote has loaded: programs that import them get a world for each run
    guarded     a context in which an error of the zygote ends the sandbox
    prepare     called before each run with its limits
    foreign     True for a process that was killed by nothing of the sandbox's
    """

    client: ZygoteClient
    loaded: Sequence[str]
    guarded: Callable[[], contextlib.AbstractContextManager[None]]
    prepare: Callable[[Limits], None]
    foreign: Callable[[Ended], bool]
    possible: bool = True
    """False once it turned out that this kernel cannot make any."""


def imported(source: str) -> set[str]:
    """Names that a program seems to import; it may import others, and none of these."""
    return {
        name.strip().partition(" ")[0].partition(".")[0]
        for one, several in _IMPORT.findall(source)
        for name in (one, *several.split(","))
    }


class WorldCases(Cases):
    """Runs the first case alone, since most wrong programs fail it, and the others in one world.

    A world whose case used up memory or time has ended; the next case gets a new one.
    """

    def __init__(self, sandbox: Sandbox, job: Script | Image, limits: Limits, worlds: Worlds) -> None:
        super().__init__(sandbox, job, limits)
        self._worlds = worlds
        names = imported(job.source) if isinstance(job, Script) else set()
        self._preload = sorted(names & {*PRELOAD})
        self._alone = bool(names & {*worlds.loaded})
        self._first = True
        self._world: CasesClient | None = None
        self._left = 0

    def run(self, stdin: bytes, wall_s: float) -> RunResult:
        worlds = self._worlds
        worlds.prepare(self._limits)
        if self._first or self._alone or not worlds.possible:
            self._first = False
            return super().run(stdin, wall_s)
        with worlds.guarded():
            try:
                ended = self._ended(stdin, wall_s)
            except NoWorldError:
                worlds.possible = False
        if not worlds.possible:
            return super().run(stdin, wall_s)
        if worlds.foreign(ended):
            if self._world is None:
                raise SandboxBrokeError("a process of the run was killed from outside: by hand, or for want of memory")
            # In here a program can kill itself so; alone in its world it cannot, and what happens then is the truth.
            return super().run(stdin, wall_s)
        return result([ended])

    def _ended(self, stdin: bytes, wall_s: float) -> Ended:
        ((mode, data, _),) = tasks_for(replace(self._job, stdin=b""))
        if self._left == 0:
            self.close()
        if self._world is None:
            with contextlib.closing(Task(mode, descriptors.sealed(data))) as task:
                self._world = CasesClient(self._worlds.client, task, vars(self._limits), self._preload)
            self._left = MOST_CASES
        with contextlib.closing(Task(mode, descriptors.sealed(stdin))) as given:
            ended = self._world.run(given.data, wall_s)
        self._left -= 1
        if not self._world.alive:
            self.close()
        return ended

    def close(self) -> None:
        if self._world is not None:
            world, self._world = self._world, None
            with self._worlds.guarded():
                world.close()
