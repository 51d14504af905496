"""Regions that are marked as code, mathematics, addresses or tags: which they are and where they end."""

import pytest

from rewardkit_language.regions import PROSE_ENVIRONMENTS, regions


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", []),
        ("a $x^2$ b", [("formula", "$x^2$", "x^2")]),
        ("a $$x$$ b", [("formula", "$$x$$", "x")]),
        ("a \\(x\\) b", [("formula", "\\(x\\)", "x")]),
        ("a \\[x\\] b", [("formula", "\\[x\\]", "x")]),
        ("\\begin{align*}x\\end{align*}", [("formula", "\\begin{align*}x\\end{align*}", "x")]),
        ("\\begin{proof}x", [("code", "\\begin{proof}", "")]),
        ("a `x` b", [("code", "`x`", "x")]),
        ("a ``x`y`` b", [("code", "``x`y``", "x`y")]),
        ("```\nx\n```\n", [("code", "```\nx\n```\n", "```\nx\n```\n")]),
        ("~~~py\nx\n~~~", [("code", "~~~py\nx\n~~~", "~~~py\nx\n~~~")]),
        ("```\nx", [("code", "```\nx", "```\nx")]),
        ("a ```x\ny``` b", [("code", "```x\ny```", "x\ny")]),
        ("<!-- x -->", [("code", "<!--", "")]),
        ("a <b> c", [("code", "<b>", "<b>")]),
        ("see https://a.b/c d", [("code", "https://a.b/c", "https://a.b/c")]),
        ("mail a@b.cd now", [("code", "a@b.cd", "a@b.cd")]),
        ("pay $150 or $20 now", []),
        ("a $ x $ b", []),
        ("a \\$x$ b", []),
        ("open ` and\n\nclose `", []),
        ("\\[ never closed", []),
        ("$x$ and $y$", [("formula", "$x$", "x"), ("formula", "$y$", "y")]),
        ("```\n$x$\n```\n$y$", [("code", "```\n$x$\n```\n", "```\n$x$\n```\n"), ("formula", "$y$", "y")]),
        ("x\n``` so this line is a sentence and no fence\ny", []),
    ],
)
def test_regions_by_their_marks(text, expected):
    assert [(region.kind, text[region.start : region.end], region.inside) for region in regions(text)] == expected


@pytest.mark.parametrize("name", PROSE_ENVIRONMENTS)
def test_environments_of_prose_are_only_marks(name):
    [region, *_] = regions(f"\\begin{{{name}}}words\\end{{{name}}}")
    assert region.inside == ""
