"""Words and sentences as IFEval and IFBench count them. Pure; nothing is downloaded.

Both benchmarks split sentences by the rules of `sentences`, except for IFEval's count of them, which asks NLTK's Punkt;
`count_sentences` has Punkt's rules for English without its trained tables. `tokens` are NLTK's Treebank tokens.
"""

import re
import string

PUNCTUATION = string.punctuation
EDGES = PUNCTUATION + " "
_WITHOUT_PUNCTUATION = str.maketrans("", "", PUNCTUATION)

_PREFIX = re.compile(r"(Mr|St|Mrs|Ms|Dr)[.]")
_WEBSITE = re.compile(r"[.](com|net|org|io|gov|edu|me)")
_DECIMAL = re.compile(r"([0-9])[.]([0-9])")
_DOTS = re.compile(r"\.{2,}")
_STARTERS = (
    r"(Mr|Mrs|Ms|Dr|Prof|Capt|Cpt|Lt|He\s|She\s|It\s|They\s|Their\s|Our\s|We\s|But\s|However\s|That\s|This\s|Wherever)"
)
_STEPS = (
    (re.compile(r"\s([A-Za-z])[.] "), r" \1<prd> "),
    (re.compile(r"([A-Z][.][A-Z][.](?:[A-Z][.])?) " + _STARTERS), r"\1<stop> \2"),
    (re.compile(r"([A-Za-z])[.]([A-Za-z])[.]([A-Za-z])[.]"), r"\1<prd>\2<prd>\3<prd>"),
    (re.compile(r"([A-Za-z])[.]([A-Za-z])[.]"), r"\1<prd>\2<prd>"),
    (re.compile(r" (Inc|Ltd|Jr|Sr|Co)[.] " + _STARTERS), r" \1<stop> \2"),
    (re.compile(r" (Inc|Ltd|Jr|Sr|Co)[.]"), r" \1<prd>"),
    (re.compile(r" ([A-Za-z])[.]"), r" \1<prd>"),
)

_ABBREVIATION = re.compile(
    r"(?:^|[\s(\"'*\[])(?:Mr|Mrs|Ms|Dr|Prof|Rev|Gen|Gov|Sen|Rep|Capt|Col|Lt|Sgt|Maj|St|Jr|Sr|Inc|Ltd|Co|Corp|Bros|vs|viz|etc"
    r"|e\.g|i\.e|cf|al|a\.m|p\.m|approx|dept|est|fig|no|vol|pp|ed|Jan|Feb|Mar|Apr|Aug|Sept?|Oct|Nov|Dec|U\.S(?:\.A)?|U\.K"
    r"|D\.C|Ph\.D|[A-Za-z])$",
    re.IGNORECASE,
)
_BOUNDARY = re.compile(r"([.?!]+)[\"')\]}*”’_]*\s+(?=\S)")

_TREEBANK = (
    (re.compile(r"([«“‘„]|[`]+)"), r" \1 "),
    (re.compile(r"^\""), "`` "),
    (re.compile(r"(``)"), r" \1 "),
    (re.compile(r"([ (\[{<])(\"|'{2})"), r"\1 `` "),
    (re.compile(r"(?<![\w'])'(?!(?:re|ve|ll|m|t|s|d|n)\b)(?=\w)", re.IGNORECASE), "' "),
    (re.compile(r"([^.])(\.)([\]\)}>\"'»”’ ]*)\s*$"), r"\1 \2 \3 "),
    (re.compile(r"([:,])([^\d])"), r" \1 \2"),
    (re.compile(r"([:,])$"), r" \1 "),
    (re.compile(r"\.{2,}"), r" \g<0> "),
    (re.compile(r"[;@#$%&]"), r" \g<0> "),
    (re.compile(r"[?!]"), r" \g<0> "),
    (re.compile(r"([^'])' "), r"\1 ' "),
    (re.compile(r"[*]"), r" \g<0> "),
    (re.compile(r"[\]\[(){}<>]"), r" \g<0> "),
    (re.compile(r"--"), " -- "),
    (re.compile(r"([»”’])"), r" \1 "),
    (re.compile(r"''"), " '' "),
    (re.compile(r"\""), " '' "),
    (re.compile(r"([^' ])('[sS]|'[mM]|'[dD]|') "), r"\1 \2 "),
    (re.compile(r"([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) "), r"\1 \2 "),
    (re.compile(r"\b(can)(not)\b|\b(gim)(me)\b|\b(gon)(na)\b|\b(got)(ta)\b|\b(wan)(na)\b", re.IGNORECASE), None),
)


def plain_words(text: str) -> list[str]:
    """The words between blanks, without ASCII punctuation."""
    return text.translate(_WITHOUT_PUNCTUATION).split()


def without_punctuation(text: str) -> str:
    """A text without ASCII punctuation."""
    return text.translate(_WITHOUT_PUNCTUATION)


def count_words(text: str) -> int:
    """The number of runs of letters, digits and underscores."""
    return len(re.findall(r"\w+", text))


def sentences(text: str) -> list[str]:
    """The sentences of a text by the rules of IFEval's `split_into_sentences`."""
    text = f" {text}  ".replace("\n", " ")
    text = _PREFIX.sub(r"\1<prd>", text)
    text = _WEBSITE.sub(r"<prd>\1", text)
    text = _DECIMAL.sub(r"\1<prd>\2", text)
    text = _DOTS.sub(lambda dots: "<prd>" * len(dots[0]) + "<stop>", text)
    text = text.replace("Ph.D.", "Ph<prd>D<prd>")
    for pattern, replacement in _STEPS:
        text = pattern.sub(replacement, text)
    for inside, outside in ((".”", "”."), ('."', '".'), ('!"', '"!'), ('?"', '"?')):
        text = text.replace(inside, outside)
    for stop in ".?!":
        text = text.replace(stop, f"{stop}<stop>")
    found = [sentence.strip() for sentence in text.replace("<prd>", ".").split("<stop>")]
    return found if found[-1] else found[:-1]


def punkt_sentences(text: str) -> list[str]:
    """The sentences of a text by Punkt's rules: a stop ends one, unless it is an abbreviation's or a number's."""
    found, start = [], 0
    for boundary in _BOUNDARY.finditer(text):
        word = text[max(start, boundary.start() - 12) : boundary.start()]
        dots = set(boundary[1]) == {"."}
        if dots and len(boundary[1]) == 1 and _ABBREVIATION.search(word):
            continue
        if dots and len(boundary[1]) > 1 and text[boundary.end()].islower():
            continue
        found.append(text[start : boundary.end()].strip())
        start = boundary.end()
    rest = text[start:].strip()
    return [*found, rest] if rest else found


def tokens(text: str) -> list[str]:
    """The words and punctuation marks of a text, as NLTK's `word_tokenize` separates them."""
    found: list[str] = []
    for sentence in punkt_sentences(text):
        spaced = sentence
        for pattern, replacement in _TREEBANK:
            spaced = pattern.sub(_apart if replacement is None else replacement, spaced)
        found += spaced.split()
    return found


def _apart(match: re.Match[str]) -> str:
    return " ".join(group for group in match.groups() if group)
