"""The memory of a selection of each row, in about sixty bytes: numbers in columns, never a text."""

from array import array
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from rewardkit.input.row import Row
from rewardkit.selection.similarity import PLACES, SIGNATURE_BYTES

UNKNOWN = -1
CONTAMINATED = -1


class Table:
    """The rows of the input, by their number in it."""

    def __init__(self) -> None:
        """A table without rows."""
        self._sources: dict[str, int] = {}
        self._source = array("H")
        self._line = array("q")
        self._part = array("L")
        self._units = array("b")
        self._prompts: dict[int, int] = {}
        self.prompt = array("l")
        """The number of the row's prompt, or group, in the order in which they are met."""
        self.reward = array("d")
        """NaN for a row without one."""
        self.correct = array("b")
        """1, 0, or UNKNOWN."""
        self.words = array("q")
        self.tokens = array("q")
        """UNKNOWN for a row that does not say it."""
        self.truncated = array("b")
        """1, 0, or UNKNOWN."""
        self.failed = array("b")
        """The first check that the row fails before duplicates are looked for, counted from 1; 0 for none."""
        self.measure = array("d")
        """The measure by which it fails."""
        self.failed_last = array("b")
        """The same of the checks that come after the choice in each prompt; CONTAMINATED stands before those."""
        self.measure_last = array("d")
        self.text = array("q")
        """A digest of the text by which duplicates are found."""
        self.tie = array("q")
        """A digest of prompt, completion and seed, which settles ties."""
        self._signatures = bytearray()

    def __len__(self) -> int:
        return len(self.reward)

    @property
    def prompts(self) -> int:
        """How many prompts there are."""
        return len(self._prompts)

    def add_place(self, row: Row, prompt: int) -> None:
        """Begins a row with where it stands and a digest of its prompt."""
        self._source.append(self._sources.setdefault(row.source, len(self._sources)))
        self._line.append(row.line)
        self._part.append(row.part)
        self._units.append(int((row.unit or ("line" if row.raw else "row")) == "line"))
        self.prompt.append(self._prompts.setdefault(prompt, len(self._prompts)))

    def add_signature(self, signature: bytes | None) -> None:
        """The MinHash signature of the row; None where it is not needed."""
        self._signatures += signature or bytes(SIGNATURE_BYTES)

    @property
    def signatures(self) -> NDArray[np.uint16]:
        """(N, PLACES), a row for each row of the input."""
        return np.frombuffer(self._signatures, dtype=np.uint16).reshape(-1, PLACES)

    @property
    def length(self) -> NDArray[np.int64]:
        """Tokens, where every row says how many it has, else words."""
        tokens = np.array(self.tokens, dtype=np.int64)
        return np.array(self.words, dtype=np.int64) if (tokens < 0).any() else tokens

    @property
    def pass_rates(self) -> NDArray[np.float64]:
        """(prompts,) the share of correct completions of those that were judged; NaN where none was."""
        prompt, correct = np.array(self.prompt, dtype=np.intp), np.array(self.correct)
        right = np.bincount(prompt[correct == 1], minlength=self.prompts).astype(np.float64)
        judged = np.bincount(prompt[correct >= 0], minlength=self.prompts).astype(np.float64)
        with np.errstate(invalid="ignore"):
            return right / judged

    def is_at(self, index: int, row: Row) -> bool:
        """True where this row was noted under this number."""
        return index < len(self) and (self._line[index], self._part[index]) == (row.line, row.part)

    def where(self, index: int) -> str:
        """The position of a row, as messages name it."""
        source = list(self._sources)[self._source[index]]
        unit = "line" if self._units[index] else "row"
        part = f", completion {self._part[index]}" if self._part[index] else ""
        return f"{source}, {unit} {self._line[index]}{part}"

    def by_prompt(self) -> Iterator[NDArray[np.intp]]:
        """The numbers of the rows of each prompt, in their order."""
        prompts = np.array(self.prompt, dtype=np.int64)
        order = np.argsort(prompts, kind="stable")
        start = 0
        for end in [*(np.flatnonzero(np.diff(prompts[order])) + 1).tolist(), len(order)]:
            if end > start:
                yield order[start:end]
            start = end
