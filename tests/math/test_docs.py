"""docs/math.md tells the truth: its example runs, its options are the options, with their defaults."""

import doctest
import re

from rewardkit_math.params import MathParams


def test_the_example_runs(repository):
    result = doctest.testfile(str(repository / "docs" / "math.md"), module_relative=False)
    assert result.attempted
    assert not result.failed


def test_each_option_is_documented_with_its_default(repository):
    page = (repository / "docs" / "math.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| `([\w.]+)` \|", page, re.MULTILINE))
    documented = {name: float(value) if value.isdigit() else value for name, value in rows.items()}
    assert documented == MathParams().model_dump()
