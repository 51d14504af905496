"""Where judged rows go: to a file that is whole or not there, and that a killed run can be resumed into.

    rows = read_rows("rollouts.jsonl")
    with open_output("scored.jsonl", key=rubric_text, resume=True) as output:
        for row, block in output.resumed(rows): ...     # judged before the last run was killed
        for row in rows:
            output.write(row, to_block(judge(row)))

Rows are collected beside the output, in a hidden file of complete lines, which takes the output's name at the end of
the `with`; `.gz`, `.zst` and `.parquet` are made of it then. Until that moment a file that was there stays as it was.

A killed run leaves the hidden file, under a name that holds a hash of `key`. To resume is to cut off a torn last line,
to compare the lines with the rows of the input one by one, and to go on: the output is, byte for byte, that of a run
that nobody disturbed. To begin anew under the same key, the user must remove the file; what runs under other keys have
left goes when this output is whole. A run that ends by an error of its input or output removes its hidden file, unless
that would throw away more than a minute of judging. Not guarded: two runs that resume into one output at one time.
"""

import contextlib
import errno
import hashlib
import json
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from rewardkit.errors import ConfigError, InputError, OutputError
from rewardkit.input.files import Row, read_rows
from rewardkit.input.parquet import require_pyarrow, write_table
from rewardkit.input.row_format import BLOCK
from rewardkit.input.streams import packer
from rewardkit.output.output_row import block_of, line_of

STDOUT = "standard output"
"""What messages call it."""

_FLUSH_S = 1.0
_WORTH_KEEPING_S = 60.0
_BUFFER = 1 << 18
_PACKED = (".gz", ".zst", ".parquet")
_OTHER_PACKERS = frozenset(
    (".7z", ".br", ".bz2", ".lz4", ".lzma", ".snappy", ".tar", ".tgz", ".xz", ".z", ".zip", ".zstd")
)


def open_output(path: str | Path, *, key: str = "", resume: bool = False) -> "Output":
    """Opens the output for writing; `-` is standard output.

    path    what ends in `.gz`, `.zst` or `.parquet` is packed so, everything else is JSON lines
    key     all that decides the blocks besides the input: the rubric, the versions. A run is resumed under its key only
    resume  goes on from what a killed run left; from the start where there is nothing
    raises  OutputError for what cannot be written, ConfigError for a resume that could not be right and for a start
            that would throw away what a killed run has judged
    """
    piped = str(path) == "-"
    with os_errors_as_output_errors(path):
        if Path(path).suffix.lower() in _OTHER_PACKERS:
            raise OutputError(f"{path}: cannot be packed so; name it .jsonl, or packed {', '.join(_PACKED)}")
        if not piped and (Path(path).is_file() or Path(path).is_dir() or not Path(path).exists()):
            return FileOutput(Path(path), key, resume=resume)
        if resume:
            raise ConfigError(
                f"--resume: {'standard output' if piped else path} cannot be resumed; name a file with -o"
            )
        if Path(path).suffix in _PACKED:
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

    def write(self, row: Row, block: Mapping[str, Any]) -> None:
        """Appends a judged row.

        raises  OutputError
        """
        try:
            self._file.write(line_of(row, block))
        except OSError as error:
            raise _blamed(self._name, error) from error
        if time.monotonic() - self._flushed_s > _FLUSH_S:
            self.flush()

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
        if path.suffix == ".parquet":
            require_pyarrow(path)
        # A link stays a link, to a new file.
        self._target = path.resolve()
        digest = hashlib.sha256(key.encode()).hexdigest()[:12]
        self.partial = self._target.with_name(f".{self._target.name}.{digest}.partial")
        """The hidden file in which rows are collected."""
        self._started_s = time.monotonic()
        with os_errors_as_output_errors(path):
            hidden = re.compile(rf"\.{re.escape(self._target.name)}\.[0-9a-f]{{12}}\.(partial|packed)")
            left = [Path(entry) for entry in os.scandir(self._target.parent) if hidden.fullmatch(entry.name)]
            stopped = [path for path in left if path.suffix == ".partial"]
            if resume and stopped and self.partial not in stopped:
                raise ConfigError(
                    f"--resume: {stopped[0]} was left by a run with another rubric, plugin or version; "
                    "use what it used, or start anew without --resume"
                )
            if not resume and self.partial in stopped and (rows := _complete_lines(self.partial)):
                raise ConfigError(
                    f"{path}: a run that was killed left {rows:,} rows in {self.partial}: add --resume to go on, or "
                    "remove that file to start anew"
                )
            resume = resume and bool(stopped)
            if not resume:
                self.partial.unlink(missing_ok=True)
            self._stale = [path for path in left if path != self.partial]
            file = self.partial.open("r+b" if resume else "xb", buffering=_BUFFER)
            if resume:
                _cut_torn_line(file)
        super().__init__(file, str(path))
        self._resumed = self._unread = resume

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
                        "remove that file to start anew"
                    )
                yield row, block
        self._unread = False

    def write(self, row: Row, block: Mapping[str, Any]) -> None:
        """Appends a judged row.

        raises  OutputError
        """
        assert not self._unread, "walk through resumed() before the first write()"
        super().write(row, block)

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
        assert not self._unread, "walk through resumed() before the end"
        self._file.flush()
        os.fsync(self._file.fileno())
        if not self._is_ours():
            raise OutputError(f"{self._name}: another run has begun to write the same output; this one gives way")
        if self._target.exists():
            shutil.copymode(self._target, self.partial)
        self._file.close()
        made = self.partial
        if self._target.suffix in _PACKED:
            made = self.partial.with_suffix(".packed")
            with made.open("wb") as packed:
                self._pack(packed)
                packed.flush()
                os.fsync(packed.fileno())
            shutil.copymode(self.partial, made)
        made.replace(self._target)
        for stale in (self.partial, *self._stale):
            stale.unlink(missing_ok=True)
        # The new name outlasts a power cut only when the folder is on the disk too; not every system can say so.
        with contextlib.suppress(OSError):
            folder = os.open(self._target.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def _pack(self, packed: BinaryIO) -> None:
        if self._target.suffix == ".parquet":
            write_table(lambda: map(_flat, read_rows(self.partial)), packed, self._name)
        else:
            with self.partial.open("rb") as lines, packer(self._target.suffix, packed) as target:
                shutil.copyfileobj(lines, target, _BUFFER)

    def _is_ours(self) -> bool:
        """Whether the hidden file is the one that this run opened: another run may have put its own in the place."""
        try:
            return os.path.samestat(os.fstat(self._file.fileno()), self.partial.stat())
        except FileNotFoundError:
            return False

    def _leave(self, error: BaseException) -> None:
        """Closes after an error, and keeps the hidden file where resuming makes sense."""
        worth = self._resumed or time.monotonic() - self._started_s > _WORTH_KEEPING_S
        final = isinstance(error, InputError | OutputError) and not worth
        ours = self._file.closed or self._is_ours()
        _close(self._file)
        with contextlib.suppress(OSError):
            self.partial.with_suffix(".packed").unlink(missing_ok=True)
            if ours and (final or not self.partial.stat().st_size):
                self.partial.unlink()


def _flat(row: Row) -> dict[str, Any]:
    """The row for a table, where a score's details, of which each row has others, are JSON text."""
    block = row.data[BLOCK]
    scores = {
        alias: {**score, "details": json.dumps(score["details"], ensure_ascii=False)}
        for alias, score in block["scores"].items()
    }
    return {**row.data, BLOCK: {**block, "scores": scores}}


def _close(file: BinaryIO) -> None:
    """Closes a file whose last bytes may have no place to go: that was said already, or is about to be."""
    with contextlib.suppress(OSError):
        file.close()


def _complete_lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(piece.count(b"\n") for piece in iter(lambda: file.read(_BUFFER), b""))


def _cut_torn_line(file: BinaryIO) -> None:
    """Drops what follows the last end of line, and stands at the end."""
    end = file.seek(0, os.SEEK_END)
    while end:
        start = max(0, end - _BUFFER)
        file.seek(start)
        newline = file.read(end - start).rfind(b"\n")
        end = start
        if newline >= 0:
            end += newline + 1
            break
    file.truncate(end)
    file.seek(end)


@contextlib.contextmanager
def os_errors_as_output_errors(name: str | Path) -> Iterator[None]:
    """Makes errors of the file system an OutputError about `name`; a pipe whose reader has left goes on as it is."""
    try:
        yield
    except OSError as error:
        raise _blamed(name, error) from error


def _blamed(name: str | Path, error: OSError) -> OutputError:
    """What the user reads of an error of the file system; a pipe whose reader has left goes on as it is."""
    if isinstance(error, BrokenPipeError):
        raise error
    found = error.strerror or str(error)
    if name == STDOUT:
        return OutputError(f"{name}: cannot be written: {found}; send it elsewhere")
    folder = Path(name).parent
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        fix = "free some space, or name a file on another disk with -o"
    elif isinstance(error, FileNotFoundError):
        found, fix = f"there is no folder {str(folder)!r}", f"`mkdir -p {folder}` makes it"
    elif isinstance(error, NotADirectoryError):
        found, fix = f"{str(folder)!r} is not a folder", "name a file elsewhere with -o"
    else:
        fix = f"name a file that you may write with -o, or make {str(folder)!r} writable"
    return OutputError(f"{name}: cannot be written: {found}; {fix}")
