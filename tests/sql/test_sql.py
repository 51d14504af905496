# ruff: noqa: E501 - a query and its twin stand on one line
"""The reward `sql`: right queries of any form pass, and no other; hostile ones are held."""

import sqlite3

import pytest

from rewardkit import RewardContext, Sample
from rewardkit_sql.query import query_of, shape_of
from rewardkit_sql.results import rows_of, same
from rewardkit_sql.reward import Sql, SqlParams

SCHEMA = """
CREATE TABLE singer (id INTEGER PRIMARY KEY, name TEXT, age INTEGER, country TEXT);
CREATE TABLE concert (id INTEGER PRIMARY KEY, singer INTEGER, year INTEGER, price REAL);
"""
DATA = """
INSERT INTO singer VALUES (1, 'Ada', 30, 'FR'), (2, 'Bo', 25, 'FR'), (3, 'Cy', 30, 'US'), (4, 'Di', 41, NULL);
INSERT INTO concert VALUES (1, 1, 2014, 10.5), (2, 1, 2015, 0.1), (3, 3, 2014, 0.2), (4, 2, 2016, 7);
"""
OTHER = """
INSERT INTO singer VALUES (7, 'Ed', 30, 'US'), (8, 'Flo', 19, 'FR'), (9, 'Gil', 41, 'US');
INSERT INTO concert VALUES (9, 8, 2014, 3.25);
"""


@pytest.fixture(scope="module")
def reward(_works):
    opened = Sql(SqlParams(cpu_s=1, memory_mb=128), RewardContext(deadline_s=30.0))
    yield opened
    opened.close()


def judge(reward, query, reference, databases=(SCHEMA + DATA, SCHEMA + OTHER), **more):
    truth = {"query": reference, "databases": list(databases), **more}
    (score,) = reward.score([Sample(completion=f"Here it is.\n```sql\n{query}\n```", ground_truth=truth)])
    return score


FRENCH = "SELECT name, age FROM singer WHERE country = 'FR'"
BY_AGE = "SELECT name FROM singer ORDER BY age"
RIGHT = [
    (FRENCH, "select age, name from singer where country in ('FR') order by name desc;"),
    (FRENCH, "-- French\nWITH f AS (SELECT * FROM singer WHERE country = 'FR') SELECT f.name, f.age FROM f"),
    ("SELECT AVG(price) FROM concert", "SELECT SUM(price) / COUNT(*) FROM concert"),
    ("SELECT COUNT(*) FROM singer", "SELECT COUNT(*) * 1.0 FROM singer"),
    ("SELECT name FROM singer EXCEPT SELECT 'Ada'", "SELECT name FROM singer WHERE name <> 'Ada'"),
    (BY_AGE, "SELECT name FROM singer ORDER BY age, id"),
    (BY_AGE, "SELECT name FROM singer ORDER BY age, name DESC"),
    ("SELECT country FROM singer", "SELECT s.country FROM singer AS s"),
    ("SELECT name FROM singer ORDER BY age LIMIT 2", "SELECT name FROM singer ORDER BY age, name DESC LIMIT 2"),
    ("SELECT name FROM singer s JOIN concert c ON singer = s.id", "SELECT name FROM singer, concert WHERE singer = singer.id"),
]  # fmt: skip
WRONG = [
    (FRENCH, "SELECT name FROM singer WHERE country = 'FR'"),
    (FRENCH, "SELECT name, age FROM singer"),
    (FRENCH, "SELECT name, 25 FROM singer WHERE country = 'FR'"),
    (FRENCH, "SELECT 'Ada', 30 UNION ALL SELECT 'Bo', 25"),
    (FRENCH, "WITH f(a, b) AS (VALUES ('Ada', 30), ('Bo', 25)) SELECT * FROM f"),
    (FRENCH, "SELECT 'Ada', 30 FROM singer WHERE id = 1 UNION SELECT 'Bo', 25"),  # one database only
    (FRENCH, "DELETE FROM singer"),
    (FRENCH, f"{FRENCH}; DROP TABLE singer"),
    (FRENCH, "SELEC name"),
    (FRENCH, "SELECT name, age FROM nowhere"),
    (FRENCH, "SELECT name, CAST(age AS TEXT) FROM singer WHERE country = 'FR'"),
    (BY_AGE, "SELECT name FROM singer ORDER BY age DESC"),
    (BY_AGE, "SELECT name FROM singer ORDER BY name"),
    ("SELECT country FROM singer", "SELECT DISTINCT country FROM singer"),
]
HOSTILE = [
    ("malformed", "ATTACH DATABASE '/tmp/x' AS x"),
    ("malformed", "PRAGMA database_list"),
    ("malformed", "SELECT name, age FROM singer, pragma_database_list"),
    ("malformed", "SELECT load_extension('x'), 1 FROM singer"),
    ("malformed", "SELECT readfile('/etc/passwd'), 1 FROM singer"),
    ("malformed", "VACUUM INTO '/tmp/x'"),
    ("time_limit", "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*), 1 FROM c, singer"),
    ("output_limit", "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 9000) SELECT x, name FROM c, singer"),
    ("malformed", "SELECT hex(zeroblob(1000000000)), 1 FROM singer"),
    ("memory_limit", "WITH RECURSIVE c(x) AS (SELECT zeroblob(3000000) UNION ALL SELECT x FROM c) SELECT x, 1 FROM c, singer"),
]  # fmt: skip


@pytest.mark.parametrize(("reference", "query"), RIGHT)
def test_a_right_query_passes(reward, reference, query):
    score = judge(reward, query, reference)
    assert score.value == 1.0, score.reason


@pytest.mark.parametrize(("reference", "query"), WRONG)
def test_a_wrong_query_fails(reward, reference, query):
    score = judge(reward, query, reference)
    assert (score.value, score.status) == (0.0, "scored"), score.reason


@pytest.mark.parametrize(("kind", "query"), HOSTILE)
def test_a_hostile_query_is_held(reward, kind, query):
    score = judge(reward, query, FRENCH)
    assert (score.value, score.kind) == (0.0, kind), score.reason


def test_rows_may_be_the_ground_truth(reward):
    truth = {"rows": [["Ada", 30], ["Bo", 25]], "databases": SCHEMA + DATA}
    for query, value in ((FRENCH, 1.0), ("SELECT name, age FROM singer", 0.0)):
        (score,) = reward.score([Sample(completion=f"```sql\n{query}\n```", ground_truth=truth)])
        assert score.value == value, score.reason


def test_columns_hold_the_task_too(reward):
    columns = {"sql_context": SCHEMA + DATA, "sql": FRENCH}
    (score,) = reward.score([Sample(completion=FRENCH, columns=columns)])
    assert score.value == 1.0, score.reason


@pytest.mark.usefixtures("_works")
def test_databases_may_be_files_and_all_of_a_folder_count(tmp_path):
    for name, data in (("a", DATA), ("b", OTHER)):
        (tmp_path / "music").mkdir(exist_ok=True)
        connection = sqlite3.connect(tmp_path / "music" / f"{name}.sqlite")
        connection.executescript(SCHEMA + data)
        connection.close()
    reward = Sql(SqlParams(folder=tmp_path), RewardContext(deadline_s=30.0))
    rows = [
        Sample(completion=query, ground_truth=FRENCH, columns={"db_id": name})
        for query, name in (
            (FRENCH, "music"),
            (FRENCH.replace("'FR'", "'FR' AND age > 20"), "music"),
            (FRENCH, "sport"),
        )
    ]
    right, wrong, lacking = reward.score(rows)
    reward.close()
    assert (right.value, right.details["databases"]) == (1.0, 2), right.reason
    assert (wrong.value, wrong.details["passed"]) == (0.0, 1)
    assert (lacking.value, lacking.kind) == (None, "unsupported")


@pytest.mark.parametrize(
    ("reference", "databases", "kind"),
    [
        ("SELECT nothing FROM singer", [SCHEMA + DATA], "unreadable_ground_truth"),
        (FRENCH, ["CREATE TABLE ("], "unreadable_ground_truth"),
        (FRENCH, [SCHEMA], "unsupported"),  # every query that gives nothing would pass
        (FRENCH, [], "unsupported"),
    ],
)
def test_a_task_that_tells_nothing_costs_nobody_a_reward(reward, reference, databases, kind):
    score = judge(reward, FRENCH, reference, databases)
    assert (score.value, score.kind) == (None, kind), score.reason


def test_an_answer_without_a_query_gets_nothing(reward):
    (score,) = reward.score([Sample(completion="I do not know.", ground_truth={"query": FRENCH, "databases": SCHEMA})])
    assert (score.value, score.kind) == (0.0, "no_answer")


@pytest.mark.parametrize(
    ("answer", "query"),
    [
        ("```sql\nSELECT 1\n```\nor\n```sql\nSELECT 2\n```", "SELECT 2"),
        ("```\nSELECT 1\n```", "SELECT 1"),
        ("```python\nprint(1)\n```", None),
        ("SELECT a FROM b;", "SELECT a FROM b;"),
        ("(SELECT a FROM b)", "(SELECT a FROM b)"),
        ("Select a good name.\nThen try again", "Select a good name.\nThen try again"),
        ("It is 5.", None),
    ],
)
def test_the_query_is_the_last_block_or_an_answer_that_begins_as_one(answer, query):
    assert query_of(answer) == query


def test_the_order_of_a_query_is_that_of_its_outermost_select():
    assert shape_of("SELECT a FROM b ORDER BY a").ordered
    assert not shape_of("SELECT a FROM (SELECT a FROM b ORDER BY a LIMIT 3)").ordered
    assert not shape_of("SELECT a, row_number() OVER (ORDER BY c) FROM b").ordered


def test_results_are_compared_by_value():
    one = rows_of([[1, 0.1 + 0.2], [None, "x"]])
    assert same(rows_of([[1.0, 0.3], [None, "x"]]), [one], ordered=True, any_columns=False)
    assert not same(rows_of([["1", 0.3], [None, "x"]]), [one], ordered=True, any_columns=False)
    assert not same(rows_of([[1, 0.3]]), [one], ordered=False, any_columns=True)
    assert not same(rows_of([[0.3, 1], ["x", None]]), [one], ordered=False, any_columns=False)
    assert same(rows_of([[0.3, 1], ["x", None]]), [one], ordered=False, any_columns=True)
    # Columns are swapped as wholes, not row by row.
    assert not same(rows_of([[1, 2], [4, 3]]), [rows_of([[2, 1], [4, 3]])], ordered=False, any_columns=True)
