"""The layouts in which public data sets keep the tests of a program."""

from rewardkit_code.layouts.read import read_tests
from rewardkit_code.layouts.values import GroundTruthError, UnsupportedTestsError

__all__ = ["GroundTruthError", "UnsupportedTestsError", "read_tests"]
