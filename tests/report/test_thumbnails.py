import base64
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from labelfix.data.neighbours import NearestImages
from labelfix.judging.batch import KnownImages
from labelfix.report.cards import ImageKey, make_cards
from labelfix.report.contents import ReportContents
from labelfix.report.thumbnails import SIDES, encoded, read_thumbnails
from labelfix.runtime.progress import Silent

PLENTY = 10_000_000


@pytest.fixture
def seen(tmp_path, make_batch, wrong_labels, write_pictures):
    """A batch of six images, three of them wrong, and its cards."""
    batch = make_batch(tmp_path / "images", list("aabbcc"), list("abbbca"))
    write_pictures(tmp_path / "images", batch.images.names, (400, 200), "a secret")
    return batch, make_cards(ReportContents(batch=batch, findings=wrong_labels(batch)))


def decoded(uri: str) -> tuple[bytes, Image.Image]:
    kind, _, data = uri.partition(",")
    assert kind == "data:image/webp;base64"
    raw = base64.b64decode(data, validate=True)
    return raw, Image.open(io.BytesIO(raw))


def test_read_thumbnails__own_images_and_those_beside_them(seen):
    batch, cards = seen
    shown = read_thumbnails(batch, cards, PLENTY, Silent())
    assert set(shown.own) == {card.key for card in cards}
    assert set(shown.peers) == {peer.key for card in cards for peer in card.peers}
    assert (shown.unreadable, shown.left_out) == ({}, (0, 0))
    own = shown.own[cards[0].key]
    assert (own.width, own.height) == (400, 200)
    assert all(max(one.width, one.height) == SIDES[0].peer for one in shown.peers.values())


def test_read_thumbnails__hold_no_metadata(seen):
    batch, cards = seen
    original = (batch.images.folder / batch.images.names[0]).read_bytes()
    assert b"a secret" in original
    raw, image = decoded(read_thumbnails(batch, cards, PLENTY, Silent()).own[cards[0].key].uri)
    assert b"secret" not in raw
    assert not image.getexif()
    assert not {"exif", "icc_profile", "xmp"} & set(image.info)


def test_read_thumbnails__smaller_where_there_is_little_room(seen):
    batch, cards = seen
    shown = read_thumbnails(batch, cards, 12_000, Silent())
    assert set(shown.own) == {card.key for card in cards}
    assert {one.width for one in shown.own.values()} <= {sides.own for sides in SIDES[1:]}


def test_read_thumbnails__without_room_there_are_none(seen):
    batch, cards = seen
    shown = read_thumbnails(batch, cards, 0, Silent())
    assert (shown.own, shown.peers) == ({}, {})
    own = {card.key for card in cards}
    peers = {peer.key for card in cards for peer in card.peers}
    assert shown.left_out == (len(own), len(peers))


@pytest.mark.parametrize("room", [1_000, 10_000, 40_000])
def test_read_thumbnails__tell_of_every_image(seen, listener, room):
    batch, cards = seen
    read_thumbnails(batch, cards, room, listener)
    ((_, total, _),) = listener.begun
    assert listener.advanced == total > 0


@pytest.mark.slow
@pytest.mark.parametrize("room", [1_000, 10_000, 40_000])
def test_read_thumbnails__never_take_more_than_the_room(seen, room):
    batch, cards = seen
    shown = read_thumbnails(batch, cards, room, Silent())
    uses = [shown.own.get(card.key) for card in cards]
    uses += [shown.peers.get(peer.key) for card in cards for peer in card.peers]
    assert sum(len(one.uri) for one in uses if one) <= room


def test_read_thumbnails__gone_broken_and_outside_are_told(seen, tmp_path):
    batch, cards = seen
    folder = batch.images.folder
    (folder / "1.png").unlink()
    (folder / "5.png").write_bytes(b"<html>")
    (tmp_path / "outside.png").write_bytes((folder / "2.png").read_bytes())
    (folder / "2.png").unlink()
    (folder / "2.png").symlink_to(tmp_path / "outside.png")
    shown = read_thumbnails(batch, cards, PLENTY, Silent())
    reasons = {key.index: reason for key, reason in shown.unreadable.items()}
    assert reasons[1] == "file does not exist"
    assert reasons[2] == "not in the image folder"
    assert 5 in reasons
    assert not set(shown.own).union(shown.peers) & set(shown.unreadable)


def test_read_thumbnails__without_a_folder_nothing_is_read(seen):
    batch, cards = seen
    homeless = replace(batch, images=replace(batch.images, folder=None))
    shown = read_thumbnails(homeless, cards, PLENTY, Silent())
    assert set(shown.unreadable.values()) == {"its folder is unknown"}
    assert shown.left_out == (0, 0)


def test_encoded__small_images_keep_their_pixels():
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    thumbnail = encoded(pixels)
    assert thumbnail.is_tiny
    _, image = decoded(thumbnail.uri)
    assert np.array_equal(np.array(image.convert("RGB")), pixels)


def test_encoded__the_same_twice():
    pixels = np.random.default_rng(0).integers(0, 256, (90, 60, 3), dtype=np.uint8)
    assert encoded(pixels) == encoded(pixels)
    assert not encoded(pixels).is_tiny


def test_read_thumbnails__without_cards_there_are_none(seen):
    batch, _ = seen
    shown = read_thumbnails(batch, [], PLENTY, Silent())
    assert (shown.own, shown.peers, shown.left_out) == ({}, {}, (0, 0))


def test_read_thumbnails__neighbours_come_from_the_folder_of_the_reference(
    seen, tmp_path, wrong_labels, write_pictures
):
    batch, _ = seen
    folder = tmp_path / "reference"
    write_pictures(folder, ["r.png"], (9, 7))
    against = replace(
        batch,
        reference=KnownImages(
            names=["r.png"], labels=["b"], content_hashes=[""], splits=None, folder=folder
        ),
        nearest=NearestImages(np.zeros((6, 1), np.int64), np.ones((6, 1), np.float32)),
    )
    cards = make_cards(ReportContents(batch=against, findings=wrong_labels(against)))
    shown = read_thumbnails(against, cards, PLENTY, Silent())
    assert set(shown.peers) == {ImageKey(True, 0)}
    assert (shown.peers[ImageKey(True, 0)].width, shown.unreadable) == (9, {})
