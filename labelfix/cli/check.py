"""`labelfix check`."""

import textwrap
from pathlib import Path
from typing import Annotated

import typer

from labelfix.check_config import EXPECTED_WRONG_RATE, RuleOptions, Thresholds
from labelfix.cli import check_options as options
from labelfix.cli import console
from labelfix.cli import options as cli
from labelfix.cli.check_ending import BaselineUse, BatchFailed, Ending, Output
from labelfix.cli.given import first_given
from labelfix.cli.session import working
from labelfix.config import (
    DEFAULT_WORKSPACE,
    EmbedOptions,
    IndexOptions,
    ManifestOptions,
    RelabelOptions,
    TrainOptions,
)
from labelfix.errors import InputError

EXAMPLE = (
    "Example: labelfix check sample_data/images sample_data/manifest.csv \\\n"
    "--encoder hog --max-wrong-rate 2%"
)
LINE_WIDTH = 88
"""Of an explanation, in characters."""

OF_THE_REFERENCE = {
    "encoder": "--encoder",
    "batch_size": "--batch-size",
    "precision": "--precision",
    "prompts": "--prompts",
    "class_vectors": "--class-vectors",
    "engine": "--engine",
    "neighbours": "--neighbours",
    "fast": "--fast",
    "seed": "--seed",
}
"""What says nothing beside --reference, by the parameters' names."""
OF_ONE_ALONE = {"embeddings": "--embeddings", "expect_wrong_rate": "--expect-wrong-rate"}
"""What says nothing without it."""
OF_AN_UPDATE = {"baseline_reason": "--baseline-reason", "baseline_expires": "--baseline-expires"}
"""What says nothing without --update-baseline."""


def _list_rules(wanted: bool) -> None:
    if wanted:
        from labelfix.check.rules import RULES

        width = max(map(len, RULES))
        for rule in RULES.values():
            console.print_result(f"{rule.name:<{width}}  {rule.level:<7}  {rule.summary}")
        raise typer.Exit


def _explain(name: str | None) -> None:
    if name is not None:
        from labelfix.check.rules import rule_named

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
        rich_help_panel=options.RULES_PANEL,
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
        rich_help_panel=options.RULES_PANEL,
    ),
]


def check(
    context: typer.Context,
    images: cli.Images,
    manifest: cli.ManifestFile = None,
    reference: options.Reference = None,
    embeddings: options.BatchEmbeddings = None,
    expect_wrong_rate: options.ExpectWrongRate = None,
    max_wrong_rate: options.MaxWrongRate = None,
    on: options.On = Thresholds.on,
    max_findings: options.MaxFindings = None,
    max_unreadable: options.MaxUnreadable = None,
    fail_on: options.FailOn = Thresholds.fail_on,
    select: options.Select = None,
    ignore: options.Ignore = None,
    level: options.Level = None,
    min_confidence: options.MinWrong = None,
    near_duplicate: options.NearDuplicate = RuleOptions.near_duplicate,
    rare_class_images: options.RareClassImages = RuleOptions.rare_class_images,
    max_annotator_wrong_rate: options.MaxAnnotatorWrongRate = None,
    split_column: options.SplitColumn = RuleOptions.split_column,
    _list_rules: ListRules = False,
    _explain: Explain = None,
    output_format: options.OutputFormat = "full",
    output_file: options.OutputFile = None,
    report: options.ReportFile = None,
    baseline: options.BaselineFile = None,
    update_baseline: options.UpdateBaseline = False,
    baseline_reason: options.BaselineReason = "",
    baseline_expires: options.BaselineExpires = None,
    encoder: cli.EncoderTexts = cli.DEFAULT_ENCODERS,
    device: cli.Device = EmbedOptions.device,
    batch_size: cli.BatchSize = EmbedOptions.batch_size,
    workers: cli.Workers = EmbedOptions.workers,
    precision: cli.Precision = EmbedOptions.precision,
    prompts: cli.Prompts = EmbedOptions.prompts,
    class_vectors: cli.ClassVectors = EmbedOptions.class_vectors,
    engine: cli.EngineName = IndexOptions.engine,
    neighbours: cli.NeighbourCount = IndexOptions.neighbours,
    fast: cli.Fast = TrainOptions.fast,
    seed: cli.Seed = TrainOptions.seed,
    image_column: cli.ImageColumn = ManifestOptions.image_column,
    label_column: cli.LabelColumn = ManifestOptions.label_column,
    annotator_column: cli.AnnotatorColumn = ManifestOptions.annotator_column,
    verified_column: cli.VerifiedColumn = ManifestOptions.verified_column,
    audited: cli.Audited = None,
    delimiter: cli.Delimiter = ManifestOptions.delimiter,
    encoding: cli.Encoding = ManifestOptions.encoding,
    no_header: cli.NoHeader = not ManifestOptions.has_header,
    columns: cli.Columns = None,
    label_pattern: cli.LabelPattern = ManifestOptions.label_pattern,
    workspace: cli.WorkspaceFolder = Path(DEFAULT_WORKSPACE),
    force: cli.Force = False,
    frozen: cli.Frozen = False,
    quiet: cli.Quiet = False,
) -> None:
    """Say whether a batch of annotations may be merged, and which rows are wrong and why.

    Alone, the batch is embedded and denoisers are trained on it, as by labelfix run. With
    --reference, it is judged by a workspace that was trained before.

    Ends with 0 where the batch passes, 1 where it is over a threshold, 2 where it could not be
    checked.
    """
    from labelfix.check.option_texts import expected_wrong_rate, rule_options, thresholds
    from labelfix.judging.inputs import BatchInputs

    _check_goes_together(context, reference is not None, update_baseline)
    rules = rule_options(
        RuleOptions(
            near_duplicate=near_duplicate,
            rare_class_images=rare_class_images,
            split_column=split_column,
        ),
        select=select or (),
        ignore=ignore or (),
        level=level or (),
        min_confidence=min_confidence or (),
        max_annotator_wrong_rate=max_annotator_wrong_rate or (),
    )
    limits = thresholds(
        Thresholds(on=on, fail_on=fail_on),
        max_wrong_rate=max_wrong_rate or (),
        max_findings=max_findings or (),
        max_unreadable=max_unreadable or (),
    )
    ending = Ending(
        Output(output_format, output_file, report),
        BaselineUse(baseline, update_baseline, baseline_reason, baseline_expires),
    )
    ending.check_before_work(manifest)
    inputs = BatchInputs(
        images,
        manifest,
        tuple(embeddings or ()),
        ManifestOptions(
            image_column,
            label_column,
            annotator_column,
            delimiter,
            encoding,
            "quarantine",
            verified_column,
            has_header=not no_header,
            columns=cli.column_names(columns),
            label_pattern=label_pattern,
        ),
        split_column,
        tuple(audited or ()),
    )
    first_encoder, *more_encoders = encoder or cli.DEFAULT_ENCODERS
    stages = (
        EmbedOptions(
            first_encoder,
            device,
            batch_size,
            workers,
            precision,
            seed=seed,
            prompts=prompts,
            class_vectors=class_vectors,
            more_encoders=tuple(more_encoders),
        ),
        IndexOptions(engine, neighbours, device),
        TrainOptions(seed=seed, device=device, fast=fast),
        RelabelOptions(device),
    )
    wrong_rate = expected_wrong_rate(expect_wrong_rate, EXPECTED_WRONG_RATE)
    with working(workspace, quiet=quiet, as_json=False, begins=True) as session:
        from labelfix.data.records import Rerun
        from labelfix.data.workspace import existing_workspace
        from labelfix.judging.own_batch import judge_alone
        from labelfix.judging.reference_batch import Against, reference_batch
        from labelfix.pipeline import PipelineOptions

        rerun = Rerun(force, frozen)
        if reference is None:
            batch = judge_alone(
                session.workspace,
                inputs,
                PipelineOptions(*stages),
                session.progress,
                rerun,
                session.done,
            )
        else:
            against = Against(
                existing_workspace(reference), session.workspace.batch, wrong_rate, device
            )
            batch = reference_batch(against, inputs, session.progress, rerun)
        passed = ending.write(batch, rules, limits, images, session)
    if not passed:
        raise BatchFailed


def _check_goes_together(context: typer.Context, has_reference: bool, updates: bool) -> None:
    """See that no option on the command line says nothing beside the others."""
    wanted = [
        (OF_THE_REFERENCE, not has_reference, "no --reference beside it, whose own is taken"),
        (OF_ONE_ALONE, has_reference, "--reference WORKSPACE beside it"),
        (OF_AN_UPDATE, updates, "--update-baseline beside it"),
    ]
    for names, is_right, expected in wanted:
        option = None if is_right else first_given(context, names)
        if option is not None:
            raise InputError(f"{option}: expected {expected}", "Leave one of them out.")
