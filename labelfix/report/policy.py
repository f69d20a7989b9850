"""What a browser may do on the page: show what is inside of it, and nothing else."""

import base64
import hashlib


def content_security_policy(style: str, script: str | None = None) -> str:
    """The policy of a page with one inline style and one inline script or none.

    Nothing is loaded, sent or embedded; a script or a style that is not one of the two, byte for
    byte, has no effect.

    Args:
        style: the text inside of the page's `style` element.
        script: the text inside of its `script` element; None where it has none.
    """
    return "; ".join(
        [
            "default-src 'none'",
            "img-src data:",
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
