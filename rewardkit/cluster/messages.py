"""Jobs and results as bytes, between a driver and its own actors: pickles of plain fields, as a worker's pipe has them.

Ray would take the objects too, and be several times slower with each.
"""

import pickle
from collections.abc import Sequence
from time import monotonic

from rewardkit.codec import ResultFields, sample_fields, sample_from
from rewardkit.errors import InputError
from rewardkit.workers.engine import Job, JobResult
from rewardkit.workers.worker import PLAIN_DATA, UNSENDABLE

TOO_DEEP = f"{UNSENDABLE}: it is nested too deeply; {PLAIN_DATA}"


def job_to_bytes(job: Job, units: Sequence[int]) -> bytes:
    """Some units of a job, without its end: clocks of two machines cannot be compared.

    raises  InputError for a sample that cannot be sent, RecursionError for one that is nested too deeply
    """
    samples = [[sample_fields(sample) for sample in job.units[unit]] for unit in units]
    known = [job.known[unit] for unit in units] if job.known else ()
    try:
        return pickle.dumps((samples, job.weights, job.asks, known), protocol=pickle.HIGHEST_PROTOCOL)
    except (TypeError, AttributeError, pickle.PicklingError) as error:
        raise InputError(f"{UNSENDABLE} ({type(error).__name__}: {error}); {PLAIN_DATA}") from error


def job_from_bytes(written: bytes, budget_s: float | None) -> Job:
    """The job, to be ended within a budget.

    raises  InputError for what cannot be read here
    """
    try:
        samples, weights, asks, known = pickle.loads(written)  # noqa: S301 - the driver's own
    except Exception as error:
        raise InputError(f"{UNSENDABLE} ({type(error).__name__}: {error}); {PLAIN_DATA}") from error
    units = [[sample_from(fields) for fields in unit] for unit in samples]
    return Job(units, weights, None if budget_s is None else monotonic() + budget_s, asks, known)


def result_to_bytes(done: JobResult) -> bytes:
    """The results of a job."""
    return pickle.dumps(tuple(done), protocol=pickle.HIGHEST_PROTOCOL)


def result_from_bytes(written: bytes) -> JobResult:
    """The results that were written."""
    results: list[list[ResultFields]]
    results, seconds = pickle.loads(written)  # noqa: S301 - our own actor's
    return JobResult(results, seconds)
