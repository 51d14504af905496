"""From the shapes in which the field writes tests to `Tests`.

    {"kind": …}                     objects with a kind: stdin, function, expr, asserts, check, unittest, pytest
    {"inputs", "outputs"[, "fn_name"]}     APPS, TACO, verl: also as JSON text
    [{"input", "output"[, "testtype"]}]    LiveCodeBench, with `metadata.func_name`; also in two columns, also packed
    test, entry_point               HumanEval's columns
    test_list[, test_setup_code]    MBPP's columns; also a bare list of asserts

What is none of these is no tests object, and the reward has nothing to say.
"""

import ast
import base64
import io
import json
import pickle
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rewardkit import Sample
from rewardkit_code.compare import Rules
from rewardkit_code.tests_model import (
    Case,
    CodeTests,
    ExpressionTests,
    FileTests,
    FunctionTests,
    StdinTests,
    Tests,
)

JSON_FLOAT_TOL = 1e-6


class GroundTruthError(ValueError):
    """A tests object that cannot be read; the message says which part."""


def read_tests(sample: Sample) -> Tests | None:
    """The tests of a sample: its ground truth, else its columns; None where there are none.

    raises  GroundTruthError for tests that are there and cannot be read
    """
    found = _read(sample.ground_truth, sample)
    if found is None:
        found = _of_columns(sample)
    return found


def _read(truth: Any, sample: Sample) -> Tests | None:
    if isinstance(truth, str):
        if "def check(" in truth and isinstance(sample.column("entry_point"), str):
            return _check({"check": truth, "entry_point": sample.column("entry_point")}, sample)
        if truth.lstrip()[:1] not in ("{", "["):
            return None
        try:
            truth = json.loads(truth)
        except ValueError:
            return None
    if isinstance(truth, Mapping):
        return _of_object(truth, sample)
    if isinstance(truth, Sequence) and not isinstance(truth, (bytes, bytearray)) and truth:
        if all(isinstance(item, str) and item.lstrip().startswith(("assert", "import", "from")) for item in truth):
            return _asserts({"asserts": truth}, sample)
        if all(isinstance(item, Mapping) and "input" in item and "output" in item for item in truth):
            return _live_cases(list(truth), sample)
    return None


def _of_columns(sample: Sample) -> Tests | None:
    for name in ("tests", "test_cases", "input_output", "ground_truth", "reward_model.ground_truth"):
        value = sample.column(name)
        found = _read(value, sample) if value is not None and value is not sample.ground_truth else None
        if found is not None:
            return found
    if isinstance(sample.column("test"), str):
        found = _read(sample.column("test"), sample)
        if found is not None:
            return found
    asserts = sample.column("test_list")
    if isinstance(asserts, Sequence) and asserts and all(isinstance(item, str) for item in asserts):
        setup = [*_texts(sample.column("test_imports")), *_texts(sample.column("test_setup_code"))]
        return _asserts({"asserts": asserts, "setup": "\n".join(setup)}, sample)
    public, private = sample.column("public_test_cases"), sample.column("private_test_cases")
    if public is not None or private is not None:
        return _live_cases([*_unpack(public), *_unpack(private)], sample)
    if isinstance(sample.column("inputs"), Sequence) and isinstance(sample.column("outputs"), Sequence):
        return _apps(sample.columns, sample)
    return None


def _texts(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [item for item in value or () if isinstance(item, str)]


def _of_object(truth: Mapping[str, Any], sample: Sample) -> Tests | None:
    kind = truth.get("kind") or truth.get("mode")
    if kind in _KINDS:
        return _named(_KINDS[kind], truth, sample)
    if "inputs" in truth and "outputs" in truth:
        return _named(_apps, truth, sample)
    if "entry_point" in truth and ("check" in truth or "test" in truth):
        return _named(_check, truth, sample)
    if "test_list" in truth:
        setup = [*_texts(truth.get("test_imports")), *_texts(truth.get("test_setup_code"))]
        return _asserts({"asserts": truth["test_list"], "setup": "\n".join(setup)}, sample)
    return None


def _named(read: Callable[[Mapping[str, Any], Sample], Tests], truth: Mapping[str, Any], sample: Sample) -> Tests:
    try:
        return read(truth, sample)
    except GroundTruthError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, SyntaxError) as exc:
        raise GroundTruthError(f"tests that cannot be read: {type(exc).__name__}: {exc}") from exc


def _stdin(truth: Mapping[str, Any], _: Sample) -> Tests:
    compare = truth.get("compare", "tokens")
    if compare not in ("exact", "text", "tokens"):
        raise GroundTruthError(f"the unknown compare {compare!r}; there are: exact, text, tokens")
    cases = tuple((_text(case["input"]), _text(case["output"])) for case in truth["cases"])
    return StdinTests(_some(cases), compare, truth.get("float_tol"))


def _function(truth: Mapping[str, Any], _: Sample) -> Tests:
    after = truth.get("args_after") if truth.get("check_args") else None
    cases = []
    for number, case in enumerate(truth["cases"]):
        args = literal(case["args_py"]) if "args_py" in case else case["args"]
        expected = literal(case["expected_py"]) if "expected_py" in case else case["expected"]
        left = case.get("args_after", after[number] if after else None) if truth.get("check_args") else None
        cases.append(Case(list(args), expected, left))
    return FunctionTests(str(truth["fn_name"]), _some(tuple(cases)), rules_of(truth))


def rules_of(truth: Mapping[str, Any]) -> Rules:
    """The comparison that a `function` task asks for."""
    compare = truth.get("compare", "eq")
    loose = compare == "json_eq"
    if compare not in ("eq", "float", "json_eq"):
        raise GroundTruthError(f"the unknown compare {compare!r}; there are: eq, float, json_eq")
    tolerance = 0.0 if compare == "eq" else JSON_FLOAT_TOL
    return Rules(
        rel=float(truth.get("rel", tolerance)),
        absolute=float(truth.get("abs", tolerance)),
        nan_ok=bool(truth.get("nan_ok", False)),
        loose=loose,
    )


def _expression(truth: Mapping[str, Any], _: Sample) -> Tests:
    cases = tuple((str(case["expr"]), str(case["output"])) for case in truth["cases"])
    return ExpressionTests(str(truth.get("prelude") or ""), _some(cases))


def _asserts(truth: Mapping[str, Any], _: Sample) -> Tests:
    return CodeTests(str(truth.get("setup") or ""), _some(tuple(str(item) for item in truth["asserts"])))


def _check(truth: Mapping[str, Any], sample: Sample) -> Tests:
    entry_point = str(truth["entry_point"])
    prompt = sample.column("prompt") if isinstance(sample.prompt, str) else sample.prompt_text
    prompt = truth.get("prompt", prompt)
    return CodeTests(
        setup=str(truth.get("check") or truth["test"]),
        tests=("check(candidate)",),
        entry_point=entry_point,
        trusted=helpers_of(prompt, entry_point),
        prompt=prompt,
    )


def helpers_of(prompt: str, entry_point: str) -> str:
    """What a prompt that is Python defines besides the function that is asked for; empty for any other prompt."""
    try:
        tree = ast.parse(prompt)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    defined = [node for node in tree.body if getattr(node, "name", None) == entry_point]
    if not defined:
        return ""
    kept = [node for node in tree.body if node not in defined]
    return "\n".join(ast.unparse(node) for node in kept)


def _file(truth: Mapping[str, Any], _: Sample) -> Tests:
    return FileTests(str(truth["module"]), str(truth["test_file"]))


def _apps(truth: Mapping[str, Any], _: Sample) -> Tests:
    inputs, outputs = list(truth["inputs"]), list(truth["outputs"])
    if len(inputs) != len(outputs):
        raise GroundTruthError(f"{len(inputs)} inputs and {len(outputs)} outputs")
    name = truth.get("fn_name")
    if not name:
        cases = tuple((_text(one), _text(two)) for one, two in zip(inputs, outputs, strict=True))
        return StdinTests(_some(cases), "tokens", JSON_FLOAT_TOL, integers_exact=True)
    calls = tuple(Case(_arguments(one), _value(two)) for one, two in zip(inputs, outputs, strict=True))
    wrapped = all(isinstance(call.expected, list) and len(call.expected) == 1 for call in calls)
    return FunctionTests(str(name), _some(calls), _json_rules(), wrapped)


def _live_cases(cases: list[Any], sample: Sample) -> Tests:
    """LiveCodeBench: a functional case holds one JSON value a line, and the function's name is in the metadata."""
    if any(case.get("testtype") == "functional" for case in cases):
        metadata = sample.column("metadata")
        metadata = json.loads(metadata) if isinstance(metadata, str) else metadata or {}
        name = metadata.get("func_name") or sample.column("fn_name")
        if not isinstance(name, str):
            raise GroundTruthError("functional cases without metadata.func_name")
        calls = tuple(Case(_arguments(case["input"]), _value(case["output"])) for case in cases)
        return FunctionTests(name, _some(calls), _json_rules())
    pairs = tuple((_text(case["input"]), _text(case["output"])) for case in cases)
    return StdinTests(_some(pairs), "tokens", JSON_FLOAT_TOL, integers_exact=True)


def _json_rules() -> Rules:
    return Rules(rel=JSON_FLOAT_TOL, absolute=JSON_FLOAT_TOL, loose=True)


def _arguments(value: Any) -> list[Any]:
    if isinstance(value, str):
        return [json.loads(line) for line in value.split("\n") if line.strip()]
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _value(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _text(value: Any) -> str:
    """Standard input or output: text, or a list of lines."""
    return "\n".join(str(line) for line in value) if isinstance(value, (list, tuple)) else str(value)


def _some(cases: Any) -> Any:
    if not cases:
        raise GroundTruthError("tests without a single case")
    return cases


class _NoClasses(pickle.Unpickler):
    """Reads pickled texts and containers; anything that would import or call is refused."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"{module}.{name} in a pickle of test cases")


def _unpack(value: Any) -> list[Any]:
    """Test cases as a list, as JSON, or as LiveCodeBench packs its private ones: base64 of zlib of a pickled text."""
    if isinstance(value, str):
        try:
            return list(json.loads(value))
        except ValueError:
            pass
        try:
            text = _NoClasses(io.BytesIO(zlib.decompress(base64.b64decode(value)))).load()
            return list(json.loads(text))
        except (ValueError, TypeError, EOFError, zlib.error, pickle.UnpicklingError) as exc:
            raise GroundTruthError(f"private test cases that cannot be read: {exc}") from exc
    return list(value or ())


def literal(text: str) -> Any:
    """The value of a Python literal, in which float('nan'), float('inf'), set() and frozenset(…) may stand too."""
    return _literal(ast.parse(text, mode="eval").body)


_CALLS: dict[str, Callable[..., Any]] = {"float": float, "set": set, "frozenset": frozenset, "complex": complex}


def _literal(node: ast.expr) -> Any:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLS:
        return _CALLS[node.func.id](*(_literal(argument) for argument in node.args))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_literal(node.operand)
    if isinstance(node, ast.Tuple):
        return tuple(map(_literal, node.elts))
    if isinstance(node, ast.List):
        return list(map(_literal, node.elts))
    if isinstance(node, ast.Set):
        return set(map(_literal, node.elts))
    if isinstance(node, ast.Dict):
        return {_literal(key): _literal(value) for key, value in zip(node.keys, node.values, strict=True) if key}
    return ast.literal_eval(node)


_KINDS: dict[str, Callable[[Mapping[str, Any], Sample], Tests]] = {
    "stdin": _stdin,
    "function": _function,
    "expr": _expression,
    "asserts": _asserts,
    "check": _check,
    "unittest": _file,
    "pytest": _file,
}
