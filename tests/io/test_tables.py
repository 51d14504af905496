"""Tables go in and out with their types, and a hostile one costs bounded memory."""

import datetime as dt
import decimal
import json
import resource
import subprocess
import sys
import zlib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rewardkit import InputError, OutputError
from rewardkit.input import table_child
from rewardkit.input.files import read_rows
from rewardkit.input.input_reader import InputReader
from rewardkit.output.writers import open_output

linux = pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux")

BLOCK = {
    "version": 1,
    "reward": 1.0,
    "scores": {
        "math": {"value": 1.0, "status": "scored", "kind": "judged", "weight": 1.0, "reason": "", "details": {}}
    },
}
WHEN = dt.datetime(2025, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
TYPED = pa.schema(
    [
        pa.field("completion", pa.string(), nullable=False, metadata={"role": "model"}),
        pa.field("source", pa.dictionary(pa.int8(), pa.string())),
        pa.field("when", pa.timestamp("us", tz="UTC")),
        pa.field("day", pa.date32()),
        pa.field("price", pa.decimal128(10, 2)),
        pa.field("image", pa.binary()),
        pa.field("small", pa.int8()),
        pa.field("half", pa.float32()),
        pa.field("labels", pa.map_(pa.string(), pa.int32())),
        pa.field("nested", pa.struct([("a", pa.list_(pa.struct([("b", pa.large_string())]))), ("never", pa.null())])),
        pa.field("fixed", pa.list_(pa.int16(), 2)),
        pa.field("nothing", pa.int64()),
    ],
    metadata={"huggingface": '{"info": {}}', "made by": "us"},
)


def typed(count):
    return pa.Table.from_pylist(
        [
            {"completion": str(n), "source": "ab"[n % 2], "when": WHEN, "day": WHEN.date(),
             "price": decimal.Decimal("1.10"), "image": bytes([0, 255, n % 256]), "small": n % 100, "half": 0.1,
             "labels": [("x", n)], "nested": {"a": [{"b": "é"}], "never": None}, "fixed": [1, 2], "nothing": None}
            for n in range(count)
        ],
        TYPED,
    )  # fmt: skip


def score(source, target, *, limit=None, sources=()):
    reader = InputReader()
    with open_output(target) as output:
        for one in sources or [source]:
            for row in reader.rows(read_rows(one, limit=limit)):
                reader.sample(row)
                output.write(row, BLOCK)


def written(path):
    return pq.read_table(path) if path.suffix == ".parquet" else pa.ipc.open_file(path).read_all()


def write(path, table):
    if path.suffix == ".parquet":
        pq.write_table(table, path, row_group_size=700)
    else:
        with pa.ipc.new_file(path, table.schema) as writer:
            writer.write_table(table, max_chunksize=700)
    return path


@pytest.mark.parametrize("out", ["out.parquet", "out.arrow"])
@pytest.mark.parametrize("into", ["in.parquet", "in.arrow"])
def test_a_table_keeps_its_types_values_and_metadata(tmp_path, into, out):
    table = typed(2000)
    score(write(tmp_path / into, table), tmp_path / out)
    found = written(tmp_path / out)
    assert found.select(TYPED.names).equals(table, check_metadata=False)
    kept = found.schema.remove(found.schema.get_field_index("rewardkit"))
    assert kept.equals(TYPED)
    assert (kept.metadata, kept.field("completion").metadata[b"role"]) == (TYPED.metadata, b"model")
    assert found.column("rewardkit").to_pylist()[1999]["scores"]["math"]["details"] == "{}"


def test_rows_that_were_chosen_keep_their_own_columns(tmp_path):
    table = typed(2000)
    source = write(tmp_path / "in.parquet", table)
    chosen = [3, 4, 700, 1999]
    with open_output(tmp_path / "out.parquet") as output:
        for number, row in enumerate(read_rows(source)):
            if number in chosen:
                output.write(row, BLOCK)
    assert written(tmp_path / "out.parquet").drop_columns("rewardkit").equals(table.take(chosen))


def test_rows_out_of_order_and_a_table_that_comes_back_are_written_by_their_values(tmp_path):
    one, two = (write(tmp_path / f"{n}.parquet", pa.table({"completion": [n, n + n]})) for n in "ab")
    first, second = read_rows(one)
    for rows in ([second, first], [first, next(read_rows(two)), second]):
        with open_output(tmp_path / "out.parquet") as output:
            for row in rows:
                output.write(row, BLOCK)
        assert written(tmp_path / "out.parquet").column("completion").to_pylist() == [
            r.data["completion"] for r in rows
        ]


def test_a_judgement_of_before_is_replaced_and_a_limit_keeps_the_first_rows(tmp_path):
    score(write(tmp_path / "in.parquet", typed(1000)), tmp_path / "once.parquet")
    score(tmp_path / "once.parquet", tmp_path / "twice.parquet", limit=700)
    once, twice = written(tmp_path / "once.parquet"), written(tmp_path / "twice.parquet")
    assert twice.equals(once.slice(0, 700))


def test_tables_with_other_columns_become_one(tmp_path):
    one = write(tmp_path / "one.parquet", pa.table({"completion": ["1"], "n": pa.array([1], pa.int32())}))
    two = write(tmp_path / "two.parquet", pa.table({"completion": ["2"], "n": pa.array([2], pa.int64()), "m": ["x"]}))
    score(None, tmp_path / "out.parquet", sources=[one, two])
    found = written(tmp_path / "out.parquet").drop_columns("rewardkit")
    assert found.to_pylist() == [{"completion": "1", "n": 1, "m": None}, {"completion": "2", "n": 2, "m": "x"}]


def test_tables_that_do_not_go_together_are_named_at_the_first_row_of_the_second(tmp_path):
    one = write(tmp_path / "one.parquet", pa.table({"completion": ["1"], "n": [1]}))
    two = write(tmp_path / "two.parquet", pa.table({"completion": ["2"] * 9, "n": ["2"] * 9}))
    output = open_output(tmp_path / "out.parquet")
    output.write(next(read_rows(one)), BLOCK)
    with pytest.raises(OutputError, match=r"the rows do not fit one table: .*n has incompatible types"), output:
        output.write(next(read_rows(two)), BLOCK)


def test_tables_and_lines_together_have_the_types_of_their_values(tmp_path):
    one = write(tmp_path / "one.parquet", pa.table({"completion": ["1"], "n": pa.array([1], pa.int8())}))
    (tmp_path / "two.jsonl").write_text('{"completion": "2", "n": 1.5}\n')
    score(None, tmp_path / "out.parquet", sources=[one, tmp_path / "two.jsonl"])
    assert written(tmp_path / "out.parquet").column("n").to_pylist() == [1.0, 1.5]


def test_a_type_conflict_shows_while_rows_are_judged(tmp_path):
    (tmp_path / "in.jsonl").write_text('{"completion": "2", "n": 1}\n{"completion": "2", "n": "x"}\n')
    first, second = read_rows(tmp_path / "in.jsonl")
    output = open_output(tmp_path / "out.parquet")
    output.write(first, BLOCK)
    with pytest.raises(OutputError, match=r"do not fit one table: .*n.*; write \.jsonl,"), output:
        output.write(second, BLOCK)


def test_a_reward_that_every_row_lacks_is_a_number_all_the_same(tmp_path):
    (tmp_path / "in.jsonl").write_text('{"completion": "2"}\n')
    with open_output(tmp_path / "out.parquet") as output:
        score = {
            "value": None,
            "status": "abstained",
            "kind": "unsupported",
            "weight": 1.0,
            "reason": "",
            "details": {},
        }
        block = {"version": 1, "reward": None, "advantage": None, "scores": {"math": {**score, "turns": [1.0, None]}}}
        output.write(next(read_rows(tmp_path / "in.jsonl")), block)
    kind = written(tmp_path / "out.parquet").schema.field("rewardkit").type
    assert (kind.field("reward").type, kind.field("advantage").type) == (pa.float64(), pa.float64())
    math = kind.field("scores").type.field("math").type
    assert (math.field("value").type, math.field("turns").type) == (pa.float64(), pa.list_(pa.float64()))


def test_several_completions_a_row_become_rows_of_one_and_the_other_columns_stay(tmp_path):
    table = pa.table({"completions": [["a", "b"], ["c"], ["d", "e", "f"]], "day": [WHEN.date()] * 3, "n": [[1, 2]] * 3})
    score(write(tmp_path / "in.parquet", table), tmp_path / "out.parquet")
    found = written(tmp_path / "out.parquet").drop_columns("rewardkit")
    assert found.column("completions").to_pylist() == [["a"], ["b"], ["c"], ["d"], ["e"], ["f"]]
    assert found.column("n").to_pylist() == [[1, 2]] * 6
    assert found.schema.equals(table.schema)


def test_an_input_that_changes_while_it_is_judged_is_named(tmp_path):
    source = write(tmp_path / "in.parquet", typed(10))
    output = open_output(tmp_path / "out.parquet")
    for row in read_rows(source):
        output.write(row, BLOCK)
    write(source, typed(9))
    with pytest.raises(OutputError, match=r"in\.parquet has changed while it was judged"), output:
        pass


@pytest.mark.parametrize("options", [{"compression": "zstd"}, {"compression": "lz4"}, {}])
def test_an_arrow_stream_is_read_packed_or_not(tmp_path, options):
    table = pa.table({"completion": [str(n) for n in range(5000)]})
    with (
        pa.OSFile(str(tmp_path / "in.bin"), "wb") as file,
        pa.ipc.new_stream(file, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer,
    ):
        writer.write_table(table)
    assert [row.data for row in read_rows(tmp_path / "in.bin")] == table.to_pylist()


class TestFoldersOfDatasets:
    """A folder that `save_to_disk` wrote is read by its name."""

    @pytest.fixture
    def datasets(self):
        return pytest.importorskip("datasets")

    def test_a_folder_is_read_shard_after_shard(self, tmp_path, datasets):
        rows = [{"completion": str(n), "answer": "1"} for n in range(100)]
        datasets.Dataset.from_list(rows).save_to_disk(tmp_path / "data", num_shards=3)
        found = list(read_rows(tmp_path / "data"))
        assert [row.data for row in found] == rows
        assert found[99].where == f"{tmp_path / 'data'}, row 100"
        score(tmp_path / "data", tmp_path / "out.parquet")
        assert written(tmp_path / "out.parquet").num_rows == 100

    def test_of_several_splits_one_must_be_named(self, tmp_path, datasets):
        one = datasets.Dataset.from_list([{"completion": "2"}])
        datasets.DatasetDict({"train": one, "test": one}).save_to_disk(tmp_path / "data")
        with pytest.raises(InputError, match=r"holds the splits train, test; name one: .*data/train"):
            list(read_rows(tmp_path / "data"))
        assert len(list(read_rows(tmp_path / "data" / "test"))) == 1
        datasets.DatasetDict({"train": one}).save_to_disk(tmp_path / "single")
        assert len(list(read_rows(tmp_path / "single"))) == 1

    @pytest.mark.parametrize("state", ["{}", "[]", "{", '{"_data_files": [{"filename": "../secret.arrow"}]}'])
    def test_a_broken_folder_is_named(self, tmp_path, state):
        (tmp_path / "state.json").write_text(state)
        with pytest.raises(InputError, match=r"name the files in it|outside of it"):
            list(read_rows(tmp_path))


def peak(code):
    """KB of memory that the process which ran `code` has taken at most, and what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", code + "\nprint(open('/proc/self/status').read().split('VmHWM:')[1].split()[0])"],
        capture_output=True, check=True, text=True,
    )  # fmt: skip
    message, kilobytes = done.stdout.splitlines()
    return message, int(kilobytes)


READ_ALL = """
import sys
from rewardkit import InputError
from rewardkit.input.files import read_rows
try:
    print(sum(1 for _ in read_rows({path!r}, limit={limit})))
except InputError as error:
    print(error)
"""


def same_text(count):
    return pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), count), ["x" * 20_000_000])


def one_list(values):
    return pa.table({"completion": ["2"], "x": pa.ListArray.from_arrays([0, len(values)], values)})


BOMBS = {
    "one text many times": lambda: (pa.table({"completion": same_text(24)}), {"store_schema": False}),
    "a dictionary": lambda: (pa.table({"completion": same_text(24)}), {}),
    "a list of thirty million": lambda: (one_list(pa.repeat(pa.scalar(0, pa.int8()), 30_000_000)), {}),
    "a list of eighty million nulls": lambda: (one_list(pa.nulls(80_000_000)), {}),
}


@linux
@pytest.mark.parametrize("limit", [1, None])
@pytest.mark.parametrize("suffix", [".parquet", ".arrow"])
@pytest.mark.parametrize("name", BOMBS)
def test_a_small_file_that_unpacks_to_gigabytes_costs_bounded_memory(tmp_path, name, suffix, limit):
    path = tmp_path / f"bomb{suffix}"
    table, options = BOMBS[name]()
    if suffix == ".parquet":
        pq.write_table(table, path, compression="zstd", row_group_size=1000, **options)
    else:
        with pa.ipc.new_file(path, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
            writer.write_table(table)
    message, kilobytes = peak(READ_ALL.format(path=str(path), limit=limit))
    assert kilobytes < 400_000, message
    assert message in ("1", "24") or message.startswith(f"{path}: ")


def test_a_row_larger_than_a_line_may_be_is_refused(tmp_path):
    path = tmp_path / "large.parquet"
    pq.write_table(pa.table({"completion": ["2", "x" * (table_child.ROW_BYTES + 1)]}), path)
    rows = read_rows(path)
    assert next(rows).data == {"completion": "2"}
    with pytest.raises(InputError, match=r"large\.parquet: has a row of more than 64 MiB"):
        next(rows)


def test_large_rows_come_one_after_the_other(tmp_path):
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"completion": [str(n) * 3_000_000 for n in range(10)]}), path)
    assert [row.data["completion"][0] for row in read_rows(path)] == list("0123456789")


@pytest.mark.parametrize("at", [4, 100, 500, -20, -9])
@pytest.mark.parametrize("suffix", [".parquet", ".arrow"])
def test_a_damaged_table_is_named_or_read_and_never_ends_the_reader(tmp_path, suffix, at):
    path = write(tmp_path / f"rows{suffix}", typed(500))
    content = bytearray(path.read_bytes())
    for offset in range(4):
        content[at + offset] ^= 0xA5
    path.write_bytes(content)
    try:
        assert len(list(read_rows(path))) <= 500
    except InputError as error:
        assert str(error).startswith(str(path))  # noqa: PT017 - a flipped byte may also change a value unseen


def test_text_that_is_not_utf_8_and_offsets_that_lead_nowhere_are_damage(tmp_path):
    path = write(tmp_path / "rows.arrow", pa.table({"completion": ["some text"] * 9, "n": [[1, 2]] * 9}))
    content = path.read_bytes()
    path.write_bytes(content.replace(b"some text", b"some \xff\xfe\xfd\xfc", 1))
    with pytest.raises(InputError, match=r"rows\.arrow: is cut off or damaged \(.*UTF8"):
        list(read_rows(path))
    offsets = b"".join(n.to_bytes(4, "little") for n in range(0, 20, 2))
    assert offsets in content
    path.write_bytes(content.replace(offsets, offsets[:-4] + (2**30).to_bytes(4, "little")))
    with pytest.raises(InputError, match=r"rows\.arrow: is cut off or damaged"):
        list(read_rows(path))


def test_a_date_that_python_lacks_is_named(tmp_path):
    far = pa.array([2**62], pa.timestamp("s"))
    path = write(tmp_path / "rows.arrow", pa.table({"completion": ["2"], "when": far}))
    with pytest.raises(InputError, match=r"rows\.arrow: holds a value that Python cannot"):
        list(read_rows(path))


def test_reading_ends_the_process_that_unpacks_also_when_it_stops_early(tmp_path):
    path = write(tmp_path / "rows.parquet", typed(2000))
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    rows = read_rows(path)
    next(rows)
    rows.close()
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime > before, "it was waited for"


@linux
@pytest.mark.parametrize("line", [b'{"a":[' + b"{}," * 20_000_000 + b"{}]}", b'{"a":"' + b"x" * 60_000_000 + b'"}'])
@pytest.mark.parametrize("name", ["rows.jsonl.gz", "rows.jsonl"])
def test_a_line_of_many_values_costs_bounded_memory(tmp_path, line, name):
    path = tmp_path / name
    packer = zlib.compressobj(wbits=31)
    path.write_bytes(packer.compress(line) + packer.flush() if name.endswith(".gz") else line)
    message, kilobytes = peak(READ_ALL.format(path=str(path), limit=1))
    assert kilobytes < 400_000
    assert message == "1" or "holds more than 4,000,000 values" in message


def test_rows_of_a_table_are_json(tmp_path):
    score(write(tmp_path / "in.parquet", typed(3)), tmp_path / "out.jsonl")
    first = json.loads((tmp_path / "out.jsonl").read_text().splitlines()[0])
    assert (first["image"], first["when"], first["labels"]) == ("AP8A", "2025-01-02T03:04:05+00:00", [["x", 0]])
