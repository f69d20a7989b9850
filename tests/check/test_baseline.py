"""Findings that were accepted: known by content, never by row."""

import random
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from labelfix.check.baseline import Baseline, Entry, contents_of
from labelfix.check.baseline_file import read_baseline, write_baseline
from labelfix.check.rules.registry import RULES
from labelfix.check.verdict import Finding, StaleEntry
from labelfix.data.corrections import Corrections
from labelfix.data.manifest import manifest_from_names
from labelfix.data.neighbours import Neighbours
from labelfix.judging.batch import Batch, BatchNoise, KnownImages

TODAY = date(2026, 3, 1)
YESTERDAY = date(2026, 2, 28)


def wrong(content, label, row=1, image="a.png", rule="wrong-label"):
    return Finding(
        rule=rule,
        level="error",
        message="m",
        image=image,
        row=row,
        given_label=label,
        content_hash=content,
    )


def entry(content, label="cat", expires=None, rule="wrong-label", image="a.png"):
    return Entry(
        rule=rule, content=content, label=label, image=image, reason="seen", expires=expires
    )


def apply(entries, findings, present=(), rules=RULES, today=TODAY):
    return Baseline(tuple(entries)).apply(findings, today, present, rules)


def whys(applied):
    return [(stale.image, stale.why) for stale in applied.stale]


def test_apply__only_what_no_entry_knows_is_new():
    known, other_label, other_content = wrong("aa", "cat"), wrong("aa", "dog"), wrong("bb", "cat")
    other_rule = wrong("aa", "cat", rule="off-topic")
    found = [other_content, known, other_label, other_rule]
    applied = apply([entry("aa")], found)
    assert applied.new == (other_content, other_label, other_rule)
    assert applied.known == (known,)
    assert applied.stale == ()


def test_apply__nothing_is_known_without_entries():
    applied = apply([], [wrong("aa", "cat")])
    assert (len(applied.new), applied.known, applied.stale) == (1, (), ())


def test_apply__row_line_name_level_and_message_do_not_matter():
    finding = Finding(
        rule="wrong-label",
        level="warning",
        message="other",
        image="b/c.png",
        row=99,
        line=120,
        given_label="cat",
        suggested_label="dog",
        confidence=0.7,
        content_hash="aa",
    )
    assert apply([entry("aa")], [finding]).known == (finding,)


def test_apply__all_copies_of_an_image_are_known_by_one_entry():
    copies = [wrong("aa", "cat", 1, "a.png"), wrong("aa", "cat", 7, "copy.png")]
    assert apply([entry("aa")], copies).known == tuple(copies)


def test_apply__without_bytes_the_name_counts_and_without_an_image_the_subject():
    missing = Finding(
        rule="missing-file", level="error", message="m", image="gone.png", row=3, given_label="cat"
    )
    annotator = Finding(rule="noisy-annotator", level="warning", message="m", subject="anna")
    rare = Finding(rule="rare-class", level="warning", message="m", given_label="cat")
    entries = [
        Entry(rule="missing-file", content="image:gone.png", label="cat", image="gone.png"),
        Entry(rule="noisy-annotator", content="anna", label=""),
        Entry(rule="rare-class", content="", label="cat"),
    ]
    assert apply(entries, [missing, annotator, rare]).new == ()
    others = [
        replace(missing, image="b.png"),
        replace(annotator, subject="bob"),
        replace(rare, given_label="dog"),
    ]
    assert apply(entries, others).known == ()


@pytest.mark.parametrize(
    ("expires", "is_known"),
    [(None, True), (date(2026, 3, 2), True), (TODAY, True), (YESTERDAY, False)],
)
def test_apply__an_entry_counts_until_the_end_of_its_day(expires, is_known):
    applied = apply([entry("aa", expires=expires)], [wrong("aa", "cat")])
    assert len(applied.known) == is_known
    assert len(applied.new) == (not is_known)
    assert whys(applied) == ([] if is_known else [("a.png", "expired")])


def test_apply__stale_is_fixed_or_gone():
    entries = [
        entry("aa", image="a.png"),
        entry("bb", image="b.png"),
        Entry(rule="missing-file", content="image:c.png", label="cat", image="c.png"),
        Entry(rule="missing-file", content="image:d.png", label="cat", image="d.png"),
        Entry(rule="noisy-annotator", content="anna", label=""),
    ]
    applied = apply(entries, [], present={"aa", "image:c.png"})
    assert applied.stale == (
        StaleEntry(rule="missing-file", image="c.png", label="cat", why="fixed"),
        StaleEntry(rule="missing-file", image="d.png", label="cat", why="gone"),
        StaleEntry(rule="noisy-annotator", image="anna", label="", why="fixed"),
        StaleEntry(rule="wrong-label", image="a.png", label="cat", why="fixed"),
        StaleEntry(rule="wrong-label", image="b.png", label="cat", why="gone"),
    )


def test_apply__an_expired_entry_that_is_not_found_is_fixed():
    assert whys(apply([entry("aa", expires=YESTERDAY)], [], {"aa"})) == [("a.png", "fixed")]


def test_apply__entries_of_rules_that_were_not_looked_at_are_not_stale():
    assert apply([entry("aa")], [], {"aa"}, rules={"off-topic"}).stale == ()


def test_updated__keeps_what_is_found_drops_what_is_not_and_adds_what_is_new():
    before = Baseline((entry("aa", expires=date(2027, 1, 1)), entry("bb", image="b.png")))
    found = [wrong("aa", "cat", image="renamed.png"), wrong("cc", "dog", image="c.png")]
    after = before.updated(found, RULES, "batch 7", date(2026, 12, 31))
    assert after.entries == (
        Entry(
            rule="wrong-label",
            content="aa",
            label="cat",
            image="a.png",
            reason="seen",
            expires=date(2027, 1, 1),
        ),
        Entry(
            rule="wrong-label",
            content="cc",
            label="dog",
            image="c.png",
            reason="batch 7",
            expires=date(2026, 12, 31),
        ),
    )


def test_updated__keeps_entries_of_rules_that_were_not_looked_at():
    before = Baseline((entry("aa"), entry("bb", rule="off-topic")))
    assert before.updated([], {"wrong-label"}, "").entries == (entry("bb", rule="off-topic"),)


def test_updated__does_not_renew_an_expired_entry():
    expired = entry("aa", expires=YESTERDAY)
    finding = wrong("aa", "cat")
    after = Baseline((expired,)).updated([finding], RULES, "again", None)
    assert after.entries == (expired,)
    assert after.apply([finding], TODAY, {"aa"}, RULES).new == (finding,)


def test_updated__names_copies_the_same_way_in_any_order():
    copies = [wrong("aa", "cat", 1, "z.png"), wrong("aa", "cat", 2, "b.png")]
    one, other = (Baseline().updated(found, RULES, "") for found in (copies, copies[::-1]))
    assert one == other
    assert [entry.image for entry in one.entries] == ["b.png"]


def test_updated__leaves_itself_alone():
    before = Baseline((entry("aa"),))
    before.updated([], RULES, "")
    assert before.entries == (entry("aa"),)


def test_baseline__sorts_its_entries():
    entries = (
        entry("aa", image="b.png"),
        entry("bb", "dog", image="a.png"),
        entry("bb", "cat", image="a.png"),
        entry("cc", rule="off-topic", image="z.png"),
    )
    assert Baseline(entries).entries == (entries[3], entries[2], entries[1], entries[0])


def test_baseline__every_key_once():
    with pytest.raises(ValueError, match="every key once"):
        Baseline((entry("aa"), entry("aa", image="b.png")))


HOSTILE = [
    "",
    "\n::error::x",
    "\x1b[31mred",
    "\u202egnp.exe",
    "[red]",
    "<script>",
    "]]>",
    "a|b`c`",
    "%0A",
    "\x00\x7f\x85\u2028",
    '"\\',
    "\udc80\udcff",
    "bytes:%FF",
    "\U000e0041é日本",
    "x" * 10_000,
]


def made_up(seed):
    """Findings of every kind, with hostile labels; every seventh without bytes."""
    rng = random.Random(seed)
    found = []
    for row in range(1, 120):
        has_bytes = bool(rng.randrange(7))
        found.append(
            Finding(
                rule=rng.choice(list(RULES)),
                level=rng.choice(["error", "warning"]),
                message="m",
                image=f"{rng.randrange(60)}{rng.choice(HOSTILE[:-1])}.png",
                row=row,
                given_label=rng.choice(HOSTILE),
                content_hash=f"{rng.randrange(40):064x}" if has_bytes else "",
            )
        )
    return found


@pytest.mark.parametrize("seed", range(5))
def test_baseline__nothing_is_new_once_it_was_written_and_read(tmp_path, seed):
    found = made_up(seed)
    rng = random.Random(seed)
    rule, content, label = found[0].key
    expired = Entry(
        rule=rule,
        content=content,
        label=label,
        image=found[0].image,
        reason="old",
        expires=YESTERDAY,
    )
    before = Baseline((expired, entry("not found")))
    write_baseline(tmp_path / "baseline.json", before.updated(found, RULES, "seen\n", TODAY))
    moved = [
        replace(finding, row=rng.randrange(999), line=rng.randrange(999), message="other")
        for finding in rng.sample(found, len(found))
    ]
    applied = read_baseline(tmp_path / "baseline.json").apply(moved, TODAY, (), RULES)
    assert {finding.key for finding in applied.new} == {expired.key}
    assert len(applied.new) + len(applied.known) == len(found)
    assert [(stale.label, stale.why) for stale in applied.stale] == [(expired.label, "expired")]


@pytest.mark.parametrize("seed", range(3))
def test_baseline__does_not_depend_on_the_rows_order(tmp_path, seed):
    found = made_up(seed)
    shuffled = random.Random(seed).sample(found, len(found))
    assert Baseline().updated(found, RULES, "") == Baseline().updated(shuffled, RULES, "")


def test_contents_of__as_findings_have_them(tmp_path):
    images = ["a.png", "no-\udcff.png"]
    manifest = manifest_from_names(images, ["cat", "dog"], tmp_path)
    batch = Batch(
        manifest=manifest,
        corrections=_corrections(["cat", "dog"]),
        row_images=np.array([0, -1]),
        images=KnownImages(names=["a.png"], labels=["cat"], content_hashes=["aa"]),
        within=Neighbours(np.zeros((1, 0), np.int64), np.zeros((1, 0), np.float32)),
        support={"cat": 1},
        noise=BatchNoise(overall=None),
    )
    missing = Finding(
        rule="missing-file", level="error", message="m", image="bytes:no-%FF.png", row=2
    )
    assert contents_of(batch) == {"aa", "image:a.png", missing.key[1]}


def _corrections(labels):
    given = np.array(labels, dtype=object)
    numbers = np.full(len(labels), 0.9)
    return Corrections(
        label=given,
        given_label=given,
        suggested_label=given,
        confidence=numbers,
        self_confidence=numbers,
        neighbour_agreement=numbers,
        action=np.array(["keep"] * len(labels), dtype=object),
        reason=np.array([""] * len(labels), dtype=object),
        review_rank=np.zeros(len(labels), np.int64),
        second_label=np.full(len(labels), None, dtype=object),
        second_confidence=np.full(len(labels), np.nan),
        question_value=np.zeros(len(labels)),
    )
