"""Plain data goes over the wire and comes back equal, of the same type; nothing else does."""

import collections
import contextlib
import datetime as dt
import decimal
import enum
import fractions
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewardkit_sandbox.guest import wire, wire_types

ATOMS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.fractions()
    | st.dates()
    | st.timedeltas()
    | st.complex_numbers(allow_nan=False)
)
KEYS = st.none() | st.integers() | st.text() | st.tuples(st.integers(), st.text())
VALUES = st.recursive(
    ATOMS,
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(KEYS, inner)
        | st.sets(KEYS)
        | st.frozensets(KEYS)
        | st.builds(collections.deque, st.lists(inner))
        | st.builds(collections.OrderedDict, st.dictionaries(KEYS, inner))
    ),
    max_leaves=20,
)


def there_and_back(value, **options):
    return wire.decode(wire.encode(value, **options))


@given(VALUES)
def test_plain_data_comes_back_equal_and_of_the_same_type(value):
    back = there_and_back(value)
    assert back == value
    assert type(back) is type(value)


def test_nan_infinities_and_negative_zero_survive():
    nan, plus, minus, zero = there_and_back([math.nan, math.inf, -math.inf, -0.0])
    assert math.isnan(nan)
    assert (plus, minus) == (math.inf, -math.inf)
    assert math.copysign(1, zero) == -1


def test_integers_of_any_size_survive():
    for value in (2**53 - 1, 2**53, -(2**63), 10**5000):
        assert there_and_back(value) == value


def test_lone_surrogates_survive():
    assert there_and_back("\ud800x") == "\ud800x"


def test_types_of_the_standard_library_survive():
    point = collections.namedtuple("Point", "x y")(1, 2)  # noqa: PYI024 - made at run time, as programs do
    values = [
        collections.Counter("aab"),
        decimal.Decimal("1.10"),
        fractions.Fraction(1, 3),
        dt.time(1, 2),
        range(3),
    ]
    assert there_and_back(values) == values
    assert there_and_back(point)._asdict() == {"x": 1, "y": 2}


def test_a_subclass_becomes_the_plain_data_it_is_built_on():
    class Liar(int):
        def __eq__(self, other):
            return True

        __hash__ = int.__hash__

        def __index__(self):
            return 7

    class Colour(enum.IntEnum):
        RED = 3

    class Table(dict):
        def __iter__(self):
            return iter(())

        def items(self):
            return []

    back = there_and_back([Liar(5), Colour.RED, Table(a=1)])
    assert [type(item) for item in back] == [int, int, dict]
    assert back == [5, 3, {"a": 1}]


def test_an_iterator_arrives_as_what_it_gave_and_equals_no_list():
    back = there_and_back(x * x for x in range(3))
    assert type(back) is wire.Iterated
    assert list(back) == [0, 1, 4]
    assert back != [0, 1, 4]


def test_an_object_is_opaque():
    back = wire.decode(wire.encode([object()], wire.type_only))
    assert isinstance(back[0], wire.Opaque)
    assert repr(back[0]) == "<object of type object>"


def loop():
    value = []
    value.append(value)
    return value


def doubled():
    value = [0]
    for _ in range(60):
        value = [value, value]
    return value


@pytest.mark.parametrize(
    "make",
    [
        loop,
        doubled,
        lambda: __import__("itertools").count(),
        lambda: "x" * (wire.MAX_FRAME_BYTES + 1),
        lambda: b"x" * wire.MAX_FRAME_BYTES,
        lambda: 1 << (8 * wire.MAX_FRAME_BYTES),
    ],
    ids=["itself", "shared 2^60 times", "endless", "long text", "long bytes", "long integer"],
)
def test_what_is_too_large_is_refused_where_it_is_sent(make, monkeypatch):
    monkeypatch.setattr(wire, "MAX_NODES", 10_000)
    monkeypatch.setattr(wire, "MAX_FRAME_BYTES", 1 << 20)
    with pytest.raises(wire.WireError):
        wire.encode(make(), wire.type_only)


@given(st.binary(max_size=200))
def test_any_bytes_decode_to_plain_data_or_a_wire_error(data):
    with contextlib.suppress(wire.WireError):
        wire.decode(data)


@pytest.mark.parametrize(
    "text",
    [
        b"[" * 100_000 + b"]" * 100_000,
        b'{"t":[' * 600 + b"]}" * 600,
        b'{"d":[1]}',
        b'{"d":[[],1]}',
        b'{"i":"12"}',
        b'{"x":"1"}',
        b'{"unknown":1}',
        b'{"a":1,"b":2}',
        b"{}",
        b'{"F":[1,0]}',
        b'{"T":["tzinfo","x"]}',
        b'{"n":["P",["class"],[1]]}',
        b'{"n":["P",["a;import os"],[1]]}',
        b"1" * 5000,
        '{"n":["P",["\ufb01","fi"],[1,2]]}'.encode(),  # one name in two spellings, of which Python makes one
        b'{"n":["P",["\\ufb01","fi"],[1,2]]}',
        b'{"n":["P","a b",[1,2]]}',
        b'{"n":["P",[' + b",".join(b'"a%d"' % n for n in range(256)) + b"],[" + b"1," * 255 + b"1]]}",
        b'{"T":["timedelta",1e308]}',
        b'{"s":[{"M":"sNaN"}]}',
    ],
)
def test_forged_frames_are_wire_errors(text):
    with pytest.raises(wire.WireError):
        wire.decode(text)


WORDS = st.sampled_from(["", "a", "0x1", "-inf", "date", "datetime", "\ufb01", "fi", "class", "1E+999999999", "\ud800"])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | WORDS
TAGS = st.sampled_from([*wire._BUILD, "o", "?"])
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TAGS, inner, max_size=2), max_leaves=12
)


@given(TREES)
def test_any_tree_of_tags_decodes_to_plain_data_or_a_wire_error(tree):
    with contextlib.suppress(wire.WireError):
        wire.decode(json.dumps(tree).encode())


@pytest.mark.parametrize("tag", ["s", "fs", "d", "C", "O", "D"])
def test_keys_chosen_to_collide_are_refused_before_a_table_is_built_of_them(tag):
    """Python's hash of an integer is its remainder by 2^61 - 1; a table of 100,000 such would take minutes."""
    keys = [{"i": hex(n * (2**61 - 1))} for n in range(1, 100_000)]
    body = keys if tag in ("s", "fs") else [part for key in keys for part in (key, 1)]
    with pytest.raises(wire.WireError, match="of the same hash"):
        wire.decode(json.dumps({tag: body}).encode())


def test_honest_tables_are_not_taken_for_chosen_ones():
    many = {n * 2**20 for n in range(-50_000, 50_000)} | {str(n) for n in range(50_000)}
    assert there_and_back([many, dict.fromkeys(many, 0)]) == [many, dict.fromkeys(many, 0)]


def test_frames_split_where_their_lengths_say():
    stream = wire.frame(b"one") + wire.frame(b"") + wire.frame(b"cut")[:-1]
    assert wire.split_frames(stream) == ([b"one", b""], wire.frame(b"cut")[:-1])


def test_a_length_beyond_the_bound_starts_no_frame():
    stream = wire.frame(b"one") + b"\xff\xff\xff\xffrest"
    assert wire.split_frames(stream) == ([b"one"], b"\xff\xff\xff\xffrest")


@pytest.mark.parametrize("entry", wire_types.WIRE_TYPES, ids=lambda entry: entry.kind.__name__)
def test_every_entry_of_the_table_carries_its_example(entry):
    text = wire.encode([entry.example])
    assert list(json.loads(text)[0]) == [entry.tag]
    (found,) = wire.decode(text)
    assert (type(found), found) == (entry.kind, entry.example)
