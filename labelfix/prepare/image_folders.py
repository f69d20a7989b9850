"""ANIMAL-10N, with labels in the image names, and folders `split/class/image`."""

from functools import partial

from labelfix.data import class_folders, names
from labelfix.errors import InputError
from labelfix.prepare.recipe import LABEL, TRUE_LABEL, Recipe, Rows, Sources

SPLITS = {"train": ("train", "training"), "test": ("test", "testing", "val", "valid", "validation")}


def _animal10n(sources: Sources, *, folder: str = "training") -> Rows:
    layout = sources.layout
    home = layout.folder(folder)
    opened, notes = class_folders.unlabelled_manifest(home)
    wrong = [name for name in opened.images if not (name[0].isascii() and name[0].isdigit())]
    if wrong or any("/" in name for name in opened.images):
        wrong = wrong or [name for name in opened.images if "/" in name]
        raise InputError(
            f"{home}: expected images directly in it whose names begin with the label, 0 to 9, "
            f"found {len(wrong):,} others, for example {names.listed(wrong, most=3)}",
            "For labels elsewhere in a name use labelfix run IMAGES --label-pattern REGEX.",
        )
    labels = [name[0] for name in opened.images]
    columns = {LABEL: labels}
    if folder == "testing":
        columns[TRUE_LABEL] = labels
    return Rows(
        folder=layout.root,
        source=home,
        images=[f"{folder}/{name}" for name in opened.images],
        columns=columns,
        notes=notes,
    )


def _image_folder(sources: Sources, *, split: str = "train") -> Rows:
    layout = sources.layout
    home = layout.folder(*SPLITS[split])
    opened, notes = class_folders.folder_manifest(home, "class")
    images = [f"{home.name}/{name}" for name in opened.images]
    return Rows(
        folder=layout.root,
        source=home,
        images=images,
        columns={LABEL: opened.given_labels},
        notes=notes,
    )


RECIPES = (
    Recipe(
        name="animal10n",
        summary="ANIMAL-10N, whose labels people gave",
        expects="training/ and testing/, flat; an image's name begins with its label, 0 to 9.",
        train=_animal10n,
        test=partial(_animal10n, folder="testing"),
    ),
    Recipe(
        name="imagefolder",
        summary="any set in folders split/class/image",
        expects="train/CLASS/IMAGE (or training/), and test/CLASS/IMAGE (or testing/, val/, "
        "valid/, validation/).",
        train=_image_folder,
        test=partial(_image_folder, split="test"),
    ),
)
