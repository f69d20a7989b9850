"""Headless Chromium for tests of pages."""

import importlib.util
import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",  # the browser's own; there is none in a test
    "--disable-component-update",
    "--disable-extensions",
    "--no-first-run",
)
PHONE = {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": True}


def started_chromium() -> Iterator[Any]:
    """A browser that keeps what the console says and what it asks the network for."""
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (program and driver and importlib.util.find_spec("selenium")):
        if os.environ.get("LABELFIX_BROWSER_TESTS") == "required":
            pytest.fail("expected chromium and chromedriver, which .ci/run installs")
        pytest.skip("needs chromium, chromedriver and selenium; .ci/run installs and requires them")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = program
    for argument in ARGUMENTS:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(driver))
    yield browser
    browser.quit()
