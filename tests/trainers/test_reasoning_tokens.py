"""Beyond TRL's texts: special tags of the reasoning, the number of its tokens, and what the chat template prefills."""

from types import SimpleNamespace

import pytest

from rewardkit import Sample
from rewardkit_trainers.reasoning_tokens import reasoning_tokens, text_with_tags
from rewardkit_trainers.trl.batch import Batch

WORDS = ["2", "+", "4", "answer"]
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }} {{ m.content }}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant"
    "{% if thinking is not defined or thinking %} [THINK]{% endif %}{% endif %}"
)  # fmt: skip


def tokenizer(special: list[str], plain: list[str] = []):  # noqa: B006 - never changed
    transformers = pytest.importorskip("transformers")
    from tokenizers import Tokenizer, models, pre_tokenizers

    core = Tokenizer(models.WordLevel({word: at for at, word in enumerate(WORDS)}, unk_token="4"))
    core.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    core.add_special_tokens(special)
    core.add_tokens(plain)
    made = transformers.PreTrainedTokenizerFast(tokenizer_object=core, eos_token=special[0], pad_token=special[0])
    made.add_special_tokens({"additional_special_tokens": special})
    made.chat_template = TEMPLATE
    return made


MAGISTRAL = "[THINK] 2 + 2 [/THINK] 4 </s>"


def test_special_tags_that_a_decoder_left_out_come_back():
    model = tokenizer(["</s>", "[THINK]", "[/THINK]"])
    ids = model.encode(MAGISTRAL)
    plain = model.decode(ids, skip_special_tokens=True)
    assert Sample(completion=plain).parts.reasoning is None
    assert Sample(completion=text_with_tags(model, ids, plain)).parts == ("2 + 2", "4")
    assert reasoning_tokens(model, ids) == 4


def test_harmony_comes_back_too():
    model = tokenizer(
        ["<|return|>", "<|start|>", "<|channel|>", "<|message|>", "<|end|>"], ["analysis", "final", "assistant"]
    )
    ids = model.encode(
        "<|channel|> analysis <|message|> 2 + 2 <|end|> <|start|> assistant <|channel|> final <|message|> 4 <|return|>"
    )
    text = text_with_tags(model, ids, model.decode(ids, skip_special_tokens=True))
    assert Sample(completion=text.replace(" ", "")).parts == ("2+2", "4")
    assert reasoning_tokens(model, ids) is None  # `<|end|>` ends every message, not the reasoning alone


def test_tags_that_are_ordinary_tokens_need_no_second_decoding():
    model = tokenizer(["</s>"], ["<think>", "</think>"])
    ids = model.encode("<think> 2 + 2 </think> 4 </s>")
    assert text_with_tags(model, ids, "as it was") == "as it was"
    assert reasoning_tokens(model, ids) == 4
    assert reasoning_tokens(model, model.encode("2 + 2")) is None


def rows(prompt, completion, ids, **settings):
    model = tokenizer(["</s>", "[THINK]", "[/THINK]"])
    trainer = SimpleNamespace(
        processing_class=model, eos_token_ids=[model.eos_token_id], num_generations=1, num_generations_eval=1,
        reward_func_names=[], model=SimpleNamespace(training=True), **settings,
    )  # fmt: skip
    batch = Batch([prompt], [completion], [model.encode(ids)], {}, None, None, SimpleNamespace(__self__=trainer))
    return batch.rows(str)[0]


CHAT = [{"role": "user", "content": "2 + 2?"}]


def test_a_chat_is_rendered_to_see_what_its_template_opens():
    row = rows(CHAT, [{"role": "assistant", "content": "2 + 2 4"}], "2 + 2 [/THINK] 4 </s>")
    assert row["prefill"].endswith("<|im_start|>assistant [THINK]")
    sample = Sample(prompt=row["prompt"], completion=row["completion"], prefill=row["prefill"])
    assert (sample.parts, row["reasoning_tokens"]) == (("2 + 2", "4"), 3)


def test_the_templates_settings_count():
    row = rows(CHAT, [{"role": "assistant", "content": "4"}], "4 </s>", chat_template_kwargs={"thinking": False})
    assert row["prefill"].endswith("<|im_start|>assistant")
    assert Sample(prompt=row["prompt"], completion=row["completion"], prefill=row["prefill"]).parts == (None, "4")


def test_a_template_that_fails_tells_nothing():
    row = rows(CHAT, [{"role": "assistant", "content": "4"}], "4 </s>", chat_template="{{ raise_exception('no') }}")
    assert row["prefill"] is None


def test_text_and_an_assistants_message_are_their_own_prefill():
    assert rows("2 + 2?", "4", "4 </s>")["prefill"] is None
    assert rows([*CHAT, {"role": "assistant", "content": "[THINK]"}], "4", "4 </s>")["prefill"] is None
