"""Any text is judged fast, in little memory, and nothing in it runs."""

import asyncio
import subprocess
import sys
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

BOMBS = {
    "tower": "9^{9^{9^{9}}}",
    "signed tower": "(-3)^{-9^{9^{9}}}",
    "root of a tower": "\\sqrt[9^{9^9}]{2}",
    "factorial": "(10^{10})!",
    "factorials": "9!!!!!!!!",
    "binomial": "\\binom{10^{9}}{5\\cdot 10^{8}}",
    "product": "\\prod_{k=1}^{10^{7}} k",
    "sum in a sum": "\\sum_{i=1}^{1999}\\sum_{j=1}^{1999}\\sum_{k=1}^{1999} i j k",
    "sum of towers": "\\sum_{k=1}^{1000} k^{k^{k}}",
    "integral": "\\int_0^{1} x^{x^{x^{x}}} dx",
    "integral in an integral": "\\int_0^1 \\int_0^1 \\int_0^1 \\sin(xyz) dx dy dz",
    "limits": "\\lim_{x\\to 0}" * 30 + "x",
    "exponential tower": "e^{e^{e^{e^{e}}}}",
    "huge sine": "\\sin(10^{100000})",
    "matrix power": "\\begin{pmatrix}1&1\\\\1&0\\end{pmatrix}^{10^{9}}",
    "expansion": "(a+b+c+d+e+f)^{60}",
    "digits": "7" * 3_990,
    "digits in a product": "*".join(["9" * 90] * 40),
    "subscript of many digits": "x_{9.9E+4999} + 1_{9.9E+4999}",
    "decimals of many digits": "1.5E+3400",
    "exponent notation": "1E+999999999",
    "fractions": "\\frac{1}{1+" * 300 + "1" + "}" * 300,
    "roots": "\\sqrt{" * 400 + "2" + "}" * 400,
    "brackets": "(" * 3_000,
    "minus signs": "-" * 3_990 + "1",
    "carets": "2" + "^2" * 1_900,
    "subscripts": "x" + "_{y" * 900 + "}" * 900,
    "powers of a sum": "(" * 40 + "x+1" + ")^9" * 40,
    "a long set": "\\{" + ",".join(f"\\sqrt{{{n}}}+\\sqrt{{{n + 1}}}" for n in range(2, 150)) + "\\}",
    "a long union": " \\cup ".join(f"[{n},{n}.5]" for n in range(250)),
    "a long sum of sines": "+".join(f"\\sin({n}x)" for n in range(300)),
    "accents": "4" + "\u0301" * 3_900,
    "a flood of spaces": " " * 3_900 + ")",
    "a flood of thin spaces": "\\," * 1_950 + ")",
    "infixes": "1 \\choose " * 390 + "2",
    "steps": "+".join(f"\\lfloor x/{n} \\rfloor" for n in range(2, 200)),
    "periods": ", ".join(f"\\frac{{{n}\\pi}}{{97}} + {n}k\\pi" for n in range(1, 40)) + ", k \\in \\mathbb{Z}",
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
@pytest.mark.parametrize("ground_truth", ["1", "x^2+1", "itself"])
def test_bombs_are_judged_with_little_work(score, quick, bomb, ground_truth):
    judged = quick(lambda: score(f"\\boxed{{{bomb}}}", bomb + "+1" if ground_truth == "itself" else ground_truth))
    assert judged.value != 1.0


def test_an_identical_answer_is_accepted_without_evaluating(score):
    assert score("\\boxed{10^{10^{10}}}", "10^{10^{10}}").value == 1.0
    assert score("\\boxed{9^{9^{9^{9}}}}", "$9^{9^{9^9}}$").value == 1.0


def test_what_is_too_costly_is_wrong_and_says_so(score):
    judged = score("\\boxed{(10^{10})!}", "1")
    assert judged.value == 0.0
    assert judged.details["verdict"] == "too costly"
    assert "factorial" in judged.reason


CODE = [
    "open('MARK','w')",
    "__import__('pathlib').Path('MARK').touch()",
    "(lambda: open('MARK','w'))()",
    "exec(\"open('MARK','w')\")",
    "().__class__.__bases__[0].__subclasses__()",
    "\\input{MARK}",
    "\\write18{touch MARK}",
    'f\'{open("MARK","w")}\'',
    "Matrix([[open('MARK','w')]])",
    "sympify(\"open('MARK','w')\")",
]


@pytest.mark.parametrize("code", CODE)
@pytest.mark.parametrize("form", ["\\boxed{%s}", "%s", "The answer is %s", "<answer>%s</answer>"])
def test_nothing_in_an_answer_runs(score, code, form, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert score(form % code, "42").value == 0.0
    assert not list(tmp_path.iterdir())


def _points_with_signs(count: int) -> str:
    return "(" + ",".join(f"\\frac{{{n}}}{{{n + 7}}} \\pm \\sqrt{{{n}}}" for n in range(2, 2 + count)) + ")"


@pytest.mark.parametrize("count", [4, 6, 7, 12, 40])
@pytest.mark.parametrize("ground_truth", ["42", None, "(1, 2)"])
def test_tuples_of_many_signs_cost_little(score, quick, count, ground_truth):
    points = _points_with_signs(count)
    assert quick(lambda: score(f"\\boxed{{{points}}}", ground_truth or points[:-1] + "+1)")).value == 0.0


@pytest.mark.parametrize(
    "piece", ["7", "(", ")", "\\", "{", "}", "$", "\\boxed", "box", "answer is ", "\n", "^{9", "7 ", "1,", "or "]
)
def test_a_megabyte_of_anything_costs_little(score, quick, piece):
    text = piece * (1_000_000 // len(piece))
    for completion in (text, f"\\boxed{{{text}}}", f"The answer is {text}", text + "\\boxed{5}"):
        quick(lambda completion=completion: score(completion, "5"))


def test_judging_needs_no_main_thread(score):
    found = []
    thread = threading.Thread(target=lambda: found.append(score("\\boxed{\\sqrt{8}}", "2\\sqrt{2}").value))
    thread.start()
    thread.join(10)
    assert found == [1.0]


def test_judging_needs_no_event_loop_of_its_own(score):
    async def inside() -> float | None:
        return score("\\boxed{\\sin^2 x}", "1 - \\cos^2 x").value

    assert asyncio.run(inside()) == 1.0


def test_threads_do_not_disturb_each_other(accepts):
    pairs = [(f"\\sqrt{{{n}}} + {n}^{{-30}}", f"{n}^{{-30}} + \\sqrt{{{n}}}") for n in range(2, 60)]
    wrong = []

    def work() -> None:
        wrong.extend(pair for pair in pairs if not accepts(*pair) or accepts(pair[0] + " + 1", pair[1]))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_memory_stays_small_whatever_is_judged():
    """In a process of its own, held to 512 MB of address space."""
    resource = pytest.importorskip("resource", reason="memory limits are POSIX's")
    del resource
    script = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (512 << 20, 512 << 20))\n"
        "from rewardkit import Sample, RewardContext\n"
        "from rewardkit_math.params import MathParams\n"
        "from rewardkit_math.reward import MathReward\n"
        "reward = MathReward(MathParams(), RewardContext())\n"
        f"for bomb in {list(BOMBS.values())!r}:\n"
        "    for ground_truth in ('1', 'x^2 + 1', bomb + ' + 1'):\n"
        "        reward.score([Sample(completion='\\\\boxed{' + bomb + '}', ground_truth=ground_truth)])\n"
        "print('done')\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=900, check=False)
    assert ran.stdout.strip() == "done", ran.stderr[-500:]


PIECES_TEXT = (
    r"\frac \sqrt { } ( ) [ ] \{ \} ^ _ 9 10 x n k \pi e i ! % ° : , ; \text{and} or = < \le \in \cup \pm | \mid & \\ "
    r"\text{ \begin{pmatrix} \end{pmatrix} \begin{cases} \end{cases} \sum_{k=1}^{ \int_0^1 dx \lim_{x\to0} \log_ sin "
    r"f(x) + - * / ** 0.5 \binom $ \boxed{ </answer> <answer> answer\ is #### gcd( max( 1e9 E+12 \overline{3} oo km ² "
    r"\infty Matrix([[1,2]]) ½ π ≤ 所以 é \circ ' \left \right \mathbb{Z} factorial( 0x1f 00:41 <|im_end|>"
)
PIECES = st.sampled_from(PIECES_TEXT.split())
SOUP = st.lists(PIECES, max_size=25).map(" ".join) | st.lists(PIECES, max_size=25).map("".join) | st.text(max_size=60)


@given(SOUP, SOUP, st.booleans())
@settings(max_examples=400, deadline=None)
def test_no_text_raises_or_takes_long(score, quick, prediction, ground_truth, boxed):
    judged = quick(lambda: score(f"\\boxed{{{prediction}}}" if boxed else prediction, ground_truth))
    assert judged.status in ("scored", "abstained")


@given(SOUP)
@settings(max_examples=200, deadline=None)
def test_judging_the_same_pair_twice_gives_the_same(score, text):
    assert score(text, "x+1") == score(text, "x+1")
