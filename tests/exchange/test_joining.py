from dataclasses import replace

import pytest

from labelfix.errors import InputError
from labelfix.exchange.joining import join
from labelfix.exchange.rows import ReturnedRow, row_ids
from labelfix.options.exchange_options import ImportOptions

NOW = "2026-05-04T10:20:30Z"
OPTIONS = ImportOptions(format="label-studio")


def back(**about):
    return ReturnedRow(**{"where": "task 1", "label": "CAT", **about})


@pytest.mark.parametrize("by", ["row_id", "image", "content_hash"])
def test_join__by_id_by_name_or_by_content(by, rows):
    wanted = rows.rows[5]
    (made,) = join([back(**{by: getattr(wanted, by)})], rows, OPTIONS, NOW).decisions
    assert (made.image, made.answer, made.given_label) == (wanted.image, "CAT", "../up")
    assert made.shown == ("=1+1", "../up")
    assert (made.reviewer, made.decided_at) == ("label-studio", NOW)


def test_join__the_id_wins_over_a_name(rows):
    returned = back(row_id=rows.rows[1].row_id, image=rows.rows[2].image)
    (made,) = join([returned], rows, OPTIONS, NOW).decisions
    assert made.image == rows.rows[1].image


def test_join__by_the_name_in_the_users_table(rows):
    moved = replace(rows, rows=[replace(rows.rows[0], written_image="C:\\old\\plain.png")])
    (made,) = join([back(image="C:\\old\\plain.png")], moved, OPTIONS, NOW).decisions
    assert made.image == "plain.png"


def test_join__content_of_two_images_tells_nothing(rows):
    twins = replace(rows, rows=[replace(row, content_hash="ab") for row in rows.rows])
    joined = join([back(content_hash="ab")], twins, OPTIONS, NOW)
    assert joined.strangers == ["task 1: no id"]


def test_join__image_that_has_changed_since_is_named(rows):
    returned = back(row_id=rows.rows[0].row_id, content_hash="other")
    joined = join([returned], rows, OPTIONS, NOW)
    assert joined.decisions == []
    assert joined.strangers == ["task 1: plain.png has changed since"]


@pytest.mark.parametrize("label", ["none of the classes", "cannot tell"])
def test_join__special_answers(label, rows):
    (made,) = join([back(image="plain.png", label=label)], rows, OPTIONS, NOW).decisions
    assert made.answer == label


def test_join__later_answer_of_one_reviewer_wins(rows):
    first = back(image="plain.png", label="con", decided_at="2026-05-04T10:00:00Z")
    second = back(image="plain.png", decided_at="2026-05-04T09:00:00Z")
    (made,) = join([first, second], rows, OPTIONS, NOW).decisions
    assert made.answer == "con"


def test_join__answers_of_two_reviewers_are_two_decisions(rows):
    returned = [back(image="plain.png", reviewer=name) for name in ("Ann", "Bo")]
    assert len(join(returned, rows, OPTIONS, NOW).decisions) == 2


def test_join__two_answers_of_unknown_time_are_an_error(rows):
    returned = [back(image="plain.png"), back(image="plain.png", label="con", where="task 2")]
    with pytest.raises(InputError, match="found 'CAT' in task 1 and 'con' in task 2"):
        join(returned, rows, OPTIONS, NOW)


def test_row_ids__differ_and_do_not_change():
    assert row_ids(["a", "b"]) == row_ids(["b", "a"])[::-1] == row_ids(["a", "b"])
    assert len(set(row_ids(["a", "a", "raw\udcff", "bytes:raw%FF"]))) == 4
