"""The constraints by their names in the data sets: IFEval's 25 and IFBench's 58. A table, one constraint a line."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from rewardkit_instructions import ifbench_format as form
from rewardkit_instructions import ifbench_words as words
from rewardkit_instructions import ifeval

Check = Callable[..., bool]

IFEVAL: Mapping[str, Check] = {
    "keywords:existence": ifeval.existence,
    "keywords:frequency": ifeval.frequency,
    "keywords:forbidden_words": ifeval.forbidden_words,
    "keywords:letter_frequency": ifeval.letter_frequency,
    "language:response_language": ifeval.response_language,
    "length_constraints:number_sentences": ifeval.number_sentences,
    "length_constraints:number_paragraphs": ifeval.number_paragraphs,
    "length_constraints:number_words": ifeval.number_words,
    "length_constraints:nth_paragraph_first_word": ifeval.nth_paragraph_first_word,
    "detectable_content:number_placeholders": ifeval.number_placeholders,
    "detectable_content:postscript": ifeval.postscript,
    "detectable_format:number_bullet_lists": ifeval.number_bullet_lists,
    "detectable_format:constrained_response": ifeval.constrained_response,
    "detectable_format:number_highlighted_sections": ifeval.number_highlighted_sections,
    "detectable_format:multiple_sections": ifeval.multiple_sections,
    "detectable_format:json_format": ifeval.json_format,
    "detectable_format:title": ifeval.title,
    "combination:two_responses": ifeval.two_responses,
    "combination:repeat_prompt": ifeval.repeat_prompt,
    "startend:end_checker": ifeval.end_checker,
    "startend:quotation": ifeval.quotation,
    "change_case:capital_word_frequency": ifeval.capital_word_frequency,
    "change_case:english_capital": ifeval.english_capital,
    "change_case:english_lowercase": ifeval.english_lowercase,
    "punctuation:no_comma": ifeval.no_comma,
}

IFBENCH: Mapping[str, Check] = {
    "count:word_count_range": words.word_count_range,
    "count:unique_word_count": words.unique_word_count,
    "count:conjunctions": words.conjunctions,
    "count:person_names": words.person_names,
    "count:numbers": words.numbers,
    "count:pronouns": words.pronouns,
    "count:punctuation": words.punctuation,
    "count:words_japanese": words.words_japanese,
    "count:keywords_multiple": words.keywords_multiple,
    "ratio:stop_words": words.stop_words,
    "ratio:sentence_type": words.sentence_type,
    "ratio:sentence_balance": words.sentence_balance,
    "ratio:sentence_words": words.sentence_words,
    "ratio:overlap": words.overlap,
    "words:alphabet": words.alphabet,
    "words:vowel": words.vowel,
    "words:consonants": words.consonants,
    "words:palindrome": words.palindrome,
    "words:prime_lengths": words.prime_lengths,
    "words:repeats": words.repeats,
    "words:start_verb": words.start_verb,
    "words:odd_even_syllables": words.odd_even_syllables,
    "words:last_first": words.last_first,
    "words:paragraph_last_first": words.paragraph_last_first,
    "words:no_consecutive": words.no_consecutive,
    "words:keywords_specific_position": words.keywords_specific_position,
    "words:words_position": words.words_position,
    "sentence:keyword": words.sentence_keyword,
    "sentence:increment": words.sentence_increment,
    "sentence:alliteration_increment": words.alliteration_increment,
    "format:parentheses": form.parentheses,
    "format:quotes": form.quotes,
    "format:options": form.options,
    "format:newline": form.newline,
    "format:emoji": form.emoji,
    "format:line_indent": form.line_indent,
    "format:quote_unquote": form.quote_unquote,
    "format:list": form.separated_list,
    "format:thesis": form.thesis,
    "format:sub-bullets": form.sub_bullets,
    "format:no_bullets_bullets": form.no_bullets_bullets,
    "format:title_case": form.title_case,
    "format:output_template": form.output_template,
    "format:no_whitespace": form.no_whitespace,
    "custom:multiples": form.multiples,
    "custom:mcq_count_length": form.mcq_count_length,
    "custom:reverse_newline": form.reverse_newline,
    "custom:word_reverse": form.word_reverse,
    "custom:character_reverse": form.character_reverse,
    "custom:sentence_alphabet": words.sentence_alphabet,
    "custom:european_capitals_sort": form.european_capitals_sort,
    "custom:csv_city": form.csv_city,
    "custom:csv_special_character": form.csv_special_character,
    "custom:csv_quotes": form.csv_quotes,
    "custom:date_format_list": form.date_format_list,
    "repeat:repeat_change": form.repeat_change,
    "repeat:repeat_simple": form.repeat_simple,
    "repeat:repeat_span": form.repeat_span,
}

CONSTRAINTS: Mapping[str, Check] = {**IFEVAL, **IFBENCH}


def arguments_of(check: Check) -> tuple[str, ...]:
    """The names of the arguments that a constraint needs."""
    return tuple(inspect.signature(check).parameters)[1:]


def fits(check: Check, argument: str, value: Any) -> bool:
    """True if a value is of the type that a constraint's argument has."""
    wanted = inspect.signature(check).parameters[argument].annotation
    if argument.endswith("relation"):
        return value in ifeval.RELATIONS
    if wanted in (int, float):
        return isinstance(value, int | wanted) and not isinstance(value, bool)
    if wanted is str:
        return isinstance(value, str)
    return isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)


def loosened(text: str) -> list[str]:
    """The texts of which one must follow a constraint in the loose measure.

    Without the first line, the last, or both, each also without asterisks (IFEval, section 2.2).
    """
    lines = text.split("\n")
    shorter = [text, *("\n".join(part).strip() for part in (lines[1:], lines[:-1], lines[1:-1]))]
    return [variant for part in shorter for variant in (part, part.replace("*", "")) if variant.strip()]


def follows(check: Check, arguments: Mapping[str, Any], text: str) -> tuple[bool, bool]:
    """True if a text follows a constraint, strictly and loosely."""
    strict = bool(text.strip()) and check(text, **arguments)
    return strict, strict or any(check(variant, **arguments) for variant in loosened(text)[1:])
