"""A patch changes label cells alone, and taking it back gives the same bytes."""

import codecs
import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelfix.data.manifest_inputs import read_with
from labelfix.errors import InputError
from labelfix.options.manifest_options import ManifestOptions
from labelfix.patches.label_cells import find_cells, value_of

LABELS = ("cat", "", " dog ", "a,b", 'say "x"', '"', "two\nlines", "two\r\nlines", "\r", "007", "ä")


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


@st.composite
def manifests(draw) -> tuple[bytes, ManifestOptions, list[str]]:
    """The bytes of a manifest, how it is read, and other labels for its rows."""
    encoding = draw(st.sampled_from(["utf-8", "utf-16", "utf-16-be", "cp1252", "utf-8-sig"]))
    delimiter = draw(st.sampled_from([",", ";", "|", "\t"]))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    header = draw(st.permutations(["image", "label", "annotator", "note"]))
    count = draw(st.integers(1, 6))
    lines = [delimiter.join(header)]
    for _ in range(count):
        values = {
            "image": draw(st.sampled_from(["a.png", "b.png", "ü,c.png"])),
            "label": draw(st.sampled_from(LABELS)),
            "annotator": draw(st.sampled_from(["", "ann", "bob"])),
            "note": draw(st.sampled_from(LABELS)),
        }
        cells = []
        for name in header:
            text = values[name]
            plain = not text.startswith('"') and not any(c in text for c in (delimiter, "\r", "\n"))
            cells.append(text if plain and draw(st.booleans()) else quoted(text))
        blank = end if draw(st.booleans()) else ""
        lines.append(blank + delimiter.join(cells))
    text = end.join(lines) + (end if draw(st.booleans()) else "")
    mark = codecs.BOM_UTF8 if encoding == "utf-8" and draw(st.booleans()) else b""
    wanted = draw(st.lists(st.sampled_from(LABELS), min_size=count, max_size=count))
    options = ManifestOptions(
        delimiter=delimiter, encoding=encoding, image_column="image", label_column="label"
    )
    return mark + text.encode(encoding), options, wanted


def labels_in(data: bytes, options: ManifestOptions) -> list[str]:
    """The labels as the csv module reads them."""
    text = data.decode(options.encoding).removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=options.delimiter))
    return [row["label"] for row in rows]


@given(manifests())
def test_apply_then_revert__is_byte_identical(desk, made):
    data, options, wanted = made
    manifest = desk.folder / "m.csv"
    manifest.write_bytes(data)
    with (desk.folder / "edited.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=options.delimiter, lineterminator="\r\n")
        writer.writerow(["image", "label"])
        images = read_with(manifest, options).images
        writer.writerows(zip(images, wanted, strict=True))
    desk.make(manifest, desk.folder / "edited.csv", read=options)
    applied = desk.apply(manifest, read=options)
    new = desk.folder / "new.csv"
    assert labels_in(new.read_bytes(), options) == wanted
    assert manifest.read_bytes() == data
    assert desk.revert(new, read=options).is_exact
    assert (desk.folder / "back.csv").read_bytes() == data
    if applied.written.undo is not None:
        applied.written.undo.unlink()
    assert desk.revert(new, read=options).is_exact
    assert (desk.folder / "back.csv").read_bytes() == data


def test_apply__changes_no_other_byte(desk):
    text = 'note,label,image\r\n"n, 1","cat",a.png\r\n\r\nn2 ,cat,"b.png"\nlast, cat,c.png'
    manifest = desk.write("m.csv", text)
    edited = desk.write("e.csv", 'image,label\na.png,dog\nb.png,"x,y"\nc.png,owl\n')
    desk.make(manifest, edited)
    desk.apply(manifest)
    assert (desk.folder / "new.csv").read_bytes().decode() == (
        'note,label,image\r\n"n, 1","dog",a.png\r\n\r\nn2 ,"x,y","b.png"\nlast,owl,c.png'
    )


@pytest.mark.parametrize(
    ("name", "text", "options"),
    [
        ("list.txt", "a.png cat\nb.png  dog \n c.png cat", {"columns": ("image", "label")}),
        ("list.txt", "a.png\tcat\nb.png\tdog\n", {}),
        ("list.csv", "a.png,cat\nb.png,dog\n", {}),
        ("list.csv", "cat,a.png\ndog,b.png\n", {}),
        ("m.tsv", 'image\tlabel\n"a.png"\t"cat"\n', {}),
        ("m.csv", "\ufeffimage,label\na.png,cat\n", {}),
    ],
)
def test_find_cells__in_every_form_of_list(desk, name, text, options):
    manifest = desk.write(name, text)
    read = ManifestOptions(**options)
    opened = read_with(manifest, read)
    cells = find_cells(opened, read)
    assert [value_of(cells.cell(row)) for row in range(len(opened))] == opened.given_labels
    dogs = cells.with_cells(dict.fromkeys(range(len(opened)), "owl")).decode()
    assert dogs.count("owl") == len(opened)
    assert cells.with_cells({}) == text.encode()


@pytest.mark.parametrize(
    ("text", "label", "options"),
    [
        ("a.png cat\n", "a,b", {"columns": ("image", "label")}),
        ("a.png,cat\n", "class", {}),
    ],
)
def test_with_cells__label_by_which_the_list_would_be_read_otherwise(desk, text, label, options):
    manifest = desk.write("list.txt", text)
    read = ManifestOptions(**options)
    cells = find_cells(read_with(manifest, read), read)
    with pytest.raises(InputError, match="found that its first line would be taken"):
        cells.with_cells({0: cells.written(label, in_place_of=cells.cell(0))})
    assert cells.with_cells({0: "dog"}).decode() == text.replace("cat", "dog")


def test_find_cells__names_that_are_not_utf_8(desk):
    manifest = desk.folder / "m.csv"
    manifest.write_bytes(b"image,label\n\xff.png,cat\n")
    edited = desk.folder / "e.csv"
    edited.write_bytes(b"image,label\n\xff.png,dog\n")
    desk.make(manifest, edited)
    desk.apply(manifest)
    assert (desk.folder / "new.csv").read_bytes() == b"image,label\n\xff.png,dog\n"


def test_apply__label_that_the_encoding_lacks(desk):
    read = ManifestOptions(encoding="cp1252")
    manifest = desk.write("m.csv", "image,label\na.png,é\n", "cp1252")
    desk.make(manifest, desk.write("e.csv", "image,label\na.png,猫\n"), read=read)
    with pytest.raises(InputError, match="cannot be written in cp1252"):
        desk.apply(manifest, read=read)
    assert not (desk.folder / "new.csv").exists()


def test_make__encoding_with_several_spellings_is_refused(desk):
    read = ManifestOptions(encoding="utf-7")
    manifest = desk.folder / "m.csv"
    manifest.write_bytes(b"image,label\na.png,+AGM-at\n")  # c, spelt as nobody has to
    edited = desk.write("e.csv", "image,label\na.png,dog\n")
    with pytest.raises(InputError, match="one spelling in utf-7"):
        desk.make(manifest, edited, read=read)
