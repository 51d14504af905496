"""Language in a text, and prose that is found where it hides."""

import pytest

from rewardkit_language.languages import resolve
from rewardkit_language.mask import PLACE, prose
from rewardkit_language.measure import measure

GERMAN = "Wir rechnen zuerst den Preis für alle Tickets aus und ziehen dann den Rabatt ab."
HIDDEN = "so the remaining amount is what we have to divide by three because there are three people"


def words(text: str, target: str = "de") -> dict[str, int]:
    return {code: round(count) for code, count in measure(text, resolve(target)).words.items()}


@pytest.mark.parametrize(
    "region",
    [
        "$x^2 + y^2 = r^2$",
        "$$\\int_0^1 \\sin x \\, dx$$",
        "\\[ \\sum_{k=1}^{n} k = \\frac{n(n+1)}{2} \\]",
        "\\( \\log_{10} 100 = 2 \\)",
        "\\begin{align*} a &= b \\\\ c &= \\mathrm{max}(d) \\end{align*}",
        "$v_{\\text{start}} = 3$",
        "`def mean(data, weights=None):`",
        "```python\nfor item in items:\n    # add the price\n    total += item.price\nprint(total)\n```",
        "```js\nconst names = users.filter(user => user.age > 18).map(user => user.name)\n```",
        "```sql\nSELECT name, COUNT(*) FROM users WHERE age > 30 GROUP BY name ORDER BY name\n```",
        "```python\nif x is None or y not in seen:\n    raise ValueError('no data for the empty list')\n```",
        "https://example.org/how/to/count?page=3",
        "someone@example.org",
        "<b>",
        '<img src="a.png" alt="price">',
    ],
)
def test_code_formulas_addresses_and_tags_are_no_words(region):
    assert words(f"{GERMAN} {region} {GERMAN}") == {"de": 2 * len(GERMAN.split())}


@pytest.mark.parametrize(
    "region",
    [
        "$\\text{%s}$",
        "\\[ x = 3 \\quad \\textbf{%s} \\]",
        "\\(\\mathrm{%s}\\)",
        "$\\text{a {nested} note: %s}$",
        "$$%s$$",
        "\\begin{equation} %s \\end{equation}",
        "`%s`",
        "```\n%s\n```",
        "```python\n# %s\nx = 1\n```",
        '```python\nx = 1\n"""%s"""\n```',
        "```\n%s",
        "<!-- %s -->",
        "<note %s>",
        "<think>%s</think>",
    ],
)
def test_prose_that_hides_is_counted(region):
    found = words(f"{GERMAN} {region % HIDDEN} {GERMAN}")
    assert found.get("en", 0) == pytest.approx(len(HIDDEN.split()), abs=4)


@pytest.mark.parametrize(
    "text",
    [
        "$" + "$ $".join(f"\\text{{{word}}}" for word in HIDDEN.split()) + "$",
        "$" + "~".join(HIDDEN.split()) + "$",
        "$" + "\\ ".join(HIDDEN.split()) + "$",
        "$" + "".join(f"{{{word}}}" for word in HIDDEN.split()) + "$",
        "```\n" + " = ".join(HIDDEN.split()) + "\n```",
        "`" + "_".join(HIDDEN.split()) + "`",
        "https://example.org/" + "-".join(HIDDEN.split()),
        "`" + "` `".join(HIDDEN.split()) + "`",
        "_".join(HIDDEN.split()),
        "-".join(HIDDEN.split()),
        HIDDEN.title().replace(" ", ""),
        "$\\" + " \\".join(HIDDEN.split()) + "$",
        "\\" + " \\".join(HIDDEN.split()),
    ],
)
def test_prose_that_is_cut_up_is_counted(text):
    assert words(f"{GERMAN} {text}").get("en", 0) >= len(HIDDEN.split()) // 2


@pytest.mark.parametrize("region", ["$\\text{%s}$", "`%s`", "```python\nx = 1  # %s\n```", "<note %s>"])
def test_other_scripts_are_counted_wherever_they_stand(region):
    found = words(f"{GERMAN} {region % 'сначала считаем остаток'} {GERMAN}")
    assert found["ru"] == 3


def test_dollars_of_money_swallow_no_prose():
    text = "He paid $150 for the first ticket and then $x$ dollars, that is $20 or 30 $ for each of the others."
    masked = prose(text)
    assert masked.count(PLACE) == 1
    assert "for the first ticket and then" in masked
    assert "that is $20 or 30 $ for each" in masked


def test_a_few_lone_words_of_a_formula_are_notation():
    assert words(GERMAN + " $\\text{Area} = \\text{width} \\cdot \\text{height}$") == {"de": len(GERMAN.split())}


def test_comments_that_pile_up_are_counted():
    program = "\n".join(f"x{n} = f(y{n}, z{n}, key=value, other=thing, last=one)  # {HIDDEN}" for n in range(6))
    assert words(f"```python\n{program}\n```").get("en", 0) >= 5 * len(HIDDEN.split())


def test_commands_outside_a_formula_are_no_words():
    assert words(f"{GERMAN} \\boxed{{18}} \\frac{{1}}{{2}} \\times 3") == {"de": len(GERMAN.split())}


def test_environments_of_prose_are_prose():
    found = words(f"\\begin{{itemize}} \\item {HIDDEN} \\end{{itemize}}")
    assert found.get("en", 0) >= len(HIDDEN.split()) - 1


@pytest.mark.parametrize("mark", ["$", "`", "```", "\\(", "\\[", "\\begin{align}", "<a", "<!--"])
def test_a_mark_that_nothing_closes_hides_nothing(mark):
    assert words(f"{GERMAN} {mark} {HIDDEN}").get("en", 0) >= len(HIDDEN.split()) - 2
