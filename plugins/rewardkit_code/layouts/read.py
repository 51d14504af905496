r"""From a row to `Tests`, in the layouts of public data sets. Pure; docs/code-layouts.md has an example of each.

A tests object is looked for in the ground truth, then in the columns that data sets keep it in. Objects nest: each of
the keys in `_INSIDE` may hold one. A row without any tests object is not the business of the reward.
"""

import ast
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rewardkit import Sample
from rewardkit_code.layouts import cases, native, python_tests
from rewardkit_code.layouts.row import Row
from rewardkit_code.layouts.typed_tests import typed_tests
from rewardkit_code.layouts.values import (
    GroundTruthError,
    UnsupportedTestsError,
    is_list,
    literal_of,
    parsed,
    texts,
    unpack,
    unpacked,
)
from rewardkit_code.tests_model import Case, CodeTests, Tests

_COLUMNS = (
    "tests", "test_cases", "testcases", "input_output", "verification_info", "verifier_metadata", "unit_tests",
    "official_tests", "ground_truth", "reward_model.ground_truth", "reward_spec.ground_truth",
    "extra_info.ground_truth", "extra_info.tests", "extra_info.test_cases",
)  # fmt: skip
"""Columns that hold a whole tests object."""

_INSIDE = ("unit_tests", "test_cases", "testcases", "tests", "ground_truth", "input_output", "verification_info")
"""Keys of an object that hold the tests object itself."""


def read_tests(sample: Sample) -> Tests | None:
    """The tests of a sample: its ground truth, else its columns; None where there are none.

    raises  GroundTruthError for tests that cannot be read, UnsupportedTestsError for tests that cannot be run here
    """
    row = Row(sample)
    _check_supported(row)
    try:
        return next(_all(row), None)
    except GroundTruthError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, SyntaxError, RecursionError) as exc:
        raise GroundTruthError(f"tests that cannot be read: {type(exc).__name__}: {exc}") from exc


def _check_supported(row: Row) -> None:
    if row.text("interaction_format") and not row.text("interactor"):
        raise UnsupportedTestsError("an interactive problem: it needs an interactor")
    if row.column("input_mode") not in (None, "", "stdio"):
        raise UnsupportedTestsError(f"a program that reads and writes files (input_mode: {row.column('input_mode')})")


def _all(row: Row) -> Iterator[Tests]:
    """Tests in the order of trust: what was given as the ground truth, whole objects, then pairs of columns."""
    readers: list[Callable[[], Tests | None]] = [
        lambda: typed_tests(row),
        lambda: _tests_in(row.sample.ground_truth, row),
        lambda: _leetcode(row),
        *(lambda name=name: _tests_in(row.column(name), row) for name in _COLUMNS),
        lambda: _code_contests(row),
        lambda: _live_code_bench(row),
        *(lambda name=name: _text_of(row.column(name), row) for name in ("test", "test_code", "unit_test")),
        lambda: _mbpp(row.sample.columns),
        lambda: _crux_eval(row),
        lambda: cases.of_columns(row.sample.columns, row) if _has_lists(row.sample.columns) else None,
        lambda: _tests_in(row.column("examples"), row) if row.column("official_tests") is not None else None,
    ]
    for read in readers:
        tests = read()
        if tests is not None:
            yield tests


def _tests_in(value: Any, row: Row) -> Tests | None:
    """The tests that a value holds; None for any other value."""
    if isinstance(value, str):
        found = parsed(value)
        return _text_of(value, row) if found is None else _tests_in(found, row)
    if isinstance(value, Mapping):
        return _of_object(value, row)
    if not is_list(value) or not value:
        return None
    if all(isinstance(item, str) for item in value):
        if all(item.lstrip().startswith(("assert", "import", "from")) for item in value):
            return CodeTests("", tuple(value))
        value = [parsed(item) for item in value]
    return cases.of_cases(value, row) if all(map(cases.is_case, value)) else None


def _text_of(value: Any, row: Row) -> Tests | None:
    return python_tests.python_tests(value, row) if isinstance(value, str) else None


def _of_object(truth: Mapping[str, Any], row: Row) -> Tests | None:
    kind = truth.get("kind") or truth.get("mode")
    if isinstance(kind, str) and kind in native.KINDS:
        return native.KINDS[kind](truth, row)
    if "packed" in truth:
        return _tests_in(unpacked(truth["packed"]) | {"fn_name": truth.get("fn_name")}, row)
    if _has_lists(truth):
        return cases.of_columns(truth, row)
    entry_point = truth.get("entry_point")
    check = truth.get("check") or truth.get("test") or truth.get("test_code") or truth.get("functional")
    if isinstance(check, str) and isinstance(entry_point, str):
        return python_tests.check_tests(check, entry_point, str(truth.get("import_prefix") or row.prompt))
    if "assert_case" in truth or "test_list" in truth:
        return _mbpp(truth)
    inside = (found for key in _INSIDE if key in truth and (found := _tests_in(truth[key], row)) is not None)
    found = next(inside, None)
    if found is None and isinstance(check, str):
        return _text_of(check, row)
    return found


def _has_lists(truth: Mapping[str, Any]) -> bool:
    return any(
        all(is_list(truth.get(name)) or str(truth.get(name) or "").lstrip()[:1] == "[" for name in names)
        for names in (("inputs", "outputs"), ("input", "output"))
    )


def _mbpp(truth: Mapping[str, Any]) -> Tests | None:
    """MBPP's `test_list` with its imports and setup, and the same under other names."""
    asserts = texts(truth.get("assert_case") or truth.get("test_list"))
    if not asserts:
        return None
    setup = [text for name in ("test_imports", "test_setup_code") for text in texts(truth.get(name))]
    return CodeTests("\n".join(setup), (*asserts, *texts(truth.get("challenge_test_list"))))


def _leetcode(row: Row) -> Tests | None:
    """LeetCodeDataset's `input_output`: `nums = [3,3], target = 6`, where all values are literals; else its `test`."""
    entry_point, pairs = row.text("entry_point"), row.column("input_output")
    if "." not in entry_point or not is_list(pairs):
        return None
    starter = row.starter or row.prompt
    calls = []
    for pair in pairs:
        try:
            calls.append(Case([{"kwargs": _keywords(pair["input"])}], literal_of(_expression(pair["output"]))))
        except (ValueError, TypeError, SyntaxError, KeyError):
            return None
    return python_tests.leetcode_tests(entry_point, calls, starter) if calls else None


def _expression(text: str) -> Any:
    return ast.parse(text.strip(), mode="eval").body


def _keywords(text: str) -> dict[str, Any]:
    """The keyword arguments of a text such as `nums = [3,3], target = 6`."""
    call = _expression(f"f({text})")
    if call.args or not all(item.arg for item in call.keywords):
        raise ValueError("not keywords alone")
    return {item.arg: literal_of(item.value) for item in call.keywords}


def _crux_eval(row: Row) -> Tests | None:
    """CRUXEval: `code`, `input` and `output` as texts; a prompt that asks for `f(??)` wants the input."""
    columns = {name: row.column(name) for name in ("code", "input", "output")}
    if not all(isinstance(value, str) for value in columns.values()) or "def f(" not in columns["code"]:
        return None
    return native.prediction_tests(columns, "input" if "f(??)" in row.sample.prompt_text else "output")


def _code_contests(row: Row) -> Tests | None:
    """CodeContests: lists of inputs and outputs in three columns."""
    columns = [row.column(name) for name in ("public_tests", "private_tests", "generated_tests")]
    parts = [parsed(part) if isinstance(part, str) else part for part in columns]
    found = [part for part in parts if isinstance(part, Mapping) and part.get("input")]
    if not found:
        return None
    return cases.of_columns({key: [x for part in found for x in part[key]] for key in ("input", "output")}, row)


def _live_code_bench(row: Row) -> Tests | None:
    """LiveCodeBench: public and private cases, the latter often packed."""
    public, private = row.column("public_test_cases"), row.column("private_test_cases")
    if public is None and private is None:
        return None
    found = [*unpack(public), *unpack(private)]
    return cases.of_cases(found, row) if all(map(cases.is_case, found)) else None
