"""IFEval's 25 constraints (Zhou et al. 2023, arXiv:2311.07911), each a function of the answer. Pure.

They follow `instructions.py` of google-research/instruction_following_eval. Different are: keywords are texts and no
regular expressions, and no pattern takes more than linear time.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from rewardkit_instructions.detect import detected_language
from rewardkit_instructions.words import count_words, punkt_sentences, tokens

CHOICES = ("My answer is yes.", "My answer is no.", "My answer is maybe.")

RELATIONS = ("less than", "at least")


def compared(count: int, relation: str, wanted: int) -> bool:
    """True if a count is `less than` or `at least` another."""
    return count < wanted if relation == RELATIONS[0] else count >= wanted


def existence(text: str, *, keywords: Sequence[str]) -> bool:
    lowered = text.lower()
    return all(keyword.lower() in lowered for keyword in keywords)


def frequency(text: str, *, keyword: str, frequency: int, relation: str) -> bool:
    return compared(len(re.findall(re.escape(keyword.strip()), text, re.IGNORECASE)), relation, frequency)


def forbidden_words(text: str, *, forbidden_words: Sequence[str]) -> bool:
    return not any(re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE) for word in forbidden_words)


def letter_frequency(text: str, *, letter: str, let_frequency: int, let_relation: str) -> bool:
    return compared(text.lower().count(letter.strip().lower()), let_relation, let_frequency)


def response_language(text: str, *, language: str) -> bool:
    return detected_language(text) in (language, None)


def number_sentences(text: str, *, num_sentences: int, relation: str) -> bool:
    return compared(len(punkt_sentences(text)), relation, num_sentences)


def number_paragraphs(text: str, *, num_paragraphs: int) -> bool:
    parts = [part.strip() for part in re.split(r"\s?\*\*\*\s?", text)]
    if not all(parts[1:-1]):
        return False
    return sum(map(bool, parts)) == num_paragraphs


def number_words(text: str, *, num_words: int, relation: str) -> bool:
    return compared(count_words(text), relation, num_words)


def nth_paragraph_first_word(text: str, *, num_paragraphs: int, nth_paragraph: int, first_word: str) -> bool:
    paragraphs = text.split("\n\n")
    count = sum(bool(paragraph.strip()) for paragraph in paragraphs)
    if not 0 < nth_paragraph <= count or not paragraphs[nth_paragraph - 1].strip():
        return False
    word = paragraphs[nth_paragraph - 1].split()[0].lstrip("'").lstrip('"')
    return count == num_paragraphs and re.split(r"[.,?!'\"]", word)[0].lower() == first_word.lower()


def number_placeholders(text: str, *, num_placeholders: int) -> bool:
    return sum(1 for _ in _between(text, "[", "]")) >= num_placeholders


def postscript(text: str, *, postscript_marker: str) -> bool:
    marker = postscript_marker.strip()
    patterns = {"P.P.S": r"p\.\s?p\.\s?s", "P.S.": r"p\.\s?s\."}
    return re.search(patterns.get(marker, re.escape(marker.lower())), text.lower()) is not None


def number_bullet_lists(text: str, *, num_bullets: int) -> bool:
    stars = re.findall(r"^[^\S\n]*\*[^*]", text, re.MULTILINE)
    dashes = re.findall(r"^[^\S\n]*-", text, re.MULTILINE)
    return len(stars) + len(dashes) == num_bullets


def constrained_response(text: str) -> bool:
    return any(choice in text for choice in CHOICES)


def number_highlighted_sections(text: str, *, num_highlights: int) -> bool:
    single = re.findall(r"\*[^\n*]*\*", text)
    double = re.findall(r"\*\*[^\n*]*\*\*", text)
    return sum(bool(found.strip("*").strip()) for found in single + double) >= num_highlights


def multiple_sections(text: str, *, section_spliter: str, num_sections: int) -> bool:
    return len(re.findall(rf"{re.escape(section_spliter.strip())}\s?\d+", text)) >= num_sections


def json_format(text: str) -> bool:
    bare = text.strip()
    for fence in ("```json", "```Json", "```JSON", "```"):
        bare = bare.removeprefix(fence)
    try:
        json.loads(bare.removesuffix("```").strip())
    except (ValueError, RecursionError):
        return False
    return True


def title(text: str) -> bool:
    for line in text.split("\n"):
        start, end = line.find("<<"), line.rfind(">>")
        if start >= 0 and end > start + 2 and line[start : end + 2].lstrip("<").rstrip(">").strip():
            return True
    return False


def two_responses(text: str) -> bool:
    parts = [part.strip() for part in text.split("******")]
    if not all(parts[1:-1]):
        return False
    given = [part for part in parts if part]
    return len(given) == 2 and given[0] != given[1]


def repeat_prompt(text: str, *, prompt_to_repeat: str) -> bool:
    return text.strip().lower().startswith(prompt_to_repeat.strip().lower())


def end_checker(text: str, *, end_phrase: str) -> bool:
    return text.strip().strip('"').lower().endswith(end_phrase.strip().lower())


def capital_word_frequency(text: str, *, capital_frequency: int, capital_relation: str) -> bool:
    return compared(sum(token.isupper() for token in tokens(text)), capital_relation, capital_frequency)


def english_capital(text: str) -> bool:
    return text.isupper() and detected_language(text) in ("en", None)


def english_lowercase(text: str) -> bool:
    return text.islower() and detected_language(text) in ("en", None)


def no_comma(text: str) -> bool:
    return "," not in text


def quotation(text: str) -> bool:
    bare = text.strip()
    return len(bare) > 1 and bare[0] == bare[-1] == '"'


def _between(text: str, opening: str, closing: str) -> Iterator[Any]:
    """The shortest texts from an opening to a closing mark on one line, none inside another."""
    for line in text.split("\n"):
        position = 0
        while (start := line.find(opening, position)) >= 0 and (end := line.find(closing, start)) >= 0:
            yield line[start : end + 1]
            position = end + 1
