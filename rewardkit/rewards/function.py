"""A function as a reward: the decorator, and the class that is made of a function.

@rewardkit.reward                       Scorer({"rewards": {"mine": my_function}})
def short(answer_text, words=50): ...

function ── options_of ──▶ FunctionOptions ── reward_of ──▶ a subclass of Reward, as anybody else's
"""

import asyncio
import dis
import functools
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from time import monotonic
from typing import Any, ClassVar, TypeVar, cast, overload

from pydantic import Field, create_model

from rewardkit.errors import PluginError
from rewardkit.rewards.frames import fault_of
from rewardkit.rewards.interface import Reward, RewardContext, RewardParams, Runs, Sees
from rewardkit.rewards.returned import ReturnedError, score_of, scores_of
from rewardkit.rewards.signature import Call, NoColumnError, SignatureError, call_of
from rewardkit.sample import Sample
from rewardkit.score import Score

F = TypeVar("F", bound=Callable[..., Any])

MARK = "__rewardkit_reward__"
"""Attribute of a function that the decorator was put on: its FunctionOptions."""

CONCURRENCY = 32
"""Calls of an async function that are under way at one time, where its author says nothing."""
BUDGET = 0.9
"""Share of a deadline after which a call of an async function is given up, before its process would be killed."""


@dataclass(frozen=True)
class FunctionOptions:
    """Options of `@rewardkit.reward` for one function."""

    name: str | None = None
    sees: Sees | None = None
    runs: Runs | None = None
    values: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    cost_ms: float = 1.0
    concurrency: int = CONCURRENCY
    requests_per_minute: float | None = None
    value_range: tuple[float, float] | None = None
    requires: tuple[str, ...] = ()
    control_completion: str = Reward.control_completion
    deterministic: bool = True


@overload
def reward(function: F, /) -> F: ...
@overload
def reward(
    *,
    name: str | None = None,
    sees: Sees | None = None,
    runs: Runs | None = None,
    values: Sequence[str] = (),
    needs: Sequence[str] = (),
    cost_ms: float = 1.0,
    concurrency: int = CONCURRENCY,
    requests_per_minute: float | None = None,
    value_range: tuple[float, float] | None = None,
    requires: Sequence[str] = (),
    control_completion: str = Reward.control_completion,
    deterministic: bool = True,
) -> Callable[[F], F]: ...
def reward(
    function: Any = None,
    /,
    *,
    values: Sequence[str] = (),
    needs: Sequence[str] = (),
    requires: Sequence[str] = (),
    **options: Any,
) -> Any:
    """Makes a function a reward; the function itself stays as it is.

    name        how rubrics call it; the function's name where it is left out
    sees        `sample`: called for each sample. `group`, `batch`: its parameters are lists, and it returns a list
    runs        `worker`: in every worker process. `service`: in one process for the run; the default of async functions
    values      names of the values that it returns in a dict
    needs       other rewards, whose Scores it asks for by their names
    cost_ms     typical milliseconds for a sample
    concurrency  calls of an async function that are under way at one time, in the whole run
    requests_per_minute  calls of an async function that begin in a minute, in the whole run
    value_range  the least and the greatest value
    requires    packages that it cannot do without, as pip reads them: `("sacrebleu>=2.4",)`
    control_completion   a completion that takes nobody's time
    deterministic  False where one sample may be judged differently the next time: no cache keeps its scores
    """
    given = FunctionOptions(values=_names(values), needs=_names(needs), requires=_names(requires), **options)

    def mark(function: Any) -> Any:
        if isinstance(function, type):
            raise TypeError(f"@rewardkit.reward is for functions; the class {function.__name__} derives from Reward")
        setattr(function, MARK, given)
        return function

    return mark if function is None else mark(function)


def _names(names: Sequence[str]) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def is_reward_function(value: Any) -> bool:
    """True for a function that `@rewardkit.reward` was put on."""
    return callable(value) and isinstance(getattr(value, MARK, None), FunctionOptions)


def name_of(function: Any) -> str:
    """The name of a function: its own, or that of what it is made of."""
    if isinstance(function, functools.partial):
        return name_of(function.func)
    name = getattr(function, "__name__", None) or type(function).__name__
    return "function" if name == "<lambda>" else str(name)


def place_of(function: Any) -> str:
    """Where a function is written: `rewards.py, line 3`; empty where nobody knows."""
    inner = function.func if isinstance(function, functools.partial) else function
    inner = getattr(inner, "__func__", inner)
    code = getattr(inspect.unwrap(inner), "__code__", None) or getattr(type(inner).__call__, "__code__", None)
    return f"{PurePath(code.co_filename).name}, line {code.co_firstlineno}" if code else ""


def reward_of(function: Callable[..., Any], name: str | None = None) -> type[Reward]:
    """The reward that a function is.

    name    how it is called, where the decorator does not say it
    raises  PluginError, which names file and line, for a function that cannot be called as a reward
    """
    options = getattr(function, MARK, None)
    if not isinstance(options, FunctionOptions):
        options = FunctionOptions()
    named = options.name or name or name_of(function)
    try:
        return _reward_class(function, options, named)
    except SignatureError as error:
        place = place_of(function)
        raise PluginError(f"reward {named!r}{f' ({place})' if place else ''}: the function {error}") from None


def _reward_class(function: Callable[..., Any], options: FunctionOptions, name: str) -> type[Reward]:
    if isinstance(function, type):
        raise SignatureError(f"is the class {function.__name__}; hand over an object of it, or derive it from Reward")
    called = function if inspect.isroutine(function) else getattr(function, "__call__", function)  # noqa: B004
    called = function.func if isinstance(function, functools.partial) else called
    if inspect.isgeneratorfunction(called) or inspect.isasyncgenfunction(called):
        raise SignatureError("is a generator (it has a `yield`); return the value")
    if _returns_nothing(called):
        raise SignatureError("returns nothing; `return` a number, a bool, None, a Score or a dict")
    if any(part and not part.isidentifier() for need in options.needs for part in need.split(".")):
        raise SignatureError(f"needs {options.needs!r}, which are not names of rewards")
    call = call_of(function, needs=options.needs, several=options.sees in ("group", "batch"))
    is_async = inspect.iscoroutinefunction(called)
    params = call.params
    if is_async:
        limits: dict[str, Any] = {
            "concurrency": (int, Field(options.concurrency, ge=1, description="Calls under way at one time.")),
            "requests_per_minute": (
                float | None,
                Field(options.requests_per_minute, gt=0, description="Calls that begin in a minute."),
            ),
        }
        missing = {key: value for key, value in limits.items() if key not in params.model_fields}
        params = create_model("Params", __base__=params, **missing)
    body = {
        "__doc__": inspect.getdoc(function) if inspect.isroutine(function) else None,
        "__module__": getattr(function, "__module__", None) or type(function).__module__,
        "name": name,
        "Params": params,
        "cost_ms": options.cost_ms,
        "sees": options.sees or ("batch" if call.lists or is_async else "sample"),
        "runs": options.runs or ("service" if is_async else "worker"),
        "values": options.values,
        "needs": options.needs,
        "reads": call.reads,
        "value_range": options.value_range,
        "requires": options.requires,
        "control_completion": options.control_completion,
        "deterministic": classmethod(lambda _, __: options.deterministic),
        "function": staticmethod(function),
        "call": call,
        "is_async": is_async,
    }
    return type(name, (FunctionReward,), body)


class FunctionReward(Reward):
    """A reward that calls a function."""

    function: ClassVar[Callable[..., Any]]
    call: ClassVar[Call]
    is_async: ClassVar[bool]

    params: RewardParams

    def __init__(self, params: Any, context: RewardContext) -> None:
        super().__init__(params, context)
        self._loop: asyncio.Runner | None = asyncio.Runner() if self.is_async else None
        self._next_s = 0.0

    def score(self, samples: Sequence[Sample]) -> Sequence[Score]:
        """Asks the function; what it raises on one sample is that sample's alone, where it gets one at a time."""
        if self.call.lists:
            return self._of_many(samples, self._called)
        if self._loop:
            return self._loop.run(self._all_async(samples))
        return [self._of_one(sample) for sample in samples]

    def close(self) -> None:
        """Ends the event loop of an async function."""
        if self._loop:
            self._loop.close()

    def _of_one(self, sample: Sample) -> Score:
        if (score := self._without_truth(sample)) is not None:
            return score
        try:
            args, kwargs = self.call.of_one(sample, self.params)
            return score_of(self._verl(self.function(*args, **kwargs)), self.values)
        except MemoryError:
            raise
        except BaseException as error:  # noqa: BLE001 - a plugin may raise anything, SystemExit too
            return self._fault(error)

    def _of_many(self, samples: Sequence[Sample], ask: Callable[[Sequence[Sample]], Any]) -> Sequence[Score]:
        known = [self._without_truth(sample) for sample in samples]
        asked = [sample for sample, score in zip(samples, known, strict=True) if score is None]
        found = iter(scores_of(ask(asked), len(asked), self.values) if asked else ())
        return [score if score is not None else next(found) for score in known]

    def _called(self, samples: Sequence[Sample]) -> Any:
        args, kwargs = self.call.of_many(samples, self.params)
        returned = self.function(*args, **kwargs)
        return self._loop.run(returned) if self._loop else returned

    async def _all_async(self, samples: Sequence[Sample]) -> Sequence[Score]:
        turn = asyncio.Semaphore(getattr(self.params, "concurrency", CONCURRENCY))
        return await asyncio.gather(*(self._one_async(sample, turn) for sample in samples))

    async def _one_async(self, sample: Sample, turn: asyncio.Semaphore) -> Score:
        if (score := self._without_truth(sample)) is not None:
            return score
        async with turn:
            await self._wait_for_rate()
            try:
                args, kwargs = self.call.of_one(sample, self.params)
                seconds = BUDGET * self.context.deadline_s
                returned = await asyncio.wait_for(cast(Awaitable[Any], self.function(*args, **kwargs)), seconds)
                return score_of(self._verl(returned), self.values)
            except TimeoutError:
                return Score.failed(f"{self.name!r} gave no answer within {seconds:g} s", kind="timeout")
            except MemoryError:
                raise
            except BaseException as error:  # noqa: BLE001 - a plugin may raise anything, SystemExit too
                return self._fault(error)

    async def _wait_for_rate(self) -> None:
        """Waits until the next call may begin: evenly spread over a minute."""
        rate = getattr(self.params, "requests_per_minute", None)
        if rate:
            now = monotonic()
            self._next_s = max(now, self._next_s)
            wait_s = self._next_s - now
            self._next_s += 60 / rate
            await asyncio.sleep(wait_s)

    def _verl(self, returned: Any) -> Any:
        """The result of a function in verl's form: in a dict, `score` is the value and the rest is evidence."""
        if self.call.verl and isinstance(returned, Mapping) and "score" in returned and not self.values:
            details = {str(key): value for key, value in returned.items() if key != "score"}
            score = score_of(returned["score"])
            return score.model_copy(update={"details": details})
        return returned

    def _without_truth(self, sample: Sample) -> Score | None:
        """The score of a sample that lacks what the function cannot judge without."""
        if "ground_truth" in self.reads and sample.ground_truth is None:
            return Score.abstained("the row has no ground truth", kind="no_ground_truth")
        return None

    def _fault(self, error: BaseException) -> Score:
        if isinstance(error, ReturnedError | NoColumnError):
            return Score.failed(f"{self.name!r} {error}")
        return Score.failed(f"{self.name!r} {fault_of(error, type(self).__module__)}"[:1000])


def _returns_nothing(function: Any) -> bool:
    """True for a function of Python's that returns None wherever it returns, though it has no `return None`."""
    code = getattr(inspect.unwrap(getattr(function, "__func__", function)), "__code__", None)
    if code is None or code.co_name == "<lambda>":
        return False
    instructions = list(dis.get_instructions(code))
    returns = [
        at for at, one in enumerate(instructions) if one.opname.startswith("RETURN_") and "GEN" not in one.opname
    ]
    return bool(returns) and all(_is_none(instructions, at) for at in returns)


def _is_none(instructions: Sequence[dis.Instruction], at: int) -> bool:
    one = instructions[at]
    if one.opname == "RETURN_CONST":
        return one.argval is None
    if one.opname != "RETURN_VALUE" or one.is_jump_target:  # of `return x if y else None` too, which returns x
        return False
    before = instructions[at - 1]
    return before.opname == "LOAD_CONST" and before.argval is None
