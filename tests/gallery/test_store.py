from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from deepvis.gallery import schema
from deepvis.gallery.errors import GalleryError
from deepvis.gallery.reader import GalleryReader
from deepvis.gallery.store import compact
from deepvis.gallery.writer import GalleryWriter


def cut_in_half(path):
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


def scribble(path):
    """Random bytes in the middle, where tables are."""
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle - 9000 : middle + 9000] = np.random.default_rng(0).bytes(18000)
    path.write_bytes(data)


def another_programs(path):
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE mail (text)")
        connection.commit()


def newer(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
        connection.commit()


def of_no_version(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 0")
        connection.commit()


def without_a_table(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TABLE exemplar_places")
        connection.execute("DROP TABLE manifest")
        connection.commit()


DAMAGE = {
    cut_in_half: "is damaged",
    scribble: "is damaged",
    (lambda path: path.write_bytes(b"")): "is empty",
    (lambda path: path.write_bytes(path.read_bytes()[:50])): "its end is missing",
    (lambda path: path.write_text("shopping list\n" * 1000)): "is no gallery of DeepVis",
    another_programs: "is a database of another program",
    newer: r"was made by a newer DeepVis \(schema 99",
    of_no_version: "schema 0 never was",
    without_a_table: "is damaged",
}


@pytest.mark.parametrize(("damage", "said"), DAMAGE.items(), ids=lambda value: getattr(value, "__name__", value))
def test_a_damaged_or_foreign_file_gets_one_sentence_and_stays_as_it_is(made, damage, said):
    made.write()
    compact(made.path)
    damage(made.path)
    before = made.path.read_bytes()
    with pytest.raises(GalleryError, match=said) as reading, GalleryReader(made.path) as gallery:
        gallery.unit("features.0", 0)
    with pytest.raises(GalleryError, match=said) as writing:
        GalleryWriter(made.path, made.MODEL)
    for raised in (reading, writing):
        assert str(made.path) in str(raised.value)
        assert "\n" not in str(raised.value)
    assert made.path.read_bytes() == before


def test_damage_that_is_met_later_is_told_too(made):
    made.write()
    with closing(sqlite3.connect(made.path)) as connection:
        connection.execute("UPDATE units SET histogram = x'00ff' WHERE unit = 1")
        connection.execute("UPDATE units SET exemplars = x'00ff' WHERE unit = 2")
        connection.execute("UPDATE jobs SET parameters = '{'")
        connection.execute("UPDATE arrays SET data = x'00'")
        connection.execute("DELETE FROM files WHERE id = 1")
        connection.commit()
    with GalleryReader(made.path) as gallery:
        for read in (
            lambda: gallery.unit("features.0", 1),
            lambda: gallery.unit("features.0", 2),
            lambda: gallery.jobs(),
            lambda: gallery.layer("features.0"),
            lambda: gallery.best("features.0", per_unit=9),
        ):
            with pytest.raises(GalleryError, match="is damaged"):
                read()
        assert not gallery.connection.in_transaction


def test_a_missing_gallery_is_told_with_the_command_that_makes_one(tmp_path):
    with pytest.raises(GalleryError, match=r"There is no gallery .*none.sqlite: make one with 'deepvis scan"):
        GalleryReader(tmp_path / "none.sqlite")
    assert list(tmp_path.iterdir()) == []


def test_a_gallery_of_another_model_is_not_written_to(made):
    made.write()
    with pytest.raises(GalleryError, match=r"belongs to the model tiny/net, not to resnet18"):
        GalleryWriter(made.path, "resnet18")


def test_a_gallery_is_made_with_its_folder(tmp_path, made):
    path = tmp_path / "new" / "folder" / "net.sqlite"
    with GalleryWriter(path, made.MODEL):
        pass
    assert [entry.name for entry in path.parent.iterdir()] == ["net.sqlite"]
    with GalleryReader(path) as gallery:
        assert gallery.model == made.MODEL
        assert gallery.layers() == {}
        assert gallery.jobs() == ()


def test_a_gallery_cannot_be_made_where_a_file_stands_in_the_way(tmp_path, made):
    (tmp_path / "file").write_text("")
    with pytest.raises(GalleryError, match="cannot be made"):
        GalleryWriter(tmp_path / "file" / "net.sqlite", made.MODEL)


def test_a_path_with_signs_that_mean_something_in_an_address_works(tmp_path, made):
    path = tmp_path / "50% ?#&é.sqlite"
    with GalleryWriter(path, made.MODEL):
        pass
    with GalleryReader(path) as gallery:
        assert gallery.model == made.MODEL
    assert [entry.name for entry in tmp_path.iterdir() if entry.suffix == ".sqlite"] == [path.name]


READ_AS_NOBODY = """
    import os, sys
    sys.path[:0] = {path!r}
    import numpy, sqlite3
    from deepvis.gallery.reader import GalleryReader
    from deepvis.gallery.writer import GalleryWriter
    from deepvis.gallery.errors import GalleryError
    from pathlib import Path
    import numpy.ma  # what NumPy imports late may lie where nobody may read
    if os.geteuid() == 0:
        os.setgid(65534)
        os.setuid(65534)
    file = Path({file!r})
    try:
        (file.parent / "probe").touch()
    except PermissionError:
        pass
    else:
        raise SystemExit("the folder can be written to")
    with GalleryReader(file) as gallery:
        assert len(gallery.unit("features.0", 3).exemplars) == 9
        assert gallery.data_version() == gallery.data_version()
    try:
        GalleryWriter(file, gallery_model := "tiny/net")
    except GalleryError as error:
        assert "cannot be" in str(error), error
        print("read, not written")
"""


@pytest.mark.skipif(os.name != "posix", reason="folders that cannot be written to are made with chmod")
@pytest.mark.parametrize("wal", [True, False], ids=["as the writer left it", "compacted"])
def test_a_gallery_in_a_folder_that_cannot_be_written_to_is_readable(made, tmp_path_factory, wal):
    made.write()
    if not wal:
        compact(made.path)
    folder = Path(shutil.copytree(made.path.parent, tmp_path_factory.mktemp("public") / "gallery"))
    folder.chmod(0o555)
    (folder / made.path.name).chmod(0o444)
    parents = [parent for parent in folder.parents if parent.owner() == folder.owner() and parent != Path("/")]
    modes = [(parent, parent.stat().st_mode) for parent in parents]
    try:
        for parent, mode in modes:
            parent.chmod(mode | 0o055)
        script = textwrap.dedent(READ_AS_NOBODY.format(path=sys.path, file=str(folder / made.path.name)))
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    finally:
        for parent, mode in modes:
            parent.chmod(mode)
        folder.chmod(0o755)
    assert done.stdout == "read, not written\n", done.stderr
    assert [entry.name for entry in folder.iterdir()] == [made.path.name]


WRITE_AND_WAIT = """
    import sys
    sys.path[:0] = {path!r}
    from pathlib import Path
    from deepvis.gallery.writer import GalleryWriter
    from deepvis.gallery.rows import SkippedFile
    with GalleryWriter(Path({file!r}), "tiny/net") as writer:
        writer.write_skipped({key}, [SkippedFile(1, "kept", "")])
        with writer.transaction():
            writer.connection.execute("PRAGMA cache_size = 1")  # pages reach the disk before the end
            writer.write_skipped({key}, [SkippedFile(n, "lost" * 100, "") for n in range(5000)])
            writer.connection.execute("DELETE FROM units")
            print("in the middle", flush=True)
            sys.stdin.read()
"""


def test_a_writer_that_is_killed_leaves_what_it_had_finished(made):
    key = made.write()
    script = textwrap.dedent(WRITE_AND_WAIT.format(path=sys.path, file=str(made.path), key=key))
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout.readline() == "in the middle\n"
        run.kill()
        assert run.wait() != 0
        if os.name == "posix":
            assert run.returncode == -signal.SIGKILL
    with GalleryReader(made.path) as gallery:
        assert [file.path for file in gallery.skipped(key)] == ["kept"]
        assert len(gallery.unit("features.0", 3).exemplars) == 9
    made.write(made.layer_rows(seed=1))


def test_a_reader_sees_whole_states_while_a_writer_writes(made):
    made.write(made.layer_rows(units=60, seed=0))
    values = [set(made.layer_rows(units=60, seed=seed).exemplars.value.tolist()) for seed in range(2)]
    done, failures = threading.Event(), []

    def write():
        try:
            for round_number in range(12):
                made.write(made.layer_rows(units=60, seed=round_number % 2))
        except Exception as error:
            failures.append(error)
        finally:
            done.set()

    thread = threading.Thread(target=write)
    thread.start()
    reads = 0
    with GalleryReader(made.path) as gallery:
        while not done.is_set() or not reads:
            best = set(gallery.best("features.0", per_unit=9).value.tolist())
            assert best <= values[0] or best <= values[1]
            reads += 1
    thread.join()
    assert failures == []


def test_a_second_writer_is_told_that_somebody_else_writes(made, monkeypatch):
    key = made.write()
    monkeypatch.setattr("deepvis.gallery.store.BUSY_TIMEOUT_S", 0.05)
    with (
        GalleryWriter(made.path, made.MODEL) as first,
        GalleryWriter(made.path, made.MODEL) as second,
        first.transaction(),
    ):
        first.finish_job(key)
        with pytest.raises(GalleryError, match="is being written to by another program"):
            second.finish_job(key)


def add_mood(connection):
    connection.execute("ALTER TABLE jobs ADD COLUMN mood TEXT NOT NULL DEFAULT 'calm'")


def fail_halfway(connection):
    add_mood(connection)
    raise sqlite3.OperationalError("disk I/O error")


@pytest.fixture
def next_version(monkeypatch):
    """A DeepVis of the next schema version."""

    def become(migration):
        monkeypatch.setattr(schema, "VERSION", schema.VERSION + 1)
        monkeypatch.setitem(schema.MIGRATIONS, schema.VERSION - 1, migration)

    return become


@pytest.mark.parametrize(
    "open_it", [GalleryReader, lambda path: GalleryWriter(path, "tiny/net")], ids=["reader", "writer"]
)
def test_an_older_gallery_is_migrated(made, next_version, open_it):
    made.write()
    next_version(add_mood)
    with open_it(made.path) as gallery:
        assert gallery.connection.execute("SELECT mood FROM jobs").fetchall() == [("calm",)]
    with closing(sqlite3.connect(made.path)) as connection:
        assert schema.version_of(connection) == schema.VERSION
    with GalleryReader(made.path) as gallery:
        assert len(gallery.unit("features.0", 3).exemplars) == 9


def test_an_older_gallery_that_cannot_be_written_to_is_migrated_in_memory(made, next_version, monkeypatch):
    made.write()
    compact(made.path)
    before = made.path.read_bytes()
    next_version(add_mood)
    real = sqlite3.connect

    def without_writing(address, **options):
        return real(str(address).replace("mode=rw", "mode=ro"), **options)

    monkeypatch.setattr(sqlite3, "connect", without_writing)
    with GalleryReader(made.path) as gallery:
        assert gallery.connection.execute("SELECT mood FROM jobs").fetchall() == [("calm",)]
        assert len(gallery.unit("features.0", 3).exemplars) == 9
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            gallery.connection.execute("DELETE FROM jobs")
    assert made.path.read_bytes() == before


def test_a_migration_that_fails_changes_nothing(made, next_version):
    made.write()
    compact(made.path)
    before = made.path.read_bytes()
    next_version(fail_halfway)
    with pytest.raises(GalleryError):
        GalleryWriter(made.path, made.MODEL)
    assert made.path.read_bytes() == before


def test_a_compacted_gallery_is_one_file_and_stays_one_when_it_is_read(made):
    made.write()
    made.write(made.layer_rows(seed=1))
    compact(made.path)
    with GalleryReader(made.path) as gallery:
        assert len(gallery.unit("features.0", 3).exemplars) == 9
        assert [entry.name for entry in made.path.parent.iterdir()] == [made.path.name]
        assert gallery.connection.execute("PRAGMA freelist_count").fetchone() == (0,)
    made.write(made.layer_rows(seed=2))


def journals(made):
    return {path.name.removeprefix(made.path.name) for path in made.path.parent.iterdir() if path != made.path}


@pytest.mark.parametrize("last", ["reader", "writer"])
def test_the_last_one_to_close_leaves_one_file(made, last):
    made.write()
    reader = GalleryReader(made.path)
    reader.layers()
    writer = GalleryWriter(made.path, made.MODEL)
    writer.write_classes(["bird"])
    for one in (writer, reader) if last == "reader" else (reader, writer):
        assert "-wal" in journals(made)
        one.close()
    assert journals(made) == set()


def test_a_writer_that_ends_while_somebody_reads_leaves_an_empty_journal(made):
    made.write()
    with GalleryReader(made.path) as reader:
        made.write(job=made.JOB)
        assert made.path.with_name(f"{made.path.name}-wal").stat().st_size == 0
        assert reader.layers()


def test_saving_again_and_again_does_not_let_the_journal_grow(made):
    key = made.write()
    noise = np.random.default_rng(0).integers(0, 1 << 60, 1 << 17)
    with GalleryReader(made.path) as reader, GalleryWriter(made.path, made.MODEL) as writer:
        for _ in range(40):
            writer.save_state(key, {"sums": noise}, {})
            reader.layers()
        assert made.path.with_name(f"{made.path.name}-wal").stat().st_size < 20 * noise.nbytes


def test_a_reader_of_the_same_process_leaves_a_writers_journal_to_the_writer(made):
    read = "c.execute('SELECT * FROM jobs').fetchall()"
    script = f"import sqlite3; c = sqlite3.connect({str(made.path)!r}); {read}; c.close()"
    with GalleryWriter(made.path, made.MODEL) as writer:
        writer.write_classes(["first"])
        GalleryReader(made.path).close()
        # whoever is alone with a file removes its journal; another process must see that this one is there
        subprocess.run([sys.executable, "-c", script], check=True)
        assert made.path.with_name(f"{made.path.name}-wal").exists()
        writer.write_classes(["second"])
    with GalleryReader(made.path) as gallery:
        assert gallery.connection.execute("SELECT name FROM classes").fetchall() == [("second",)]


def test_a_file_that_was_damaged_after_it_was_closed_is_looked_at_again(made):
    made.write()
    GalleryReader(made.path).close()
    made.path.write_bytes(b"no gallery any more" * 20)
    with pytest.raises(GalleryError, match="is no gallery"):
        GalleryReader(made.path)
