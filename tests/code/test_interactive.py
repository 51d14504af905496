"""Interactive problems: an interactor's verdict, fair to programs that die, wait, flood or attack it."""

import shutil

import pytest

from rewardkit import RewardContext, Sample
from rewardkit_code.reward import CodeParams, CodeReward

# The program must find a number from 1 to 1000 in at most ten questions.
PYTHON = """
import sys
hidden = int(open(sys.argv[1]).read())
for _ in range(10):
    line = sys.stdin.readline().split()
    if line[0] == "!":
        sys.exit(0 if int(line[1]) == hidden else 1)
    guess = int(line[1])
    print("<" if hidden < guess else ">=", flush=True)
print("too many questions", file=sys.stderr)
sys.exit(1)
"""
CPP = """
#include "testlib.h"
using namespace std;
int main(int argc, char* argv[]) {
    registerInteraction(argc, argv);
    int hidden = inf.readInt();
    for (int i = 0; i < 10 + 1; ++i) {
        string what = ouf.readToken("[?!]");
        int guess = ouf.readInt(1, 1000);
        if (what == "!") quitf(guess == hidden ? _ok : _wa, "%d, and it is %d", guess, hidden);
        cout << (hidden < guess ? "<" : ">=") << endl;
    }
    quitf(_wa, "too many questions");
}
"""
RIGHT = """
low, high = 1, 1000
while low < high:
    middle = (low + high + 1) // 2
    print("?", middle, flush=True)
    if input() == "<":
        high = middle - 1
    else:
        low = middle
print("!", low, flush=True)
"""
RIGHT_CPP = """
#include <iostream>
int main() {
    int low = 1, high = 1000;
    while (low < high) {
        int middle = (low + high + 1) / 2;
        std::cout << "? " << middle << std::endl;
        std::string said;
        std::cin >> said;
        if (said == "<") high = middle - 1; else low = middle;
    }
    std::cout << "! " << low << std::endl;
}
"""
INTERACTORS = {"python": PYTHON.replace("range(10)", "range(11)"), "c++": CPP}


def task_of(interactor, *hidden):
    return {"kind": "interactive", "interactor": interactor, "cases": [{"input": f"{n}\n"} for n in hidden or (700, 1)]}


@pytest.fixture(params=INTERACTORS)
def interactor(request):
    if request.param == "c++" and shutil.which("g++", path="/usr/bin") is None:
        pytest.skip("g++ is not in /usr/bin")
    return INTERACTORS[request.param]


def test_a_right_program_passes(judge, interactor):
    score = judge(RIGHT, task_of(interactor))
    assert score.value == 1.0, score.reason


WRONG = {
    "a wrong answer": ("wrong", "print('! 5', flush=True)"),
    "too many questions": ("wrong", "while True:\n    print('? 5', flush=True)\n    input()"),
    "an answer to no question": ("wrong", "print('hello 1', flush=True)"),
    "a word for a number": ("wrong", "print('? x', flush=True)\ninput()"),
    "death before a word": ("runtime error", "raise SystemExit(3)"),
    "death after the answer": ("runtime error", RIGHT + "\nimport os; os.abort()"),
    "silence": ("time", "input()"),
    "no flush": (
        "time",
        "import sys\n" + RIGHT.replace(", flush=True", "").replace("input()", "sys.stdin.readline()[:-1]"),
    ),
    "sleep": ("time", "import time; time.sleep(100)"),
    "a busy loop": ("time", "while True: pass"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_program_fails(judge, case):
    verdict, program = WRONG[case]
    if case == "death after the answer":
        program = RIGHT.replace('print("!", low, flush=True)', 'import os; os.write(1, b"! 7")\nos.abort()')
    score = judge(program, task_of(INTERACTORS["python"], 700))
    assert (score.value, score.details["verdict"]) == (0.0, verdict), score.reason


ATTACKS = {
    "signals": """
import os, signal
for n in range(1, 2000):
    try: os.kill(n, signal.SIGSTOP) if n != os.getpid() else 0
    except OSError: pass
print('! 1', flush=True)
input()""",
    "signals to all": "import os\ntry: os.kill(-1, 9)\nexcept OSError: pass\nprint('! 1', flush=True)",
    "reading its files": """
import glob
for p in glob.glob('/**/input.txt', recursive=True): print('!', open(p).read(), flush=True)
print('! 1', flush=True)""",
    "reading its memory": """
import os
for p in os.listdir('/proc'):
    try: print('!', int(open(f'/proc/{p}/environ').read()))
    except Exception: pass
print('! 1', flush=True)""",
    "a closed end": "import os, time\nos.close(1)\nos.close(0)\ntime.sleep(1)",
    "exit status of the interactor": "import os\nos._exit(0)",
    "flood": "import os\nwhile True: os.write(1, b'? 1\\n' * 1000)",
    "one endless line": "import os\nwhile True: os.write(1, b'x' * 65536)",
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_attack_passes(judge, interactor, attack):
    score = judge(ATTACKS[attack], task_of(interactor, 700))
    assert score.value == 0.0, score


def test_an_interactor_that_fails_itself_costs_nobody_a_reward(judge):
    crash = "import os\nos.abort()"
    for interactor in (crash, "import sys\nsys.exit(3)", "while True: pass"):
        score = judge("print('! 1', flush=True)\ninput()", task_of(interactor, 700))
        assert score.value is None, score


@pytest.mark.usefixtures("_works")
def test_compiled_programs_talk_too():
    reward = CodeReward(CodeParams(languages=("c++",)), RewardContext(deadline_s=30.0))
    (score,) = reward.score([Sample(completion=f"```cpp\n{RIGHT_CPP}\n```", ground_truth=task_of(INTERACTORS["c++"]))])
    reward.close()
    assert score.value == 1.0, score.reason
