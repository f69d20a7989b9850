"""What the tests of patches share: a patch made, applied and taken back in a folder."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from labelfix.options.manifest_options import ManifestOptions
from labelfix.options.patch_options import MergeOptions, PatchOptions, SplitOptions, TargetOptions
from labelfix.patches.merge_request import Merged, MergeRequest, apply_patch, revert_patch
from labelfix.patches.patch_request import MadeFiles, PatchRequest, make_from
from labelfix.runtime.progress import Silent


@dataclass(frozen=True)
class Desk:
    """A folder with a manifest, a patch, and what comes of them."""

    folder: Path

    def make(
        self,
        manifest: Path,
        *sources: Path,
        read: ManifestOptions | None = None,
        splits: SplitOptions | None = None,
        images: Path | None = None,
        **options: object,
    ) -> MadeFiles:
        request = PatchRequest(
            manifest=manifest,
            out=self.folder / "fixes.patch.jsonl",
            sources=sources,
            review=None,
            images=images,
            workspace=self.folder / "none",
            columns=read or ManifestOptions(),
            split_column=None,
        )
        return make_from(request, PatchOptions(**options), splits or SplitOptions(), Silent())

    def request(
        self,
        manifest: Path,
        out: str,
        read: ManifestOptions | None,
        images: Path | None,
        options: dict,
    ) -> MergeRequest:
        return MergeRequest(
            manifest=manifest,
            out=self.folder / f"{out}{manifest.suffix}",
            options=MergeOptions(**options),
            target=TargetOptions(),
            images=images,
            workspace=None,
            columns=read or ManifestOptions(),
            split_column=None,
        )

    def apply(
        self,
        manifest: Path,
        *,
        read: ManifestOptions | None = None,
        splits: SplitOptions | None = None,
        images: Path | None = None,
        **options: bool,
    ) -> Merged:
        request = self.request(manifest, "new", read, images, options)
        patch = self.folder / "fixes.patch.jsonl"
        return apply_patch(request, patch, splits or SplitOptions(), Silent())

    def revert(
        self,
        manifest: Path,
        *,
        read: ManifestOptions | None = None,
        by_patch: bool = True,
        **options: bool,
    ) -> Merged:
        request = self.request(manifest, "back", read, None, options)
        patch = self.folder / "fixes.patch.jsonl" if by_patch else None
        return revert_patch(request, patch, Silent())

    def write(self, name: str, text: str, encoding: str = "utf-8") -> Path:
        path = self.folder / name
        path.write_bytes(text.encode(encoding))
        return path


@pytest.fixture
def desk(tmp_path, monkeypatch) -> Desk:
    monkeypatch.setattr("labelfix.runtime.atomic._sync", lambda _: None)  # a test may be slow so
    return Desk(tmp_path)
