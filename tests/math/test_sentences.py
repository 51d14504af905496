"""Answers in sentences: which part is the answer, and which sentences state none. Rows were written for this test."""

import pytest

from rewardkit_math.sentences.read import read
from rewardkit_math.words.changing import AFTER_NUMBER, BEFORE_NUMBER
from rewardkit_math.words.clauses import OPEN_ENDS, OPEN_QUESTIONS
from rewardkit_math.words.numbers import COMPUTED, NUMBERS, number_in_words

RIGHT = [
    # a condition or a clause before the verb is not the answer
    ("The maximum of a*b for positive a, b with a + b = 10 is 25.", "25"),
    ("The least value of x^2 + 4x for real x is -4.", "-4"),
    ("The remainder of 7^n + 2n mod 6 for any even n is 1.", "1"),
    ("The only prime q for which q + 2 and q + 4 are prime is q = 3.", "3"),
    (r"The value of \( k \) such that \( x + 2 \) divides \( x^2 + kx + 2 \) is \( k = 3 \).", "3"),
    (r"The maximum of \( \frac{a}{b} \) where \( b = 3 \) is \( 9 \).", "9"),
    ("For positive numbers a and b, the minimum is 8.", "8"),
    ("If n is even, then the sum is n/2.", "n/2"),
    ("The number of paths, where each step goes up or right, is 70.", "70"),
    ("The remainder when 3^20 is divided by 7, given that 3^6 leaves 1, is 2.", "2"),
    # a remark behind the answer
    ("The maximum is 12, which occurs at t = 2.", "12"),
    ("The minimum of a^2 + b^2 is 2, attained when a = b = 1.", "2"),
    (r"The smallest value is $\frac{3}{4}$, reached for $x=\frac{1}{2}$.", "3/4"),
    ("The largest product is 36 when both numbers are 6.", "36"),
    ("The answer is 0 because every term is even.", "0"),
    ("The area is 24, since the triangle has legs 6 and 8.", "24"),
    ("The sum is 45. This is reached when all of them are used.", "45"),
    # there are N
    ("There are 210 subsets of size 4 of the set {1, ..., 10}.", "210"),
    ("There are exactly 3 such primes below 100.", "3"),
    ("There are 56 ways to choose 3 people out of 8.", "56"),
    ("There are $2^n - 1$ non-empty subsets of a set of n elements.", "2^n-1"),
    ("There is exactly one such triangle.", "1"),
    ("There are twelve edges on a cube.", "12"),
    ("All 20 terms of the list a_1, ..., a_20 are odd.", "20"),
    ("Exactly two of the numbers 4, 6 and 9 are squares.", "2"),
    ("We have 14 possible routes from A to B.", "14"),
    # given by, equal to, exists
    ("The number of diagonals of a polygon with n corners is given by the formula D(n) = n*(n-3)/2.", "n(n-3)/2"),
    ("The number of games is given by the expression (n^2 - n) / 2.", "n(n-1)/2"),
    ("The limit exists and is equal to 9.", "9"),
    (r"The limit of \(a_n\) with \(a_1=2\) exists and equals \(\sqrt{7}\).", r"\sqrt{7}"),
    (r"$x^2-9$ can be factored as $(x-3)(x+3)$.", "(x+3)(x-3)"),
    ("The expression simplifies to 4x + 1.", "4x+1"),
    ("The polynomial is divisible by x - 1 if and only if k = -2.", "-2"),
    ("7 is the only possible value.", "7"),
    ("$x=4$ is the only solution.", "4"),
    # pairs and residues
    ("The only solution is x = 1 and y = 1.", "x=y=1"),
    ("The values of a and b are a = 2 and b = -5.", "a=2, b=-5"),
    ("The remainder is 4 mod 11.", "4"),
    ("Thus n mod 12 = 5.", "5"),
    ("So n ≡ 8 (mod 13).", "8"),
    # yes and no
    ("Yes, every such number is even.", "Yes"),
    ("No. The graph has an odd cycle, so it is not bipartite.", "No"),
    ("No, there is no such number.", "No"),
    ("It is not possible to cover the board.", "No"),
    ("Yes, because 3 divides 12.", "Yes, it does"),
    # none, infinitely many
    ("There are no integer solutions to the equation x^2 = 7.", "No integer solutions"),
    ("The equation has no real solutions since its left side is positive.", "No real solutions"),
    ("There are none.", "0"),
    ("The polynomial has no real roots.", "0 roots"),
    ("The equation has infinitely many integer solutions.", "Infinitely many solutions"),
    ("The limit of the sequence does not exist.", "The limit does not exist"),
    # a ground truth in a sentence
    (r"\boxed{8}", "The limit exists and is equal to 8"),
    (r"\boxed{60}", "60 (i.e., all of them)"),
    (r"\boxed{5/2}", "5/2, or equivalently 2.5"),
    (r"\boxed{84}", "C(9, 3), or equivalently 84"),
    (r"\boxed{4}", "4 is the only possible value"),
    (r"\boxed{\sqrt{3}}", "sqrt(3)/1, or an equivalent form such as sqrt(3)"),
    # other sentences
    ("Since 17 is prime, the number of divisors is 2.", "2"),
    ("The function has a maximum value of 9 at x = 2.", "9"),
    ("The equation has exactly two real solutions.", "2"),
    ("Zero of them are prime.", "0"),
    ("The perimeter of the square, whose side is 7 cm, is 28 cm.", "28"),
    ("In total there are 36 outcomes, so the probability is 1/6.", "1/6"),
    ("2^100 leaves a remainder of 2 when divided by 7.", "2"),
    ("The minimum value is -4 and it is achieved at x = 2.", "-4"),
    ("As n goes to infinity, the sequence converges to 3/2.", "3/2"),
    ("Maria has $45 left after buying the book.", "45"),
    ("For all 100 values of n, the inequality holds.", "100 (i.e., all values)"),
    ("We need at least 5 colors.", "5"),
    ("The number of ways to order n books is n!.", "n!"),
    ("The quotient a_n/b_n is monotonically increasing.", "Monotonically increasing"),
    ("The given sequence is not periodic.", "The sequence is not periodic"),
    # words of a number
    ("The answer is negative 12.", "-12"),
    ("The answer is thirty-two.", "32"),
    ("The answer is 19!", "19"),
]
WRONG = [
    # the question's own expression
    (r"$x^2-9$ can be factored as $(x-1)(x+9)$.", "(x-3)(x+3)"),
    (r"The expanded form of $(a-b)^2$ for real $a, b$ is $a^2-b^2$.", "(a-b)^2"),
    (r"The derivative of $\cos 3x$ for all $x$ is $\sin 3x$.", r"\cos 3x"),
    (r"$12 \cdot 13$ as a number is $150$.", "156"),
    (r"\boxed{4 \text{ where it should be } 6}", "4"),
    (r"\boxed{4 \text{ where it should be } 6}", "6"),
    # a remark is not the answer
    ("The maximum is 12, which occurs at t = 2.", "2"),
    ("The maximum is 12, attained at t = 2.", "2"),
    (r"The minimum is $\frac{n}{2}$, which is reached when $a=\frac{1}{n}$.", "1/n"),
    ("They are all of 0 to n-1 when n >= 5, and 0 when n < 5.", "0"),
    ("The values are all integers in the range 0 <= r < k.", "0"),
    (r"It occurs \( 3^n \) times as a function of \( n \).", "n"),
    # numbers of the question
    ("How many of the first 60 numbers are prime is still to be computed.", "60"),
    ("Whether all 25 of them fit remains to be checked.", "25"),
    ("I don't think the answer is 7.", "7"),
    ("It is not 7.", "7"),
    ("The answer is 5 \\to 7", "7"),
    ("There are 5 men and 7 women.", "5"),
    ("There are 100 terms, of which 40 are even.", "40"),
    ("The sum is 5 and the product is 6.", "5"),
    ("The sum is 5 and the product is 6.", "6"),
    ("The answer is 17 mod 5.", "17"),
    ("12_7", "12"),
    # suppositions, cases, doubts and ranges
    ("The function has a maximum value of 9 at x = 2.", "2"),
    ("There may be 15 ways.", "15"),
    ("There are at least 15 ways.", "15"),
    ("Let n = 6. The remaining part is open.", "6"),
    ("Suppose the answer is 7.", "7"),
    ("If the answer is 7, we are done.", "7"),
    ("Is the answer 7?", "7"),
    ("The answer could be 7.", "7"),
    ("The value cannot be 7.", "7"),
    ("Someone says the answer is 7, but that is wrong.", "7"),
    ("The answer is seven times eleven.", "7"),
    ("f(7) is needed.", "7"),
    ("The answer is 5 if a > 0 and 7 otherwise.", "5"),
    ("The answer is x^2 when x > 0 and -x^2 when x < 0.", "x^2"),
    ("from 1 to 10", "10"),
    ("Out of 50 numbers, some are prime.", "50"),
    ("The given sequence is periodic.", "The sequence is not periodic"),
    # yes, no and none
    ("There is no doubt that it is possible.", "No"),
    ("It has no solutions with x > 3, but x = 2 works.", "No solutions"),
    ("Yes, it is prime.", "No"),
    ("No, it is not.", "Yes"),
    ("There is no number that is not even.", "No"),
    ("There are no positive integer solutions.", "No integer solutions"),
    ("There are no other solutions.", "No solutions"),
    ("There are no possible values.", "0 is the only possible value"),
    ("There are infinitely many.", "No solutions"),
    ("There are finitely many, not infinitely many.", "Infinitely many solutions"),
    (r"\boxed{7}", "The limit exists and is equal to 8"),
    (r"\boxed{59}", "60 (i.e., all of them)"),
]


@pytest.mark.parametrize(("completion", "ground_truth"), RIGHT)
def test_a_right_answer_in_a_sentence_is_accepted(score, completion, ground_truth):
    judged = score(completion, ground_truth)
    assert judged.value == 1.0, judged


@pytest.mark.parametrize(("completion", "ground_truth"), WRONG)
def test_a_wrong_answer_in_a_sentence_is_refused(score, completion, ground_truth):
    judged = score(completion, ground_truth)
    assert judged.value == 0.0, judged


@pytest.mark.parametrize("example", [*BEFORE_NUMBER.values(), *AFTER_NUMBER.values()])
@pytest.mark.parametrize("form", ["%s", "The answer is %s", "So it is %s.", "\\boxed{\\text{%s}}"])
def test_words_that_change_a_number_leave_no_number(score, example, form):
    assert score(form % example, "7").value == 0.0


@pytest.mark.parametrize("words", [*BEFORE_NUMBER, *AFTER_NUMBER])
def test_each_example_holds_its_words(words):
    assert words in {**BEFORE_NUMBER, **AFTER_NUMBER}[words]


@pytest.mark.parametrize("words", OPEN_ENDS)
def test_a_sentence_that_leaves_its_question_open_states_nothing(score, words):
    assert score(f"The number 7 is {words}.", "7").value == 0.0


@pytest.mark.parametrize("words", OPEN_QUESTIONS)
def test_a_question_states_nothing(score, words):
    assert score(f"{words.capitalize()} 7 of them are", "7").value == 0.0


@pytest.mark.parametrize(("word", "example", "value"), [(word, *entry[1:]) for word, entry in COMPUTED.items()])
def test_each_word_that_computes_a_number_is_read(score, word, example, value):
    assert word in example
    assert score(f"\\boxed{{{example}}}", str(value)).value == 1.0
    assert score(f"The answer is {example}.", str(value)).value == 1.0
    assert score(f"The answer is {example}.", str(value + 1)).value == 0.0


@pytest.mark.parametrize(("words", "value"), NUMBERS.items())
def test_each_number_in_words_is_read(score, words, value):
    assert score(f"The answer is {words}.", str(value)).value == 1.0


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("forty-two", 42),
        ("one hundred and five", 105),
        ("three thousand two hundred", 3200),
        ("two million", 2_000_000),
    ],
)
def test_numbers_of_several_words_are_read(words, value):
    assert number_in_words(words) == value


@pytest.mark.parametrize("words", ["five five", "hundred", "twenty ten", "apples", ""])
def test_other_words_are_no_number(words):
    assert number_in_words(words) is None


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("The maximum is 12, which occurs at t = 2.", "12"),
        ("There are 210 subsets of size 4.", "210"),
        (r"The limit exists and is \(\sqrt{7}\).", r"\(\sqrt{7}\)"),
    ],
)
def test_the_part_that_was_judged_is_named(score, text, part):
    assert read(text, last=True).text == part
    details = score(text, "1").details
    start, end = details["span"]
    assert details["answer"] == text[start:end] == part
