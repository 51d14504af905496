"""The reward `sql`: a query is right if it gives the rows of the reference on every database."""

import json
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from rewardkit import ConfigError, Reward, RewardContext, RewardParams, Sample, Score
from rewardkit_sandbox import LazySandbox, Limits, RunResult, SandboxBrokeError, SandboxUnavailableError, Script
from rewardkit_sql.query import Shape, query_of, shape_of, with_ties_broken
from rewardkit_sql.results import Row, rows_of, same
from rewardkit_sql.task import MissingDatabaseError, Task, TaskError, read_task

MIB = 1024 * 1024
MOST_KEPT = 64
"""References whose rows are kept, for the other completions of their prompts."""
Database = tuple[str, Path | None]
_ENDS: dict[str, Literal["time_limit", "memory_limit", "output_limit"]] = {
    "cpu": "time_limit",
    "wall": "time_limit",
    "memory": "memory_limit",
    "output": "output_limit",
}


class SqlParams(RewardParams):
    """Parameters of the reward `sql`."""

    order: Literal["auto", "rows", "none"] = "auto"
    """The order of rows: `rows` always counts, `none` never, `auto` if the reference has an ORDER BY."""
    columns: Literal["any", "ordered"] = "any"
    """`any`: the columns may be in another order, as test-suite accuracy has it. `ordered`: as the reference's."""
    folder: Path | None = None
    """Folder of database files, for rows with a `db_id`: `DB_ID/*.sqlite`, all of which count, or `DB_ID.sqlite`."""
    cpu_s: int = Field(default=5, ge=1)
    """CPU seconds of one query on one database."""
    memory_mb: int = Field(default=512, ge=64)
    """Megabytes (MiB) of one query with its database."""
    max_rows: int = Field(default=20_000, ge=1)
    """Rows of a result; a query that gives more is wrong, unless the reference does too."""


class Refused(Exception):  # noqa: N818 - how a judgement ends, not a failure
    """The end of a judgement before its comparison."""

    def __init__(self, score: Score) -> None:
        super().__init__(score.reason)
        self.score = score


class Sql(Reward):
    """1 if the query gives the reference's rows, run in a sandbox."""

    name = "sql"
    Params = SqlParams
    cost_ms = 20.0
    value_range = (0.0, 1.0)
    control_completion = "```sql\nSELECT 1\n```"
    reads = ("ground_truth",)

    def __init__(self, params: SqlParams, context: RewardContext) -> None:
        super().__init__(params, context)
        self._limits = Limits(cpu_s=params.cpu_s, memory_bytes=params.memory_mb * MIB)
        self._source = resources.files("rewardkit_sql").joinpath("run_query.py").read_text("utf-8")
        self._kept: OrderedDict[Any, list[list[Row]]] = OrderedDict()
        try:
            self._sandbox = LazySandbox(context.sandbox)
        except SandboxUnavailableError as error:
            raise ConfigError(f"sandbox: {error}") from error

    def score(self, samples: Sequence[Sample]) -> Sequence[Score]:
        return [self._score(sample) for sample in samples]

    def close(self) -> None:
        self._sandbox.close()

    def _score(self, sample: Sample) -> Score:
        try:
            task = read_task(sample, self.params.folder)
        except TaskError as exc:
            return Score.abstained(f"ground truth: {exc}", kind="unreadable_ground_truth")
        except MissingDatabaseError as exc:
            return Score.abstained(f"ground truth: {exc}", kind="unsupported")
        if task is None:
            return Score.abstained("the ground truth holds no query and no rows", kind="no_ground_truth")
        query = query_of(sample.parts.answer)
        if query is None:
            return Score.scored(0.0, "the answer holds no query", kind="no_answer")
        try:
            return self._judge(task, query)
        except Refused as exc:
            return exc.score
        except SandboxUnavailableError as exc:
            return Score.failed(str(exc), kind="sandbox_error")
        except SandboxBrokeError as exc:
            self.close()
            return Score.failed(f"the sandbox is broken: {exc}", kind="sandbox_error")

    def _judge(self, task: Task, query: str) -> Score:
        shape = shape_of(query)
        reference = shape_of(task.query) if task.query is not None else Shape(known=False)
        if shape.known and not shape.reads:
            return Score.scored(0.0, "the answer is not one query that only reads", kind="malformed")
        if shape.known and not shape.tables and (reference.tables or task.query is None):
            return Score.scored(0.0, "the query reads no table", kind="malformed")
        ordered = task.ordered if task.ordered is not None else reference.ordered
        ordered = {"auto": ordered, "rows": True, "none": False}[self.params.order]
        databases: list[Database] = [*((setup, None) for setup in task.setups), *(("", path) for path in task.files)]
        wanted = [self._wanted(task, database, ordered=ordered) for database in databases]
        if not any(rows for results in wanted for rows in results):
            reason = "the reference gives no row on any database, so that any query that gives none would pass"
            return Score.abstained(reason, kind="unsupported")
        for number, (database, results) in enumerate(zip(databases, wanted, strict=True), 1):
            found = self._rows(query, database, limit=max(self.params.max_rows, len(results[0])))
            if not same(found, results, ordered=ordered, any_columns=self.params.columns == "any"):
                reason = f"database {number} of {len(databases)}: {_described(found, results[0], ordered=ordered)}"
                return Score.scored(0.0, reason, databases=len(databases), passed=number - 1)
        return Score.scored(1.0, f"the same rows on {len(databases)} databases", databases=len(databases))

    def _wanted(self, task: Task, database: Database, *, ordered: bool) -> list[list[Row]]:
        """The rows that are right; several results where the reference's order may leave ties."""
        if task.rows is not None:
            return [rows_of(task.rows)]
        assert task.query is not None
        key = (task.query, database, ordered)
        if key not in self._kept:
            self._kept[key] = self._reference(task.query, database, ordered=ordered)
            if len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]

    def _reference(self, query: str, database: Database, *, ordered: bool) -> list[list[Row]]:
        limit = 10 * self.params.max_rows
        try:
            rows = self._rows(query, database, limit=limit)
            broken = with_ties_broken(query, len(rows[0])) if ordered and rows else None
            if broken is None:
                return [rows]
            up, down = (self._rows(one, database, limit=limit) for one in broken)
        except Refused as exc:
            if exc.score.status != "scored":
                raise
            reason = f"ground truth: the reference query: {exc.score.reason}"
            raise Refused(Score.abstained(reason, kind="unreadable_ground_truth")) from exc
        return [up, rows, down]

    def _rows(self, query: str, database: Database, *, limit: int) -> list[Row]:
        """The rows of a query. Raises Refused where it gives none: an error, a limit."""
        setup, file = database
        request = {"query": query, "setup": setup, "max_rows": limit}
        image = file.read_bytes() if file is not None else b""
        result = self._run(json.dumps(request).encode() + b"\n" + image, 3 * len(image))
        if result.end != "exit" or result.code != 0 or not result.stdout:
            kind = _ENDS.get(result.end, "memory_limit")
            raise Refused(Score.scored(0.0, f"the query was ended: {kind.replace('_', ' ')}", kind=kind))
        said = json.loads(result.stdout)
        if said.get("where") == "setup":
            reason = f"ground truth: a database that cannot be made: {said['error'][:200]}"
            raise Refused(Score.abstained(reason, kind="unreadable_ground_truth"))
        if "error" in said:
            raise Refused(Score.scored(0.0, f"the query fails: {said['error'][:200]}", kind="malformed"))
        if said["more"]:
            raise Refused(Score.scored(0.0, f"the query gives more than {limit} rows", kind="output_limit"))
        return rows_of(said["rows"])

    def _run(self, stdin: bytes, memory_bytes: int) -> RunResult:
        limits = replace(self._limits, memory_bytes=self._limits.memory_bytes + memory_bytes)
        return self._sandbox.get().run(Script(self._source, stdin), limits)


def _described(found: list[Row], wanted: list[Row], *, ordered: bool) -> str:
    if sorted(map(repr, found)) == sorted(map(repr, wanted)) and ordered:
        return "the right rows in another order"
    return f"{len(found)} rows of {len(found[0]) if found else 0} columns, expected {len(wanted)} other ones"
