"""Every judged completion of a run, with its scores, as rows that `rewardkit score` and `explain` read.

    OUTPUT_DIR/judged/rank-00000.jsonl      one file for each process

A row is a row of the data set with prompt, completion, `group`, `training` (the step that it was judged for, counted
from 1; `mode` `train` or `eval`; the progress by which schedules were read), and the block of its judgement.

A run that goes on from a checkpoint goes on here too: what was judged for steps after the checkpoint, and a line that a
kill has cut off, is removed when training begins, so no completion is doubled. Training from the start begins anew.
"""

import errno
import json
import os
from pathlib import Path
from typing import Any, BinaryIO, Literal

from transformers import TrainerCallback

from rewardkit import OutputError, to_block
from rewardkit.adapters import Row, line_of
from rewardkit_trainers.trl.batch_scorer import JudgedBatch

FOLDER = "judged"


class Journal(TrainerCallback):  # type: ignore[misc]
    """Writes the judged batches of one process."""

    def __init__(self, output_dir: str | Path, rank: int, processes: int) -> None:
        """Writes nothing before the first batch."""
        self._folder = Path(output_dir) / FOLDER
        self._rank = rank
        self._processes = processes
        self.path = self._file(rank)
        """This process's file."""

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Removes what the steps to come will judge again."""
        del args, control
        _cut(self.path, state.global_step)
        if self._rank == 0:  # also in files of ranks that an earlier, larger run had
            for path in self._folder.glob("rank-*.jsonl"):
                if path not in {self._file(rank) for rank in range(self._processes)}:
                    _cut(path, state.global_step)

    def write(self, judged: JudgedBatch) -> None:
        """Appends the rows of a batch; they are whole on disk when this returns."""
        batch = judged.batch
        mode = "train" if batch.training else "eval"
        training = {"step": batch.step, "mode": mode, "progress": batch.progress}
        lines = [
            line_of(Row(row | {"training": training}, "batch", 0), to_block(result, timings=False))
            for row, result in zip(judged.rows, judged.results, strict=True)
        ]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with _opened(self.path, "ab") as file:
            file.writelines(lines)

    def _file(self, rank: int) -> Path:
        return self._folder / f"rank-{rank:05d}.jsonl"


def _opened(path: Path, mode: Literal["ab", "r+b"]) -> BinaryIO:
    """A file of the journal. Never through a link, which somebody else may have put into the folder.

    raises  OutputError for a link
    """
    flags = os.O_RDWR if mode == "r+b" else os.O_WRONLY | os.O_APPEND | os.O_CREAT
    try:
        return os.fdopen(os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o666), mode)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise OutputError(f"{path}: it is a link; remove it, or name another output_dir") from error
        raise


def _cut(path: Path, step: int) -> None:
    """Cuts a file off before its first row that was judged for a later step, or that is not whole."""
    if not path.exists():
        return
    with _opened(path, "r+b") as file:
        kept = 0
        for line in file:
            if not line.endswith(b"\n") or json.loads(line)["training"]["step"] > step:
                break
            kept += len(line)
        file.truncate(kept)
