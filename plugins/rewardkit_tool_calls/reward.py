"""The reward `tool_calls`: the calls that were made are those that should be."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from rewardkit import Reward, RewardParams, Sample, Score
from rewardkit_tool_calls.call import Call, NotACallError, call_of, loads
from rewardkit_tool_calls.match import MOST_CALLS, Tool, pairing, same_name, share_of_arguments
from rewardkit_tool_calls.reference import UnreadableReferenceError, Wanted, reference_of
from rewardkit_tool_calls.templates import read_calls

TOOL_COLUMNS = ("tools", "functions", "function", "extra_info.tools")
SHOWN = 20


class ToolCallsParams(RewardParams):
    order: bool = False
    """True: calls must be made in the reference's order. False: in any."""
    strings: Literal["auto", "exact", "loose"] = "auto"
    """`exact`: texts are the same. `loose`: as BFCL, without case, blanks and the marks `,./-_*^`.
    `auto`: loose where the reference is in BFCL's form."""


class ToolCalls(Reward):
    """1 if the completion calls exactly the tools that the reference calls, with right arguments.

    match      1.0 if all calls are right, none is missing and none too many
    names      F1 of the tools' names
    arguments  the mean share of right arguments, over the calls of reference or completion, whichever are more
    """

    name = "tool_calls"
    Params = ToolCallsParams
    cost_ms = 0.5
    values = ("match", "names", "arguments")
    reads = ("ground_truth",)
    value_range = (0.0, 1.0)

    params: ToolCallsParams

    def score(self, samples: Sequence[Sample]) -> list[Score]:
        return [self._score(sample) for sample in samples]

    def _score(self, sample: Sample) -> Score:
        if sample.ground_truth is None:
            return Score.abstained("no ground truth in this row", kind="no_ground_truth")
        try:
            wanted = reference_of(sample.ground_truth)
        except UnreadableReferenceError as error:
            return Score.abstained(str(error), kind="unreadable_ground_truth")
        if len(wanted) > MOST_CALLS:
            return Score.abstained(f"the reference has more than {MOST_CALLS} calls", kind="unsupported")
        try:
            made = calls_of(sample)
        except NotACallError as error:
            return _score(0.0, 0.0, 0.0, f"a call cannot be read: {error}", kind="malformed")
        if not wanted:
            return _relevance(made, sample)
        if not made:
            return _score(0.0, 0.0, 0.0, "no tool is called", kind="no_answer")
        return self._compared(made, wanted, _tools(sample))

    def _compared(self, made: Sequence[Call], wanted: Sequence[Wanted], tools: Mapping[str, Tool]) -> Score:
        considered = made[:MOST_CALLS]
        shares = [
            [share_of_arguments(call, one, tools.get(one.name, Tool()), loose=self._loose(one)) for call in considered]
            for one in wanted
        ]
        found = pairing(shares, ordered=self.params.order)
        names = _f1_of_names(made, wanted)
        right = all(share == 1.0 for share in found) and len(made) == len(wanted)
        reason = "" if right else _difference(made, wanted, found)
        shown = [{"name": call.name, "arguments": _shown(call.arguments)} for call in made[:SHOWN]]
        return _score(float(right), names, sum(found) / max(len(made), len(wanted)), reason, calls=shown)

    def _loose(self, wanted: Wanted) -> bool:
        return wanted.loose if self.params.strings == "auto" else self.params.strings == "loose"


def calls_of(sample: Sample) -> list[Call]:
    """The calls of a completion in order: those that a server has parsed, else those in the text behind the reasoning.

    raises  NotACallError where a call is begun and cannot be read
    """
    if not isinstance(sample.completion, str):
        spoken = [message for message in sample.completion if message.role == "assistant"]
        written = [one for message in spoken for one in _parsed(message.model_dump())]
        if written:
            return [call_of(one) for one in written]
    text = sample.completion_text
    if "<|message|>" in text and "to=" in text:  # harmony: a call is a message of its own, beside reasoning and answer
        return read_calls(text)
    parts = sample.parts
    return read_calls(text if parts.reasoning is None else parts.answer)


def _parsed(message: Mapping[str, Any]) -> list[Any]:
    """The calls of a message that a server has parsed."""
    found = list(message.get("tool_calls") or ())
    if isinstance(message.get("function_call"), Mapping):
        found.append(message["function_call"])
    content = message.get("content")
    parts = content if isinstance(content, list | tuple) else ()
    calls = ("tool_use", "tool_call", "function_call", "toolUse", "functionCall")
    return found + [part for part in parts if part.get("type") in calls or calls[3] in part or calls[4] in part]


def _relevance(made: Sequence[Call], sample: Sample) -> Score:
    """The score where no call is right: an answer in words."""
    if made:
        names = ", ".join(sorted({call.name for call in made})[:5])
        return _score(0.0, 0.0, 0.0, f"calls {names}, where no call is right")
    if not sample.parts.answer.strip():
        return _score(0.0, 0.0, 0.0, "there is no answer", kind="no_answer")
    return _score(1.0, 1.0, 1.0, "no call is right, and none was made")


def _score(match: float, names: float, arguments: float, reason: str, **details: Any) -> Score:
    return Score.scored({"match": match, "names": names, "arguments": arguments}, reason, **details)


def _f1_of_names(made: Sequence[Call], wanted: Sequence[Wanted]) -> float:
    ours = Counter(call.name.replace(".", "_") for call in made)
    theirs = Counter(one.name.replace(".", "_") for one in wanted)
    return 2 * (ours & theirs).total() / (len(made) + len(wanted))


def _difference(made: Sequence[Call], wanted: Sequence[Wanted], found: Sequence[float]) -> str:
    missed = next((one for one, share in zip(wanted, found, strict=True) if share < 1.0), None)
    if missed is not None and not any(same_name(call.name, missed.name) for call in made):
        return f"{missed.name} is not called"
    if missed is not None:
        return f"{missed.name} is called with other arguments, or in another order"
    return f"{len(made)} calls instead of {len(wanted)}"


def _tools(sample: Sample) -> dict[str, Tool]:
    """The tools that the row describes, by name."""
    written = next((value for path in TOOL_COLUMNS if (value := sample.column(path)) is not None), ())
    try:
        tools = loads(written) if isinstance(written, str) else written
    except NotACallError:
        return {}
    found = {}
    for tool in tools if isinstance(tools, list | tuple) else ():
        function = tool.get("function", tool) if isinstance(tool, Mapping) else {}
        parameters = function.get("parameters") if isinstance(function, Mapping) else None
        if not isinstance(parameters, Mapping):
            continue
        properties = parameters.get("properties", parameters)
        required = parameters.get("required")
        found[str(function.get("name"))] = Tool(
            {
                key: value["default"]
                for key, value in (properties.items() if isinstance(properties, Mapping) else ())
                if isinstance(value, Mapping) and value.get("default") is not None
            },
            frozenset(map(str, required)) if isinstance(required, list | tuple) else frozenset(),
        )
    return found


def _shown(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {key: str(value)[:200] if isinstance(value, str) else value for key, value in arguments.items()}
