"""The Docker backend: containers of a real engine, on this machine or another.

A sandbox keeps one warm container. Its first process, the supervisor, is an interpreter that is already loaded and
forks for each run, under a user of its own (`guest/container/container_zygote.py`); a relay beside it talks to us on
the container's own standard input and output (`guest/container/relay.py`). The container ends when that stream does:
with this process, whatever ends it.
"""

import os
import secrets
import time
from typing import Any

from rewardkit_sandbox.docker import engine
from rewardkit_sandbox.docker.container import Shape, config, greeting
from rewardkit_sandbox.docker.image import BUILD, IMAGE
from rewardkit_sandbox.docker.stream import Stream, attach
from rewardkit_sandbox.errors import SandboxBrokeError, SandboxUnavailableError
from rewardkit_sandbox.guest.zygote.follow import READ
from rewardkit_sandbox.guest.zygote.run_process import Ended
from rewardkit_sandbox.guest.zygote.zygote_client import GRACE_S, WALL_CAP
from rewardkit_sandbox.jobs import result, tasks_for
from rewardkit_sandbox.protocol import MIB, Job, Limits, RunResult, Sandbox

STARTS_WITHIN_S = 60.0
# Beyond a run's own time: what the relay waits for a run that cannot be ended, and the way there and back.
ANSWERS_WITHIN_S = GRACE_S + 15.0
LARGE = 8 * MIB
MOST_PIDS = 400
"""Process numbers that runs may use up in one container, besides one for each: the next run can see how many."""


class Docker(Sandbox):
    """A sandbox in a container. Starting takes about half a second, a run a few milliseconds."""

    name = "docker"
    reduced: tuple[str, ...] = ()

    def __init__(self, *, image: str = IMAGE, runtime: str | None = None) -> None:
        """Starts a container for runs of the default limits; other limits replace it.

        image     any image that has a `python3`, 3.11 or newer
        runtime   an OCI runtime that the engine has, such as `runsc`; the engine's default where None
        raises    SandboxUnavailableError, with the fix
        """
        self._owner = os.getpid()
        self._image, self._runtime = image, runtime
        self._api, info = engine.connect_and_sweep()
        self._container: str | None = None
        self._stream: Stream | None = None
        held = "memory by cgroup" if info.get("MemoryLimit") else "memory watched"
        used = runtime or info.get("DefaultRuntime", "runc")
        remapped = [name for name in ("rootless", "userns") if f"name={name}" in info.get("SecurityOptions", ())]
        self.isolation = ", ".join(
            [f"container ({used})", *remapped, "a user for each run", "no network", "seccomp", "rlimits", held]
        )
        try:
            self._start_anew(Shape.of(Limits()))
        except SandboxBrokeError as exc:
            self.close()
            raise SandboxUnavailableError(f"a container of {image} does not start ({exc})", BUILD) from exc
        except BaseException:
            self.close()
            raise

    def _start_anew(self, shape: Shape) -> None:
        """Replaces the container; once more, with an engine that may have been restarted, if that one breaks at once.

        No program has been in it then, so none can be to blame.
        """
        self._remove()
        try:
            self._start(shape)
        except SandboxBrokeError:
            self._remove()
            self._api.close()
            self._api = engine.connect()
            self._start(shape)

    def _start(self, shape: Shape) -> None:
        from docker.errors import APIError, DockerException, ImageNotFound  # noqa: PLC0415 - only here is it needed

        self._shape, self._memory, self._used_pids = shape, shape.container_bytes, 0
        body = config(self._image, self._runtime, shape, engine.labels())
        name = f"rewardkit-{os.getpid()}-{secrets.token_hex(4)}"
        deadline = time.monotonic() + STARTS_WITHIN_S
        try:
            self._container = self._api.create_container_from_config(body, name)["Id"]
            self._stream = Stream(attach(engine.address(), self._api, self._container, deadline))
            self.image = f"{self._image} ({self._api.inspect_container(self._container)['Image']})"
            self._api.start(self._container)
        except ImageNotFound as exc:
            raise SandboxUnavailableError(f"the engine has no image {self._image}", self._fetch()) from exc
        except APIError as exc:
            raise SandboxBrokeError(f"the engine refused: {exc.explanation or exc}") from exc
        except (DockerException, OSError) as exc:
            raise SandboxBrokeError(f"the engine failed: {exc}") from exc
        self._stream.send(greeting(), [], deadline)
        if "ready" not in self._stream.receive(deadline):
            raise SandboxBrokeError(f"the container is not ready ({self._stream.words})")

    def _fetch(self) -> str:
        return BUILD if self._image == IMAGE else f"docker pull {self._image}, or {BUILD} --tag {self._image}"

    def run(self, job: Job, limits: Limits) -> RunResult:
        if os.getpid() != self._owner:
            raise SandboxBrokeError("a sandbox belongs to the process that opened it, not to its forks")
        if self._stream is None:
            raise SandboxBrokeError("the container has ended")
        try:
            if Shape.of(limits) != self._shape:
                self._start_anew(Shape.of(limits))
            ended = self._ask(job, limits)
            self._used_pids += max(process.pids for process in ended)
            if self._used_pids > MOST_PIDS:
                self._start_anew(self._shape)
            return result(ended)
        except SandboxUnavailableError as exc:
            self.close()
            raise SandboxBrokeError(str(exc)) from exc
        except BaseException:
            self.close()  # half a conversation is none
            raise

    def _ask(self, job: Job, limits: Limits) -> list[Ended]:
        assert self._stream is not None
        tasks, blobs = [], []
        for mode, data, stdin in tasks_for(job):
            tasks.append({"mode": mode, "data": len(data), "stdin": None if stdin is None else len(stdin)})
            blobs += [data] if stdin is None else [data, stdin]
        size = sum(map(len, blobs))
        self._make_room(size)
        # A slow engine gets a second for each MiB, there and back.
        deadline = time.monotonic() + WALL_CAP * limits.wall_s + ANSWERS_WITHIN_S + (size + limits.output_bytes) / MIB
        self._stream.send({"tasks": tasks, "limits": vars(limits)}, blobs, deadline)
        answer = self._stream.receive(deadline)
        if "ended" not in answer:
            raise SandboxBrokeError(str(answer.get("broke", "the container sent an unexpected message")))
        try:
            return [self._ended(report, limits, deadline) for report in answer["ended"]]
        except (TypeError, KeyError, AttributeError) as exc:
            raise SandboxBrokeError("the container sent an unexpected message") from exc

    def _ended(self, report: dict[str, Any], limits: Limits, deadline: float) -> Ended:
        assert self._stream is not None
        sizes = report.pop("written")
        if sum(sizes.values()) > limits.output_bytes + READ:  # it stops a run that writes more
            raise SandboxBrokeError("the container sent more than a run may write")
        return Ended(**report, written={name: self._stream.read(size, deadline) for name, size in sizes.items()})

    def _make_room(self, size: int) -> None:
        """Inputs stand in the container's memory: large ones get room of their own."""
        from docker.errors import DockerException  # noqa: PLC0415 - as above

        needed = self._shape.container_bytes + (size // LARGE) * LARGE * 2
        if needed > self._memory:
            try:
                self._api.update_container(self._container, mem_limit=needed, memswap_limit=needed)
            except (DockerException, OSError) as exc:
                raise SandboxBrokeError(f"the engine failed: {exc}") from exc
            self._memory = needed

    def _remove(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        if self._container is not None:
            engine.remove(self._api, self._container)
            self._container = None

    def close(self) -> None:
        if os.getpid() == self._owner:
            self._remove()
            self._api.close()
        elif self._stream is not None:
            self._stream.close()
