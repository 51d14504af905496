"""A comparison of two judgements of the same rows, from Python: files, rubrics, or one of each.

compared = diff("old.jsonl", "new.jsonl")                       # two files that `rewardkit score` wrote
compared = diff("old.yaml", "new.yaml", "rollouts.jsonl")       # two rubrics on rollouts
compared = diff("dump.jsonl", "rubric.yaml")                    # a trainer's rewards against a rubric
compared.figures["verdicts"]["share"], compared.flips
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import tee
from pathlib import Path
from typing import Any, Protocol

from rewardkit.codec import to_block
from rewardkit.comparison import rendering
from rewardkit.comparison.changes import Changes
from rewardkit.comparison.judged import JudgedRow, judged_row
from rewardkit.comparison.pairing import Pairing
from rewardkit.dotted_path import value_at
from rewardkit.errors import ConfigError, InputError
from rewardkit.input.caller import Caller
from rewardkit.input.input_reader import InputReader
from rewardkit.input.row import Row
from rewardkit.input.row_format import ColumnPath
from rewardkit.judgements.reading import Judgement, JudgementReader
from rewardkit.judgements.verdict import Verdict
from rewardkit.pipeline import Scorer
from rewardkit.rubrics.named import NAMES
from rewardkit.rubrics.resolution import Step
from rewardkit.rubrics.rubric import Rubric
from rewardkit.sample import Sample
from rewardkit.score import Result, is_paid
from rewardkit.selection.select import source_of

RUBRIC_ENDINGS = (".yaml", ".yml", ".toml")


class Judge(Protocol):
    """The part of a Scorer that a comparison uses."""

    steps: tuple[Step, ...]

    def stream(self, samples: Iterable[Sample], *, progress: float = 1.0) -> Iterator[Result]:
        """The results of a stream of samples, in order."""


Open = Callable[[Any], Any]
"""Makes a Judge of a rubric, to be opened by `with`."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How rows are read, verdicts are found and advantages computed."""

    mapping: Mapping[str, ColumnPath] = field(default_factory=dict)
    row_format: str | None = None
    reward: str | None = None
    verdict: str | None = None
    pass_at: float = 1.0
    key: ColumnPath | None = None
    estimator: str = "grpo"
    progress: float = 1.0
    caller: Caller = Caller.PYTHON


@dataclass(frozen=True)
class Comparison:
    """Two judgements of the same rows beside each other."""

    old: str
    """The name of the first side."""
    new: str
    figures: Mapping[str, Any]
    """All figures: `rows`, `verdicts`, `reward`, `scores`, `groups`, `cost`, `unmatched`."""
    flips: Sequence[Mapping[str, Any]]
    """The first rows whose verdict changed, with both reasons."""

    def as_dict(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return {"old": self.old, "new": self.new, **self.figures, "flips": list(self.flips)}

    def to_markdown(self, flips: int = 20) -> str:
        """A report in Markdown, with so many flips."""
        return rendering.markdown(self.as_dict(), flips)

    def to_html(self, flips: int = 500) -> str:
        """A page in HTML that needs nothing else, with so many flips."""
        return rendering.html(self.as_dict(), flips)

    def _repr_html_(self) -> str:
        return rendering.html(self.as_dict(), 20, whole=False)


def diff(
    old: Any,
    new: Any,
    rows: Any = None,
    *,
    reward: str | None = None,
    verdict: str | None = None,
    pass_at: float = 1.0,
    key: ColumnPath | None = None,
    estimator: str = "grpo",
    mapping: Mapping[str, ColumnPath] | None = None,
    row_format: str | None = None,
    workers: int | None = None,
    plugins: Sequence[str | Path] = (),
    trust: bool = False,
) -> Comparison:
    """Compares two judgements of the same rows.

    old, new    each a scored file (or a trainer's dump), rows of one, or a rubric: a file in YAML or TOML, the name of
                one that comes with rewardkit, a Rubric, or a mapping with `rewards`
    rows        what two rubrics judge: files or rows; not needed where one side brings the rows
    reward      the column of the reward, where rows have no judgement of rewardkit's
    verdict     the value that says whether a completion is correct: an alias, `alias.value`, or `reward`
    pass_at     a value from which on it is correct
    key         the column that names a row on both sides; None: its prompt and completion do
    estimator   of the advantages: a key of `rewardkit.advantages.ESTIMATORS`
    mapping     where rows keep a field, by its name
    row_format  the rows' format, where their columns mislead
    workers     worker processes for each rubric; None: one for each processor
    plugins     local Python files that bring rewards
    trust       a rubric file may name plugin files, secrets and weaker sandboxes
    raises      ConfigError, InputError; also where no row of one side is on the other
    """
    settings = Settings(
        mapping=mapping or {},
        row_format=row_format,
        reward=reward,
        verdict=verdict,
        pass_at=pass_at,
        key=key,
        estimator=estimator,
    )

    def opened(rubric: Any) -> Scorer:
        return Scorer(rubric, workers=workers, plugins=plugins, timings=True, trust=trust)

    return compare(old, new, rows, settings, opened)


def compare(
    old: Any,
    new: Any,
    rows: Any,
    settings: Settings,
    opened: Open,
    each_flip: Callable[[Mapping[str, Any]], None] = lambda _: None,
) -> Comparison:
    """The comparison behind `diff`; `each_flip` gets every row whose verdict changed."""
    from rewardkit import advantages  # noqa: PLC0415 - its names are checked before anything is read

    if settings.estimator not in advantages.ESTIMATORS:
        raise ConfigError(f"estimator {settings.estimator!r}: known are {', '.join(sorted(advantages.ESTIMATORS))}")
    rubrics = [is_rubric(side) for side in (old, new)]
    if all(rubrics) and rows is None:
        raise ConfigError("two rubrics need rows to judge: name the rollouts behind them")
    if not any(rubrics) and rows is not None:
        raise ConfigError(
            f"{_name(old)} and {_name(new)} are two files of judged rows, which need no third; to compare rubrics, "
            f"name files that end in {', '.join(RUBRIC_ENDINGS)}"
        )
    changes = Changes(pass_at=settings.pass_at, estimator=settings.estimator)
    pairing = Pairing()
    with ExitStack() as stack:
        sides = _sides(old, new, rows, rubrics, settings, opened, stack)
        for pair in pairing.pairs(*sides):
            if (flip := changes.add(pair)) is not None:
                each_flip(flip)
    figures = changes.as_dict()
    unmatched = {"old": pairing.only_old, "new": pairing.only_new, "first": pairing.examples}
    if not figures["rows"]:
        _refuse_strangers(_name(old), _name(new), unmatched, settings)
    return Comparison(_name(old), _name(new), {**figures, "unmatched": unmatched}, changes.flips)


def is_rubric(side: Any) -> bool:
    """True for what names or holds a rubric."""
    if isinstance(side, Rubric):
        return True
    if isinstance(side, str | Path):
        name = str(side)
        return name.lower().endswith(RUBRIC_ENDINGS) or (name in NAMES and not Path(name).exists())
    return isinstance(side, Mapping) and "rewards" in side


def _sides(
    old: Any, new: Any, rows: Any, rubrics: Sequence[bool], settings: Settings, opened: Open, stack: ExitStack
) -> list[Iterator[JudgedRow]]:
    """The two sides as streams of judged rows."""
    if not any(rubrics):
        return [_stored(_read(source_of(side)[0], settings), settings) for side in (old, new)]
    if not all(rubrics):
        rows = _files(old if rubrics[1] else new) + _files(rows)
    # Rubrics judge what is read once; a side that is behind holds the few rows between.
    read = tee(_read(source_of(rows)[0], settings))
    judges = [
        stack.enter_context(opened(side)) if rubric else None for side, rubric in zip((old, new), rubrics, strict=True)
    ]
    return [
        _stored(source, settings) if judge is None else _judged(source, judge, settings)
        for source, judge in zip(read, judges, strict=True)
    ]


def _files(rows: Any) -> list[Any]:
    if rows is None:
        return []
    return list(rows) if isinstance(rows, list | tuple) else [rows]


def _read(rows: Iterable[Row], settings: Settings) -> Iterator[tuple[Row, Sample]]:
    reader = InputReader(settings.mapping, settings.row_format, settings.caller)
    for row in reader.rows(rows):
        yield row, reader.sample(row)
    reader.check()


def _stored(rows: Iterable[tuple[Row, Sample]], settings: Settings) -> Iterator[JudgedRow]:
    """Rows with the judgement that they hold."""
    judgements = JudgementReader(settings.reward)
    verdict = Verdict(settings.verdict, pass_at=settings.pass_at)
    for row, sample in rows:
        judgement = judgements.judgement(row)
        deciding = verdict.names(judgement.scores, row)
        yield judged_row(row, sample, judgement, deciding, verdict=verdict(judgement, row), key=_key(row, settings))


def _judged(rows: Iterable[tuple[Row, Sample]], judge: Judge, settings: Settings) -> Iterator[JudgedRow]:
    """Rows with the judgement of a rubric."""
    waiting: deque[tuple[Row, Sample]] = deque()

    def samples() -> Iterator[Sample]:
        for row, sample in rows:
            waiting.append((row, sample))
            yield sample

    verdict = Verdict(settings.verdict, pass_at=settings.pass_at, readers=_readers(judge.steps))
    for result in judge.stream(samples(), progress=settings.progress):
        row, sample = waiting.popleft()
        judgement = Judgement(result.reward, to_block(result)["scores"])
        deciding = verdict.names(judgement.scores, row)
        yield judged_row(row, sample, judgement, deciding, verdict=verdict(judgement, row), key=_key(row, settings))


def _readers(steps: Iterable[Step]) -> list[str]:
    """The aliases of the rewards that read the ground truth; the paid ones, if any is."""
    reads = [step for step in steps if "ground_truth" in step.installed.reward.reads]
    paid = [step for step in reads if is_paid(step.config.weight_at(1.0))]
    return [step.alias for step in paid or reads]


def _key(row: Row, settings: Settings) -> Any:
    if settings.key is None:
        return None
    value = row.data[settings.key] if settings.key in row.data else value_at(row.data, settings.key)
    if value is None:
        raise InputError(f"{row.where}: has no {settings.key!r}, by which rows are to be matched")
    return value


def _name(side: Any) -> str:
    if isinstance(side, str | Path):
        return str(side)
    if isinstance(side, Rubric):
        return side.where
    if isinstance(side, list | tuple) and side and all(isinstance(one, str | Path) for one in side):
        return ", ".join(map(str, side))
    return "rubric" if is_rubric(side) else "rows"


def _refuse_strangers(old: str, new: str, unmatched: Mapping[str, Any], settings: Settings) -> None:
    if not unmatched["old"] or not unmatched["new"]:
        empty = old if not unmatched["old"] else new
        raise InputError(f"{empty}: no rows to compare")
    by = f"the column {settings.key!r}" if settings.key else "prompt and completion"
    raise InputError(
        f"no row of {old} is in {new}, by {by}; compare judgements of the same completions"
        + ("" if settings.key else ", or name a column that tells the rows: --key id")
    )
