"""Common words of each language: the function words that carry a sentence.

They say of which language a word is where a model of character n-grams cannot: words of one to five letters. The
lists are written by hand (`common_words.txt`); a word that two languages share stands under both.
"""

from importlib.resources import files


def _read() -> dict[str, frozenset[str]]:
    """The lists by language code: a line that begins with `code:` starts one, an indented line goes on with it."""
    lists: dict[str, list[str]] = {}
    code = ""
    for line in files(__package__).joinpath("common_words.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith(("#", " ")):
            code, _, line = line.partition(":")  # noqa: PLW2901 - the rest of the line
        if not line.startswith("#"):
            lists.setdefault(code, []).extend(line.split())
    return {code: frozenset(words) for code, words in lists.items()}


COMMON = _read()
