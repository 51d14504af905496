"""Jobs and their results as JSON, for an engine in another process: what comes back is what a worker here would give.

NaN and the infinities are written as Python's json writes them, text with lone surrogates as escapes. What JSON has no
word for (times, bytes, decimals in columns of a table) is refused, not changed.
"""

import base64
import json
import time
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from rewardkit.codec import from_block, result_fields, result_from, to_block
from rewardkit.errors import InputError
from rewardkit.message import Message
from rewardkit.reasoning.split import ReasoningTags
from rewardkit.sample import Sample
from rewardkit.workers.engine import Job, JobResult

_DEFAULTS = {name: field.get_default(call_default_factory=True) for name, field in Sample.model_fields.items()}


def job_to_json(job: Job, rubric_hash: str) -> bytes:
    """The request of a job.

    raises  InputError for a value that JSON cannot carry
    """
    budget_s = None if job.until is None else max(0.0, job.until - time.monotonic())
    content = {
        "hash": rubric_hash,
        "units": [[_fields(sample) for sample in unit] for unit in job.units],
        "weights": dict(job.weights),
        "budget_s": budget_s,
    }
    return json.dumps(content, separators=(",", ":"), default=_refused).encode()


def job_from_json(content: Mapping[str, Any]) -> Job:
    """The job of a request that was read.

    raises  InputError for what is not a sample
    """
    try:
        units = [[Sample(**fields) for fields in unit] for unit in content["units"]]
    except (ValidationError, TypeError) as error:
        raise InputError(f"a unit holds what is not a sample: {error}") from error
    budget_s = content.get("budget_s")
    return Job(units, content["weights"], None if budget_s is None else time.monotonic() + budget_s)


def result_to_json(job: Job, done: JobResult) -> bytes:
    """The answer to a job."""
    results = [[to_block(result_from(fields, job.weights)) for fields in unit] for unit in done.results]
    return json.dumps(
        {"results": results, "seconds": done.seconds}, separators=(",", ":"), default=_as_written
    ).encode()


def result_from_json(written: bytes, *, timings: bool) -> JobResult:
    """The results in an answer, as a worker gives them.

    raises  InputError for an answer of another version
    """
    content = json.loads(written)
    units = []
    for blocks in content["results"]:
        results = [from_block(block) for block in blocks]
        units.append([result_fields(r.reward, [*r.scores.values()], r.elapsed_ms if timings else {}) for r in results])
    return JobResult(units, content["seconds"])


def _fields(sample: Sample) -> dict[str, Any]:
    named = {name: getattr(sample, name) for name in _DEFAULTS}
    return {name: value for name, value in named.items() if value != _DEFAULTS[name]}


def _refused(value: Any) -> Any:
    if isinstance(value, Message | ReasoningTags):
        return value.model_dump()
    if isinstance(value, Mapping):
        return dict(value)
    raise InputError(
        f"a row holds a {type(value).__name__}, which JSON cannot carry to a server; judge these rows here, or "
        "write the column as text"
    )


def _as_written(value: Any) -> Any:
    """As the output row writes it."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
