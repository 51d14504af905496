"""sympy's part: what it proves, what it refutes, when it is asked, and that it never holds anything up."""

import subprocess
import sys
import threading

import pytest

from rewardkit import RewardContext, Sample
from rewardkit_math.helper_process import HelperTimeoutError
from rewardkit_math.notation.parse import parse
from rewardkit_math.params import MathParams
from rewardkit_math.reward import MathReward
from rewardkit_math.symbolic.identities import STRATEGIES
from rewardkit_math.symbolic.prover import Prover
from rewardkit_math.symbolic.stage import ask

PROVED = [
    (r"\sin^2 x", r"1-\cos^2 x"),
    (r"\sqrt{p}\sqrt{q}", r"\sqrt{pq}"),
    (r"uv=15", r"u=\frac{15}{v}"),
    (r"\sum_{k=1}^n k^2", r"\frac{n(n+1)(2n+1)}{6}"),
    (r"x \le -\sqrt{3} \text{ or } x \ge \sqrt{3}", r"x^2 \ge 3"),
    (r"(-3, 3)", r"x^2 < 9"),
    (r"\sqrt{5+2\sqrt6}", r"\sqrt2+\sqrt3"),
    (r"\ln 8", r"3\ln 2"),
    (r"\frac{e^x-e^{-x}}{2}", r"\sinh x"),
    (r"\lim_{x\to 0}\frac{\sin 3x}{x}", "3"),
    (r"\cos(\pi n)", "(-1)^n"),
    (r"\frac{n!}{(n-1)!}", "n"),
    (r"(\cos^2 t, \sin^2 t)", r"(1-\sin^2 t, 1-\cos^2 t)"),
    (r"\arctan\frac12+\arctan\frac13", r"\frac{\pi}{4}"),
    ("|x|^2", "x^2"),
    (r"2\begin{pmatrix}1&0\\0&1\end{pmatrix}", r"\begin{pmatrix}2&0\\0&2\end{pmatrix}"),
    ("x^2+y^2=4", "4-y^2=x^2"),
]
REFUTED = [
    (r"\tanh(100)", "1"),
    (r"\frac{1+(-1)^n}{2}", r"\cos\frac{n\pi}{2}"),
    (r"\sqrt{10^{100}+1}", "10^{50}"),
    (r"\arctan(10^{100})", r"\frac{\pi}{2}"),
    ("|x-10^{12}|", "10^{12}-x"),
    ("|x|", "x"),
    (r"\arctan x+\arctan\frac1x", r"\frac{\pi}{2}"),
    ("x^2+y^2=4", "x^2+y^2=5"),
    ("(x-1)^2(x-2)y=0", "(x-1)(x-2)y=0"),
    (r"\begin{pmatrix}1&2\end{pmatrix}", r"\begin{pmatrix}1&3\end{pmatrix}"),
    ("(0, 2)", "(0, 2]"),
]
UNSETTLED = [
    (r"x^2 \ge 3", r"x \le -\sqrt{3} \text{ or } x \ge \sqrt{3}"),
    ("x^2-1=0", "x=1"),
    ("x", "y"),
    ("x>1", "y>1"),
    (r"3\text{ km}", r"3\text{ m}"),
    (r"\pm 3", "3"),
    ("9^{9^{9^9}}", "1"),
    ("(10^9)!", "1"),
    (r"\binom{10^9}{5}", "1"),
    (r"\frac{1}{0}", "1"),
]


@pytest.mark.parametrize(("found", "wanted"), PROVED)
def test_the_same_is_proved(found, wanted):
    assert ask(parse(found), parse(wanted))[0] == "proved"


@pytest.mark.parametrize(("found", "wanted"), REFUTED)
def test_what_differs_is_refuted(found, wanted):
    assert ask(parse(found), parse(wanted))[0] == "refuted"


@pytest.mark.parametrize(("found", "wanted"), UNSETTLED)
def test_what_has_no_proof_is_left_open(found, wanted):
    assert ask(parse(found), parse(wanted))[0] == "not settled"


@pytest.mark.parametrize("name", STRATEGIES)
def test_each_strategy_proves_nothing_of_a_difference(name):
    import sympy

    x = sympy.Symbol("x", real=True)
    for difference in (sympy.tanh(100) - 1, sympy.Abs(x) - x, x**2 - 2, sympy.sqrt(2) - sympy.Rational(141, 100)):
        try:
            assert STRATEGIES[name](difference) != 0
        except (NotImplementedError, ValueError, TypeError, AttributeError):
            continue


@pytest.fixture(scope="module")
def rewards():
    kept = {proof: MathReward(MathParams(proof=proof), RewardContext()) for proof in ("off", "sought", "required")}
    yield kept
    for reward in kept.values():
        reward.close()


def judged(reward, answer, ground_truth):
    return reward.score([Sample(completion=f"\\boxed{{{answer}}}", ground_truth=ground_truth)])[0]


def test_off_asks_where_nothing_else_can_tell(rewards):
    score = judged(rewards["off"], r"x \le -\sqrt{3} \text{ or } x \ge \sqrt{3}", r"x^2 \ge 3")
    assert score.value == 1.0
    assert judged(rewards["off"], "uv=15", r"u=\frac{15}{v}").value == 1.0
    assert judged(rewards["off"], "uv=15", r"u=\frac{16}{v}").value == 0.0


def test_off_asks_nothing_where_our_own_code_tells(rewards):
    reward = MathReward(MathParams(), RewardContext())
    for answer, truth in [("2", "3"), (r"\sin^2 x", r"1-\cos^2 x"), ("x+1", "x+2"), ("[1,2]", "[1,3]"), ("7", "cat")]:
        judged(reward, answer, truth)
    assert reward._prover._helper._process is None
    reward.close()


def test_an_unsolved_answer_repeats_the_question(rewards):
    for reward in rewards.values():
        assert judged(reward, "x^2-5x+6=0", "x=2, x=3").value == 0.0


def test_sought_says_what_was_proved(rewards):
    score = judged(rewards["sought"], r"\sin^2 x", r"1-\cos^2 x")
    assert (score.value, score.details["proof"]) == (1.0, "proved")
    assert "proof" not in judged(rewards["sought"], "2", "2").details
    assert "proof" not in judged(rewards["off"], r"\cos^2 x", r"1-\sin^2 x").details


def test_required_rewards_the_identical_the_exact_and_the_proved(rewards):
    required = rewards["required"]
    assert judged(required, "0.5", r"\frac12").value == 1.0
    assert judged(required, r"\sin^2 x", r"1-\cos^2 x").value == 1.0
    assert judged(required, "B", "B").value == 1.0
    assert judged(required, "7", "8").value == 0.0


def test_required_abstains_from_what_rests_on_the_policy(rewards):
    score = judged(rewards["required"], r"\frac13", "0.333")
    assert (score.status, score.kind) == ("abstained", "undecidable")
    assert judged(rewards["off"], r"\frac13", "0.333").value == 1.0


class Scripted:
    """A helper that answers from a list."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def ask(self, *_, cpu_s):
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return [answer, ""]

    def close(self):
        pass


def test_a_refutation_overrides_the_probes():
    reward = MathReward(MathParams(proof="sought"), RewardContext())
    reward._prover._helper = Scripted("refuted")
    score = judged(reward, r"\sin^2 x", r"1-\cos^2 x")
    assert (score.value, score.details["stage"], score.details["proof"]) == (0.0, "symbolic", "refuted")


def test_a_question_out_of_time_leaves_the_verdict_and_is_asked_again():
    reward = MathReward(MathParams(proof="sought"), RewardContext())
    reward._prover._helper = Scripted(HelperTimeoutError("slow"), "proved")
    first, second = (judged(reward, r"\sin^2 x", r"1-\cos^2 x") for _ in range(2))
    assert (first.value, first.details["proof"]) == (1.0, "not settled")
    assert (second.value, second.details["proof"]) == (1.0, "proved")
    third = judged(reward, r"\sin^2 x", r"1-\cos^2 x")
    assert third.details["proof"] == "proved"


def test_slow_questions_end(rewards):
    judged(
        rewards["sought"],
        r"\sum_{k=1}^{n}\frac{\sin(k x^3)}{k^{3/2}+1}",
        r"\sum_{k=1}^{n}\frac{\cos(k x^3)}{k^{5/2}+1}",
    )
    judged(rewards["sought"], r"\int_0^1 \frac{x^n \ln(1+x^5)}{1+x^7} dx", r"\int_0^2 x^n dx")


def test_proofs_are_found_from_any_thread(rewards):
    found = []

    def work(number):
        found.append(judged(rewards["sought"], rf"\sin^2 ({number}x)", rf"1-\cos^2({number}x)").details["proof"])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2, 6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["proved"] * 4


def test_sympy_is_not_loaded_in_the_judging_process():
    code = (
        "import sys\nfrom rewardkit import RewardContext, Sample\nfrom rewardkit_math.params import MathParams\n"
        "from rewardkit_math.reward import MathReward\n"
        "reward = MathReward(MathParams(proof='sought'), RewardContext())\n"
        "sample = Sample(completion=r'\\boxed{\\sin^2 x}', ground_truth=r'1-\\cos^2 x')\n"
        "assert reward.score([sample])[0].details['proof'] == 'proved'\n"
        "reward.close()\nassert 'sympy' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_prover_that_was_never_asked_has_no_process():
    prover = Prover()
    prover.close()
    assert prover._helper._process is None
