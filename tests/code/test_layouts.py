"""Each shape in which the field writes tests is read; what is no tests object is none; what is broken is named."""

import base64
import json
import pickle
import zlib

import pytest

from rewardkit import Sample
from rewardkit_code.layouts import GroundTruthError, read_tests
from rewardkit_code.layouts.values import literal
from rewardkit_code.tests_model import CodeTests, ExpressionTests, FileTests, FunctionTests, StdinTests


def read(ground_truth=None, prompt="", **columns):
    return read_tests(Sample(completion="x", prompt=prompt, ground_truth=ground_truth, columns=columns))


@pytest.mark.parametrize(
    "truth", [None, "42", r"\boxed{4}", 4, ["a", "b"], {"answer": 4}, "[1, 2]", '{"a": 1}', [], "{broken"]
)
def test_other_ground_truth_holds_no_tests(truth):
    assert read(truth) is None


def test_stdin_cases():
    tests = read({"kind": "stdin", "cases": [{"input": "1\n", "output": "2\n"}], "compare": "text", "float_tol": None})
    assert tests == StdinTests((("1\n", "2\n"),), "text")


def test_a_tests_object_as_json_text_and_in_a_column():
    truth = {"kind": "stdin", "cases": [{"input": "1", "output": "2"}]}
    assert read(json.dumps(truth)) == read(truth) == read(None, tests=truth) == read("42", tests=json.dumps(truth))


def test_function_cases_with_their_comparison():
    case = {"args": [1], "expected_py": "(1, float('inf'))", "args_after": None}
    tests = read({"mode": "function", "fn_name": "f", "cases": [case], "compare": "float", "rel": 0.5, "abs": 0.25})
    assert isinstance(tests, FunctionTests)
    assert (tests.fn_name, tests.cases[0].args, tests.cases[0].expected) == ("f", [1], (1, float("inf")))
    assert (tests.rules.rel, tests.rules.absolute, tests.rules.loose) == (0.5, 0.25, False)


def test_arguments_after_the_call():
    truth = {"kind": "function", "fn_name": "f", "cases": [{"args": [[2, 1]], "expected": None}]}
    tests = read(truth | {"check_args": True, "args_after": [[[1, 2]]]})
    assert tests.cases[0].after == [[1, 2]]


def test_expressions():
    tests = read({"kind": "expr", "prelude": "import math", "cases": [{"expr": "f(1)", "output": "2"}]})
    assert tests == ExpressionTests("import math", (("f(1)", "2"),))


def test_asserts_as_object_as_columns_and_as_a_list():
    asserts = ["assert f(1) == 2"]
    expected = CodeTests("", ("assert f(1) == 2",))
    assert read({"kind": "asserts", "setup": "", "asserts": asserts}) == expected
    assert read(None, test_list=asserts, test_setup_code="") == expected
    assert read(asserts) == expected
    assert read(None, test_list=asserts, test_imports=["import math"]).setup == "import math"


PROMPT = "def helper(x):\n    return x + 1\n\ndef f(x):\n    '''Twice the helper.'''\n"
CHECK = "def check(candidate):\n    assert candidate(1) == 4\n"


def test_humaneval_columns_and_ground_truth():
    for tests in (
        read(None, PROMPT, test=CHECK, entry_point="f"),
        read(CHECK, PROMPT, entry_point="f"),
        read({"kind": "check", "check": CHECK, "entry_point": "f"}, PROMPT),
    ):
        assert (tests.setup, tests.tests, tests.entry_point) == (CHECK, ("check(candidate)",), "f")
        assert "def helper" in tests.trusted
        assert "def f(" not in tests.trusted


def test_a_prompt_that_is_no_python_gives_no_helpers():
    assert read(CHECK, "Write f, please: def helper(x): …", entry_point="f").trusted == ""


def test_unittest_and_pytest_files():
    for kind in ("unittest", "pytest"):
        assert read({"kind": kind, "module": "m", "test_file": "…"}) == FileTests("m", "…")


def test_apps_on_standard_input_also_as_lists_of_lines():
    truth = {"inputs": ["1\n2\n", ["3", "4"]], "outputs": ["3\n", ["7"]]}
    tests = read(json.dumps(truth))
    assert tests.cases == (("1\n2\n", "3\n"), ("3\n4", "7"))
    assert read(None, input_output=json.dumps(truth)) == tests


def test_apps_with_a_function_name_takes_lists_and_lines_of_json():
    tests = read({"fn_name": "f", "inputs": [[1, [2]], "1\n[2]"], "outputs": [[3], "[3]"]})
    assert [case.args for case in tests.cases] == [[{"args": [1, [2]]}], [{"args": [1, [2]]}]]
    assert [case.expected for case in tests.cases] == [[3], [3]]
    assert tests.wrapped


def test_livecodebench_cases_public_and_packed():
    public = [{"input": "1\n", "output": "2\n", "testtype": "stdin"}]
    packed = base64.b64encode(zlib.compress(pickle.dumps(json.dumps(public)))).decode()
    tests = read(None, public_test_cases=json.dumps(public), private_test_cases=packed)
    assert tests.cases == (("1\n", "2\n"),) * 2


def test_livecodebench_functions():
    cases = [{"input": "[1, 2]\n3", "output": "6", "testtype": "functional"}]
    tests = read(cases, metadata=json.dumps({"func_name": "total"}))
    assert (tests.fn_name, tests.cases[0].args, tests.cases[0].expected) == (
        "total",
        [{"args": [[1, 2], 3]}],
        6,
    )


class Evil:
    def __reduce__(self):
        return (print, ("ran",))


def test_a_pickle_that_would_run_code_is_refused(capsys):
    packed = base64.b64encode(zlib.compress(pickle.dumps(Evil()))).decode()
    with pytest.raises(GroundTruthError, match=r"builtins\.print in a pickle"):
        read(None, private_test_cases=packed)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("truth", "message"),
    [
        ({"kind": "stdin", "cases": []}, "without a single case"),
        ({"kind": "stdin"}, "KeyError: 'cases'"),
        ({"kind": "stdin", "cases": [{"input": "1", "output": "2"}], "compare": "fuzzy"}, "unknown compare 'fuzzy'"),
        ({"kind": "function", "fn_name": "f", "cases": [{"args": [1]}]}, "KeyError: 'expected'"),
        ({"inputs": ["1"], "outputs": []}, "1 inputs and 0 outputs"),
    ],
)
def test_tests_that_cannot_be_read_are_named(truth, message):
    with pytest.raises(GroundTruthError, match=message):
        read(truth)


def test_literals_are_values_and_never_calls():
    assert literal("{'a': (1, -2.5, {3}, None, set(), float('-inf'))}") == {
        "a": (1, -2.5, {3}, None, set(), float("-inf"))
    }
    for text in ("__import__('os')", "f(1)", "x", "float.fromhex('1')"):
        with pytest.raises(ValueError):
            literal(text)


@pytest.mark.parametrize("tolerance", [float("inf"), float("nan"), -1, "0.1", True, [1]])
def test_a_tolerance_is_a_finite_number(tolerance):
    with pytest.raises(GroundTruthError, match="wanted a finite number"):
        read({"kind": "stdin", "cases": [{"input": "1", "output": "2"}], "float_tol": tolerance})
    with pytest.raises(GroundTruthError, match="wanted a finite number"):
        read({"kind": "function", "fn_name": "f", "cases": [{"args": [], "expected": 1}], "rel": tolerance})


def test_tests_nested_too_deeply_cannot_be_read():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(GroundTruthError):
        read(
            {"tests": {"tests": "[" * 100_000}, "kind": "function", "fn_name": "f", "cases": [{"args_py": "[" * 9999}]}
        )
    assert read(deep) is None


def test_a_doctest_compares_what_is_shown(judge):
    session = ">>> a = f(2)\n>>> a\n'2'\n>>> print(f(3))\n3\n"
    assert judge("def f(x): return str(x)", session).value == 1.0
    assert judge("def f(x): return x", session).value == 0.0
    assert judge("def f(x): print(x)", session).value == 0.0
