"""How `check` ends: the verdict written where it was asked for, the report, the baseline."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from labelfix.cli import console
from labelfix.errors import InputError, OutputError
from labelfix.options.batch_options import BaselineOptions, OutputOptions
from labelfix.options.review_options import ReportOptions
from labelfix.options.workspace_options import named_workspace

if TYPE_CHECKING:
    from labelfix.check.baseline import Baseline
    from labelfix.check.history import PastCheck
    from labelfix.check.verdict import Verdict
    from labelfix.cli.session import Session
    from labelfix.judging.batch import Batch
    from labelfix.options.rule_options import RuleOptions
    from labelfix.options.threshold_options import Thresholds

FOR_PEOPLE = ("full", "concise")
"""Output formats that end with the summary; with the others it is shown beside them."""


class BatchFailed(SystemExit):
    """A batch is over a threshold; only then does labelfix end with 1."""


class BatchUndecided(SystemExit):
    """Too little to judge the batch by: it neither passed nor failed."""


@dataclass(frozen=True)
class Ending:
    """What is written once a batch is judged."""

    output: OutputOptions
    baseline: BaselineOptions
    page: ReportOptions = field(default_factory=ReportOptions)

    def check_before_work(self, manifest: Path | None) -> None:
        """Check that everything can be read and written, before hours of work.

        Args:
            manifest: the user's, which is never written to.

        Raises:
            InputError: the format, the baseline or a day is not usable.
            OutputError: a file cannot be written.
        """
        from labelfix.check.formats.registry import FILE_FORMATS, check_format
        from labelfix.check.history import read_history
        from labelfix.report.report_place import place_of
        from labelfix.runtime.atomic import check_place

        check_format(self.output.output_format)
        if self.output.output_format in FILE_FORMATS and self.output.output_file is None:
            raise InputError(
                f"--output-format {self.output.output_format} needs --output-file FILE",
                f"For example --output-file findings.{self.output.output_format}.",
            )
        files = {
            "--output-file": self.output.output_file,
            "--report": self.output.report,
            "--history": self.output.history,
            "--baseline": self.baseline.baseline if self.baseline.update_baseline else None,
        }
        written = {option: file for option, file in files.items() if file is not None}
        for option, file in written.items():
            check_place(option, file, manifest)
        if self.output.report is not None:
            place_of(self.output.report).check()
        if len({file.resolve() for file in written.values()}) < len(written):
            raise OutputError(
                f"{' and '.join(written)}: expected different files, found one for two of them",
                "Name a file for each.",
            )
        if self.baseline.update_baseline and self.baseline.baseline is None:
            raise InputError(
                "--update-baseline needs --baseline FILE",
                "For example --baseline labelfix-baseline.json --update-baseline.",
            )
        read_baseline(self.baseline)
        last_day(self.baseline)
        if self.output.history is not None:
            read_history(self.output.history)

    def write(
        self,
        batch: "Batch",
        rules: "RuleOptions",
        limits: "Thresholds",
        folder: Path,
        session: "Session",
    ) -> "Verdict":
        """Write the verdict, and the report and the baseline where they are asked for."""
        from labelfix.check.gate import Gate, pass_through
        from labelfix.check.option_texts import unknown_classes

        progress = session.progress
        progress.wait("looking for findings")
        known = {*batch.support, *batch.manifest.given_labels}
        for name in unknown_classes(rules, limits, known):
            progress.say(f"an option names the label {name!r}, but no image has it")
        baseline = read_baseline(self.baseline)
        gate = Gate(rules=rules, thresholds=limits, baseline=baseline)
        outcome = pass_through(batch, gate, str(folder))
        if self.baseline.update_baseline:
            baseline = baseline.updated(
                outcome.findings,
                outcome.rules,
                self.baseline.baseline_reason,
                last_day(self.baseline),
            )
            outcome = pass_through(
                batch, Gate(rules=rules, thresholds=limits, baseline=baseline), str(folder)
            )
        verdict = replace(outcome.verdict, workspace=named_workspace(session.workspace.root))
        self._write_verdict(verdict, session)
        past = self._add_to_history(verdict, progress)
        if self.output.report is not None:
            from labelfix.report.contents import ReportContents
            from labelfix.report.page import write_report

            contents = ReportContents(
                batch=batch,
                findings=verdict.findings,
                verdict=verdict,
                options=self.page,
                history=past,
            )
            written = write_report(self.output.report, contents, progress)
            progress.close()
            progress.say(f"report written to {written.page}, {written.bytes / 1e6:.1f} MB")
            for remark in written.remarks:
                progress.say(remark)
        if self.baseline.update_baseline and self.baseline.baseline is not None:
            # Last: a finding is accepted once it was shown.
            progress.say(write_baseline(self.baseline.baseline, baseline))
        return verdict

    def _add_to_history(
        self, verdict: "Verdict", progress: console.Reporter
    ) -> "tuple[PastCheck, ...]":
        """All checks of the history with this one; none without a history."""
        from labelfix.check.history import add_to_history, past_check

        if self.output.history is None:
            return ()
        past = add_to_history(self.output.history, past_check(verdict, datetime.now(UTC)))
        progress.say(f"check {len(past):,} in {self.output.history}")
        return past

    def _write_verdict(self, verdict: "Verdict", session: "Session") -> None:
        from labelfix.check.formats.registry import render, render_file
        from labelfix.check.formats.verdict_text import conclusion, summary
        from labelfix.check.verdict import CANNOT_TELL
        from labelfix.runtime import atomic

        session.progress.close()
        for_people = self.output.output_format in FOR_PEOPLE
        if for_people and self.output.output_file is None and console.has_terminal():
            from labelfix.cli.findings_view import findings_view

            console.print_view(findings_view(verdict, every=self.output.show_all))
            return
        if self.output.output_file is not None:
            content = render_file(verdict, self.output.output_format)
            atomic.write_bytes(self.output.output_file, content)
        elif text := render(verdict, self.output.output_format):
            console.print_result(text.removesuffix("\n"))
        if self.output.output_file is not None or not for_people:
            for line in summary(verdict):
                session.progress.say(line)
            if verdict.decision == CANNOT_TELL and session.is_quiet:
                console.show_line(conclusion(verdict))  # no other line says why it ends with 2


def read_baseline(options: BaselineOptions) -> "Baseline":
    """The baseline; an empty one if there is none, or none yet."""
    from labelfix.check import baseline_file
    from labelfix.check.baseline import Baseline

    file = options.baseline
    if file is None or (options.update_baseline and not file.exists()):
        return Baseline()
    return baseline_file.read_baseline(file)


def write_baseline(file: Path, baseline: "Baseline") -> str:
    """Write the baseline, and say so in a line."""
    from labelfix.check import baseline_file
    from labelfix.check.message_text import count

    is_written = baseline_file.write_baseline(file, baseline)
    findings = count(len(baseline), "finding")
    return f"{findings} in {file}{'' if is_written else ', as before'}"


def last_day(options: BaselineOptions) -> date | None:
    """The last day on which new entries count; None for ever."""
    from labelfix.check import option_texts

    if options.baseline_expires is None:
        return None
    return option_texts.last_day("--baseline-expires", options.baseline_expires, date.today())
