"""`json_schema`: no dump earns it, and no schema makes it fetch, hang or fail."""

import http.server
import json
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit import RewardContext, Sample, Score
from rewardkit_json_schema.document import find_document
from rewardkit_json_schema.reward import JsonSchema, JsonSchemaParams

PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer", "minimum": 0}},
    "required": ["name", "age"],
}


def judged(completion: str, schema: object = PERSON, truth: object = None, **params) -> Score:
    sample = Sample(completion=completion, ground_truth=truth, columns={"json_schema": schema})
    (score,) = JsonSchema(JsonSchemaParams(**params), RewardContext()).score([sample])
    return score


def test_ten_blocks_of_which_one_fits_earn_nothing():
    blocks = [json.dumps({"name": "Ada", "age": age}) for age in range(-5, 5)]
    assert judged("\n".join(f"```json\n{block}\n```" for block in blocks)).value == 0.0
    assert judged(" ".join(blocks)).value == 0.0


def test_a_document_in_the_reasoning_alone_earns_nothing():
    assert judged('<think>{"name": "Ada", "age": 3}</think>I do not know.').value == 0.0


def test_parts_of_its_own_raise_no_share():
    few = judged('{"name": 3, "age": 3}')
    many = judged(json.dumps({"name": 3, "age": 3} | {f"x{n}": n for n in range(500)}))
    assert few.value_of("paths") == many.value_of("paths") == 0.5


def test_properties_that_are_optional_and_missing_are_not_counted():
    schema = PERSON | {"required": ["name"]}
    assert judged('{"name": "Ada"}', schema).value_of("paths") == 1.0
    assert judged("{}", schema).value_of("paths") == 0.0


@pytest.mark.parametrize("keyword", ["$ref", "$dynamicRef"])
def test_a_reference_to_a_server_is_never_fetched(keyword: str):
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        score = judged("{}", {keyword: f"http://127.0.0.1:{server.server_address[1]}/schema.json"})
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert (score.status, score.kind) == ("abstained", "unsupported")
    assert asked == []


@pytest.mark.parametrize("url", ["file:///etc/hosts", "other.json", "urn:x:y", "#/$defs/none"])
def test_a_reference_that_leads_nowhere_abstains(url: str):
    assert judged("{}", {"$ref": url}).kind == "unsupported"


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"allOf": [{"$ref": "#"}]},
        {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"},
        {"pattern": "("},
        {"type": 3},
        [],
        "no schema",
        3,
    ],
    ids=str,
)
def test_a_schema_that_says_nothing_abstains(schema: object):
    assert judged("{}" if schema != {"pattern": "("} else '"x"', schema).kind == "unreadable_ground_truth"


def test_a_schema_may_refer_to_the_metaschema_and_to_itself_through_a_property():
    tree = {"type": "object", "properties": {"left": {"$ref": "#"}, "n": {"type": "integer"}}, "required": ["n"]}
    assert judged('{"n": 1, "left": {"n": 2}}', tree).value == 1.0
    assert judged('{"n": 1, "left": {"n": "x"}}', tree).value == 0.0
    assert judged('{"type": 3}', {"$ref": "https://json-schema.org/draft/2020-12/schema"}).value == 0.0


@pytest.mark.parametrize("pattern", ["^(a|a)+$", "^(a|aa)+$", "(x+x+)+y", r"^(\w+\s?)*$", "^(a|a?)+$"])
def test_a_pattern_without_end_is_stopped(pattern: str):
    texts = ["a" * 5000 + "!", "x" * 5000, "a " * 2000 + "!"]
    kinds = {judged(json.dumps(text), {"pattern": pattern}).kind for text in texts}
    kinds |= {judged(json.dumps({text: 1}), {"patternProperties": {pattern: {}}}).kind for text in texts}
    assert kinds <= {"judged", "unsupported"}


@pytest.mark.parametrize("text", ["[" * 500_000, "{" * 500_000, '{"a":' * 200_000, "[[" * 250_000 + "]]" * 250_000])
def test_megabytes_of_brackets_take_a_moment(quick, text: str):
    for completion in (text, "So: " + text):
        assert quick(lambda completion=completion: judged(completion)).value in (0.0, None)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_every_document_is_found_alone_in_a_fence_and_equal_to_itself(value: object):
    text = json.dumps(value)
    assert find_document(text) == (value, True)
    assert find_document(f"Here:\n```json\n{text}\n```\nDone.").value == value
    assert judged(text, {}, truth=json.dumps(value)).value_of("match") in (1.0, None)


@given(st.text(max_size=60))
def test_no_text_is_a_fault(text: str):
    assert judged(text).status in ("scored", "abstained")
