"""The formats of common tools are recognised by their columns, and every column reaches the judges."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit import ConfigError, InputError
from rewardkit.input.caller import Caller
from rewardkit.input.columns_found import ColumnsFound, nothing_judged
from rewardkit.input.input_reader import InputReader
from rewardkit.input.row import Row
from rewardkit.input.row_format import ROW_FORMATS
from rewardkit.input.row_reader import detect

ASK = {"role": "user", "content": "1+1?"}
SAY = {"role": "assistant", "content": "2"}


def row(data, line=1):
    return Row(data, "rows.jsonl", line, b"{}")


def sample_of(data, mapping=None, shape=None):
    return detect(row(data), mapping, shape, Caller.COMMAND).sample(row(data))


def refusal(data, mapping=None, shape=None, error=InputError):
    with pytest.raises(error) as caught:
        sample_of(data, mapping, shape)
    return str(caught.value)


SEEN = {
    # https://huggingface.co/docs/trl/dataset_formats: prompt-completion, standard and conversational
    "trl standard": ({"prompt": "1+1?", "completion": "2", "answer": "2"}, "plain", "2", "1+1?", "2", {}),
    "trl conversational": ({"prompt": [ASK], "completion": [SAY], "solution": "2"}, "plain", "2", "1+1?", "2", {}),
    # trl/trainer/grpo_trainer.py, log(): completions_00010.parquet
    "trl completions parquet": (
        {"step": 10, "prompt": "1+1?", "completion": "2", "accuracy_reward": 1.0, "advantage": 0.7},
        "plain", "2", "1+1?", None, {"step": 10, "accuracy_reward": 1.0, "advantage": 0.7},
    ),
    # verl/trainer/main_generation.py adds `responses`, a list of n_samples texts
    "verl dataset": (
        {"data_source": "gsm8k", "prompt": [ASK], "ability": "math", "extra_info": {"index": 3},
         "reward_model": {"style": "rule", "ground_truth": "2"}, "responses": ["2"]},
        "verl", "2", "1+1?", "2",
        {"data_source": "gsm8k", "ability": "math", "extra_info": {"index": 3},
         "reward_model": {"style": "rule", "ground_truth": "2"}},
    ),
    # verl/trainer/ppo/ray_trainer.py, _dump_generations()
    "verl rollout dump": (
        {"input": "user\n1+1?", "output": "2", "gts": "2", "score": 1.0, "step": 7, "acc": True},
        "verl-rollout", "2", "user\n1+1?", "2", {"score": 1.0, "step": 7, "acc": True},
    ),
    # openrlhf/cli/batch_inference.py
    "openrlhf": ({"input": "1+1?", "output": "2", "reward": 0.5}, "plain", "2", "1+1?", None, {"reward": 0.5}),
    # lm_eval/loggers/evaluation_tracker.py, save_results_samples()
    "lm-eval": (
        {"doc_id": 4, "doc": {"question": "1+1?"}, "target": "#### 2", "resps": [["It is 2"]], "filtered_resps": ["2"],
         "arguments": {"gen_args_0": {"arg_0": "Q: 1+1?", "arg_1": {"until": ["Q:"]}}}, "exact_match": 1.0},
        "lm-eval", "It is 2", "Q: 1+1?", "#### 2",
        {"doc": {"question": "1+1?"}, "filtered_resps": ["2"], "exact_match": 1.0},
    ),
    "lm-eval of 2023": (
        {"doc_id": 4, "doc": {}, "target": 2, "arguments": [["Q: 1+1?", {"until": []}]], "resps": [["2"]]},
        "lm-eval", "2", "Q: 1+1?", 2, {"doc": {}},
    ),
    "openai messages": (
        {"messages": [ASK, SAY, ASK, {"role": "assistant", "content": "two"}], "ground_truth": "2"},
        "messages", "two", "1+1?\n\n2\n\n1+1?", "2", {},
    ),
    "nemo-skills": (
        {"problem": "1+1?", "generation": "2", "expected_answer": "2", "num_generated_tokens": 3},
        "plain", "2", "1+1?", "2", {},
    ),
    "chat and response": (
        {"messages": [ASK], "response": "2", "label": "2"}, "plain", "2", "1+1?", "2", {},
    ),
    # open-r1/OpenR1-Math-220k: `generations` are many, `messages` holds the one that was chosen
    "open-r1": (
        {"problem": "1+1?", "solution": "Clearly 2.", "answer": "2", "generations": ["2", "3"], "messages": [ASK, SAY]},
        "messages", "2", "1+1?", "2", {"problem": "1+1?", "solution": "Clearly 2.", "generations": ["2", "3"]},
    ),
    # platform.openai.com/docs/guides/batch: a line of the output file
    "openai batch": (
        {"id": "batch_req_1", "custom_id": "r-1", "response": {"status_code": 200, "body": {
            "choices": [{"index": 0, "message": SAY, "finish_reason": "length"}], "usage": {"completion_tokens": 9}}},
         "error": None},
        "openai-batch", "2", "", None,
        {"id": "batch_req_1", "custom_id": "r-1", "error": None, "response": {"status_code": 200, "body": {
            "choices": [{"index": 0, "message": SAY, "finish_reason": "length"}], "usage": {"completion_tokens": 9}}}},
    ),
    "chat completion": (
        {"question": "1+1?", "choices": [{"index": 0, "message": SAY, "finish_reason": "stop"}], "answer": "2"},
        "openai-response", "2", "1+1?", "2", {},
    ),
    "text completion": (
        {"prompt": "1+1?", "choices": [{"index": 0, "text": "2", "finish_reason": "stop"}], "answer": "2"},
        "openai-response", "2", "1+1?", "2", {},
    ),
    # nemo_gym/rollout_collection.py
    "nemo gym": (
        {"responses_create_params": {"input": [ASK]}, "expected_answer": "2", "reward": 1.0, "response": {"output": [
            {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "2"}]}]}},
        "nemo-gym", "2", "1+1?", "2",
        {"responses_create_params": {"input": [ASK]}, "reward": 1.0, "response": {"output": [
            {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "2"}]}]}},
    ),
    "nemo gym with reasoning and tool calls": (
        {"responses_create_params": {"input": "1+1?"}, "expected_answer": "2", "response": {"output": [
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "add"}]},
            {"type": "function_call", "call_id": "c", "name": "add", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": "2"},
            {"type": "reasoning", "content": [{"type": "reasoning_text", "text": "so two"}]},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "It is 2."}]}],
            "usage": {"output_tokens": 9}, "incomplete_details": {"reason": "max_output_tokens"}}},
        "nemo-gym", "<think>\nso two\n</think>\n\nIt is 2.", "1+1?", "2", None,
    ),
    "openai batch of the responses api": (
        {"custom_id": "r-1", "error": None, "response": {"body": {"output": [
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "2"}]}]}}},
        "openai-batch", "2", "", None, None,
    ),
    "a list of one completion": ({"problem": "1+1?", "generations": ["2"]}, "samples", "2", "1+1?", None, {}),
    "chat without an answer beside completions": (
        {"messages": [ASK], "completions": ["2"], "gt": "2"}, "samples", "2", "1+1?", "2", {},
    ),
    "human-eval samples": ({"task_id": "HumanEval/0", "completion": "2"}, "plain", "2", "", None, {}),
}  # fmt: skip


@pytest.mark.parametrize(("data", "shape", "completion", "prompt", "truth", "columns"), SEEN.values(), ids=SEEN)
def test_a_file_of_the_field_is_known_by_its_columns(data, shape, completion, prompt, truth, columns):
    found = detect(row(data))
    sample = found.sample(row(data))
    kept = sample.columns if columns is not None else None
    assert (found.name, sample.completion_text, sample.prompt_text, sample.ground_truth, kept) == (
        shape, completion, prompt, truth, columns,
    )  # fmt: skip


def test_every_shape_is_seen_above():
    assert {shape for _, shape, *_ in SEEN.values()} == set(ROW_FORMATS)


def test_chat_messages_keep_their_parts_and_tool_calls():
    parts = [{"type": "text", "text": "2"}, {"type": "image_url", "image_url": {}}]
    answer = {"role": "assistant", "content": parts, "tool_calls": [{"id": "1"}], "name": "m"}
    message = sample_of({"prompt": [ASK], "completion": [answer]}).completion[0]
    assert (message.text, message.tool_calls, message.model_extra) == ("2", ({"id": "1"},), {"name": "m"})


@pytest.mark.parametrize(
    ("columns", "tokens"),
    [
        ({"completion_tokens": 5}, 5),
        ({"completion_tokens": 5.0}, 5),
        ({"completion_ids": [7, 8, 9]}, 3),
        ({"response_ids": []}, 0),
        ({"usage": {"completion_tokens": 4}}, 4),
        ({"usage": {"prompt_tokens": 4}}, None),
        ({"completion_tokens": None}, None),
        ({}, None),
    ],
)
def test_tokens_are_counted_from_a_number_or_the_ids(columns, tokens):
    assert sample_of({"completion": "2", **columns}).completion_tokens == tokens


@pytest.mark.parametrize(
    ("columns", "truncated"),
    [
        ({"truncated": True}, True),
        ({"is_truncated": False}, False),
        ({"truncated": 1}, True),
        ({"truncated": 0.0}, False),
        ({"truncated": "true"}, True),
        ({"truncated": "True"}, True),
        ({"truncated": "false"}, False),
        ({"finish_reason": "length"}, True),
        ({"finish_reason": "stop"}, False),
        ({"finish_reason": None}, None),
        ({}, None),
    ],
)
def test_truncation_is_a_flag_or_a_finish_reason(columns, truncated):
    assert sample_of({"completion": "2", **columns}).truncated is truncated


def test_what_tables_bring_as_numpy_is_pythons_own():
    sample = sample_of(
        {
            "completion": np.array([{"role": "assistant", "content": "2"}]),
            "prompt": np.array([ASK]),
            "answer": np.int64(2),
            "completion_tokens": np.int32(7),
            "truncated": np.bool_(True),
            "group": np.int64(3),
        }
    )
    assert (sample.completion_text, sample.prompt_text) == ("2", ASK["content"])
    assert (sample.completion_tokens, sample.truncated, sample.group) == (7, True, "3")
    assert (type(sample.ground_truth), sample.ground_truth) == (int, 2)
    assert sample_of({"completion": "2", "completion_ids": np.arange(5)}).completion_tokens == 5
    chat = sample_of({"messages": np.array([ASK, {"role": "assistant", "content": "2"}])})
    assert (chat.completion_text, chat.prompt_text) == ("2", ASK["content"])


@pytest.mark.parametrize(
    "columns",
    [{name: "2"} for place in ROW_FORMATS["plain"].ground_truth if "." not in (name := place)]
    + [{"Answer": "2"}, {"GROUND_TRUTH": "2"}, {"Ground Truth": "2"}, {"groundTruth": "2"}, {"gt-answer": "2"}]
    + [{"reward_model": {"ground_truth": "2"}}, {"extra_info": {"answer": "2"}}, {"Extra_Info": {"answer": "2"}}]
    + [{"reward_model": {"style": "rule"}, "answer": "2"}, {"labels": "2", "extra_info": {"answer": "3"}}],
    ids=str,
)
def test_the_ground_truth_is_found_under_the_names_in_use(columns):
    assert sample_of({"completion": "c", **columns}).ground_truth == "2"


def test_an_exact_name_goes_before_one_in_other_capitals():
    assert sample_of({"Completion": "a", "completion": "b", "Answer": "1", "answer": "2"}).completion == "b"
    assert sample_of({"Completion": "a", "completion": "b", "Answer": "1", "answer": "2"}).ground_truth == "2"


@pytest.mark.parametrize(
    ("data", "completions", "left"),
    [
        ({"completions": ["a", "b"], "answer": "2"}, ["a", "b"], {"completions": ["b"], "answer": "2"}),
        ({"completion": [["a"], ["b"]]}, ["a", "b"], {"completion": [["b"]]}),
        ({"completion": [[SAY], [ASK, SAY]]}, ["2", "2"], {"completion": [[ASK, SAY]]}),
        ({"doc": {}, "resps": [["a", "b"]]}, ["a", "b"], {"doc": {}, "resps": [["b"]]}),
        (
            {"generations": ["a", "b"], "finish_reason": ["stop", "length"], "completion_ids": [[1, 2], [3]]},
            ["a", "b"],
            {"generations": ["b"], "finish_reason": ["length"], "completion_ids": [[3]]},
        ),
        (
            {"custom_id": "r", "response": {"body": {"choices": [{"message": SAY}, {"message": SAY}], "id": 1}}},
            ["2", "2"],
            {"custom_id": "r", "response": {"body": {"choices": [{"message": SAY}], "id": 1}}},
        ),
        ({"completion": "a"}, ["a"], {"completion": "a"}),
        ({"completion": ["a"]}, ["a"], {"completion": ["a"]}),
        ({"completion": [ASK, SAY]}, ["2"], {"completion": [ASK, SAY]}),
        ({"completions": ["a", "b"], "options": ["x", "y"]}, ["a", "b"], {"completions": ["b"], "options": ["x", "y"]}),
    ],
)
def test_a_row_of_several_completions_is_split_into_rows_that_are_read_alike(data, completions, left):
    reader = InputReader()
    rows = list(reader.rows([row(data, 7)]))
    assert [reader.sample(part).completion_text for part in rows] == completions
    assert rows[-1].data == left
    many = len(completions) > 1
    assert rows[0].where == "rows.jsonl, line 7" + (", completion 1" if many else "")
    assert [part for one in rows for part in InputReader().rows([one])] == rows


def test_the_tokens_and_finish_reasons_of_several_completions_go_with_each():
    reader = InputReader()
    data = {"generations": ["a", "b"], "finish_reason": ["stop", "length"], "completion_ids": [[1, 2, 3], [4]]}
    samples = [reader.sample(part) for part in reader.rows([row(data)])]
    assert [(sample.completion_tokens, sample.truncated) for sample in samples] == [(3, False), (1, True)]


def test_a_file_whose_completions_are_all_empty_is_refused_with_what_was_found():
    reader = InputReader()
    for line in (1, 2):
        reader.sample(row({"prompt": "p", "completion": [{"role": "assistant", "content": " "}]}, line))
    with pytest.raises(
        InputError, match=r"^rows\.jsonl: the completions of all rows are empty; .*'assistant', 'content': ' '"
    ):
        reader.check()
    reader.sample(row({"prompt": "p", "completion": "2"}, 3))
    reader.check()


def test_an_empty_text_says_nothing_as_a_table_of_text_writes_null():
    sample = sample_of({"completion": "2", "answer": "", "completion_tokens": "", "truncated": "", "group": ""})
    assert (sample.ground_truth, sample.completion_tokens, sample.truncated, sample.group) == (None, None, None, None)


@pytest.mark.parametrize("column", ["group", "group_id", "uid", "prompt_id", "example_id", "task_id"])
@pytest.mark.parametrize(("value", "group"), [("g", "g"), (7, "7"), (None, None)])
def test_a_group_is_named_by_text_or_number(column, value, group):
    assert sample_of({"completion": "2", column: value}).group == group


def test_a_mapping_places_a_field_in_a_column_or_a_path_and_overrides_the_shape():
    data = {"prompt": "p", "completion": "c", "answer": "wrong", "extra_info": {"truth": {"value": 2}}}
    sample = sample_of(data, {"ground_truth": "extra_info.truth.value", "prompt": "answer"})
    assert (sample.ground_truth, sample.prompt) == (2, "wrong")
    assert sample.columns == {"prompt": "p", "extra_info": {"truth": {"value": 2}}}


def test_a_column_goes_before_a_path_of_the_same_name():
    assert sample_of({"completion": "2", "a.b": 1, "a": {"b": 2}}, {"ground_truth": "a.b"}).ground_truth == 1


def test_what_a_mapping_claims_no_other_field_takes():
    sample = sample_of({"question": "q", "answer": "the model's"}, {"completion": "answer"})
    assert (sample.completion, sample.ground_truth) == ("the model's", None)
    sample = sample_of({"response": "r", "prediction": "p"}, {"ground_truth": "response"})
    assert (sample.completion, sample.ground_truth) == ("p", "r")


def test_a_mapped_completion_keeps_the_shape_of_the_rest():
    data = {"data_source": "d", "prompt": [ASK], "reward_model": {"ground_truth": "2"}, "mine": "2"}
    assert sample_of(data, {"completion": "mine"}).ground_truth == "2"


def test_a_column_named_completion_goes_before_other_names_of_it():
    data = {"input": "i", "output": "o", "response": "r", "messages": [ASK, SAY], "completion": "c", "prompt": "p"}
    assert (sample_of(data).completion, sample_of(data).prompt) == ("c", "p")


def test_a_format_is_forced_where_columns_mislead():
    data = {"messages": [ASK, SAY], "completion": "other", "label": 1}
    assert sample_of(data).completion_text == "other"
    assert sample_of(data, shape="messages").completion_text == "2"


def test_rows_may_have_other_columns_than_the_first():
    shape = detect(row({"completion": "1"}))
    assert shape.sample(row({"completion": "1", "answer": "2", "x": 3})).ground_truth == "2"
    assert shape.sample(row({"x": 3, "response": "r", "completion": "1"})).columns == {"x": 3, "response": "r"}


def test_the_first_row_decides_which_column_is_a_completion_and_a_row_without_it_is_named():
    shape = detect(row({"prompt": "p", "completion": "1"}))
    with pytest.raises(InputError, match=r"^rows\.jsonl, line 9: no column for the completion .*columns found: prompt"):
        shape.sample(row({"prompt": "p", "other": "x"}, line=9))


@pytest.mark.parametrize(
    "block", [{"version": 1, "reward": 1.0, "scores": {}}, {"reward": None, "scores": {"math": {}}}, None]
)
def test_a_judgement_of_ours_is_no_column_of_the_row(block):
    assert sample_of({"completion": "2", "rewardkit": block}).columns == {}


@pytest.mark.parametrize("value", ["yes", 1, {"reward": 1.0}, {}, [{"reward": 1.0, "scores": {}}]])
def test_a_column_of_that_name_that_is_no_judgement_is_never_dropped(value):
    message = refusal({"completion": "2", "rewardkit": value})
    assert message.startswith("rows.jsonl, line 1: has a column 'rewardkit' of its own (")
    assert message.endswith("rename that column")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"completion": None}, r"completion \(column 'completion'\) is null; drop the row"),
        ({"response": 3.5}, r"completion \(column 'response'\) must be text .* found float 3\.5"),
        ({"completion": []}, r"completion .* found list \[\]"),
        ({"completion": ["a", "b"]}, r"completion .* holds 2 completions.*a row for each"),
        ({"completion": [["a"], ["b"]]}, r"completion .* holds 2 completions.*a row for each"),
        ({"completion": [[-1.5, False]]}, r"completion .* found list"),
        ({"completion": {"text": "2"}}, r"completion .* found dict"),
        ({"completion": [{"content": "2"}]}, r"completion\.0\.role: Field required"),
        ({"completion": [{"role": "assistant", "content": 2}]}, r"completion\.0\.content.*"),
        ({"completion": "2", "prompt": 5}, r"prompt \(column 'prompt'\) must be text .* found int 5"),
        ({"completion": "2", "completion_tokens": -1}, r"completion_tokens .* found int -1"),
        ({"completion": "2", "completion_tokens": True}, r"completion_tokens .* found bool True"),
        ({"completion": "2", "completion_tokens": 1.5}, r"completion_tokens .* found float 1\.5"),
        ({"completion": "2", "completion_tokens": float("nan")}, r"completion_tokens .* found float nan"),
        ({"completion": "2", "completion_tokens": float("inf")}, r"completion_tokens .* found float inf"),
        ({"completion": "2", "truncated": [1, 1]}, r"truncated .* found list"),
        ({"completion": "2", "group": {"a": 1}}, r"group .* found dict"),
        ({"completion": "2", "group": float("nan")}, r"group .* found float nan"),
        ({"completion": "2", "completion_tokens": np.float64("nan")}, r"completion_tokens .* found float nan"),
        ({"completion": np.array([])}, r"completion .* found list \[\]"),
        ({"messages": [ASK]}, r"completion \(column 'messages'\) has no message of the role 'assistant'.*roles: user"),
        ({"messages": None}, r"completion \(column 'messages'\) is null"),
        ({"messages": "hello"}, r"completion \(column 'messages'\) must be a list of chat messages, found str 'hello'"),
        ({"input": "i", "output": None}, r"completion \(column 'output'\) is null"),
        ({"doc": {}, "resps": [[[-1.0, False]], [[-2.0, True]]]}, r"completion \(column 'resps'\) holds 2 completions"),
        (
            {"prompt": [ASK], "data_source": "d", "reward_model": {"ground_truth": "2"}},
            r"no column for the completion .* columns found: prompt \(1 chat message\), .*--map completion=COLUMN",
        ),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_named_by_file_line_and_field(data, message):
    assert re.search(rf"^rows\.jsonl, line 1: {message}", refusal(data))


@pytest.mark.parametrize(
    ("data", "suggested"),
    [
        ({"id": "a-long-identifier", "Completoin": "2", "gold": "2"}, "Completoin"),
        ({"id": "x", "model_reply": "the longest text of the row", "gold": "2"}, "model_reply"),
        ({"prompt": "the longest text of this row", "text": r"It is \boxed{2}.", "answer": "2"}, "text"),
        ({"prompt": r"Put it into \boxed{}.", "turns": [ASK, SAY], "answer": "2"}, None),
        ({"prompt": "the longest text of this row", "answer": "2", "id": "x"}, None),
        ({"n": 1}, None),
        ({"output_scores": [0.5, 0.1]}, None),
    ],
)
def test_an_unknown_file_is_answered_with_its_columns_and_with_a_mapping_only_where_the_content_fits(data, suggested):
    message = refusal(data)
    for name in data:
        assert f"{name} (" in message
    assert message.endswith(f"perhaps with --map completion={suggested}" if suggested else ": --map completion=COLUMN")


def test_a_message_about_columns_shows_a_short_sample_of_each():
    data = {"q": "What is the sum of one and one, in words?", "n": 7, "chat": [ASK, SAY], "extra": {"a": 1, "b": 2},
            "options": ["A", "B"], "esc": "\x1b[31m\u202e", "nothing": None}  # fmt: skip
    assert str(ColumnsFound([data])) == (
        "q ('What is the sum of one and one, in word…'), n (7), chat (2 chat messages), extra (object of a, b), "
        "options (list of 2: 'A'), esc ('\\x1b[31m\\u202e'), nothing (null)"
    )


@pytest.mark.parametrize(
    ("caller", "option"),
    [
        (Caller.COMMAND, "--map ground_truth=solutoin"),
        (Caller.PYTHON, 'mapping={"ground_truth": "solutoin"}'),
        (Caller.TRAINER, 'ground_truth="solutoin"'),
    ],
)
def test_a_run_in_which_nothing_was_judged_is_told_in_the_callers_words(caller, option):
    found = ColumnsFound([{"completion": "2", "solutoin": None}, {"completion": "3", "solutoin": "4"}])
    message = nothing_judged(["math"], found, caller)
    assert message.startswith("nothing was judged: math found no ground truth to judge by, and no column is known")
    assert "columns found: completion ('2'), solutoin ('4')" in message
    assert f"perhaps {option}" in message
    assert "in 'answer'; columns found" in nothing_judged(["math"], found, caller, "answer")


@pytest.mark.parametrize(
    ("mapping", "shape", "error", "message"),
    [
        ({"ground_thruth": "a"}, None, ConfigError, "no field 'ground_thruth'; did you mean 'ground_truth'?"),
        ({"ground_truth": "anwser"}, None, InputError, "no column 'anwser'; did you mean 'answer'?"),
        ({"ground_truth": "extra.no"}, None, InputError, "no column 'extra.no'"),
        ({}, "lm_eval", ConfigError, "no format of that name; did you mean 'lm-eval'?"),
        (
            {},
            "messages",
            InputError,
            "no column for the completion ('messages' or 'conversation' in",
        ),
    ],
)
def test_an_option_that_does_not_fit_is_answered_with_the_nearest(mapping, shape, error, message):
    data = {"completion": "2", "answer": "2", "extra": {"yes": 1}}
    assert message in refusal(data, mapping, shape, error)


@given(st.dictionaries(st.text().map("x_{}".format), st.none() | st.text() | st.lists(st.integers()), max_size=6))
def test_every_column_that_is_no_field_reaches_the_judges_as_it_is(columns):
    data = {**columns, "completion": "2", "finish_reason": "stop", "rewardkit": None}
    assert sample_of(data).columns == {**columns, "finish_reason": "stop"}
