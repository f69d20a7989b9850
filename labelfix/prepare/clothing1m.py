"""Clothing1M: labels from shops, and clean labels for a part."""

from pathlib import Path

from labelfix.data import names
from labelfix.errors import InputError
from labelfix.prepare.recipe import LABEL, TRUE_LABEL, Layout, Recipe, Rows, Sources, class_of

HELD_OUT = ("clean_val_key_list.txt", "clean_test_key_list.txt")


def _train(sources: Sources) -> Rows:
    layout = sources.layout
    class_names = _class_names(layout)
    path, keys = _keys(layout, "noisy_train_key_list.txt")
    given = _labels(layout, "noisy_label_kv.txt", class_names)
    clean = _labels(layout, "clean_label_kv.txt", class_names)
    held_out = {key for name in HELD_OUT if _has(layout, name) for key in _keys(layout, name)[1]}
    kept = [key for key in keys if key not in held_out]
    notes = []
    if len(kept) < len(keys):
        notes = [
            "images left out because they are also in the clean validation or test list: "
            f"{len(keys) - len(kept):,}"
        ]
    columns = {
        LABEL: _labels_of(kept, given, path, "noisy_label_kv.txt"),
        TRUE_LABEL: [clean.get(key, "") for key in kept],
    }
    return Rows(folder=layout.root, source=path, images=kept, columns=columns, notes=notes)


def _test(sources: Sources) -> Rows:
    layout = sources.layout
    clean = _labels(layout, "clean_label_kv.txt", _class_names(layout))
    path, keys = _keys(layout, "clean_test_key_list.txt")
    labels = _labels_of(keys, clean, path, "clean_label_kv.txt")
    return Rows(
        folder=layout.root, source=path, images=keys, columns={LABEL: labels, TRUE_LABEL: labels}
    )


def _class_names(layout: Layout) -> list[str]:
    path = _file(layout, "category_names_eng.txt")
    found = [line.text for line in layout.lines(path)]
    if len(set(found)) < len(found):
        raise InputError(
            f"{path}: expected a name for each class, found one twice", "Copy the file again."
        )
    return found


def _labels(layout: Layout, name: str, class_names: list[str]) -> dict[str, str]:
    """The class of each image, from a list `path number`."""
    path = _file(layout, name)
    return {
        key: class_of(path, line, index, class_names) for line, key, index in layout.pairs(path)
    }


def _keys(layout: Layout, name: str) -> tuple[Path, list[str]]:
    path = _file(layout, name)
    return path, [line.text for line in layout.lines(path)]


def _labels_of(keys: list[str], labels: dict[str, str], path: Path, where: str) -> list[str]:
    without = [key for key in keys if key not in labels]
    if without:
        raise InputError(
            f"{path}: expected a label in {where} for each of {len(keys):,} images, found none "
            f"for {len(without):,}, for example {names.listed(without, most=3)}",
            "Copy the lists again from the set as it was published.",
        )
    return [labels[key] for key in keys]


def _file(layout: Layout, name: str) -> Path:
    return layout.file(f"annotations/{name}", name)


def _has(layout: Layout, name: str) -> bool:
    return layout.has(f"annotations/{name}") or layout.has(name)


RECIPES = (
    Recipe(
        name="clothing1m",
        summary="Clothing1M, labels from shops",
        expects="annotations/ (or the folder itself) with noisy_label_kv.txt, clean_label_kv.txt, "
        "noisy_train_key_list.txt, clean_val_key_list.txt, clean_test_key_list.txt and "
        "category_names_eng.txt; the images where these lists say.",
        train=_train,
        test=_test,
    ),
)
