"""`labelfix check`."""

import textwrap
from typing import Annotated

import typer

from labelfix.cli import console
from labelfix.cli.arguments import Audited, Images, ManifestFile
from labelfix.cli.check_ending import BatchFailed, Ending
from labelfix.cli.session import working
from labelfix.cli.signature import Given, first_given, only, with_options, without
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
from labelfix.options.rule_options import RULES_PANEL, RuleOptions
from labelfix.options.threshold_options import Thresholds
from labelfix.options.train_options import TrainOptions
from labelfix.options.workspace_options import WorkspaceOptions

EXAMPLE = (
    "Example: labelfix check sample_data/images sample_data/manifest.csv \\\n"
    "--encoder hog --max-wrong-rate 2%"
)
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
        is_eager=True,
        help="Show how a rule finds what it finds and what to do, and exit.",
        show_default=False,
        rich_help_panel=RULES_PANEL,
    ),
]


@with_options()
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
    baseline: BaselineOptions,
    embed: Annotated[EmbedOptions, without("epochs", "image_size")],
    index: IndexOptions,
    train: Annotated[TrainOptions, only("fast", "seed", "device")],
    relabel: Annotated[RelabelOptions, only("device")],
    columns: Annotated[ManifestOptions, without("missing", "merge_spellings")],
    audited: Audited = None,
    work: Annotated[WorkspaceOptions, without("as_json")],
) -> None:
    """Say whether a batch of annotations may be merged, and which rows are wrong and why.

    Alone, the batch is embedded and learned from, as by labelfix run. With --reference, it is
    judged by a workspace that was trained before.

    Ends with 0 if the batch passes, 1 if it is over a threshold, 2 if it could not be checked.
    """
    from labelfix.check.option_texts import expected_wrong_rate, rule_options, thresholds
    from labelfix.judging.batch import BatchInputs
    from labelfix.pipeline import PipelineOptions

    _check_goes_together(context, reference, baseline)
    chosen = rule_options(rules.made(), **rules.written)
    allowed = thresholds(limits.made(), **limits.written)
    ending = Ending(output, baseline)
    ending.check_before_work(manifest)
    inputs = BatchInputs(
        images=images,
        manifest=manifest,
        embeddings=reference.embeddings,
        options=columns,
        split_column=chosen.split_column,
        audited=tuple(audited or ()),
    )
    stages = PipelineOptions(embed=embed, index=index, train=train, relabel=relabel)
    rate = expected_wrong_rate(reference.expect_wrong_rate, EXPECTED_WRONG_RATE)
    with working(work, begins=True) as session:
        from labelfix.data.records import Rerun
        from labelfix.judging.judge import judge_batch

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
        passed = ending.write(batch, chosen, allowed, images, session)
    if not passed:
        raise BatchFailed


def _check_goes_together(
    context: typer.Context, reference: ReferenceOptions, baseline: BaselineOptions
) -> None:
    """Check that no option on the command line is useless beside the others."""
    useless: dict[str, tuple[str, ...]] = {}
    if reference.reference is not None:
        useless["cannot be combined with --reference, which brings its own"] = OF_THE_REFERENCE
    else:
        useless["needs --reference WORKSPACE"] = ("embeddings", "expect_wrong_rate")
    if not baseline.update_baseline:
        useless["needs --update-baseline"] = ("baseline_reason", "baseline_expires")
    for problem, names in useless.items():
        flag = first_given(context, names)
        if flag is not None:
            raise InputError(f"{flag} {problem}", f"Leave {flag} out.")
