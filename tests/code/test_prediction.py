"""CRUXEval: a predicted value is right if it is what the program gives; an expression that computes it is none."""

import pytest

CODE = "def f(xs):\n    return [x * 2 for x in xs]"
OUTPUT = {"kind": "output_prediction", "code": CODE, "input": "[1, 2]", "output": "[2, 4]"}
INPUT = {**OUTPUT, "kind": "input_prediction"}


@pytest.fixture
def predict(reward):
    from rewardkit import Sample

    def run(completion, tests):
        (score,) = reward.score([Sample(completion=completion, ground_truth=tests)])
        return score

    return run


RIGHT = [
    ("[2, 4]", OUTPUT),
    ("It doubles.\n[ANSWER]\nassert f([1, 2]) == [2, 4]\n[/ANSWER]", OUTPUT),
    ("[ANSWER][2,4][/ANSWER]", OUTPUT),
    ("```python\n[2, 4]\n```", OUTPUT),
    ("Each is doubled.\n`[2, 4]`", OUTPUT),
    ("[1, 2]", INPUT),
    ("(1, 2)", INPUT),
    ("[ANSWER]assert f([1, 2]) == [2, 4][/ANSWER]", INPUT),
    ("```\nf(xs=[1, 2])\n```", INPUT),
]


@pytest.mark.parametrize(("completion", "tests"), RIGHT)
def test_a_right_prediction_gets_1(predict, completion, tests):
    score = predict(completion, tests)
    assert score.value == 1.0, score.reason


WRONG = [
    *("", "[2, 5]", "(2, 4)", "'[2, 4]'", "f([1, 2])", "assert f([1, 2]) == f([1, 2])", "[x * 2 for x in [1, 2]]"),
    *("assert f([1, 2])", "True", "[2] + [4]", "eval('f([1, 2])')", "[2, 4] if f([1, 2]) == [2, 4] else 0"),
    *("type('X', (), {'__eq__': lambda s, o: True})()", "__import__('os')._exit(0)", "[ANSWER][/ANSWER]", "..."),
    *("[" * 5000 + "]" * 5000, "9" * 90_000, "[2, 4" * 30_000, "(" * 90_000, "lambda: 0", "[2, 4]; 1", "f"),
    *("f([1, 2]) == [2, 4] == [2, 4]", "nan", "\x00", "2, 4"),
]


@pytest.mark.parametrize("prediction", WRONG, ids=[text[:30] for text in WRONG])
def test_a_wrong_output_or_one_that_computes_gets_0(predict, prediction):
    score = predict(prediction, OUTPUT)
    assert (score.status, score.value) == ("scored", 0.0), score.reason


@pytest.mark.parametrize("prediction", ["[2, 4]", "[]", "f", "globals()", "*[[1, 2]]", "xs=[1], xs=[2]", "print(1)"])
def test_a_wrong_input_gets_0(predict, prediction):
    score = predict(prediction, INPUT)
    assert (score.status, score.value) == ("scored", 0.0), score.reason


def test_an_output_that_is_no_literal_is_computed(predict):
    code = "from collections import Counter\ndef f(x):\n    return Counter(x)['a'] + 0.5"
    tests = {"kind": "output_prediction", "code": code, "input": "'aab'", "output": "Counter('aab')['a'] + 0.5"}
    assert predict("2.5", tests).value == 1.0
    assert predict("2", tests).value == 0.0


def test_code_that_gives_nothing_is_an_unreadable_ground_truth(predict):
    score = predict("2", {"kind": "output_prediction", "code": "def f(x):\n    1 / 0", "input": "1", "output": "y"})
    assert (score.status, score.kind) == ("abstained", "unreadable_ground_truth")
