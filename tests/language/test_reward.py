"""The judgement of a sample: targets, parts, modes, and when it abstains."""

import doctest
from pathlib import Path

import pytest
from pydantic import ValidationError

from rewardkit import Message, RewardContext, Sample, Score
from rewardkit_language.languages import languages
from rewardkit_language.reward import LanguageParams, LanguageReward

GERMAN = "Zuerst ziehen wir zwei Äpfel ab, dann bleiben noch drei Äpfel übrig, und das ist die Antwort."
ENGLISH = "First we take two apples away, then there are still three apples left, and this is the answer."
QUESTION = "Anna hat fünf Äpfel und gibt zwei davon ihrem Bruder. Wie viele Äpfel hat sie jetzt noch?"


def judge(completion, prompt="", columns=None, **params) -> Score:
    reward = LanguageReward(LanguageParams(**params), RewardContext())
    return reward.score([Sample(completion=completion, prompt=prompt, columns=columns or {})])[0]


def test_share_is_target_words_by_all_words():
    assert judge(f"<think>{GERMAN}</think>3", target="de").value == 1.0
    assert judge(f"<think>{ENGLISH}</think>3", target="de").value == 0.0
    mixed = judge(f"<think>{GERMAN} {ENGLISH}</think>3", target="de")
    german, english = len(GERMAN.split()), len(ENGLISH.split())
    assert mixed.value == pytest.approx(german / (german + english), abs=0.06)


def test_details_say_what_the_share_rests_on():
    score = judge(f"<think>{GERMAN} {ENGLISH}</think>3", target="de")
    assert score.details["target"] == "de"
    assert set(score.details["words_by_language"]) == {"de", "en"}
    assert score.details["foreign"][0]["language"] == "en"
    assert "we take two apples away" in score.details["foreign"][0]["text"]


@pytest.mark.parametrize("target", ["de", "de-AT", "de_CH", "German", "deutsch", " DE "])
def test_target_is_a_code_a_tag_or_a_name(target):
    assert judge(GERMAN, target=target).value == 1.0


def test_norwegian_is_not_false():
    """YAML 1.1 reads `target: no` as false."""
    assert LanguageParams.model_validate({"target": False}).target == "no"


@pytest.mark.parametrize("target", ["klingon", "hausa", "de-Cyrl"])
def test_a_target_that_cannot_be_told_is_refused_with_those_that_can(target):
    with pytest.raises(ValidationError, match=rf"{target}.*known are en, de, .*, zh, yue"):
        LanguageParams(target=target)


def test_target_and_target_column_exclude_each_other():
    with pytest.raises(ValidationError, match="exclude each other"):
        LanguageParams(target="de", target_column="language")


def test_same_as_prompt_takes_no_target():
    with pytest.raises(ValidationError, match="same-as-prompt"):
        LanguageParams(target="de", mode="same-as-prompt")


def test_target_column_is_a_dotted_path():
    score = judge(GERMAN, columns={"extra_info": {"language": "de"}}, target_column="extra_info.language")
    assert score.value == 1.0


@pytest.mark.parametrize(
    ("columns", "reason"),
    [({}, "no column"), ({"language": "klingon"}, "klingon"), ({"language": None}, "no column")],
)
def test_row_without_a_known_target_abstains(columns, reason):
    score = judge(GERMAN, columns=columns, target_column="language")
    assert score.status == "abstained"
    assert reason in score.reason


def test_without_a_target_the_prompt_s_language_is_asked_for():
    assert judge(f"<think>{GERMAN}</think>3", QUESTION).value == 1.0
    assert judge(f"<think>{ENGLISH}</think>3", QUESTION).value == 0.0


def test_prompt_s_language_is_that_of_the_user_s_last_message():
    messages = (
        Message(role="system", content="You are a helpful assistant. Think step by step and then give the answer."),
        Message(role="user", content=QUESTION),
    )
    template = (
        "<|im_start|>system\nYou are a helpful assistant. Think step by step and then give the answer.<|im_end|>\n"
        f"<|im_start|>user\n{QUESTION}<|im_end|>\n<|im_start|>assistant\n<think>\n"
    )
    assert judge(f"<think>{GERMAN}</think>3", messages).details["target"] == "de"
    assert judge(f"{GERMAN}</think>3", template).details["target"] == "de"


def test_prompt_without_words_abstains():
    assert judge(GERMAN, "2 + 2 = ?").status == "abstained"


def test_prompt_in_two_languages_abstains():
    assert judge(GERMAN, f"{GERMAN} {ENGLISH}").status == "abstained"


def test_reasoning_is_judged_and_the_answer_is_not():
    assert judge(f"<think>{GERMAN}</think>{ENGLISH}", target="de").value == 1.0
    assert judge(f"<think>{GERMAN}</think>{ENGLISH}", target="de", part="answer").value == 0.0


def test_completion_without_a_reasoning_is_judged_whole():
    score = judge(GERMAN, target="de")
    assert score.value == 1.0
    assert score.details["part"] == "completion"


def test_both_is_the_smaller_share():
    score = judge(f"<think>{GERMAN}</think>{ENGLISH}", target="de", part="both")
    assert score.value == 0.0
    assert score.details["part"] == "answer"


def test_whole_counts_reasoning_and_answer_together():
    value = judge(f"<think>{GERMAN}</think>{ENGLISH}", target="de", part="whole").value
    assert value is not None
    assert 0.35 < value < 0.65


def test_threshold_is_all_or_nothing():
    long = f"<think>{GERMAN * 19} {ENGLISH}</think>"
    assert judge(long, target="de", mode="threshold", threshold=0.9).value == 1.0
    assert judge(long, target="de", mode="threshold", threshold=0.99).value == 0.0


def test_same_as_prompt_wants_reasoning_and_answer_in_the_prompt_s_language():
    right, half = f"<think>{GERMAN}</think>{GERMAN}", f"<think>{ENGLISH}</think>{GERMAN}"
    assert judge(right, QUESTION, mode="same-as-prompt").value == 1.0
    assert judge(half, QUESTION, mode="same-as-prompt").value == 0.0


@pytest.mark.parametrize(
    "text", ["", "<think></think>", "<think>42</think>", "<think>$x^2 + y^2$ 3.14 → 7</think>", "<think>🙂🙂</think>"]
)
def test_zero_words_never_earn_one(text):
    score = judge(text, target="de")
    assert score.status == "abstained"
    assert score.value is None


def test_each_sample_gets_its_own_score_in_order():
    reward = LanguageReward(LanguageParams(target="de"), RewardContext())
    samples = [Sample(completion=text) for text in (GERMAN, ENGLISH, GERMAN)]
    assert [score.value for score in reward.score(samples)] == [1.0, 0.0, 1.0]


def test_the_page_about_language_says_what_happens_and_lists_what_counts_as_one():
    page = Path(__file__).parents[2] / "docs" / "language.md"
    found = doctest.testfile(str(page), module_relative=False, encoding="utf-8")
    assert found.attempted > 0
    assert found.failed == 0
    text = page.read_text(encoding="utf-8")
    assert all(f"`{code}`" in text for code in languages())
    assert all(f"| `{name}` |" in text for name in LanguageParams.model_fields)


@pytest.mark.parametrize(
    ("completion", "prompt", "params", "kind"),
    [
        (GERMAN, "", {"target": "de"}, "judged"),
        ("<think>42</think>", "", {"target": "de"}, "undecidable"),
        (GERMAN, "2 + 2 = ?", {}, "undecidable"),
        (GERMAN, "", {"target_column": "language"}, "not_applicable"),
    ],
)
def test_every_judgement_says_how_it_ended(completion, prompt, params, kind):
    assert judge(completion, prompt, **params).kind == kind


def test_a_row_whose_language_is_unknown_is_unsupported():
    score = judge(GERMAN, columns={"language": "klingon"}, target_column="language")
    assert (score.status, score.kind) == ("abstained", "unsupported")


CONVERSATION = (
    Message(role="assistant", content="", reasoning_content=ENGLISH, tool_calls=({"id": "1"},)),
    Message(role="tool", content=ENGLISH),
    Message(role="assistant", content=f"<think>{GERMAN}</think>{GERMAN}"),
)


def test_the_reasoning_of_every_turn_is_judged_tool_calls_included():
    score = judge(CONVERSATION, target="de")
    german, english = len(GERMAN.split()), len(ENGLISH.split())
    assert score.value == pytest.approx(german / (german + english), abs=0.06)
    assert score.turns == pytest.approx((0.0, 1.0), abs=0.1)


def test_the_last_turn_is_judged_alone_if_asked():
    score = judge(CONVERSATION, target="de", turns="last")
    assert score.value == 1.0
    assert score.turns is None


@pytest.mark.parametrize(
    ("prompt", "target"),
    [
        (f"Übersetze den folgenden Text ins Englische: {ENGLISH} {ENGLISH}", "de"),
        (f"Please translate the following sentence: {GERMAN} {GERMAN}", "en"),
        (f"Translate this text for me, please.\n\n{GERMAN}\n{GERMAN}", "en"),
        (f'Traduisez cette phrase en anglais : "{GERMAN}"', "fr"),
    ],
)
def test_a_prompt_for_a_translation_asks_in_the_language_of_its_instruction(prompt, target):
    assert judge(GERMAN, prompt).details["target"] == target


@pytest.mark.parametrize(
    "text", [GERMAN + " ", ENGLISH + " ", "Anna, Peter, ", "x = 1, ", "Wir rechnen, so we add. ", "漢字"]
)
def test_a_megabyte_is_judged_by_a_bounded_part(quick, text):
    judge(text, target="de")  # loads the tables
    quick(lambda: judge(text * (1_000_000 // len(text)), target="de"))
