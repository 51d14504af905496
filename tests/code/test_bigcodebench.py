"""Rows of BigCodeBench are judged where the packages of their tests are built, and abstain elsewhere with the fix."""

import pytest

from rewardkit import RewardContext, Sample
from rewardkit_code.reward import CodeParams, CodeReward


@pytest.mark.parametrize(
    ("program", "value"),
    [
        ("import pandas as pd\ndef task_func(x):\n    return pd.DataFrame({'a': x})", 1.0),
        ("def task_func(x): return x", 0.0),
        ("import pandas as pd\ndef task_func(x):\n    return pd.DataFrame({'b': x})", 0.0),
        ("import absent_package\ndef task_func(x): return x", 0.0),
    ],
)
def test_bigcodebench_is_judged_where_its_packages_are_built(numerical_packages, program, value):
    test = (
        "import unittest\nimport pandas as pd\nclass TestCases(unittest.TestCase):\n    def test_it(self):\n"
        "        df = task_func([1, 2])\n        self.assertIsInstance(df, pd.DataFrame)\n"
        "        self.assertEqual(list(df.a), [1, 2])\n"
    )
    columns = {"task_id": "BigCodeBench/0", "entry_point": "task_func", "test": test, "libs": "['pandas']"}
    reward = CodeReward(CodeParams(), RewardContext(deadline_s=20.0, sandbox={"packages": numerical_packages}))
    (score,) = reward.score([Sample(completion=f"```python\n{program}\n```", columns=columns)])
    reward.close()
    assert (score.status, score.value) == ("scored", value), score.reason
    if "absent" in program:
        assert "rewardkit sandbox build --local absent_package" in score.reason


def test_without_its_packages_such_a_row_abstains(judge):
    body = "class T(unittest.TestCase):\n    def test_it(self):\n        self.assertTrue(f())"
    test = f"import unittest\nimport pandas\n{body}"
    score = judge("def f(): return True", {"kind": "unittest", "module": "m", "test_file": test})
    assert (score.status, score.kind) == ("abstained", "unsupported"), score.reason
    assert "pandas" in score.reason
