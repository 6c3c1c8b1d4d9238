#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What include_lint.py must find, and what it must leave alone."""
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parents[2] / "tools" / "lint"))
import include_lint  # noqa: E402


class IncludeLint(unittest.TestCase):
    def lint(self, name, *body, licence=include_lint.LICENCE, pragma="#pragma once"):
        """The sentences about one file of the given name and lines."""
        lines = [licence] + [pragma] * name.endswith(".hpp") + list(body)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.parent.mkdir(parents=True)
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
            return [(line, sentence) for _, line, sentence in include_lint.findings(Path(folder))]

    def assert_clean(self, name, *body):
        self.assertEqual(self.lint(name, *body), [])

    def assert_found(self, part, name, *body, **line):
        found = self.lint(name, *body, **line)
        self.assertEqual(len(found), 1, found)
        self.assertIn(part, found[0][1])

    def test_the_arrows_hold(self):
        self.assert_clean("tools/run.cpp", '#include "reports/html.hpp"',
                          '#include "workloads/cpu/sum.hpp"', '#include "harness/backend.hpp"')
        self.assert_clean("workloads/cpu/sum.cpp", '#include "harness/workload.hpp"')
        self.assert_clean("tests/harness/a_test.cpp", '#include "tests/support/clock.hpp"')

    def test_an_arrow_against_the_direction_is_found(self):
        for name, target in (("harness/a.cpp", "workloads/cpu/sum.hpp"),
                             ("harness/a.cpp", "reports/html.hpp"),
                             ("workloads/io/a.cpp", "reports/html.hpp"),
                             ("workloads/io/a.cpp", "tools/options.hpp"),
                             ("reports/a.cpp", "tools/options.hpp"),
                             ("reports/a.cpp", "workloads/cpu/sum.hpp"),
                             ("tools/a.cpp", "tests/support/clock.hpp")):
            self.assert_found("must not include", name, f'#include "{target}"')

    def test_reports_see_only_values_of_the_harness(self):
        self.assert_clean("reports/a.cpp", '#include "harness/outcome.hpp"',
                          '#include "harness/finding.hpp"',
                          '#include "harness/statistics/quantile.hpp"')
        self.assert_found("value headers", "reports/a.cpp", '#include "harness/backend.hpp"')
        self.assert_found("value headers", "reports/a.cpp",
                          '#include "harness/platform/unique_fd.hpp"')

    def test_the_layers_of_the_harness_hold(self):
        self.assert_clean("harness/backends/a.cpp", '#include "harness/backend.hpp"',
                          '#include "harness/platform/unique_fd.hpp"')
        self.assert_clean("harness/runner/a.cpp", '#include "harness/statistics/quantile.hpp"',
                          '#include "harness/diagnostics/symbols.hpp"')
        for name, target in (("harness/platform/a.cpp", "harness/statistics/quantile.hpp"),
                             ("harness/statistics/a.cpp", "harness/backend.hpp"),
                             ("harness/diagnostics/a.cpp", "harness/finding.hpp"),
                             ("harness/registry.cpp", "harness/backends/thread.hpp")):
            self.assert_found("a layer above", name, f'#include "{target}"')

    def test_asio_stays_out_of_headers(self):
        asio = "#include <boost/asio/post.hpp>"
        self.assert_found("Asio", "harness/a.hpp", asio)
        self.assert_found("Asio", "harness/a.hpp", "#  include <boost/beast.hpp>")
        self.assert_clean("harness/a.cpp", asio)
        self.assert_clean("harness/loop_asio.hpp", asio)
        self.assert_clean("harness/internal/a.hpp", asio)
        self.assert_clean("harness/a.hpp", "#include <boost/asioish.hpp>", "// " + asio)

    def test_an_include_that_is_not_from_the_root_is_found(self):
        self.assert_found("from the root", "harness/a.cpp", '#include "a.hpp"')
        self.assert_found("from the root", "harness/a.cpp", '#include "../harness/a.hpp"')

    def test_licence_guard_and_length_are_asked_for(self):
        self.assert_found("first line", "harness/a.cpp", licence="// a file")
        self.assert_found("#pragma once", "harness/a.hpp", pragma="// none")
        self.assert_clean("harness/a.cpp", *[""] * 399)
        self.assert_found("401 lines", "harness/a.cpp", *[""] * 400)

    def test_the_line_of_the_include_is_named(self):
        self.assertEqual(self.lint("harness/a.hpp", "", '#include "a.hpp"')[0][0], 4)


if __name__ == "__main__":
    unittest.main()
