"""Tests on standard input take programs in C, C++ and JavaScript, where this machine has what they need."""

import shutil

import pytest

from rewardkit import RewardContext, Sample
from rewardkit_code.reward import CodeParams, CodeReward

SQUARE = {"kind": "stdin", "cases": [{"input": "3\n", "output": "9\n"}, {"input": "-7\n", "output": "49\n"}]}
C = '#include <stdio.h>\nint main(void) { long n; scanf("%ld", &n); printf("%ld\\n", n * n); return 0; }'
CPP = "#include <bits/stdc++.h>\nint main() { std::vector<long> v(1); std::cin >> v[0]; std::cout << v[0] * v[0]; }"
JS = "const n = Number(require('fs').readFileSync(0, 'utf8'));\nconsole.log(n * n);"
PROGRAMS = {"c": ("gcc", C), "cpp": ("g++", CPP), "js": ("node", JS)}


@pytest.fixture(scope="module")
def reward(_works):
    params = CodeParams(cpu_s=3, languages=("python", "c", "c++", "javascript"))
    opened = CodeReward(params, RewardContext(deadline_s=30.0))
    yield opened
    opened.close()


def judge(reward, fence, program, tests=SQUARE):
    (score,) = reward.score([Sample(completion=f"```{fence}\n{program}\n```", ground_truth=tests)])
    return score


@pytest.fixture(params=PROGRAMS)
def case(request):
    tool, program = PROGRAMS[request.param]
    if shutil.which(tool, path="/usr/bin") is None:
        pytest.skip(f"{tool} is not in /usr/bin")
    return request.param, program


def test_a_right_program_passes_and_a_wrong_one_does_not(reward, case):
    fence, program = case
    assert judge(reward, fence, program).value == 1.0, judge(reward, fence, program).reason
    wrong = judge(reward, fence, program.replace("* n", "+ n").replace("* v", "+ v"))
    assert (wrong.value, wrong.details["verdict"]) == (0.0, "wrong")


@pytest.mark.parametrize("case", [fence for fence in PROGRAMS if fence != "js"], indirect=True)
def test_what_does_not_compile_is_a_compile_error(reward, case):
    fence, _ = case
    score = judge(reward, fence, "int main( { }")
    assert (score.value, score.details["verdict"]) == (0.0, "compile error")
    assert "error" in score.reason


def test_limits_and_confinement_hold(reward, case):
    fence, _ = case
    endless = {"c": "int main(void) { for (;;); }", "cpp": "int main() { for (;;); }", "js": "for (;;);"}[fence]
    assert judge(reward, fence, endless).details["verdict"] == "time"
    crash = {"c": "int main(void) { *(int *)0 = 1; }", "cpp": "int main() { *(int *)0 = 1; }", "js": "process.abort()"}[
        fence
    ]
    assert judge(reward, fence, crash).details["verdict"] == "runtime error"


def test_a_program_that_includes_the_machines_files_sees_none(reward):
    if shutil.which("gcc", path="/usr/bin") is None:
        pytest.skip("gcc is not in /usr/bin")
    score = judge(reward, "c", '#include "/etc/passwd"\nint main(void) { return 0; }')
    assert (score.value, score.details["verdict"]) == (0.0, "compile error")
    assert "root" not in score.reason


def test_tests_that_call_python_take_no_other_language(reward):
    tests = {"kind": "asserts", "setup": "", "asserts": ["assert f(1) == 1"]}
    score = judge(reward, "c", "int f(int x) { return x; }", tests)
    assert (score.value, score.reason) == (0.0, "the tests call Python, the program is c")
