"""The hardest functions of the parser, each by a table: tokens, numbers, and the words after a value."""

from fractions import Fraction

import pytest

from rewardkit_math.notation.numbers import read_number
from rewardkit_math.notation.parse import parse
from rewardkit_math.notation.tokens import RefusedError, UnreadableError, tokenize
from rewardkit_math.tree import Call, Conditioned, Num, Pow, Quantity, Rel, Seq, Sym, Text, UnknownFunction

TOKENS = [
    ("12", "num:12"),
    ("x", "sym:x"),
    ("xy", "sym:x sym:y"),
    ("sin x", "func:sin sym:x"),
    ("sinx", "func:sin sym:x"),
    ("lg", "sym:l sym:g"),
    ("lg(5)", "func:lg op:( num:5 op:)"),
    ("theta", "sym:theta"),
    (r"\left( 1 \right)", "op:( num:1 op:)"),
    (r"\sum\limits_{k=1}", "cmd:sum op:_ op:{ sym:k op:= num:1 op:}"),
    (r"\text{ and }", "op:and"),
    (r"5\text{ cm}", "num:5 text:cm"),
    (r"\text{minus }5", "op:- num:5"),
    ("5 +- 1", "num:5 op:± num:1"),
    ("2**3", "num:2 op:^ num:3"),
    ("1,234", "num:1,234"),
    ("(1,234)", "op:( num:1 op:, num:234 op:)"),
    ("x <= 3", "sym:x op:<= num:3"),
    (r"\not= 3", "op:!= num:3"),
    ("log10(5)", "func:lg op:( num:5 op:)"),
    ("a\n\nb", "sym:a op:; sym:b"),
    (r"7 \mathrel{=} x", "num:7 op:= sym:x"),
    ("所以 5", "text:所以 num:5"),
]


@pytest.mark.parametrize(("text", "tokens"), TOKENS)
def test_a_text_becomes_these_tokens(text, tokens):
    assert " ".join(f"{token.kind}:{token.text}" for token in tokenize(text)) == tokens


@pytest.mark.parametrize(("text", "error"), [(r"\def\x{7}", RefusedError), (r"\not<", UnreadableError)])
def test_what_is_no_answer_is_refused(text, error):
    with pytest.raises(error):
        tokenize(text)


@pytest.mark.parametrize(
    ("text", "value", "places"),
    [
        ("12", "12", None),
        ("1.50", "1.5", 2),
        (".5", "0.5", 1),
        ("1,234,567", "1234567", None),
        (r"1\,234", "1234", None),
        ("12{,}345", "12345", None),
        ("2{,}4", "2.4", 1),
        ("0,25", "0.25", 2),
        ("1.5E+3", "1500", -2),
        ("0x1f", "31", None),
        (r"0.\overline{3}", "1/3", None),
        ("0.1(6)", "1/6", None),
        ("0.(27)", "3/11", None),
        ("0.1666...", "1/6", None),
        ("0.1666 repeating", "1/6", None),
    ],
)
def test_a_number_is_read_with_the_places_that_it_prints(text, value, places):
    written = read_number(text, 0, grouped=True, outside=True)
    assert written is not None
    assert written[:2] == (Fraction(value), places)
    assert written.end == len(text)


FIVE = Num(Fraction(5))


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("5 apples", Quantity(FIVE, "apples")),
        ("5 cm^2", Quantity(FIVE, "cm^2")),
        (r"5\,\mathrm{m\,s^{-1}}", Quantity(FIVE, "m s^{-1}".replace("{", "").replace("}", ""))),
        (r"5\,\Omega", Quantity(FIVE, "Ω")),
        (r"5\,\mu\text{m}", Quantity(FIVE, "μm")),
        (r"5\frac{\text{km}}{\text{h}}", Quantity(FIVE, "km/h")),
        (r"5^\circ\text{C}", Quantity(FIVE, "°C")),
        ("5 degrees", Call("deg", (FIVE,))),
        (r"5^{th}", FIVE),
        ("5th", FIVE),
        (r"5\text{ for all } x", FIVE),
        ("5 (about 16 feet)", FIVE),
        ("5 or 0.2", Seq("or", (FIVE, Num(Fraction(1, 5), 1)))),
        ("5 (0.2)", Seq("or", (FIVE, Num(Fraction(1, 5), 1)))),
        ("5 if x > 0", Conditioned(FIVE, "if x > 0", frozenset())),
        ("x = 5 cm", Rel(("=",), (Sym("x"), Quantity(FIVE, "cm")))),
        ("5 is wrong", Text("5 is wrong")),
        ("5 plus one", Text("5 plus one")),
        ("5 and a half", Text("5 and a half")),
        ("half of 5", Text("half of 5")),
        ("the answer is 5", FIVE),
    ],
)
def test_the_words_around_a_value_are_read_as(text, node):
    assert parse(text) == node


@pytest.mark.parametrize(
    ("text", "node"),
    [
        (r"\sin{\left(x\right)}^{2}", Pow(Call("sin", (Sym("x"),)), Num(Fraction(2)))),
        (r"f{\left(x\right)}^{2}", Pow(UnknownFunction("f", (Sym("x"),)), Num(Fraction(2)))),
        ("P(A|B)", UnknownFunction("P", (Sym("A"), Sym("B")))),
        ("E[X]", UnknownFunction("E", (Sym("X"),))),
        (r"17 \bmod 5", Call("mod", (Num(Fraction(17)), FIVE))),
    ],
)
def test_functions_take_these_arguments(text, node):
    assert parse(text) == node
