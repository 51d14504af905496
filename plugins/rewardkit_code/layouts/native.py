"""rewardkit's own tests objects: `{"kind": stdin | function | expr | asserts | check | unittest | pytest | …}`."""

import math
from collections.abc import Callable, Mapping
from typing import Any, Literal

from rewardkit_code.compare import Rules
from rewardkit_code.extract import FENCES
from rewardkit_code.layouts.limits import memory_limit_mb, time_limit_s
from rewardkit_code.layouts.python_tests import check_tests, some
from rewardkit_code.layouts.row import Row
from rewardkit_code.layouts.typed_tests import tests_of
from rewardkit_code.layouts.values import GroundTruthError, as_text, literal
from rewardkit_code.tests_model import (
    Case,
    CodeTests,
    ExpressionTests,
    FileTests,
    FunctionTests,
    InteractiveTests,
    PredictionTests,
    StdinTests,
    Tests,
)
from rewardkit_code.typed import OPENS

JSON_FLOAT_TOL = 1e-6


def _stdin(truth: Mapping[str, Any], row: Row) -> Tests:
    compare = truth.get("compare", "tokens")
    if compare not in ("exact", "text", "tokens"):
        raise GroundTruthError(f"the unknown compare {compare!r}; there are: exact, text, tokens")
    outputs = [case["outputs"] if "outputs" in case else [case["output"]] for case in truth["cases"]]
    inputs = [as_text(case["input"]) for case in truth["cases"]]
    cases = tuple((given, as_text(right[0])) for given, right in zip(inputs, outputs, strict=True))
    tolerance = truth.get("float_tol")
    groups = tuple(str(case.get("group") or "") for case in truth["cases"])
    others = tuple(tuple(map(as_text, right[1:])) for right in outputs)
    any_order = truth.get("any_order") or ""
    if any_order not in ("", "lines", "tokens"):
        raise GroundTruthError(f"the unknown any_order {any_order!r}; there are: lines, tokens")
    return StdinTests(
        some(cases),
        compare,
        None if tolerance is None else tolerance_of(tolerance, "float_tol"),
        checker=truth.get("checker"),
        any_order=any_order,
        groups=groups if any(groups) else (),
        others=others if any(others) else (),
        time_limit_s=time_limit_s(row),
        memory_limit_mb=memory_limit_mb(row),
    )


def tolerance_of(value: Any, name: str) -> float:
    """A tolerance: a finite number of at least 0.

    raises  GroundTruthError
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise GroundTruthError(f"{name}: found {value!r}, wanted a finite number of at least 0")
    return float(value)


def _function(truth: Mapping[str, Any], _: Row) -> Tests:
    after = truth.get("args_after") if truth.get("check_args") else None
    cases = []
    for number, case in enumerate(truth["cases"]):
        args = literal(case["args_py"]) if "args_py" in case else case["args"]
        expected = literal(case["expected_py"]) if "expected_py" in case else case["expected"]
        left = case.get("args_after", after[number] if after else None) if truth.get("check_args") else None
        others = case.get("also") or ()
        cases.append(Case(list(args), expected, left, others=tuple(others), group=str(case.get("group") or "")))
    return FunctionTests(str(truth["fn_name"]), some(tuple(cases)), rules_of(truth))


def rules_of(truth: Mapping[str, Any]) -> Rules:
    """The comparison that a `function` task asks for."""
    compare = truth.get("compare", "eq")
    loose = compare == "json_eq"
    if compare not in ("eq", "float", "json_eq"):
        raise GroundTruthError(f"the unknown compare {compare!r}; there are: eq, float, json_eq")
    tolerance = 0.0 if compare == "eq" else JSON_FLOAT_TOL
    return Rules(
        rel=tolerance_of(truth.get("rel", tolerance), "rel"),
        absolute=tolerance_of(truth.get("abs", tolerance), "abs"),
        nan_ok=bool(truth.get("nan_ok", False)),
        loose=loose,
        any_order=bool(truth.get("any_order", False)),
    )


def _expression(truth: Mapping[str, Any], _: Row) -> Tests:
    cases = tuple((str(case["expr"]), str(case["output"])) for case in truth["cases"])
    return ExpressionTests(str(truth.get("prelude") or ""), some(cases))


def _prediction(truth: Mapping[str, Any], _: Row) -> Tests:
    return prediction_tests(truth, "input" if truth["kind"] == "input_prediction" else "output")


def prediction_tests(truth: Mapping[str, Any], asks: Literal["output", "input"]) -> PredictionTests:
    """CRUXEval's `code`, `input` and `output`."""
    name = str(truth.get("fn_name") or "f")
    if not name.isidentifier() or f"def {name}" not in str(truth["code"]):
        raise GroundTruthError(f"code that defines no {name!r}")
    return PredictionTests(str(truth["code"]), str(truth["input"]), str(truth["output"]), asks, name)


def _asserts(truth: Mapping[str, Any], _: Row) -> Tests:
    return CodeTests(str(truth.get("setup") or ""), some(tuple(str(item) for item in truth["asserts"])))


def _check(truth: Mapping[str, Any], row: Row) -> Tests:
    prompt = truth.get("prompt", row.prompt)
    return check_tests(str(truth.get("check") or truth["test"]), str(truth["entry_point"]), prompt)


def _interactive(truth: Mapping[str, Any], _: Row) -> Tests:
    cases = tuple((as_text(case["input"]), as_text(case.get("output", ""))) for case in truth["cases"])
    return InteractiveTests(some(cases), str(truth["interactor"]))


def _typed(truth: Mapping[str, Any], row: Row) -> Tests:
    language = FENCES.get(str(truth["language"]).lower(), "")
    if language not in OPENS:
        raise GroundTruthError(f"tests in {truth['language']!r}; typed tests are in: {', '.join(OPENS)}")
    return tests_of(str(truth["tests"]), language, str(truth.get("prompt", row.prompt)))


def _file(truth: Mapping[str, Any], _: Row) -> Tests:
    return FileTests(str(truth["module"]), str(truth["test_file"]))


KINDS: dict[str, Callable[[Mapping[str, Any], Row], Tests]] = {
    "stdin": _stdin,
    "function": _function,
    "expr": _expression,
    "output_prediction": _prediction,
    "input_prediction": _prediction,
    "asserts": _asserts,
    "check": _check,
    "interactive": _interactive,
    "typed": _typed,
    "unittest": _file,
    "pytest": _file,
}
