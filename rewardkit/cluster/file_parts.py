"""Parts of a file in the hands of actors, which read and write them themselves: for cheap rewards, on shared folders.

    driver: part ─▶ an actor ─▶ one of its workers: rows ─▶ lines in a file of this attempt ─▶ driver: part.target

An actor that is lost may live on behind a broken network and write on. So each attempt has a file of its own, begun
with the lines of the attempts before; what counts is the file that the driver renames.
"""

import pickle
import secrets
import shutil
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from rewardkit.output.os_errors import os_errors_as_output_errors
from rewardkit.shards.part import PartRequest, PartResult
from rewardkit.workers.retry import WorkerExit


class Probe(NamedTuple):
    """The files that a node must see to judge parts: inputs by size, and a folder by a file with a secret name."""

    files: tuple[tuple[str, int], ...]
    beacon: str

    def seen_here(self) -> bool:
        """True where this machine shares the files, and may write beside the beacon."""
        try:
            return Path(self.beacon).exists() and all(Path(path).stat().st_size == size for path, size in self.files)
        except OSError:
            return False


class FilePart:
    """One attempt at a part of a file."""

    def __init__(self, request: PartRequest) -> None:
        """Takes over the lines of the attempts before.

        raises  OutputError
        """
        self._target = Path(request.part.target)
        self._own = self._target.with_suffix(f".{secrets.token_hex(4)}")
        with os_errors_as_output_errors(self._target):
            if self._target.exists():
                shutil.copyfile(self._target, self._own)
        self.payload = pickle.dumps(request._replace(part=replace(request.part, target=str(self._own))))
        self.future: Future[PartResult | WorkerExit] = Future()

    @property
    def wanted(self) -> bool:
        """False once nobody waits for it any more."""
        return not self.future.done()

    def take(self, written: bytes) -> None:
        """Takes in what a worker says of the part: a result, or how it died."""
        outcome: PartResult | WorkerExit = pickle.loads(written)  # noqa: S301 - our own actor's
        try:
            with os_errors_as_output_errors(self._target):
                if self._own.exists():  # none where a stopped run has written all lines
                    self._own.replace(self._target)
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for the part
            self.fail(error)
            return
        with suppress(InvalidStateError):
            self.future.set_result(outcome)

    def lose(self, how: str) -> None:
        """Takes in that the actor was lost: to the part it is as if its worker had died."""
        with suppress(InvalidStateError):
            self.future.set_result(WorkerExit("crash", how, None))

    def fail(self, error: BaseException) -> None:
        """Ends the attempt with an error."""
        with suppress(InvalidStateError):
            self.future.set_exception(error)
