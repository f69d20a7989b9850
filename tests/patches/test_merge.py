"""Every row is checked in full, and later edits of somebody else are kept."""

import hashlib
import json

import pytest

from labelfix.errors import InputError, OutputError
from labelfix.options.manifest_options import ManifestOptions
from labelfix.options.patch_options import SplitOptions
from labelfix.patches.patch_file import read_patch

MANIFEST = "image,label\na.png,cat\nb.png,dog\nc.png,cat\n"
EDITED = "image,label\na.png,dog\nb.png,owl\nc.png,cat\n"


@pytest.fixture
def patched(desk):
    """A manifest whose rows 1 and 2 are changed by a patch."""
    manifest = desk.write("m.csv", MANIFEST)
    desk.make(manifest, desk.write("e.csv", EDITED))
    return manifest


def new_text(desk) -> str:
    return (desk.folder / "new.csv").read_text()


def test_apply__later_edit_is_kept_and_named(desk, patched):
    desk.write("m.csv", MANIFEST.replace("b.png,dog", "b.png,fox"))
    plan = desk.apply(patched).plan
    assert [(one.row, one.found, one.change.after) for one in plan.edited] == [(1, "fox", "owl")]
    assert new_text(desk) == "image,label\na.png,dog\nb.png,fox\nc.png,cat\n"
    desk.apply(patched, theirs=True)
    assert "b.png,fox" in new_text(desk)
    desk.apply(patched, ours=True)
    assert "b.png,owl" in new_text(desk)
    desk.revert(desk.folder / "new.csv", by_patch=False)
    assert (desk.folder / "back.csv").read_text() == patched.read_text()


def test_apply__twice_changes_nothing_more(desk, patched):
    desk.apply(patched)
    again = desk.request(desk.folder / "new.csv", "again", None, None, {})
    from labelfix.patches.merge_request import apply_patch
    from labelfix.runtime.progress import Silent

    merged = apply_patch(again, desk.folder / "fixes.patch.jsonl", SplitOptions(), Silent())
    assert (merged.changes, len(merged.plan.already)) == (0, 2)
    assert (desk.folder / "again.csv").read_text() == new_text(desk)


def test_apply__rows_in_another_order(desk, patched):
    head, *rows = MANIFEST.splitlines()
    desk.write("m.csv", "\n".join([head, "z.png,cat", *reversed(rows)]))
    assert desk.apply(patched).changes == 2
    assert new_text(desk) == "image,label\nz.png,cat\nc.png,cat\nb.png,owl\na.png,dog"


def test_apply__missing_image_refuses_all(desk, patched):
    desk.write("m.csv", MANIFEST.replace("b.png", "other.png"))
    with pytest.raises(InputError, match=r"found 1 of 2 .*nothing was written\n  b\.png") as error:
        desk.apply(patched)
    assert "the manifest has no such image" in error.value.message
    assert not (desk.folder / "new.csv").exists()
    merged = desk.apply(patched, skip_refused=True)
    assert (merged.changes, len(merged.plan.refused)) == (1, 1)
    assert new_text(desk) == "image,label\na.png,dog\nother.png,dog\nc.png,cat\n"


def test_apply__another_number_of_rows_of_an_image_is_refused(desk, patched):
    desk.write("m.csv", MANIFEST + "a.png,cat\n")
    with pytest.raises(InputError, match="expected 1 row of the image, found 2"):
        desk.apply(patched)


def test_apply__rows_of_annotators(desk):
    text = "image,label,annotator\na.png,cat,ann\na.png,cat,bob\na.png,cat,bob\n"
    manifest = desk.write("m.csv", text)
    edited = desk.write("e.csv", text.replace("cat,bob\na", "dog,bob\na"))
    desk.make(manifest, edited)
    (line,) = (desk.folder / "fixes.patch.jsonl").read_text().splitlines()[1:]
    change = json.loads(line)
    assert (change["annotator"], change["copy"], change["copies"]) == ("bob", 1, 2)
    head, *rows = text.splitlines()
    desk.write("m.csv", "\n".join([head, rows[1], rows[0], rows[2]]) + "\n")
    desk.apply(manifest)
    assert new_text(desk).splitlines()[1:] == ["a.png,dog,bob", "a.png,cat,ann", "a.png,cat,bob"]


def test_apply__image_whose_content_changed(desk, tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    for name in ("a.png", "b.png", "c.png"):
        (images / name).write_bytes(name.encode())
    manifest = desk.write("m.csv", MANIFEST)
    desk.make(manifest, desk.write("e.csv", EDITED), images=images)
    patch = read_patch(desk.folder / "fixes.patch.jsonl")
    assert patch.changes[0].content_hash == hashlib.sha256(b"a.png").hexdigest()
    assert desk.apply(manifest).plan.unchecked == 2
    assert desk.apply(manifest, images=images).plan.unchecked == 0
    (images / "b.png").write_bytes(b"another picture")
    with pytest.raises(InputError, match="content is another one"):
        desk.apply(manifest, images=images)
    (images / "b.png").unlink()
    with pytest.raises(InputError, match="the image has no file"):
        desk.apply(manifest, images=images)


def test_apply__image_that_was_renamed_is_found_by_its_content(desk, tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    for name in ("a.png", "b.png", "c.png"):
        (images / name).write_bytes(name.encode())
    manifest = desk.write("m.csv", MANIFEST)
    desk.make(manifest, desk.write("e.csv", EDITED), images=images)
    (images / "b.png").rename(images / "new.png")
    desk.write("m.csv", MANIFEST.replace("b.png", "new.png"))
    assert desk.apply(manifest, images=images).changes == 2
    assert "new.png,owl\n" in new_text(desk)


def test_make__test_rows_go_to_review(desk):
    text = "image,label,split\na.png,cat,train\nb.png,cat,Test\nc.png,cat,val\n"
    manifest = desk.write("m.csv", text)
    edited = desk.write("e.csv", text.replace("cat", "dog"))
    made = desk.make(manifest, edited)
    assert [change.image for change in made.made.patch] == ["a.png", "c.png"]
    review = (desk.folder / "fixes.review.csv").read_text().splitlines()
    assert review[1:] == ["b.png,2,cat,dog,,Test,its split 'Test' was not asked for,"]
    only = desk.make(manifest, edited, splits=SplitOptions(only=("train",)))
    assert [change.image for change in only.made.patch] == ["a.png"]
    everything = desk.make(manifest, edited, splits=SplitOptions(all_splits=True))
    assert len(everything.made.patch) == 3
    desk.apply(manifest)
    assert new_text(desk) == text.replace("cat", "dog")
    held = desk.apply(manifest, splits=SplitOptions(only=("train",)))
    assert (held.changes, len(held.plan.held)) == (1, 2)
    with pytest.raises(InputError, match=r"--only traim: .*'Test', 'train', 'val'"):
        desk.make(manifest, edited, splits=SplitOptions(only=("traim",)))


def test_apply__keeps_the_rights_of_the_file(desk, patched):
    patched.chmod(0o640)
    desk.apply(patched)
    assert (desk.folder / "new.csv").stat().st_mode & 0o777 == 0o640


def test_make__of_json_and_for_the_same_rows_as_csv(desk):
    rows = [{"image": "a.png", "label": "cat"}, {"image": "b.png", "label": "dog"}]
    manifest = desk.write("m.json", json.dumps(rows))
    made = desk.make(manifest, desk.write("e.csv", "image,label\na.png,cta\nb.png,dog\n"))
    assert made.made.new_labels == ["cta"]
    desk.apply(desk.write("m.csv", 'image,label\na.png,"cat"\nb.png,dog\n'))
    assert new_text(desk) == 'image,label\na.png,"cta"\nb.png,dog\n'


def test_make__review_list_has_the_delimiter_of_the_manifest(desk):
    read = ManifestOptions(delimiter="tab")
    text = "image\tlabel\tsplit\na.png\tcat\ttest\nb.png\tcat\ttrain\n"
    manifest = desk.write("m.csv", text)
    desk.make(manifest, desk.write("e.csv", text.replace("cat", "dog")), read=read)
    review = desk.folder / "fixes.review.csv"
    review.write_text(review.read_text().rstrip("\n") + "owl\n")
    desk.make(manifest, review, read=read, splits=SplitOptions(only=("test",)))
    (change,) = read_patch(desk.folder / "fixes.patch.jsonl")
    assert (change.image, change.after) == ("a.png", "owl")


def test_make__answered_review_list_is_not_overwritten(desk):
    text = "image,label,split\na.png,cat,train\nb.png,cat,test\n"
    manifest = desk.write("m.csv", text)
    edited = desk.write("e.csv", text.replace("cat", "dog"))
    desk.make(manifest, edited)
    review = desk.folder / "fixes.review.csv"
    answered = review.read_text().rstrip("\n") + "dog\n"
    review.write_text(answered)
    before = (desk.folder / "fixes.patch.jsonl").read_bytes()
    with pytest.raises(OutputError, match="rows that nobody has answered"):
        desk.make(manifest, edited)
    assert review.read_text() == answered
    assert (desk.folder / "fixes.patch.jsonl").read_bytes() == before
    desk.make(manifest, review, splits=SplitOptions(all_splits=True))
    (change,) = read_patch(desk.folder / "fixes.patch.jsonl")
    assert (change.image, change.after, change.confidence) == ("b.png", "dog", 1.0)


def test_revert__later_edits_stay(desk, patched):
    desk.apply(patched)
    new = desk.write("new.csv", "image,label\na.png,dog\nb.png,fox\nc.png,owl\n")
    reverted = desk.revert(new)
    assert (reverted.changes, reverted.is_exact) == (1, False)
    assert [one.found for one in reverted.plan.edited] == ["fox"]
    assert (desk.folder / "back.csv").read_text() == (
        "image,label\na.png,cat\nb.png,fox\nc.png,owl\n"
    )


def test_revert__without_a_way_back(desk, patched):
    with pytest.raises(InputError, match=r"expected the undo file .* found none for these bytes"):
        desk.revert(patched, by_patch=False)


def test_revert__undo_file_that_was_changed(desk, patched):
    undo = desk.apply(patched).written.undo
    undo.write_text(undo.read_text().replace('"cat"', '"cow"'))
    with pytest.raises(InputError, match="does not give the manifest before it"):
        desk.revert(desk.folder / "new.csv", by_patch=False)
    undo.write_text("{}\n")
    with pytest.raises(InputError, match="expected an undo file"):
        desk.revert(desk.folder / "new.csv", by_patch=False)
    assert not (desk.folder / "back.csv").exists()


def test_apply__parquet_by_value(desk):
    import pyarrow as pa
    import pyarrow.parquet as pq

    labels = pa.array([7, None, 8], pa.int16())
    table = pa.table({"label": labels, "image": ["a", "b", "c"], "x": [1.5, 2.5, None]})
    table = table.replace_schema_metadata({b"mine": b"kept"})
    manifest = desk.folder / "m.parquet"
    pq.write_table(table, manifest)
    desk.make(manifest, desk.write("e.csv", "image,label\na,8\nb,\nc,8\n"))
    assert desk.apply(manifest).written.undo is None
    found = pq.read_table(desk.folder / "new.parquet")
    assert found.equals(table.set_column(0, "label", pa.array([8, None, 8], pa.int16())))
    assert found.schema.metadata == {b"mine": b"kept"}
    desk.revert(desk.folder / "new.parquet")
    assert pq.read_table(desk.folder / "back.parquet").equals(table)
    desk.make(manifest, desk.write("e.csv", "image,label\na,cat\nb,\nc,8\n"))
    with pytest.raises(InputError, match="expected labels that are int16, found 'cat'"):
        desk.apply(manifest)


def test_apply__json_is_refused(desk, patched):
    manifest = desk.write("m.json", json.dumps([{"image": "a.png", "label": "cat"}]))
    with pytest.raises(InputError, match=r"expected a manifest as text .* found \.json"):
        desk.apply(manifest)
