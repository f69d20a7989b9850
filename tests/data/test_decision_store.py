"""The file of decisions: nothing acknowledged is lost, and nothing is deleted."""

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelfix.data import decision_store
from labelfix.data.decision_store import DecisionStore, read_decisions
from labelfix.data.decision_table import APPLICATION, SCHEMA_VERSION
from labelfix.data.decisions import Decision
from labelfix.errors import WorkspaceError

AT = "2026-05-04T10:20:30Z"


def decided(image: str, answer: str = "cat", reviewer: str = "ada", **about) -> Decision:
    return Decision(image=image, answer=answer, reviewer=reviewer, decided_at=AT, **about)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "decisions.sqlite"


@pytest.fixture
def store(path: Path):
    with DecisionStore.open(path) as opened:
        yield opened


def test_add__keeps_every_field(path: Path) -> None:
    hostile = Decision(
        image="caf\udce9/<b>\x00.png",
        content_hash="0" * 64,
        given_label="'; DROP TABLE events; --",
        shown=("a\nb", "bytes:x", "<script>"),
        answer="\u202ecat\udcff",
        reason='says "no"',
        reviewer="Zoë",
        decided_at="2026-05-04T10:20:30.123456Z",
        seconds=1.25,
        chance=0.125,
        source="import:csv",
    )
    with DecisionStore.open(path) as store:
        store.add(hostile)

    with DecisionStore.open(path, create=False) as again:
        assert again.current() == [hostile]


def test_current__the_last_decision_of_each_image_and_reviewer(store: DecisionStore) -> None:
    store.add_all([decided("a"), decided("b"), decided("a", "dog"), decided("a", "owl", "bob")])

    assert [(one.image, one.answer, one.reviewer) for one in store.current()] == [
        ("b", "cat", "ada"),
        ("a", "dog", "ada"),
        ("a", "owl", "bob"),
    ]


def test_undo__goes_back_to_the_beginning_and_forth_again(store: DecisionStore) -> None:
    store.add_all([decided("a"), decided("a", "dog"), decided("b")])
    store.add(decided("a", "owl", "bob"))
    whole = store.current()

    undone = [store.undo("ada") for _ in range(4)]

    assert [one and (one.image, one.answer) for one in undone] == [
        ("b", "cat"),
        ("a", "dog"),
        ("a", "cat"),
        None,
    ]
    assert [one.reviewer for one in store.current()] == ["bob"]
    assert [one and one.image for one in (store.redo("ada") for _ in range(4))] == [
        "a",
        "a",
        "b",
        None,
    ]
    assert sorted(map(str, store.current())) == sorted(map(str, whole))
    assert len(store.history()) == 4 + 3 + 3


def test_redo__ends_with_a_new_decision(store: DecisionStore) -> None:
    store.add_all([decided("a"), decided("b")])
    store.undo("ada")
    store.add(decided("c"))

    assert store.redo("ada") is None
    assert [one.image for one in store.current()] == ["a", "c"]


@pytest.mark.slow
@settings(max_examples=12)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("add"), st.sampled_from("xy"), st.sampled_from("abc")),
            st.tuples(st.sampled_from(["undo", "redo"]), st.sampled_from("xy"), st.just("")),
        ),
        max_size=25,
    )
)
def test_store__is_a_plain_replay(tmp_path_factory, steps) -> None:
    done: dict[str, list[Decision]] = {"x": [], "y": []}
    undone: dict[str, list[Decision]] = {"x": [], "y": []}
    place = tmp_path_factory.mktemp("replay") / "decisions.sqlite"
    with DecisionStore.open(place) as store:
        for number, (what, who, image) in enumerate(steps):
            if what == "add":
                done[who].append(decided(image, f"class {number}", who))
                undone[who].clear()
                store.add(done[who][-1])
                continue
            source, target = (done, undone) if what == "undo" else (undone, done)
            expected = source[who].pop() if source[who] else None
            if expected:
                target[who].append(expected)
            assert (store.undo if what == "undo" else store.redo)(who) == expected
        expected = {(one.image, who): one for who in done for one in done[who]}
        assert {(one.image, one.reviewer): one for one in store.current()} == expected


def test_add_all__all_or_none(store: DecisionStore, monkeypatch) -> None:
    insert = decision_store.insert

    def failing(database, decision):
        if decision.image == "b":
            raise sqlite3.OperationalError("disk is full")
        return insert(database, decision)

    monkeypatch.setattr(decision_store, "insert", failing)

    with pytest.raises(WorkspaceError, match="room on the disk"):
        store.add_all([decided("a"), decided("b")])
    assert store.current() == []
    store.add(decided("c"))


@pytest.mark.slow
def test_open__many_at_once_make_one_file(path: Path) -> None:
    def work(number: int) -> None:
        with DecisionStore.open(path) as store:
            for image in range(5):
                store.add(decided(str(image), reviewer=str(number)))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    with DecisionStore.open(path) as store:
        assert len(store.current()) == 40


def test_add__from_threads_of_one_store(store: DecisionStore) -> None:
    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(lambda image: store.add(decided(str(image))), range(40)))

    assert sorted(numbers) == list(range(1, 41))
    assert store.last_event() == 40
    assert [event.id for event in store.history(after=38)] == [39, 40]


def test_open__is_readable_with_any_tool(path: Path, store: DecisionStore) -> None:
    store.add(decided("a.png", given_label="dog"))
    plain = sqlite3.connect(path)

    row = plain.execute("SELECT kind, image, given_label, answer, reviewer FROM events").fetchone()
    modes = [plain.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode",)]
    plain.close()

    assert row == ("decide", "a.png", "dog", "cat", "ada")
    assert modes == ["wal"]
    assert store._connection.execute("PRAGMA synchronous").fetchone()[0] == 2  # FULL


def test_open__refuses_what_is_no_file_of_decisions(path: Path) -> None:
    path.write_bytes(b"no database at all, " * 100)

    with pytest.raises(WorkspaceError, match="is damaged"):
        DecisionStore.open(path)
    assert path.read_bytes().startswith(b"no database")


def test_open__refuses_a_missing_file_that_is_only_to_be_read(path: Path) -> None:
    with pytest.raises(WorkspaceError, match="found none"):
        DecisionStore.open(path, create=False)
    assert not path.exists()


@pytest.mark.parametrize(
    ("application", "version", "error"),
    [
        (0, 0, "another program"),
        (APPLICATION, SCHEMA_VERSION + 1, f"is of version {SCHEMA_VERSION + 1}"),
    ],
)
def test_open__refuses_other_databases(path: Path, application, version, error) -> None:
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE notes (text TEXT)")
    other.execute(f"PRAGMA application_id = {application}")
    other.execute(f"PRAGMA user_version = {version}")
    other.close()
    before = path.read_bytes()

    with pytest.raises(WorkspaceError, match=error):
        DecisionStore.open(path)
    assert path.read_bytes() == before


def test_open__refuses_a_torn_file(path: Path) -> None:
    with DecisionStore.open(path) as store:
        store.add_all([decided(f"{number}.png", reason="x" * 200) for number in range(200)])
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + os.urandom(8192) + whole[16384:])

    with pytest.raises(WorkspaceError, match="is damaged"):
        DecisionStore.open(path)


def test_open__refuses_a_folder(path: Path) -> None:
    path.mkdir()

    with pytest.raises(WorkspaceError, match="cannot be read or written"):
        DecisionStore.open(path)


def test_current__refuses_a_row_that_is_no_decision(path: Path, store: DecisionStore) -> None:
    store.add(decided("a"))
    store._connection.execute("UPDATE events SET shown = 'no json'")

    with pytest.raises(WorkspaceError, match="event 1 cannot be read"):
        store.current()


def test_read_decisions__from_a_folder_that_cannot_be_written(path: Path, monkeypatch) -> None:
    with DecisionStore.open(path) as store:
        store.add(decided("a.png"))
    monkeypatch.setattr(decision_store.os, "access", lambda *_: False)
    before = sorted(path.parent.iterdir())

    assert [one.image for one in read_decisions(path)] == ["a.png"]
    assert sorted(path.parent.iterdir()) == before

    path.write_bytes(b"no database")
    with pytest.raises(WorkspaceError, match="is damaged"):
        read_decisions(path)


@pytest.mark.slow
def test_add__survives_a_kill(path: Path) -> None:
    program = textwrap.dedent("""
        import sys
        from pathlib import Path
        from labelfix.data.decision_store import DecisionStore
        from labelfix.data.decisions import Decision
        store = DecisionStore.open(Path(sys.argv[1]))
        for number in range(100_000):
            store.add(Decision(image=str(number), answer="cat", decided_at="2026-05-04T10:20:30Z"))
            print(number, flush=True)
    """)
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for _ in range(20):
        process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    acknowledged = 20 + len(process.stdout.readlines())
    process.stdout.close()
    process.wait()

    with DecisionStore.open(path, create=False) as store:
        kept = [int(one.image) for one in store.current()]
    assert kept == list(range(len(kept)))
    assert len(kept) >= acknowledged
