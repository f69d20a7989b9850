"""`labelfix check`."""

import textwrap
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from labelfix.cli import console
from labelfix.cli.arguments import Audited, Images, ManifestFile, NoDecisions
from labelfix.cli.check_ending import BatchFailed, BatchUndecided, Ending
from labelfix.cli.session import working
from labelfix.cli.signature import Given, Variant, first_given, only, with_options, without
from labelfix.errors import InputError
from labelfix.options.batch_options import (
    EXPECTED_WRONG_RATE,
    BaselineOptions,
    OutputOptions,
    ReferenceOptions,
)
from labelfix.options.embed_options import EmbedOptions
from labelfix.options.index_options import IndexOptions
from labelfix.options.manifest_options import ManifestOptions
from labelfix.options.relabel_options import RelabelOptions
from labelfix.options.review_options import ReportOptions
from labelfix.options.rule_options import RULES_PANEL, RuleOptions
from labelfix.options.threshold_options import Thresholds
from labelfix.options.train_options import TrainOptions
from labelfix.options.workspace_options import (
    CHECK_WORKSPACE,
    DEFAULT_WORKSPACE,
    FORCE_WITH_IMAGES,
    WorkspaceOptions,
)

EXAMPLE = (
    "Example: labelfix check sample_data/images sample_data/manifest.csv \\\n"
    "--encoder hog --max-wrong-rate 2%"
)
JSON = "json"
LINE_WIDTH = 88
"""Width of an explanation, in characters."""

OF_THE_REFERENCE = (
    "encoder",
    "batch_size",
    "precision",
    "prompts",
    "class_vectors",
    "engine",
    "neighbours",
    "fast",
    "seed",
)
"""What a reference brings itself, by the parameters' names."""


def _list_rules(wanted: bool) -> None:
    if wanted:
        from labelfix.check.rules.registry import RULES

        width = max(map(len, RULES))
        for rule in RULES.values():
            console.print_result(f"{rule.name:<{width}}  {rule.level:<7}  {rule.summary}")
        raise typer.Exit


def _complete_rule(incomplete: str) -> list[str]:
    """The names of rules with a beginning."""
    from labelfix.check.rules.registry import RULES

    return [name for name in RULES if name.startswith(incomplete)]


def _explain(name: str | None) -> None:
    if name is not None:
        from labelfix.check.rules.registry import rule_named

        rule = rule_named(name)
        console.print_result(f"{rule.name} ({rule.level}): {rule.summary}.")
        for paragraph in rule.explanation.split("\n\n"):
            console.print_result(
                "\n"
                + textwrap.fill(" ".join(paragraph.split()), LINE_WIDTH, break_on_hyphens=False)
            )
        raise typer.Exit


ListRules = Annotated[
    bool,
    typer.Option(
        "--list-rules",
        callback=_list_rules,
        is_eager=True,
        help="Show every rule with its level, and exit.",
        rich_help_panel=RULES_PANEL,
    ),
]
Explain = Annotated[
    str | None,
    typer.Option(
        "--explain",
        metavar="RULE",
        callback=_explain,
        autocompletion=_complete_rule,
        is_eager=True,
        help="Show how a rule finds what it finds and what to do, and exit.",
        show_default=False,
        rich_help_panel=RULES_PANEL,
    ),
]


@with_options(
    workspace=Variant(default=Path(CHECK_WORKSPACE)),
    force=Variant(help=FORCE_WITH_IMAGES),
    select=Variant(completion=_complete_rule),
    ignore=Variant(completion=_complete_rule),
)
def check(
    context: typer.Context,
    images: Images,
    *,
    manifest: ManifestFile = None,
    reference: ReferenceOptions,
    limits: Given[Thresholds],
    rules: Given[RuleOptions],
    _list_rules: ListRules = False,
    _explain: Explain = None,
    output: OutputOptions,
    page: Annotated[ReportOptions, only("single_file")],
    baseline: BaselineOptions,
    embed: Annotated[EmbedOptions, without("epochs", "image_size")],
    index: IndexOptions,
    train: Annotated[TrainOptions, only("fast", "seed", "device")],
    relabel: Annotated[RelabelOptions, only("device")],
    columns: Annotated[ManifestOptions, without("missing", "merge_spellings")],
    audited: Audited = None,
    no_decisions: NoDecisions = False,
    work: WorkspaceOptions,
) -> None:
    """Say whether a batch of annotations may be merged, and which rows are wrong and why.

    Alone, the batch is embedded and learned from, as by labelfix run. With --reference, it is
    judged by a workspace that was trained before.

    Ends with 0 if the batch passes, 1 if it is over a threshold, 2 if it could not be checked or
    says too little to be judged.
    """
    from labelfix.check.option_texts import expected_wrong_rate, rule_options, thresholds
    from labelfix.judging.batch import BatchInputs
    from labelfix.pipeline import PipelineOptions

    _check_goes_together(context, reference, output, baseline)
    chosen = rule_options(rules.made(), **rules.written)
    allowed = thresholds(limits.made(), **limits.written)
    ending = Ending(_chosen_output(context, output, work), baseline, page)
    ending.check_before_work(manifest)
    inputs = BatchInputs(
        images=images,
        manifest=manifest,
        embeddings=reference.embeddings,
        options=columns,
        split_column=chosen.split_column,
        audited=tuple(audited or ()),
        with_decisions=not no_decisions,
    )
    stages = PipelineOptions(embed=embed, index=index, train=train, relabel=relabel)
    rate = expected_wrong_rate(reference.expect_wrong_rate, EXPECTED_WRONG_RATE)
    could_reuse = reference.reference is None and _could_reuse_a_run(work.workspace)
    with working(work, begins=True) as session:
        from labelfix.data.records import Rerun
        from labelfix.judging.judge import judge_batch

        if could_reuse:
            session.progress.say(
                f"working in {CHECK_WORKSPACE}; for the images of {DEFAULT_WORKSPACE}, "
                f"--workspace {DEFAULT_WORKSPACE} reuses what labelfix run made of them"
            )
        batch = judge_batch(
            session.workspace,
            inputs,
            stages,
            session.progress,
            Rerun(work.force, work.frozen),
            session.done,
            reference=reference.reference,
            expected_wrong_rate=rate,
        )
        verdict = ending.write(batch, chosen, allowed, images, session)
    if verdict.exceeded:
        raise BatchFailed
    if not verdict.passed:
        raise BatchUndecided


def _could_reuse_a_run(workspace: Path) -> bool:
    """Whether a check is about to begin a workspace of its own beside that of `labelfix run`."""
    from labelfix.data.workspace import MARKER

    is_new = workspace == Path(CHECK_WORKSPACE) and not (workspace / MARKER).exists()
    return is_new and (Path(DEFAULT_WORKSPACE) / MARKER).is_file()


def _chosen_output(
    context: typer.Context, output: OutputOptions, work: WorkspaceOptions
) -> OutputOptions:
    """Where the verdict goes; `--json` is short for `--output-format json`."""
    if not work.as_json:
        return output
    if first_given(context, ["output_format"]) is not None and output.output_format != JSON:
        raise InputError(
            f"--json cannot be combined with --output-format {output.output_format}",
            "Leave one of them out.",
        )
    return replace(output, output_format=JSON)


def _check_goes_together(
    context: typer.Context,
    reference: ReferenceOptions,
    output: OutputOptions,
    baseline: BaselineOptions,
) -> None:
    """Check that no option on the command line is useless beside the others."""
    useless: dict[str, tuple[str, ...]] = {}
    if reference.reference is not None:
        useless["cannot be combined with --reference, which brings its own {}"] = OF_THE_REFERENCE
    else:
        useless["needs --reference WORKSPACE"] = ("embeddings", "expect_wrong_rate")
    if output.report is None:
        useless["needs --report FILE"] = ("single_file",)
    if not baseline.update_baseline:
        useless["needs --update-baseline"] = ("baseline_reason", "baseline_expires")
    for problem, names in useless.items():
        flag = first_given(context, names)
        if flag is not None:
            what = "training" if flag == "--fast" else flag.strip("-").replace("-", " ")
            raise InputError(f"{flag} {problem.format(what)}", f"Leave {flag} out.")
