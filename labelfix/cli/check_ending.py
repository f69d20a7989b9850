"""How `check` ends: the verdict written where it was asked for, the report, the baseline."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from labelfix.cli import console
from labelfix.errors import InputError, OutputError

if TYPE_CHECKING:
    from labelfix.check.baseline import Baseline
    from labelfix.check.verdict import Verdict
    from labelfix.check_config import RuleOptions, Thresholds
    from labelfix.cli.session import Session
    from labelfix.judging.batch import Batch

FOR_PEOPLE = ("full", "concise")
"""Output formats that end with the summary, so that it need not be told beside them."""


class BatchFailed(SystemExit):
    """A batch is over a threshold; only then does labelfix end with 1."""


@dataclass(frozen=True)
class Output:
    """Where the verdict goes.

    Attributes:
        output_format: one of `check.formats.available.FORMATS`.
        file: None takes the standard output.
        report: the page, if there is to be one.
    """

    output_format: str
    file: Path | None
    report: Path | None


@dataclass(frozen=True)
class BaselineUse:
    """What is done with the baseline.

    Attributes:
        file: None for no baseline.
        update: whether it is to know all findings afterwards.
        reason: of the new ones.
        expires: the last day on which they count, as the user wrote it.
    """

    file: Path | None
    update: bool
    reason: str
    expires: str | None

    def read(self) -> "Baseline":
        """The baseline; an empty one where there is none, or none yet."""
        from labelfix.check.baseline import Baseline
        from labelfix.check.baseline_file import read_baseline

        if self.file is None or (self.update and not self.file.exists()):
            return Baseline()
        return read_baseline(self.file)

    def write(self, baseline: "Baseline") -> str:
        """Write the baseline, and say so in a line."""
        from labelfix.check.baseline_file import write_baseline
        from labelfix.check.wording import count

        if self.file is None:
            return ""
        is_written = write_baseline(self.file, baseline)
        findings = count(len(baseline), "finding")
        return f"{findings} in {self.file}{'' if is_written else ', as before'}"

    def last_day(self) -> date | None:
        """The last day on which new entries count; None for ever."""
        from labelfix.check.option_texts import last_day

        if self.expires is None:
            return None
        return last_day("--baseline-expires", self.expires, date.today())


@dataclass(frozen=True)
class Ending:
    """What is written once a batch is judged."""

    output: Output
    baseline: BaselineUse

    def check_before_work(self, manifest: Path | None) -> None:
        """See that all that is asked for can be written and read, before hours of work.

        Args:
            manifest: the user's, which is never written to.

        Raises:
            InputError: the format, the baseline or a day is not usable.
            OutputError: a file cannot be written.
        """
        from labelfix.check.formats.available import check_format
        from labelfix.data.atomic import check_place

        check_format(self.output.output_format)
        files = {
            "--output-file": self.output.file,
            "--report": self.output.report,
            "--baseline": self.baseline.file if self.baseline.update else None,
        }
        written = {option: file for option, file in files.items() if file is not None}
        for option, file in written.items():
            check_place(option, file, manifest)
        if len({file.resolve() for file in written.values()}) < len(written):
            raise OutputError(
                f"{' and '.join(written)}: expected different files, found one for two of them",
                "Name a file for each.",
            )
        if self.baseline.update and self.baseline.file is None:
            raise InputError(
                "--update-baseline: expected --baseline FILE beside it, found none",
                "For example --baseline labelfix-baseline.json --update-baseline.",
            )
        self.baseline.read()
        self.baseline.last_day()

    def write(
        self,
        batch: "Batch",
        rules: "RuleOptions",
        limits: "Thresholds",
        folder: Path,
        session: "Session",
    ) -> bool:
        """Write the verdict, and the report and the baseline where they are asked for.

        Returns:
            Whether the batch passes.
        """
        from labelfix.check.gate import Gate, pass_through
        from labelfix.check.option_texts import unknown_classes

        progress = session.progress
        progress.close()
        known = {*batch.support, *batch.manifest.given_labels}
        for name in unknown_classes(rules, limits, known):
            progress.say(f"no image has the label {name!r}, which an option names")
        baseline = self.baseline.read()
        gate = Gate(rules, limits, baseline)
        outcome = pass_through(batch, gate, str(folder))
        if self.baseline.update:
            baseline = baseline.updated(
                outcome.findings,
                outcome.rules,
                self.baseline.reason,
                self.baseline.last_day(),
            )
            outcome = pass_through(batch, Gate(rules, limits, baseline), str(folder))
        self._write_verdict(outcome.verdict, session)
        if self.output.report is not None:
            from labelfix.report.contents import ReportContents
            from labelfix.report.page import write_report

            contents = ReportContents(batch, outcome.verdict.findings, outcome.verdict)
            size = write_report(self.output.report, contents, progress)
            progress.close()
            progress.say(f"report written to {self.output.report}, {size / 1e6:.1f} MB")
        if self.baseline.update:  # last: a finding is accepted once it was told
            progress.say(self.baseline.write(baseline))
        return outcome.verdict.passed

    def _write_verdict(self, verdict: "Verdict", session: "Session") -> None:
        from labelfix.check.formats.available import render
        from labelfix.check.formats.wording import summary
        from labelfix.data import atomic

        text = render(verdict, self.output.output_format)
        if self.output.file is not None:
            atomic.write_text(self.output.file, text)
        elif text:
            console.print_result(text.removesuffix("\n"))
        if self.output.file is not None or self.output.output_format not in FOR_PEOPLE:
            for line in summary(verdict):
                session.progress.say(line)
