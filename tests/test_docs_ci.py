"""What docs/ci.md has for pasting: its commands, options, pipelines, hooks and settings."""

import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import typer
import yaml

from labelfix.check.option_texts import rule_options, thresholds
from labelfix.check.rules.registry import RULES
from labelfix.cli import app as cli_app
from labelfix.data.image_endings import IMAGE_SUFFIXES
from labelfix.options import settings_file as settings
from labelfix.options.rule_options import RuleOptions
from labelfix.options.threshold_options import Thresholds

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))

WORKFLOW, SCANNING_PERMISSIONS, SCANNING_STEPS, GITLAB, HOOK, LOCAL_HOOK = (
    yaml.safe_load(content) for content in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.M | re.S)
)
STEPS = WORKFLOW["jobs"]["check"]["steps"]
JOB = GITLAB["labels"]
(JENKINS,) = re.findall(r"^```groovy\n(.*?)^```", PAGE, re.M | re.S)
(MAKEFILE,) = re.findall(r"^```make\n(.*?)^```", PAGE, re.M | re.S)

COMMANDS = typer.main.get_command(cli_app.app).commands


def lines_of_shell() -> list[str]:
    """What a shell runs of the pipelines, the Makefile and the local hook."""
    return [
        *[step["run"] for step in [*STEPS, *SCANNING_STEPS] if "run" in step],
        *JOB["script"],
        *re.findall(r"sh '(.*?)'", JENKINS),
        *re.findall(r"^\t(.*)", MAKEFILE, re.MULTILINE),
        LOCAL_HOOK["repos"][0]["hooks"][0]["entry"],
    ]


def labelfix_commands(line: str) -> list[list[str]]:
    """The words after `labelfix` of every such command in a line of shell."""
    simple = [command.strip() for command in re.split(r"&&|\|\||[;|]", line)]
    words = [shlex.split(re.sub(r">>?\s*\S+", "", command)) for command in simple]
    return [found[1:] for found in words if found[:1] == ["labelfix"]]


def parsed(words: list[str]) -> dict[str, object]:
    """What a command line says, by the parameters' names; nothing is run."""
    command = COMMANDS[words[0]]
    return command.make_context(words[0], words[1:]).params


def written_by(lines: list[str]) -> set[str]:
    """The files that the checks in lines of shell write."""
    said = [parsed(words) for line in lines for words in labelfix_commands(line)]
    files = [values.get(name) for values in said for name in ("output_file", "report")]
    return {str(file) for file in files if file is not None}


# Commands and options


@pytest.mark.parametrize("line", lines_of_shell())
def test_lines_of_shell__parse(line):
    bash = shutil.which("bash")
    if bash is not None:
        subprocess.run([bash, "-n", "-c", line], check=True, timeout=60)
    for words in labelfix_commands(line):
        parsed(words)


def test_lines_of_shell__have_the_commands():
    found = [words[0] for line in lines_of_shell() for words in labelfix_commands(line)]
    assert {*found} == {"run", "check"}
    assert len(found) == sum(line.count("labelfix ") for line in lines_of_shell())


def test_options__exist():
    known = {
        option
        for name in ("check", "run", "relabel")
        for parameter in COMMANDS[name].params
        for option in parameter.opts
    }
    named = {*re.findall(r"(?<![\w-])--[a-z][a-z-]+", PAGE)}
    assert {"--max-wrong-rate", "--reference", "--update-baseline"} <= named
    assert named <= known


@pytest.mark.parametrize(
    "values",
    re.findall(r"`--(max-wrong-rate|max-findings|max-unreadable|on|fail-on) ([^`]+)`", PAGE),
    ids=" ".join,
)
def test_thresholds__are_read(values):
    option, value = values
    name = option.replace("-", "_")
    if name in ("on", "fail_on"):
        limits = Thresholds(**{name: value})
    else:
        none = {"max_wrong_rate": (), "max_findings": (), "max_unreadable": ()}
        limits = thresholds(Thresholds(), **none | {name: [value]})
    assert limits != Thresholds()


@pytest.mark.parametrize("content", re.findall(r"^```toml\n(.*?)^```", PAGE, re.M | re.S))
def test_settings__are_options_of_check(content, tmp_path):
    table = tomllib.loads(content)
    (tmp_path / ("pyproject.toml" if "tool" in table else "labelfix.toml")).write_text(
        content, encoding="utf-8"
    )
    commands = {name: function for name, (function, _) in cli_app.COMMANDS.items()}
    read = settings.read_settings(tmp_path, commands)["check"]
    assert read["reference"] == "reference"
    rules = rule_options(
        RuleOptions(),
        **{
            name: read.get(name, ())
            for name in ("select", "ignore", "level", "min_confidence", "max_annotator_wrong_rate")
        },
    )
    limits = thresholds(
        Thresholds(on=read.get("on", Thresholds.on)),
        **{
            name: read.get(name, ())
            for name in ("max_wrong_rate", "max_findings", "max_unreadable")
        },
    )
    assert limits.max_wrong_rate == 0.02
    assert {*rules.levels, *rules.min_confidence_of, *limits.max_findings_of} <= {*RULES}


# GitHub Actions


def test_workflow__steps_that_are_waited_for_are_there():
    names = {step["id"] for step in STEPS if "id" in step}
    text = yaml.safe_dump(STEPS)
    assert {*re.findall(r"steps\.(\w+)\.", text)} == names == {"reference"}


def test_workflow__what_is_kept_is_what_was_looked_for():
    looked_for, kept = (
        step["with"]["path"].split()
        for step in STEPS
        if step.get("uses", "").startswith("actions/cache/")
    )
    assert looked_for == kept
    (made,) = [step["run"] for step in STEPS if step.get("name") == "Make the reference"]
    assert str(parsed(labelfix_commands(made)[0])["workspace"]) == looked_for[0]


@pytest.mark.parametrize("scanning", [False, True])
def test_workflow__files_that_are_waited_for_are_written(scanning):
    place = [step.get("name") for step in STEPS].index("Check the labels")
    steps = [*STEPS[:place], *SCANNING_STEPS, *STEPS[place + 1 :]] if scanning else STEPS
    waited_for = {file for step in steps for file in waited_for_by(step)}
    written = written_by([step["run"] for step in steps if "run" in step])
    assert waited_for == written
    for step in steps:
        if "upload" in step.get("uses", ""):
            file = step["with"].get("sarif_file") or step["with"]["path"]
            assert waited_for_by(step) == [file]


def waited_for_by(step: dict) -> list[str]:
    return re.findall(r"hashFiles\('([^']+)'\) != ''", step.get("if", ""))


def test_workflow__may_upload_findings_only_where_it_does():
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert SCANNING_PERMISSIONS["permissions"] == {
        "contents": "read",
        "actions": "read",
        "security-events": "write",
    }
    assert SCANNING_STEPS[0]["name"] in [step.get("name") for step in STEPS]


def test_pipelines__one_check_decides_and_the_others_let_findings_pass():
    for lines in ([step["run"] for step in STEPS if "run" in step], JOB["script"]):
        checks = [line for line in lines if line.startswith("labelfix check")]
        assert sorted(line.endswith(" || test $? -le 2") for line in checks) == [False, True]


# GitLab CI and Jenkins


def test_gitlab__files_are_those_that_are_written():
    artifacts = JOB["artifacts"]
    assert {*artifacts["paths"], *artifacts["reports"].values()} == written_by(JOB["script"])
    format_of = {
        str(values["output_file"]): values["output_format"]
        for line in JOB["script"]
        for values in map(parsed, labelfix_commands(line))
        if "output_file" in values
    }
    assert format_of[artifacts["reports"]["codequality"]] == "gitlab"
    assert format_of[artifacts["reports"]["junit"]] == "junit"
    assert artifacts["when"] == "always"


def test_gitlab__the_check_that_decides_is_the_last_command():
    assert JOB["script"][-1].startswith("labelfix check")
    assert "||" not in JOB["script"][-1]


def test_jenkins__files_are_those_that_are_written():
    named = {*re.findall(r"(?:testResults|artifacts): '([^']+)'", JENKINS)}
    assert named == written_by(re.findall(r"sh '(.*?)'", JENKINS))


# pre-commit


def test_hook__entry_is_a_command():
    (hook,) = HOOKS
    program, *words = hook["entry"].split()
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert scripts["scripts"][program] == "labelfix.cli.app:main"
    assert words[0] in COMMANDS
    assert hook["pass_filenames"] is False


def test_hook__is_the_one_that_is_documented():
    (used,) = HOOK["repos"][0]["hooks"]
    assert used["id"] == HOOKS[0]["id"]
    said = parsed([*HOOKS[0]["entry"].split()[1:], *used["args"]])
    assert str(said["manifest"]) == "labels.csv"


def test_hook__runs_for_tables_and_images():
    pattern = re.compile(HOOKS[0]["files"])
    for suffix in (".csv", ".tsv", ".parquet", ".JPG", *sorted(IMAGE_SUFFIXES)):
        assert pattern.search(f"folder/a{suffix}"), suffix
    assert not pattern.search("notes.md")


@pytest.mark.parametrize("config", [HOOK, LOCAL_HOOK])
def test_documented_hooks__run_for_the_manifest_and_its_images(config):
    pattern = re.compile(config["repos"][0]["hooks"][0]["files"])
    assert pattern.search("labels.csv")
    assert pattern.search("images/a.png")
    assert not pattern.search("trusted/labels.csv")


# What a reader would stumble over


def test_checkouts__fetch_images_that_are_in_git_lfs():
    (checkout,) = (step for step in STEPS if step.get("uses", "").startswith("actions/checkout@"))
    assert checkout["with"]["lfs"] is True
    assert JOB["variables"]["GIT_LFS_SKIP_SMUDGE"] == "0"


def test_references__are_made_again_when_a_trusted_image_changes():
    (looked,) = (step for step in STEPS if step.get("id") == "reference")
    assert "'trusted/**'" in looked["with"]["key"]
    assert "git rev-parse HEAD:trusted > trusted.tree" in JOB["script"]
    assert any(line.startswith("cmp -s trusted.tree reference.tree ||") for line in JOB["script"])


def test_hook__revision_exists_in_every_repository():
    """A tag that nobody made cannot be installed; pre-commit itself writes the right one."""
    (repository,) = HOOK["repos"]
    assert repository["rev"] == "HEAD"
    assert "pre-commit autoupdate" in PAGE
