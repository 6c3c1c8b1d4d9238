# SPDX-License-Identifier: Apache-2.0
"""For tests of pages: the samples of regatta_sample_pages in a browser."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True  # the source tree stays clean
from chromium import Chromium, find_chromium  # noqa: E402

SAMPLE_PAGES = os.environ.get("REGATTA_SAMPLE_PAGES", "regatta_sample_pages")


class SamplePages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory(prefix="sample-pages-")
        cls.addClassCleanup(holder.cleanup)
        cls.folder = pathlib.Path(holder.name)
        subprocess.run([SAMPLE_PAGES, cls.folder], check=True)
        cls.browser = Chromium()
        cls.addClassCleanup(cls.browser.close)

    def setUp(self):
        self.browser.set_media()
        self.browser.set_window(1280, 900)

    def text(self, selector):
        return self.browser.evaluate(f"document.querySelector({json.dumps(selector)}).textContent")

    def count(self, selector):
        return self.browser.evaluate(f"document.querySelectorAll({json.dumps(selector)}).length")


def main():
    if find_chromium() is None:
        print("skipped: there is no chromium; install the package or set REGATTA_CHROMIUM")
        sys.exit(77)
    unittest.main()
