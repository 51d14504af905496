"""Judged rows into a file that is whole or not there, and that a killed run can be resumed into.

    rows = read_rows("rollouts.jsonl")
    with open_output("scored.jsonl", key=rubric_text, resume=True) as output:
        for row, block in output.resumed(rows): ...     # judged before the last run was killed
        for row in rows:
            output.write(row, to_block(judge(row)))

Rows are collected beside the output, in a hidden file of complete lines, which takes the output's name at the end of
the `with`; what ends in `.gz`, `.zst`, `.parquet`, `.arrow`, `.csv` or `.tsv` is made of it then. Until that moment a
file that was there stays as it was.

A killed run leaves the hidden file, whose name holds a hash of `key`. Resuming cuts off a torn last line, compares the
lines with the rows of the input one by one, and continues: the output is byte-identical to that of an uninterrupted
run. To start again under the same key, the user must remove the file; files of runs under other keys are removed when
this output is whole. A run that ends by an error of its input or output removes its hidden file, unless that would
throw away more than a minute of judging. A second run into the same output is refused (`partial_file`).
"""

import contextlib
import hashlib
import os
import secrets
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from rewardkit.errors import ConfigError, InputError, OutputError
from rewardkit.input.row import Row
from rewardkit.input.streams import source_name
from rewardkit.output.meta import is_foreign, meta_path, write_meta
from rewardkit.output.os_errors import STDOUT, os_errors_as_output_errors, output_error
from rewardkit.output.output_row import block_of, line_of
from rewardkit.output.packers import packing_of
from rewardkit.output.packing import PACKED
from rewardkit.output.partial_file import create_hidden, is_same_file, open_partial

PARTS_ENDING = ".parts"
"""Ending of the folder, beside the hidden file, in which the parts of a run collect their lines."""

_COPY_BYTES = 1 << 20
_FLUSH_S = 1.0
_WORTH_KEEPING_S = 60.0
_OTHER_PACKERS = frozenset(
    (".7z", ".br", ".bz2", ".lz4", ".lzma", ".snappy", ".tar", ".tgz", ".xz", ".z", ".zip", ".zstd")
)


def open_output(
    path: str | Path, *, key: str = "", resume: bool = False, inputs: Iterable[str | Path] = ()
) -> "Output":
    """Opens the output for writing; `-` is standard output.

    path    what ends as `PACKED` lists is packed so, everything else is JSON lines
    key     all that decides the blocks besides the input: the rubric, the versions. A run is resumed under its key only
    resume  continues after the rows that a killed run left; from the start where there are none
    inputs  the files that are read, of which the output must be none
    raises  OutputError for what cannot be written; ConfigError for an output that is an input or that another process
            writes, for a resume that could not be right, and for a start that would throw away judged rows
    """
    refuse_inputs(path, inputs)
    piped = str(path) == "-"
    with os_errors_as_output_errors(path):
        if Path(path).suffix.lower() in _OTHER_PACKERS:
            raise OutputError(f"{path}: cannot be packed so; name it .jsonl, or packed {', '.join(PACKED)}")
        if not piped and (Path(path).is_file() or Path(path).is_dir() or not Path(path).exists()):
            return FileOutput(Path(path), key, resume=resume)
        if resume:
            raise ConfigError(
                f"--resume: {'standard output' if piped else path} cannot be resumed; name a file with -o"
            )
        if Path(path).suffix.lower() in PACKED:
            raise OutputError(f"{path}: is no regular file, and only those are packed; name another with -o")
        return Output(sys.stdout.buffer, STDOUT) if piped else Output(Path(path).open("wb"), str(path))


class Output:
    """A stream that takes judged rows: standard output, or a device."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        """Made by `open_output`."""
        self._file = file
        self._name = name
        self._flushed_s = time.monotonic()

    def resumed(self, rows: Iterator[Row]) -> Iterator[tuple[Row, dict[str, Any]]]:
        """The rows that need no judging, with their blocks, taken off the head of `rows`; walk through it first."""
        del rows
        return iter(())

    def write(self, row: Row, block: Mapping[str, Any] | None) -> None:
        """Appends a judged row; without a block, a row as it is.

        raises  OutputError
        """
        try:
            self._file.write(line_of(row, block))
        except OSError as error:
            raise output_error(self._name, error) from error
        if time.monotonic() - self._flushed_s > _FLUSH_S:
            self.flush()

    def append(self, lines: Path) -> None:
        """Appends the lines of a file, which `rewardkit.shards` has written.

        raises  OutputError
        """
        with os_errors_as_output_errors(self._name):
            with lines.open("rb") as source:
                shutil.copyfileobj(source, self._file, _COPY_BYTES)
            self._file.flush()

    def flush(self) -> None:
        """Hands over what was written, so that a kill does not cost it; `write` does so once a second by itself."""
        with os_errors_as_output_errors(self._name):
            self._file.flush()
            self._flushed_s = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.flush()
        finally:
            if self._file is not sys.stdout.buffer:
                _close(self._file)


class FileOutput(Output):
    """A file that appears, or is replaced, whole."""

    def __init__(self, path: Path, key: str, *, resume: bool) -> None:
        """Made by `open_output`."""
        if path.is_dir():
            raise OutputError(f"{path}: is a folder; name a file in it")
        with os_errors_as_output_errors(path):
            self._target = _resolved(path)
            if is_foreign(self._target):
                raise OutputError(
                    f"{meta_path(self._target)}: is no file of rewardkit's, and would be replaced; move it"
                )
            self._packing = packing_of(self._target.suffix.lower(), str(path))
            digest = hashlib.sha256(key.encode()).hexdigest()[:12]
            partial = open_partial(self._target, str(path), digest, resume=resume)
        super().__init__(partial.file, str(path))
        self.meta: Callable[[], Mapping[str, Any]] | None = None
        """Says how the output was made: asked at the end, for the file beside it (`rewardkit.output.meta`)."""
        self.partial = partial.path
        """The hidden file in which rows are collected."""
        self._started_s = time.monotonic()
        self._stale = partial.stale
        self._resumed = self._unread = partial.resumed

    def resumed(self, rows: Iterator[Row]) -> Iterator[tuple[Row, dict[str, Any]]]:
        """The rows that need no judging, with their blocks, taken off the head of `rows`; walk through it first.

        raises  ConfigError where the lines that are there are not those of `rows`
        """
        with self.partial.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                row = next(rows, None)
                block = None if row is None else block_of(row, line)
                if row is None or block is None:
                    found = "the input ends before it" if row is None else f"{row.where} is another row"
                    raise ConfigError(
                        f"--resume: {self.partial}, line {number}: {found}; the input has changed since: "
                        "remove that file to start again"
                    )
                self._packing.add(row, block)
                yield row, block
        self._unread = False

    def written(self) -> Path | None:
        """The file with the lines of a run that was stopped, for whoever reads them without `resumed`; else None."""
        self._unread = False
        return self.partial if self._resumed else None

    def write(self, row: Row, block: Mapping[str, Any] | None) -> None:
        """Appends a judged row; without a block, a row as it is.

        raises  OutputError, also for a row that the output's format cannot hold
        """
        assert not self._unread, "walk through resumed() before the first write()"
        super().write(row, block)
        self._packing.add(row, block)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                with os_errors_as_output_errors(self._name):
                    self._commit()
        except BaseException as failure:
            self._leave(failure)
            raise
        if error is not None:
            self._leave(error)

    def _commit(self) -> None:
        """Gives the rows the output's name, packed where its name asks for that."""
        assert not self._unread, "walk through resumed() before the end"
        self._file.flush()
        os.fsync(self._file.fileno())
        if not is_same_file(self._file, self.partial):
            raise OutputError(f"{self._name}: somebody has removed {self.partial}, in which its rows were collected")
        made = self._packed() if self._packing.packs else self.partial
        if os.name == "nt":  # where an open file keeps its name
            self._file.close()
        if self.meta is not None:
            write_meta(self._target, self.meta())
        made.replace(self._target)
        for left in (self.partial, *self._stale):
            left.unlink(missing_ok=True)
            shutil.rmtree(left.with_suffix(PARTS_ENDING), ignore_errors=True)
        # The new name outlasts a power cut only when the folder is on the disk too; not every system can say so.
        with contextlib.suppress(OSError):
            folder = os.open(self._target.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        self._file.close()

    def _packed(self) -> Path:
        made, file = create_hidden(self._target, f"{secrets.token_hex(4)}.packed")
        try:
            with file:
                self._packing.pack(self.partial, file)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            with contextlib.suppress(OSError):
                made.unlink()
            raise
        return made

    def _leave(self, error: BaseException) -> None:
        """Closes after an error, and keeps the hidden file where resuming makes sense."""
        worth = self._resumed or time.monotonic() - self._started_s > _WORTH_KEEPING_S
        final = isinstance(error, InputError | OutputError) and not worth
        with contextlib.suppress(OSError):
            with contextlib.suppress(OSError):
                self._file.flush()
            if (final or not self.partial.stat().st_size) and is_same_file(self._file, self.partial):
                self.partial.unlink()
        _close(self._file)


def _resolved(path: Path) -> Path:
    """The file behind a link, which stays a link.

    raises  OutputError for a link that another user has put there
    """
    if path.is_symlink() and hasattr(os, "geteuid") and path.lstat().st_uid not in (0, os.geteuid()):
        raise OutputError(f"{path}: is a link of another user; remove it, or name another file with -o")
    return path.resolve()


def refuse_inputs(path: str | Path, inputs: Iterable[str | Path]) -> None:
    """An output must not be one of the inputs: it would replace the rows that it was made from.

    raises  ConfigError
    """
    for given in inputs:
        with contextlib.suppress(OSError):
            found = os.fstat(sys.stdin.fileno()) if str(given) == "-" else Path(given).stat()
            for written in (Path(path), meta_path(Path(path))):
                with contextlib.suppress(OSError):
                    if stat.S_ISREG(found.st_mode) and os.path.samestat(written.stat(), found):
                        raise ConfigError(f"-o {path}: is the input {source_name(given)}; name another output")


def _close(file: BinaryIO) -> None:
    """Closes a file; an error of its last bytes is reported elsewhere."""
    with contextlib.suppress(OSError):
        file.close()
