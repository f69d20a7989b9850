"""The table of standard sets: a new one is a module with `RECIPES`, and its name below.

A table alone, so that a new set is one file and one line.
"""

import difflib

from labelfix.errors import InputError
from labelfix.prepare import cifar, clothing1m, food, image_folders, webvision
from labelfix.prepare.recipe import Recipe

RECIPES: dict[str, Recipe] = {
    recipe.name: recipe
    for module in (cifar, food, clothing1m, webvision, image_folders)
    for recipe in module.RECIPES
}


def find_recipe(name: str) -> Recipe:
    """The recipe of a set.

    Raises:
        InputError: there is none with this name.
    """
    if name in RECIPES:
        return RECIPES[name]
    plain = {known.replace("-", ""): known for known in RECIPES}
    asked = "".join(letter for letter in name.lower() if letter.isalnum())
    near = difflib.get_close_matches(asked, plain, n=1)
    raise InputError(
        f"expected one of {', '.join(RECIPES)}, found {name!r}",
        f"Did you mean {plain[near[0]]}?" if near else "labelfix prepare --list says what each is.",
    )
