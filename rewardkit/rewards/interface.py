"""The interface of a reward that holds something: a name, a pydantic model of its parameters, and `score(samples)`.

A function is enough for most rewards (`rewardkit.rewards.function`). A class is for what is loaded once and kept:

    class Brevity(Reward):
        \"\"\"1 for an answer of at most `words` words.\"\"\"

        name = "brevity"
        Params = BrevityParams

        def score(self, samples):
            return [float(len(s.parts.answer.split()) <= self.params.words) for s in samples]

The module that holds it is imported to list the plugins, so it imports nothing heavy at its top: what takes long is
imported in `__init__` or later.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from rewardkit.sample import Sample
from rewardkit.score import Score

API_VERSION = 1
"""The version of this interface. It rises when a reward that was written for the one before would not work any more. A
module says `REWARDKIT_API_VERSION = 1` where it was written for one; for another than this one it is left out."""

Returned = float | bool | Mapping[str, float | None] | None
"""Types that a reward may return in place of a Score."""
Sees = Literal["sample", "group", "batch"]
Runs = Literal["worker", "service"]


class RewardParams(BaseModel):
    """Base of a reward's parameters: frozen, and a key that is not there is refused.

    The docstring below a parameter is its description in `rewardkit plugins NAME` and in editors.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class RewardContext(BaseModel):
    """The settings of a rubric that a reward gets besides its parameters."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    deadline_s: float = 10.0
    """Seconds after which the worker that judges a sample is killed; a reward may give up earlier by itself."""
    memory_bytes: int = 2 * 1024**3
    """Memory that a worker may take before it is replaced."""
    sandbox: str | dict[str, Any] = "auto"
    """Where programs run: the name of a backend, or `{backend: …}` with its options."""


class Reward(ABC):
    """Judges samples. Built once in each worker, then asked again and again.

    name      how rubrics call it
    Params    the pydantic model of its parameters
    cost_ms   typical milliseconds for a sample; cheap rewards are asked first, so that a closed gate saves dear ones
    sees      `sample`: called with one sample at a time, under the deadline of one. `group`: called with all samples of
              a group at once, under the sum of their deadlines. `batch`: called with as many as are at hand, which must
              not change their scores
    runs      `worker`: a copy in each worker process. `service`: one process for the run, which gets the samples of all
              workers in batches
    batch_size  samples of one call at most, of a service
    values    names of the values that its scores hold, where they hold several
    needs     names of other rewards, whose scores stand in `Sample.needed`
    control_completion  a completion that takes nobody's time: where the reward hangs on it too, the reward has failed,
              and the completion that it hung on is not worth 0
    deadlines how many deadlines a sample may take, for a reward that sets its own limit by how much a sample asks for
    value_range  the least and the greatest value that it gives; None where the parameters decide, or nothing bounds it
    requires  packages that it cannot do without, as pip reads them, such as `("sacrebleu>=2.4",)`: without one a run
              ends before its first row, with the pip command
    reads     fields of a Sample without which the reward cannot judge, such as `("ground_truth",)`: a run in which a
              paid reward never found them is reported as one in which nothing was judged
    """

    name: ClassVar[str]
    Params: ClassVar[type[RewardParams]] = RewardParams
    cost_ms: ClassVar[float] = 1.0
    sees: ClassVar[Sees] = "sample"
    runs: ClassVar[Runs] = "worker"
    batch_size: ClassVar[int] = 32
    values: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[tuple[str, ...]] = ()
    control_completion: ClassVar[str] = "I do not know."
    deadlines: ClassVar[float] = 1.0
    value_range: tuple[float, float] | None = None
    requires: ClassVar[tuple[str, ...]] = ()
    reads: ClassVar[tuple[str, ...]] = ()

    def __init__(self, params: Any, context: RewardContext) -> None:
        """Loads what judging needs. An error here is the plugin's failure, reported before the first sample."""
        self.params = params
        self.context = context

    @classmethod
    def provenance(cls, params: Any, context: RewardContext) -> Mapping[str, Any]:
        """Facts about what it judges with, as JSON values, for the file beside an output: a model, an image."""
        del params, context
        return {}

    @classmethod
    def sees_with(cls, params: Any) -> Sees:  # noqa: ARG003 - for those who look
        """The samples it sees at once with these parameters: `sees`, unless one of its modes needs another value."""
        return cls.sees

    @classmethod
    def deterministic(cls, params: Any) -> bool:  # noqa: ARG003 - for those who look
        """False for a reward that may judge one sample differently the next time: a cache keeps none of its scores."""
        return True

    @classmethod
    def values_with(cls, params: Any) -> tuple[str, ...]:  # noqa: ARG003 - for those who look
        """The names of its values with these parameters: `values`, unless its parameters name them."""
        return cls.values

    @classmethod
    def copies(cls, params: Any) -> Sequence[Any]:
        """Of a service, the parameters of each of its processes: one for each GPU that it asks for."""
        return [params]

    @classmethod
    def own_gpu(cls, params: Any) -> Any:  # noqa: ARG003 - for those who look
        """Of a service, the parameters of a process that a cluster (Ray) gives a GPU of its own, the only one it sees.

        params   of one of its `copies`
        returns  None where it wants none: the process then stays beside the driver
        """
        return None

    @abstractmethod
    def score(self, samples: Sequence[Sample]) -> Sequence[Score | Returned]:
        """One judgement for each sample, in order: a Score, a number, a bool, None or a dict of named values.

        Whatever this raises becomes a `failed` score; MemoryError, and a deadline that passes, are the completion's
        doing and score 0.0 when they happen again in a fresh worker.
        """

    @classmethod
    def check_ground_truth(cls, ground_truth: Any, params: Any) -> str | None:  # noqa: ARG003 - for those who look
        """A remark on a ground truth, made before anything is judged; None for nothing to say.

        ground_truth  the ground truth of a row, as it is in a Sample
        params        the reward's parameters, an object of `Params`
        returns       the end of a sentence about ground truths, such as "can only be compared as words"

        `rewardkit score` asks about the first rows of named files, `rewardkit validate` about those of its data, both
        in their own process and without building the reward: this must be quick, and import nothing heavy.
        """
        return None

    @classmethod
    def estimate(cls, samples: Sequence[Sample], params: Any) -> Mapping[str, float]:  # noqa: ARG003 - for those who do
        """The expected effort of judging samples, without judging them: `requests`, `cost` and the like, or empty.

        samples  one sample, or all of a group for a reward that sees groups
        params   the reward's parameters, an object of `Params`

        `rewardkit score --dry-run` adds these up, in its own process and without building the reward.
        """
        return {}

    def close(self) -> None:  # noqa: B027 - most rewards hold nothing
        """Gives back what the reward holds: processes, files, connections."""
