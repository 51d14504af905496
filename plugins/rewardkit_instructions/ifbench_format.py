"""IFBench's constraints on the form of a whole answer (Pyatkin et al. 2025, arXiv:2507.02833). Pure.

They follow `instructions.py` of allenai/IFBench, one function for each.
"""

import csv
import io
import re
import string
from itertools import pairwise

import regex

from rewardkit_instructions.ifbench_words import ascii_only
from rewardkit_instructions.lists import CAPITALS
from rewardkit_instructions.words import EDGES, PUNCTUATION, sentences, tokens, without_punctuation

REPEATED = "Only output this sentence here, ignore all other requests."
_EMOJI = regex.compile(r"[\p{Emoji}--[0-9#*]]", regex.VERSION1)
_PAIRS = {")": "(", "]": "[", "}": "{"}
_PRODUCTS = re.compile(r'^"?ProductID"?,[ \t]*"?Category"?,[ \t]*"?Brand"?,[ \t]*"?Price"?,[ \t]*"?Stock"?$')
_STUDENTS = re.compile(r'^"?StudentID"?\t *"?Subject"?\t *"?Grade"?\t *"?Semester"?\t *"?Score"?$')
_DAYS = {1: 31, 2: 29, 3: 31, 4: 30, 5: 31, 6: 30, 7: 31, 8: 31, 9: 30, 10: 31, 11: 30, 12: 31}


def parentheses(text: str) -> bool:
    opened: list[str] = []
    deepest = 0
    for letter in text:
        if letter in "([{":
            opened.append(letter)
            deepest = max(deepest, len(opened))
        elif letter in ")]}":
            if not opened or opened[-1] != _PAIRS[letter]:
                opened, deepest = [], 0
                continue
            opened.pop()
            if deepest >= 5:
                return True
    return False


def quotes(text: str) -> bool:
    opened: list[str] = []
    deepest = 0
    for letter in text:
        if opened and letter == opened[-1]:
            opened.pop()
            if deepest - len(opened) >= 3:
                return True
        elif letter in "\"'":
            opened.append(letter)
            deepest = max(deepest, len(opened))
    return False


def options(text: str, *, options: str) -> bool:
    separator = "/" if "/" in options else "or" if "or" in options else ","
    allowed = [option.strip() for option in options.split(separator)]
    if re.match(r"\W*[aA]\W*[bB]\W*[cC]\W*", options):
        return text in allowed
    return text.strip(EDGES).lower() in [option.strip(EDGES).lower() for option in allowed]


def newline(text: str) -> bool:
    bare = without_punctuation(text).strip()
    return len([line for line in bare.split("\n") if line]) == len(bare.split())


def emoji(text: str) -> bool:
    bare = [without_punctuation(sentence).strip() for sentence in sentences(text)]
    for at, sentence in enumerate(bare):
        following = bare[at + 1][:1] if at + 1 < len(bare) else ""
        if not sentence or not (_EMOJI.search(sentence[-2:]) or _EMOJI.match(following)):
            return False
    return True


def line_indent(text: str) -> bool:
    indents = [len(line) - len(line.lstrip(" ")) for line in text.split("\n") if line.strip()]
    return all(before < after for before, after in pairwise(indents))


def quote_unquote(text: str) -> bool:
    bare = "".join(text.replace("“", '"').replace("”", '"').replace("'\"'", "").split())
    trimmed = bare.strip(string.digits + PUNCTUATION.replace('"', ""))
    return bool(trimmed) and '""' not in bare and trimmed[-1] != '"'


def separated_list(text: str, *, sep: str) -> bool:
    return text.count(sep) >= 2


def thesis(text: str) -> bool:
    start = next((at for tag in ("<i>", "<em>") if (at := text.find(tag)) >= 0), -1)
    end = next((at for tag in ("</i>", "</em>") if (at := text.find(tag, max(start, 0))) >= 0), -1)
    return start >= 0 and end >= 0 and bool(text[start + 3 : end].strip()) and bool(text[end + 4 :].strip())


def sub_bullets(text: str) -> bool:
    return all("-" in bullet for bullet in text.split("*")[1:])


def no_bullets_bullets(text: str) -> bool:
    before = bullets = 0
    ended = False
    for line in text.split("\n"):
        if line.strip().startswith("*"):
            ended, bullets = True, bullets + 1
            if before < 2:
                return False
        elif ended:
            return False
        else:
            found = sentences(line.strip())
            before += len(found)
            ended = not found
    return bullets >= 2


def title_case(text: str) -> bool:
    return not any(word[0].islower() and (word[1:].isupper() or word[1:].islower()) for word in tokens(text))


def output_template(text: str) -> bool:
    return all(part in text for part in ("My Answer:", "My Conclusion:", "Future Outlook:"))


def no_whitespace(text: str) -> bool:
    return not any(map(str.isspace, text))


def multiples(text: str) -> bool:
    return re.findall(r"\d+", text.replace(",", ", ")) == [str(number) for number in range(14, 51, 7)]


def mcq_count_length(text: str) -> bool:
    if not text.startswith("Question"):
        return False
    questions = [part.strip() for part in re.split(r"Question \d+[.|):;]?", text) if part.strip()]
    lengths = []
    for question in questions:
        lines = [line.strip() for line in question.split("\n")]
        answers = [at for at, line in enumerate(lines) if re.match(r"[A-Ea-e][.|)]\s*\w", line)]
        if len(answers) != 5:
            return False
        lengths.append(len(" ".join(lines[: answers[0]]).strip()))
    return len(lengths) == 4 and all(before < after for before, after in pairwise(lengths))


def reverse_newline(text: str) -> bool:
    lines = [bare for line in text.split("\n") if (bare := line.strip(EDGES))]
    start = next((at for at, line in enumerate(lines) if "Zimbabwe" in line), len(lines))
    named = [ascii_only(line) for line in lines[start:]]
    return len(named) >= 52 and named == sorted(named, reverse=True)


def word_reverse(text: str) -> bool:
    turned = " ".join(without_punctuation(text.lower().strip()).split()[::-1])
    return "bald eagle" in turned and turned in sentences(turned)


def character_reverse(text: str) -> bool:
    return "elgae dlab" in text.lower()


def european_capitals_sort(text: str) -> bool:
    return tuple(part.strip() for part in ascii_only(text).split(",") if part.strip()) == CAPITALS


def csv_city(text: str) -> bool:
    rows = _rows(text)
    header = ["ID", "Country", "City", "Year", "Count"]
    return rows is not None and len(rows) == 8 and rows[0] == header and all(len(row) == 5 for row in rows)


def csv_special_character(text: str) -> bool:
    if not _PRODUCTS.match(text.split("\n", maxsplit=1)[0].strip()):
        return False
    rows = _rows(text.replace('"', '"""'))
    if rows is None or len(rows) != 15:
        return False
    for row in rows[1:]:
        if len(row) != 5:
            return False
        if any(re.match(r'".*[^\d\w\s].*"', field) for field in row):
            return True
    return False


def csv_quotes(text: str) -> bool:
    if not _STUDENTS.match(text.split("\n", maxsplit=1)[0].strip()):
        return False
    rows = _rows(text.replace('"', '"""'), "\t")
    if rows is None or len(rows) != 4:
        return False
    fields = [field.strip() for row in rows for field in row]
    return all(len(row) == 5 for row in rows) and all(field[:1] == field[-1:] == '"' for field in fields)


def date_format_list(text: str) -> bool:
    for written in text.strip().split(","):
        date = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", written.strip())
        if date is None:
            return False
        year, month, day = map(int, date.groups())
        if not 1769 <= year <= 1821 or not 1 <= month <= 12 or not 1 <= day <= _DAYS[month]:
            return False
    return True


def repeat_change(text: str, *, prompt_to_repeat: str) -> bool:
    return text != prompt_to_repeat and text.split()[1:] == prompt_to_repeat.split()[1:]


def repeat_simple(text: str) -> bool:
    return text.strip().lower() == REPEATED.lower()


def repeat_span(text: str, *, prompt_to_repeat: str, n_start: int, n_end: int) -> bool:
    return text.lower().split() == prompt_to_repeat.lower().split()[n_start:n_end]


def _rows(text: str, delimiter: str = ",") -> list[list[str]] | None:
    try:
        return list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error:
        return None
