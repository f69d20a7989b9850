"""What every page is made of: templates that escape, our own style and script, and the policy."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from labelfix.check.message_text import count
from labelfix.report import page_text

TEMPLATES = Path(__file__).with_name("templates")

DATA_IMAGES = "data:"
FILE_IMAGES = "data: 'self' file:"
"""Images in the page alone, or also in files beside it; a browser without a server has no 'self'
for files, so their scheme stands there as well."""


def source(*paths: Path) -> str:
    """Files of the package, with line ends as a browser normalises them before it hashes."""
    return "".join(path.read_text(encoding="utf-8").replace("\r\n", "\n") for path in paths)


def environment(*folders: Path) -> Environment:
    """The templates of some folders; they escape a user's text."""
    templates = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Any] = {
        "visible": page_text.visible,
        "percent": page_text.percent,
        "span": page_text.span,
        "for_script": for_script,
    }
    templates.filters.update(filters)
    templates.globals["counted"] = count
    return templates


def for_script(value: object) -> str:
    """A value as JSON in ASCII, for an attribute that a script reads; the template escapes it.

    No character that HTML would change stands there as itself: line ends, NUL and surrogates are
    written as escapes.
    """
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True)


def content_security_policy(
    style: str, script: str | None = None, images: str = DATA_IMAGES
) -> str:
    """The policy of a page with one inline style and at most one inline script.

    Nothing else is loaded, sent or embedded; any other script or style has no effect.

    Args:
        style: the text inside of the page's `style` element.
        script: the text inside of its `script` element; None where it has none.
        images: where images may come from.
    """
    return "; ".join(
        [
            "default-src 'none'",
            f"img-src {images}",
            f"style-src '{_hash(style)}'",
            "script-src 'none'" if script is None else f"script-src '{_hash(script)}'",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
        ]
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"
