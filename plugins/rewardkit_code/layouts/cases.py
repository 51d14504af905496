"""Inputs with their outputs, on standard input or as calls: APPS, TACO, LiveCodeBench, CodeContests and relatives."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from rewardkit_code.layouts.limits import memory_limit_mb, time_limit_s
from rewardkit_code.layouts.python_tests import JSON_RULES, leetcode_tests, some
from rewardkit_code.layouts.row import Row
from rewardkit_code.layouts.values import GroundTruthError, UnsupportedTestsError, as_text, is_list, json_value
from rewardkit_code.tests_model import Case, InteractiveTests, StdinTests, Tests

_INPUTS = ("input", "stdin", "args", "inputs")
_OUTPUTS = ("output", "expected_output", "expected", "stdout", "outputs")
_CALLS = frozenset({"function_call", "functional", "function", "call_based"})


def is_case(value: Any) -> bool:
    """True for an object with an input and an output."""
    return isinstance(value, Mapping) and any(k in value for k in _INPUTS) and any(k in value for k in _OUTPUTS)


def of_columns(truth: Mapping[str, Any], row: Row) -> Tests:
    """`{"inputs": […], "outputs": […], "fn_name"?}`, also with `input` and `output`."""
    inputs, outputs = (json_value(_first(truth, names)) for names in (("inputs", "input"), ("outputs", "output")))
    if not is_list(inputs) or not is_list(outputs):
        raise GroundTruthError("inputs and outputs that are not lists")
    if len(inputs) != len(outputs):
        raise GroundTruthError(f"{len(inputs)} inputs and {len(outputs)} outputs")
    name = truth.get("fn_name") or truth.get("function_name")
    return _tests(name, list(zip(inputs, outputs, strict=True)), row, answers_in_lists=True)


def of_cases(cases: Iterable[Mapping[str, Any]], row: Row) -> Tests:
    """`[{"input", "output", "type" or "testtype", "fn_name" or "metadata": {"func_name"}}]`."""
    cases = list(cases)
    kinds = {_is_call(case) for case in cases}
    if len(kinds) > 1:
        raise GroundTruthError("cases on standard input beside cases that call a function")
    pairs = [(_first(case, _INPUTS), _first(case, _OUTPUTS)) for case in cases]
    if kinds == {False}:
        return _tests(None, pairs, row, answers_in_lists=False)
    names = {name for case in cases if (name := _function_of(case))} or {row.function}
    if len(names) > 1:
        raise UnsupportedTestsError(f"cases for {len(names)} functions: {', '.join(sorted(names))}")
    (name,) = names
    if not name:
        raise GroundTruthError("functional cases without a name: metadata.func_name or fn_name")
    return _tests(name, pairs, row, answers_in_lists=any("type" in case for case in cases))


def _is_call(case: Mapping[str, Any]) -> bool:
    kind = case.get("testtype") or case.get("type")
    return kind in _CALLS if kind else bool(_function_of(case)) or isinstance(_first(case, _INPUTS), Mapping)


def _function_of(case: Mapping[str, Any]) -> str:
    metadata = json_value(case.get("metadata"))
    nested = metadata.get("func_name") or metadata.get("fn_name") if isinstance(metadata, Mapping) else None
    return str(case.get("fn_name") or case.get("function_name") or nested or "")


def _tests(name: Any, pairs: list[tuple[Any, Any]], row: Row, *, answers_in_lists: bool) -> Tests:
    if not name:
        cases = tuple((as_text(given), as_text(expected)) for given, expected in pairs)
        interactor = row.text("interactor")
        if interactor:
            return InteractiveTests(some(cases), interactor)
        limits: dict[str, Any] = {"time_limit_s": time_limit_s(row), "memory_limit_mb": memory_limit_mb(row)}
        return StdinTests(some(cases), "tokens", JSON_RULES.rel, integers_exact=True, **limits, **_checked(row))
    calls = [_call(given, expected) for given, expected in pairs]
    lists = answers_in_lists and all(is_list(call.expected) and len(call.expected) == 1 for call in calls)
    return leetcode_tests(str(name), calls, row.starter, wrapped=lists)


def _call(given: Any, expected: Any) -> Case:
    """A call; beside arguments that are not JSON text, an expected text may be a value or the text itself."""
    value = json_value(expected)
    meant = expected if isinstance(expected, str) and not isinstance(given, str) and value is not expected else None
    return Case([_case(given)], value, text=meant)


def _case(given: Any) -> Mapping[str, Any]:
    """A case for `leetcode_call.call`."""
    if isinstance(given, Mapping):
        return {"one": dict(given)}
    if is_list(given):
        return {"args": list(given)}
    if not isinstance(given, str):
        return {"args": [given]}
    lines = [line for line in given.split("\n") if line.strip()]
    if len(lines) == 1:
        return {"one": _json(lines[0])}
    try:
        return {"args": [_json(line) for line in lines]}
    except GroundTruthError:
        return {"one": _json(given)}  # one value over several lines


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as exc:
        raise GroundTruthError(f"an argument that is not JSON: {text[:80]!r}") from exc


def _first(values: Mapping[str, Any], names: Iterable[str]) -> Any:
    return next((values[name] for name in names if name in values), None)


def _checked(row: Row) -> dict[str, Any]:
    """The checker of a task with several right outputs, in Python or with testlib; else none that can be run here."""
    checker = row.text("generated_checker", "checker", "extra_info.checker")
    if "testlib.h" in checker or ("#include" not in checker and ("sys.argv" in checker or "import sys" in checker)):
        return {"checker": checker}
    return {"other_outputs": bool(checker)}
