"""A task's own checker decides about outputs that differ from the expected one; it runs apart from the program."""

import shutil

import pytest

from rewardkit_code.layouts import UnsupportedTestsError
from rewardkit_code.ways.checker import verdict_of

# Two numbers whose sum is the input, in any order: wrong, right, and too many.
SUM = """
#include "testlib.h"
using namespace std;
int main(int argc, char* argv[]) {
    setName("two numbers with a given sum");
    registerTestlibCmd(argc, argv);
    int sum = inf.readInt();
    ans.readInt();
    ans.readInt();
    int a = ouf.readInt(-1000, 1000, "a"), b = ouf.readInt();
    if (a == 666) ensuref(false, "the jury knows no such answer");
    if (a == 777) { int* nothing = nullptr; *nothing = 1; }
    if (a + b != sum) quitf(_wa, "%d + %d is not %d", a, b, sum);
    quitf(_ok, "good");
}
"""
POINTS = SUM.replace('quitf(_ok, "good");', "quitp(a == 1 ? 1.0 : a == 3 ? -1.0 : a == 4 ? 2e6 : 0.5);")
BROKEN = SUM.replace("ans.readInt();", "", 1).replace("int a =", "int* none = nullptr; *none = 1; int a =")
UNREADABLE_ANSWER = SUM.replace("ans.readInt();", "ans.readInt(); ans.readInt();", 1)
TESTS = {"kind": "stdin", "cases": [{"input": "10\n", "output": "4 6\n"}], "checker": SUM}


@pytest.fixture(autouse=True)
def _compiler():
    if shutil.which("g++", path="/usr/bin") is None:
        pytest.skip("g++ is not in /usr/bin")


@pytest.mark.parametrize(
    ("printed", "value", "kind"),
    [
        ("4 6", 1.0, "judged"),
        ("6 4", 1.0, "judged"),
        ("3\\n7", 1.0, "judged"),
        ("3 8", 0.0, "judged"),
        ("3", 0.0, "judged"),
        ("3 7 1", 0.0, "judged"),
        ("3 x", 0.0, "judged"),
        ("3 7.0", 0.0, "judged"),
        ("-2000 2010", 0.0, "judged"),
        ("", 0.0, "judged"),
        ("777 1", 0.0, "judged"),  # breaks the checker, which the expected output does not
        ("666 1", None, "unsupported"),  # the checker says that it failed itself
    ],
)
def test_a_checker_with_testlib_judges_other_outputs(judge, printed, value, kind):
    score = judge(f"print('{printed}')", TESTS)
    assert (score.value, score.kind) == (value, kind), score.reason


@pytest.mark.parametrize("checker", [BROKEN, UNREADABLE_ANSWER, "#include <testlib.h>\nint main() { nothing(); }"])
def test_a_checker_that_is_at_fault_itself_costs_nobody_a_reward(judge, checker):
    score = judge("print('1 9')", TESTS | {"checker": checker})
    assert (score.value, score.kind) == (None, "unsupported"), score.reason
    assert judge("print('4 6')", TESTS | {"checker": checker}).value == 1.0


@pytest.mark.parametrize(("printed", "value"), [("1 9", 1.0), ("2 8", 0.0), ("3 7", None), ("5 5 5", 0.0)])
def test_all_points_are_right_and_some_are_not(judge, printed, value):
    assert judge(f"print('{printed}')", TESTS | {"checker": POINTS}).value == value


def test_points_of_an_unknown_scale_say_nothing():
    with pytest.raises(UnsupportedTestsError, match="unknown scale"):
        verdict_of(7, b"points 30 partly")


def test_the_program_reaches_neither_the_checker_nor_the_answer(judge):
    program = """
import glob, os
print(*[open(p).read() for p in glob.glob('/tmp/**/answer.txt', recursive=True)], len(os.listdir('.')))
"""
    assert judge(program, TESTS).value == 0.0
