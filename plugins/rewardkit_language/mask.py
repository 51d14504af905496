r"""What of a text is language: everything but code, LaTeX, addresses and tags, save for the prose that hides in them.

`prose(text)` gives the text with each such region replaced by a placeholder, and with the prose found inside it put
on a line of its own. Regions are found by the rules of Pandoc's Markdown: a `$` opens mathematics only before a
letter or sign, and closes it only after one and not before a digit, so that `$150 … $x$` swallows no prose.

What counts as hidden prose:
- letters of any script but Latin: no programming language or formula is written in them
- `\text{…}` and its relatives, of two words or more, or of one word once the text has more than LONE_WORDS of those
- runs of four words or more that are set apart by nothing but spaces and commas; inside code only where they outnumber
  the code, or once the text has more than COMMENT_WORDS of them, for a comment or two is part of a program
- regions, one by one and all together, in which common words of a language abound, however they are set apart

One pass; a closing mark is looked for at most REACH characters ahead, so the time is linear in the text.
"""

import re
from collections.abc import Iterator
from functools import cache

from rewardkit_language.lexicon import lexicon
from rewardkit_language.scripts import LETTERS, split

PLACE = "\ufffc"
"""Stands for a masked region: neither a word nor the end of a sentence."""
REACH = 4000
LONE_WORDS = 3
COMMENT_WORDS = 40

_OPEN = re.compile(
    r"(?P<fence>(?:```+|~~~+))|(?P<code>`+)|(?P<dollars>\$\$)|(?P<dollar>(?<!\\)\$(?=[^\s$]))"
    r"|(?P<display>\\\[)|(?P<inline>\\\()|\\begin\{(?P<env>[a-zA-Z]{1,20}\*?)\}"
    r"|(?P<comment><!--)|(?P<tag><[/!?]?[A-Za-z|][^<>\n]{0,300}>)"
    r"|(?P<url>(?:https?://|www\.)[^\s<>\"'`、。，）」]{1,2000}|[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{1,63})"
)
_PROSE_ENVIRONMENTS = frozenset(
    split("document center itemize enumerate quote abstract theorem proof lemma definition")
)

_LATIN = LETTERS["latin"]
_WORD = rf"[{_LATIN}]{{2,}}(?:['’-][{_LATIN}]+)*"
_RUN = re.compile(rf"(?:\b{_WORD}(?:[,.:;?!]?\s+|\s*,\s*)(?:[{_LATIN}]\s+)?){{3,}}{_WORD}")
_WORDS = re.compile(rf"[{_LATIN}]{{2,}}")
_FOREIGN = re.compile(
    "[" + "".join(letters for script, letters in LETTERS.items() if script not in ("latin", "greek")) + "]"
)
_FOREIGN_RUN = re.compile("[^\x00-\x7f]+(?:[ ,.!?]{1,2}[^\x00-\x7f]+)*")
_TEXT_GROUP = re.compile(
    r"\\(?:text[a-z]{0,8}|mbox|hbox|fbox|intertext|shortintertext|operatorname\*?|math(?:rm|it|bf|sf|tt|normal))\s*\{"
)
_SPACING = re.compile(r"\\[ ,;:!>]|~|[{}]|\\(?:q?quad|thinspace|enspace|space|hspace\*?|left|right|big+[lr]?)\b|\\\\")
_COMMAND = re.compile(r"\\([A-Za-z]+)\*?")
_COMMANDS = frozenset(
    split(
        "alpha angle approx arccos arcsin arctan bar begin beta big bigcap bigcup biggl biggr bigl bigr binom"
        " bmod boldsymbol boxed bullet cap cdot cdots chi circ cong cos cot csc cup ddot ddots deg degree delta"
        " dfrac displaystyle div dot dots downarrow ell emptyset end epsilon equiv eta exists exp fbox forall frac"
        " gamma gcd ge geq gg hat hbar hline hspace iff iint implies in inf infty int item kappa label lambda"
        " langle lbrace lceil ldots left leftarrow leftrightarrow leq le lfloor lim limits ll ln log"
        " longrightarrow mapsto mathbb mathbf mathcal mathfrak mathit mathrm mathsf max mbox mid min mod mu nabla"
        " ne neg neq newline ni not notin nu oint omega operatorname oplus otimes over overbrace overline"
        " overrightarrow par paragraph partial phi pi pm pmod prime prod propto psi qquad quad rangle rbrace rceil"
        " ref rfloor rho right rightarrow rm sec section setminus sigma sim simeq sin sinh sqrt star subsection"
        " subset subseteq sum sup supset tag tan tanh tau tbinom text textbf textit textrm textstyle tfrac"
        " therefore theta tilde times to top triangle underbrace underline uparrow varepsilon varphi vdots vec vee"
        " vert wedge widehat xi zeta"
    )
)
"""Names of LaTeX: any other word after a backslash is a word like others."""
# Keywords, and the names that programs like: no sign of prose.
_PROGRAM = frozenset(
    split(
        "add all and any as assert async await back begin bool break by case catch char class const continue copy"
        " count data def default define del delete do double down each echo elif else empty end enum error except"
        " export extends factor false final finally find first float for found from function global goto if"
        " implements import in include index int interface is it join key lambda last left length let list long"
        " max mean min minus name new next nil none not note null number on one or order pass per plus pos print"
        " private protected public raise range result return right select self set short start static step str"
        " string struct sum super switch test then this throw total true try two type typedef typeof union up"
        " update use using value values var variable void where while with write yield"
    )
)


def prose(text: str) -> str:
    """The text with PLACE for each masked region and the prose that was hidden in it on lines of its own."""
    parts: list[str] = []
    lone: list[str] = []
    comments: list[str] = []
    cut_up: list[str] = []
    done = 0
    for start, end, kind, inside in _regions(text):
        parts.append(text[done:start])
        parts.append(PLACE)
        found = _in_formula(inside, lone) if kind == "formula" else _in_code(inside, comments)
        if found:
            parts.append(f"\n{found}\n")
        else:
            cut_up.append(inside)
        done = end
    parts.append(text[done:])
    if len(lone) > LONE_WORDS:
        parts.append("\n" + " ".join(lone))
    if sum(len(comment.split()) for comment in comments) > COMMENT_WORDS:
        parts.extend("\n" + comment for comment in comments)
    if len(cut_up) > 1:
        parts.extend("\n" + words for words in _abounding(_COMMAND.sub(_name_of_command, " ".join(cut_up))))
    return _COMMAND.sub(_name_of_command, "".join(parts))


def _name_of_command(found: re.Match[str]) -> str:
    return " " if found[1].lower() in _COMMANDS else found[0]


def _regions(text: str) -> Iterator[tuple[int, int, str, str]]:
    """Start, end, kind (`formula`, `code`) and inside of each region to mask, in order."""
    at = 0
    while (found := _OPEN.search(text, at)) is not None:
        kind, start, at = found.lastgroup, found.start(), found.end()
        close, end = -1, -1
        what = "formula"
        if kind == "fence":
            what = "code"
            mark = found["fence"]
            close = text.find(mark, at)
            end = close + len(mark) if close >= 0 else len(text)
            close = close if close >= 0 else len(text)
        elif kind == "code":
            what = "code"
            mark = found["code"]
            close = _before_blank_line(text, mark, at)
            end = close + len(mark)
        elif kind in ("tag", "url"):
            yield start, at, "code", found[kind]
            continue
        elif kind == "comment":
            yield start, at, "code", ""
            continue
        elif kind == "env":
            if found["env"].rstrip("*") in _PROSE_ENVIRONMENTS:
                yield start, at, "code", ""
                continue
            mark = "\\end{" + found["env"] + "}"
            close = text.find(mark, at, at + REACH)
            end = close + len(mark)
        elif kind == "dollar":
            close = _closing_dollar(text, at)
            end = close + 1
        else:
            mark = {"dollars": "$$", "display": "\\]", "inline": "\\)"}[str(kind)]
            close = text.find(mark, at, at + REACH)
            end = close + len(mark)
        if close < 0:
            continue
        yield start, end, what, text[at:close]
        at = end


def _before_blank_line(text: str, mark: str, at: int) -> int:
    close = text.find(mark, at, at + REACH)
    return close if close >= 0 and "\n\n" not in text[at:close] else -1


def _closing_dollar(text: str, at: int) -> int:
    """Where the `$` stands that closes mathematics by Pandoc's rule, or -1."""
    close = text.find("$", at, at + REACH)
    while close > 0 and text[close - 1] == "\\":
        close = text.find("$", close + 1, at + REACH)
    if close < 0 or text[close - 1].isspace() or text[close + 1 : close + 2].isdigit():
        return -1
    return close if "\n\n" not in text[at:close] else -1


def _in_formula(inside: str, lone: list[str]) -> str:
    """The prose inside a formula; single words of its text groups go to `lone`."""
    found: list[str] = []
    rest: list[str] = []
    at = 0
    for group in _TEXT_GROUP.finditer(inside):
        if group.start() < at:
            continue
        end = _closing_brace(inside, group.end())
        content = inside[group.end() : end]
        rest.append(inside[at : group.start()])
        at = end
        words = _WORDS.findall(content)
        if len(words) > 1 or _FOREIGN.search(content):
            found.append(_COMMAND.sub(_name_of_command, content).replace("$", " "))
        elif words and len(words[0]) > 2 and words[0].lower() not in NEUTRAL:
            lone.append(words[0])
    rest.append(inside[at:])
    bare = _COMMAND.sub(_name_of_command, _SPACING.sub(" ", " ".join(rest))).replace("\\", " ")
    found.extend(_RUN.findall(bare) or _abounding(bare))
    found.extend(_other_scripts(bare))
    return "\n".join(found)


def _closing_brace(text: str, at: int) -> int:
    depth = 1
    for found in re.finditer(r"\\.|[{}]", text[at:]):
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        if depth == 0:
            return at + found.start()
    return len(text)


def _in_code(inside: str, comments: list[str]) -> str:
    """The prose inside code: plain lines and comments that outnumber it, and other scripts.

    Runs of words that the code outnumbers go to `comments`.
    """
    found = _other_scripts(inside)
    words = _WORDS.findall(inside)
    runs = [run for run in _RUN.findall(inside) if not _is_statement(run)]
    if runs and 2 * sum(len(_WORDS.findall(run)) for run in runs) >= len(words):
        found.extend(runs)
    else:
        comments.extend(runs)
        found.extend(_abounding(inside))
    return "\n".join(found)


def _is_statement(run: str) -> bool:
    words = run.lower().split()
    return 2 * sum(word in _PROGRAM for word in words) >= len(words)


def _abounding(text: str) -> list[str]:
    """All words of the text if common words of some language abound among them, whatever sets them apart."""
    words = [word.lower() for word in _WORDS.findall(text)]
    if len(words) < 8:
        return []
    distinct = set(words)
    for common in _telling():
        told = distinct & common
        if len(told) >= 4 and 4 * sum(word in told for word in words) >= len(words):
            return [" ".join(words)]
    return []


def _other_scripts(text: str) -> list[str]:
    return [run for run in _FOREIGN_RUN.findall(text) if _FOREIGN.search(run)] if not text.isascii() else []


NEUTRAL = frozenset(
    split(
        "sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh log ln lg exp lim max min sup inf mod gcd"
        " lcm det dim ker deg arg sgn sqrt km cm mm nm kg mg ml cl dl hz khz mhz ghz kb mb gb tb kw kwh mph kph"
        " rpm ppm usd eur gbp jpy cny min sec ms pm am ok vs etc pi phi psi theta alpha beta gamma delta sigma"
        " lambda omega"
    )
)
"""Names of functions and units: of no language."""


@cache
def _telling() -> tuple[frozenset[str], ...]:
    """For each language its common words that are no words of a program."""
    lists = (frozenset(word for word in traits.words if len(word) > 1) for traits in lexicon().values())
    return tuple(words - _PROGRAM - NEUTRAL for words in lists)
