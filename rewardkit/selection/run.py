"""A selection over rows that are walked through twice, so that no text is held.

    rows ── first walk ──▶ Table: numbers of each row ── choose ──▶ Choice ── second walk ──▶ kept, rejected

The first walk reads judgements, checks each row by itself and asks the rewards that the checks need, in worker
processes. The choice is made from the numbers alone. Of pairs, the half that comes first waits in a temporary file.
"""

import math
import pickle
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from tempfile import TemporaryFile
from typing import Any, NamedTuple

from rewardkit.errors import InputError
from rewardkit.input.caller import Caller
from rewardkit.input.input_reader import InputReader
from rewardkit.input.row import Row
from rewardkit.input.row_format import BLOCK, ColumnPath
from rewardkit.judgements.digest import digest
from rewardkit.judgements.reading import Judgement, JudgementReader
from rewardkit.judgements.verdict import Verdict
from rewardkit.sample import Sample
from rewardkit.score import Score
from rewardkit.selection import funnel, row_checks
from rewardkit.selection.choice import KEPT, Choice, choose
from rewardkit.selection.contamination import Benchmarks
from rewardkit.selection.criteria import Criteria
from rewardkit.selection.forms import dpo_row, is_rendered, prompt_messages, prompt_row, sft_row
from rewardkit.selection.reasons import Reasons, Rejection
from rewardkit.selection.similarity import signature
from rewardkit.selection.table import CONTAMINATED, UNKNOWN, Table
from rewardkit.selection.text import equations, folded, word_count

_PER_COMPLETION = ("completion", "completion_tokens", "truncated", "reasoning")
"""Fields whose columns belong to a completion and not to its prompt."""

MADE = "a row that `rewardkit select` made"
"""The source of rows that stand in no file."""

Ask = Callable[[Mapping[str, Any], Iterable[Sample]], Iterator[Mapping[str, Score]]]
"""Judges samples by a rubric's `rewards`: the scores of each, in order."""


class Kept(NamedTuple):
    """A row of the output."""

    row: Row
    block: Mapping[str, Any] | None


class Rejected(NamedTuple):
    """A row that is not kept, with its step and reason."""

    row: Row
    because: Rejection


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How the rows and their judgements are read."""

    mapping: Mapping[str, ColumnPath] = field(default_factory=dict)
    row_format: str | None = None
    reward: str | None = None
    """The column of the reward; None: the block, else a column with a known name."""
    verdict: str | None = None
    """The value that says whether a completion is correct (see `Verdict`)."""
    pass_at: float = 1.0
    caller: Caller = Caller.PYTHON


class Run:
    """One selection."""

    def __init__(self, rows: Iterable[Row], criteria: Criteria, reading: Reading, *, seed: int, ask: Ask) -> None:
        """Prepares a run.

        rows  can be walked through twice
        ask   judges samples by the rewards that the criteria need and the rows have no score of
        """
        self._rows = rows
        self._criteria = criteria
        self._reading = reading
        self._seed = seed
        self._ask = ask
        self._reader = self._input_reader()
        self._judgements = JudgementReader(reading.reward)
        self._verdict = Verdict(reading.verdict, pass_at=reading.pass_at)
        self._benchmarks = Benchmarks(criteria.decontaminate)
        self._table = Table()
        self._choice: Choice | None = None
        self._no_prompt: str | None = None
        self._rendered = 0

    def choose(self) -> dict[str, Any]:
        """Walks through the rows once and makes the choice; returns the figures.

        raises  InputError for rows that cannot be read, that have no judgement, or no prompt where one is needed
        """
        for looked, row, judgement in self._looked():
            self._note(looked, row, judgement)
        self._reader.check()
        if self._no_prompt is not None and self._criteria.needs_prompts:
            option = self._reading.caller.option
            raise InputError(
                f"{self._no_prompt}: has neither a prompt nor a group, and this selection looks at the completions of "
                f"each prompt; columns found: {self._reader.found}; name one: {option('prompt', 'COLUMN')}"
            )
        self._choice = choose(self._table, self._criteria)
        summary = funnel.summary(self._table, self._choice, self._criteria, self._seed)
        if self._rendered and self._rendered < len(self._table):
            summary["remarks"].append(
                f"a chat template was applied on {self._rendered:,} of {len(self._table):,} prompts; select from the "
                "two kinds of rows apart"
            )
        return summary

    def walk(self, *, rejected: bool) -> Iterator[Kept | Rejected]:
        """Walks through the rows again: those of the output, and with `rejected` the others too.

        raises  InputError where the rows have changed in between
        """
        assert self._choice is not None, "choose first"
        table, fate, other = self._table, self._choice.fate, self._choice.other
        reader = self._input_reader()
        halves = _Halves()
        reasons = Reasons(table, self._choice, self._criteria, self._benchmarks)
        rates = table.pass_rates
        prompts: set[int] = set()
        index = -1
        for index, row in enumerate(reader.rows(self._rows)):
            if not table.is_at(index, row):
                raise InputError(f"{row.where}: the rows have changed while they were read; select again")
            if fate[index] > KEPT:
                if rejected:
                    judgement = self._judgement(row)
                    names = self._verdict.names(judgement.scores, row) if self._criteria.needs_verdicts else ()
                    yield Rejected(row, reasons.of(index, judgement, names, self._format_alias(judgement, row)))
            elif self._criteria.to == "dpo":
                partner = halves.take(int(other[index]))
                if partner is None:
                    halves.put(index, row)
                    continue
                halfs = (row, partner) if fate[index] == KEPT else (partner, row)
                yield Kept(self._pair(*halfs, reader), None)
            elif self._criteria.to == "prompts":
                if (prompt := table.prompt[index]) not in prompts:
                    prompts.add(prompt)
                    yield Kept(self._prompt(row, reader, float(rates[prompt])), None)
            elif self._criteria.to == "sft":
                made = sft_row(row, reader.sample(row), self._judgement(row), rendered=self._is_rendered)
                yield Kept(Row(made, MADE, row.line), None)
            else:
                yield Kept(row, row.data.get(BLOCK))
        if index + 1 != len(table):
            raise InputError(f"the rows have changed while they were read: {len(table):,}, then {index + 1:,}")

    def _input_reader(self) -> InputReader:
        reading = self._reading
        return InputReader(reading.mapping, reading.row_format, reading.caller)

    def _looked(self) -> Iterator[tuple[row_checks.Looked, Row, Judgement]]:
        """The rows with their judgements and the scores that the checks need."""
        first: list[tuple[Row, Sample, Judgement]] = []
        read = self._read()
        for one in read:
            first.append(one)
            break
        format_is_scored = bool(first) and self._format_alias(first[0][2], first[0][0]) is not None
        wanted = row_checks.probes(self._criteria, format_is_scored=format_is_scored)
        waiting: deque[tuple[Row, Sample, Judgement]] = deque()

        def samples() -> Iterator[Sample]:
            for source in (first, read):
                for one in source:
                    waiting.append(one)
                    yield one[1]

        judged = self._ask(wanted, samples()) if wanted else ({} for _ in samples())
        for scores in judged:
            row, sample, judgement = waiting.popleft()
            told = self._with_format(scores, judgement, row)
            yield row_checks.Looked(sample, told, word_count(sample.completion_text)), row, judgement

    def _read(self) -> Iterator[tuple[Row, Sample, Judgement]]:
        for row in self._reader.rows(self._rows):
            yield row, self._reader.sample(row), self._judgement(row)

    def _judgement(self, row: Row) -> Judgement:
        try:
            return self._judgements.judgement(row)
        except InputError:
            if self._criteria.needs_verdicts or self._criteria.needs_rewards or self._reading.reward is not None:
                raise
            return Judgement(None, {})

    def _format_alias(self, judgement: Judgement, row: Row) -> str | None:
        return self._verdict.alias_of(row_checks.FORMAT, judgement.scores, row)

    def _with_format(self, scores: Mapping[str, Score], judgement: Judgement, row: Row) -> Mapping[str, Score]:
        """The scores with that of the format which the row has already."""
        alias = self._format_alias(judgement, row)
        if not self._criteria.format or (alias is None and row_checks.FORMAT in scores):
            return scores
        value = None if alias is None else judgement.value(alias)
        known = Score.abstained("the row has no score of its format") if value is None else Score.scored(value)
        return {**scores, row_checks.FORMAT: known}

    def _note(self, looked: row_checks.Looked, row: Row, judgement: Judgement) -> None:
        """Puts the numbers of a row into the table."""
        sample, table, criteria = looked.sample, self._table, self._criteria
        key = sample.group_key
        if key is None:
            self._no_prompt = self._no_prompt or row.where
        text = sample.completion_text
        table.add_place(row, digest(key) if key is not None else digest("alone", row.where))
        table.reward.append(float("nan") if judgement.reward is None else judgement.reward)
        table.correct.append(self._correct(judgement, row))
        tokens = UNKNOWN if sample.completion_tokens is None else sample.completion_tokens
        table.words.append(looked.words)
        table.tokens.append(tokens)
        table.truncated.append(UNKNOWN if sample.truncated is None else int(sample.truncated))
        failed, measure = self._first_failing(row_checks.CHECKS, looked)
        table.failed.append(failed)
        table.measure.append(measure)
        last, measure_last = self._first_failing(row_checks.LAST, looked)
        if self._criteria.decontaminate and (shared := self._benchmarks.find(sample.prompt_text)) is not None:
            last, measure_last = CONTAMINATED, shared
        table.failed_last.append(last)
        table.measure_last.append(measure_last)
        found = equations(text) if criteria.distinct_equations else ""
        table.text.append(digest(found or folded(text)))
        table.tie.append(digest(str(self._seed), key or "", text))
        if criteria.near_duplicates is not None:
            table.add_signature(None if failed else signature(text))
        if criteria.to in ("sft", "dpo"):
            self._rendered += is_rendered(sample)

    @property
    def _is_rendered(self) -> bool:
        """True where a chat template was applied on most of the prompts."""
        return 2 * self._rendered > len(self._table)

    def _correct(self, judgement: Judgement, row: Row) -> int:
        try:
            verdict = self._verdict(judgement, row)
        except InputError:
            if self._criteria.needs_verdicts:
                raise
            return UNKNOWN
        return UNKNOWN if verdict is None else int(verdict)

    def _first_failing(self, checks: Sequence[row_checks.Check], looked: row_checks.Looked) -> tuple[int, float]:
        """The first check that a row fails, counted from 1, and its measure; 0 for none."""
        for number, check in enumerate(checks, 1):
            if (measure := row_checks.failing(check, looked, self._criteria)) is not None:
                return number, measure
        return 0, float("nan")

    def _pair(self, chosen: Row, rejected: Row, reader: InputReader) -> Row:
        halves = [(reader.sample(row), self._judgement(row)) for row in (chosen, rejected)]
        return Row(dpo_row(chosen, *halves, rendered=self._is_rendered), MADE, chosen.line)

    def _prompt(self, row: Row, reader: InputReader, pass_rate: float) -> Row:
        read = reader.reader(row)
        dropped = {_top(row, path) for name in _PER_COMPLETION if (path := read.path(name, row))}
        dropped |= {_top(row, path) for path in [self._judgements.path(row)] if path}
        prompt = read.path("prompt", row)
        made = prompt_row(row, dropped, None if math.isnan(pass_rate) else pass_rate)
        if prompt is not None and _top(row, prompt) in dropped:  # a chat that holds both
            made = {"prompt": prompt_messages(reader.sample(row)), **made}
        return Row(made, MADE, row.line)


def _top(row: Row, path: str) -> str:
    """The column that a path leads into."""
    return path if path in row.data else path.partition(".")[0]


class _Halves:
    """Rows that wait for the other of their pair."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115 - closed with the object; it has no name
        weakref.finalize(self, self._file.close)
        self._places: dict[int, int] = {}

    def put(self, index: int, row: Row) -> None:
        self._places[index] = self._file.seek(0, 2)
        pickle.dump(tuple(row), self._file)

    def take(self, index: int) -> Row | None:
        place = self._places.pop(index, None)
        if place is None:
            return None
        self._file.seek(place)
        return Row(*pickle.load(self._file))  # noqa: S301 - of this process, in a file without a name
