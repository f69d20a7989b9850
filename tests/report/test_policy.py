import base64
import hashlib

from labelfix.report.policy import content_security_policy


def test_content_security_policy__allows_one_style_one_script_and_data_images():
    def hash_of(text: str) -> str:
        return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode()

    policy = content_security_policy("a{}", "é")
    assert policy.split("; ") == [
        "default-src 'none'",
        "img-src data:",
        f"style-src 'sha256-{hash_of('a{}')}'",
        f"script-src 'sha256-{hash_of('é')}'",
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
    ]


def test_content_security_policy__without_a_script():
    policy = content_security_policy("a{}")
    assert "script-src 'none'" in policy.split("; ")
