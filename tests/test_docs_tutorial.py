"""The tutorial can be followed: each file it names is shipped, or made by what stands above."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest

from labelfix.data.workspace import Workspace

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")

ENDINGS = "csv|tsv|parquet|html|txt|toml|json|npy|png|safetensors"
FILE = re.compile(rf"(?<![\w./-])(?:\./)?[\w.-]+(?:/[\w.-]+)*\.(?:{ENDINGS})\b")
OUTPUTS = {"--out", "-o", "--html", "--output-file", "--report", "--workspace", "-w"}
WRITTEN_IN_PYTHON = re.compile(r"""(?:to_csv|write|open)\("([^"]+)"(?:, "(w)")?""")
MADE_FOLDERS = re.compile(r"""Path\("([\w./-]+)"\)""")

EXAMPLES = {"0000.png", "0001.png", "0002.png", "0003.png"}
"""Names of images within the sample data's tables."""


def blocks_and_text(page: str) -> list[tuple[str, str]]:
    """(language, content) of the blocks and (`text`, line) of the rest, in order."""
    parts = re.split(r"^```([a-z]*)[^\n]*\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)
    found = []
    for place in range(0, len(parts), 3):
        found += [("text", line) for line in parts[place].splitlines()]
        if place + 2 < len(parts):
            found.append((parts[place + 1], parts[place + 2]))
    return found


def commands_in(language: str, content: str) -> list[list[str]]:
    """The words of the labelfix commands in a block of shell."""
    if language not in ("sh", "console"):
        return []
    lines = content.replace("\\\n", " ").splitlines()
    if language == "console":
        lines = [line[2:] for line in lines if line.startswith("$ ")]
    simple = (re.split(r"[|;]\s", line)[0].split(" #")[0] for line in lines)
    return [shlex.split(line)[1:] for line in simple if line.startswith("labelfix ")]


def inputs_and_outputs(words: list[str]) -> tuple[set[str], set[str]]:
    """The files and folders that a command reads and writes."""
    read, written = set(), set()
    for before, word in zip(["", *words], words, strict=False):
        is_path = FILE.fullmatch(word) is not None or "/" in word
        if before in OUTPUTS:
            written.add(word)
        elif before == "--reference" or (is_path and not word.startswith("-")):
            read.add(word)
    return read, written


def made_in_python(content: str) -> set[str]:
    """The files and folders that a script writes."""
    files = set()
    for call in WRITTEN_IN_PYTHON.finditer(content):
        if not call.group().startswith("open") or call[2] == "w":
            files.add(call[1])
    if "mkdir" in content:
        files |= {name for name in MADE_FOLDERS.findall(content) if "sample_data" not in name}
    return files


class Desk:
    """What is there while somebody follows the page."""

    def __init__(self) -> None:
        self.made: set[str] = set()
        self.missing: list[str] = []
        self._in_workspace = {
            path.name for path in vars(Workspace(Path("w"))).values() if path != Path("w")
        }

    def follow(self, page: str) -> "Desk":
        """Follow a page to its end."""
        listed = blocks_and_text(page)
        for place, (language, content) in enumerate(listed):
            for words in commands_in(language, content):
                read, written = inputs_and_outputs(words)
                self._want(read, shlex.join(["labelfix", *words]))
                self.made |= written
            if language == "python":
                self.made |= made_in_python(content)
                opened = set(re.findall(r'(?:open|read_csv|embed)\("([^"]+)"', content))
                self._want(opened, "a script")
            if language == "text" and "**Export CSV** writes" in content:  # a button of the report
                self.made |= set(codes_in(content))
            if language == "toml":  # the reader writes it, as the text before says
                self.made |= set(FILE.findall(listed[place - 2][1] + listed[place - 1][1]))
        named = {name for language, line in listed if language == "text" for name in codes_in(line)}
        self._want(named - EXAMPLES, "the text")
        return self

    def _want(self, files: set[str], by: str) -> None:
        for file in sorted(files):
            name = file.removeprefix("./")
            if name in self.made or file in self.made or (ROOT / name).exists():
                continue
            if name.startswith(".labelfix/") and name.split("/")[1] in self._in_workspace:
                continue
            if (ROOT / "sample_data" / name).exists():
                continue
            self.missing.append(f"{file}, by {by}")


def codes_in(line: str) -> list[str]:
    """The files that a line of text names as code."""
    return [file for code in re.findall(r"`([^`]+)`", line) for file in FILE.findall(code)]


def test_tutorial__every_file_is_there_when_it_is_needed():
    desk = Desk().follow(PAGE)
    assert desk.missing == []
    assert {"fixed.csv", "questions.csv", "answers.csv", "trusted.csv", "reference"} <= desk.made
    assert {"images", "class_folders", "labels.csv", "labelfix.toml"} <= desk.made


@pytest.mark.parametrize(
    "page",
    [
        "```sh\nlabelfix run sample_data/images other.csv --out fixed.csv\n```\n",
        "```console\n$ labelfix score mine.csv sample_data/truth.csv | head -8\n```\n",
        "```sh\nlabelfix check sample_data/images batch.csv --reference reference\n```\n",
        "Look at `more.csv`.\n",
        '```python\nimport pandas as pd\npd.read_csv("none.csv")\n```\n',
    ],
)
def test_desk__finds_what_nobody_made(page):
    assert Desk().follow(page).missing


def test_desk__order_counts():
    made = "```sh\nlabelfix run sample_data/images sample_data/manifest.csv --out mine.csv\n```\n"
    used = "```sh\nlabelfix score mine.csv sample_data/truth.csv\n```\n"
    assert Desk().follow(made + used).missing == []
    assert Desk().follow(used + made).missing


# Installation


def test_requirements_without_a_gpu__are_those_of_the_project():
    with (ROOT / "pyproject.toml").open("rb") as file:
        project = tomllib.load(file)["project"]
    lines = (ROOT / "requirements-cpu.txt").read_text(encoding="utf-8").splitlines()
    wanted = {line for line in lines if not line.startswith("#")}
    mine = {one for one in project["dependencies"] if not one.startswith("faiss")}
    assert wanted - mine == {"faiss-cpu>=1.10"}
    assert mine <= wanted
    assert any(one.startswith("faiss-cpu>=1.10;") for one in project["dependencies"])


def test_project_urls__are_where_the_docs_say():
    """One address, wherever it stands: the metadata and the hook to paste."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        urls = tomllib.load(file)["project"]["urls"]
    assert {"Repository", "Documentation", "Changelog", "Issues"} <= set(urls)
    [address] = re.findall(
        r"- repo: (https://\S+)", (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    )
    assert urls["Repository"] == address
    assert all(url.startswith(address.removesuffix(".git")) for url in urls.values())
    for name in ("Documentation", "Changelog"):
        path = urls[name].partition("/blob/main/")[2]
        assert (ROOT / path).exists(), path
