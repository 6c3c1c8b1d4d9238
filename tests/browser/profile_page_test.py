#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The HTML page of a profile as a reader's browser shows it."""
import json

from sample_pages import SamplePages, main

PAGES = ("profile.html", "profile-quiet.html", "profile-hostile.html", "profile-long.html")
KEYS = {"ArrowDown": 40, "ArrowUp": 38, "ArrowLeft": 37, "ArrowRight": 39, "Enter": 13,
        "Escape": 27, "Home": 36}


class ProfilePage(SamplePages):
    def open(self, name):
        path = self.folder / name
        self.browser.open(path)
        self.browser.wait_for("document.documentElement.dataset.ready === 'yes'")
        return path

    def click(self, selector):
        self.browser.evaluate(f"document.querySelector({json.dumps(selector)}).click()")

    def press(self, key):
        self.browser.press(key, KEYS[key])

    def focused(self):
        return self.browser.evaluate("document.activeElement.textContent")

    def view(self):
        """What the timeline shows, in seconds."""
        text = self.browser.evaluate("document.getElementById('timeline').dataset.view")
        return [int(part) / 1e9 for part in text.split()]

    def test_draws_everything_and_asks_nobody_for_anything(self):
        for name in PAGES:
            with self.subTest(name):
                path = self.open(name)
                self.assertEqual(self.browser.complaints(), [])
                self.assertEqual([url for url in self.browser.requests()
                                  if not url.startswith("data:")], [path.as_uri()])
        self.open("profile.html")
        self.assertEqual(self.count("#timeline svg"), 3, "two loops and the load")
        self.assertEqual(self.count("#timeline .stall"), 3)
        self.assertGreaterEqual(self.count("#timeline path.working"), 3)
        self.assertEqual(self.count("#stretches tbody tr"), 3)
        self.assertEqual(self.count("#flame-graph .frame"), 8)

    def test_is_no_wider_than_a_telephone(self):
        self.browser.set_window(360, 800)
        for name in PAGES:
            with self.subTest(name):
                self.open(name)
                self.assertLessEqual(
                    self.browser.evaluate("document.documentElement.scrollWidth"), 360)

    def test_the_flame_graph_is_walked_and_zoomed_by_keys(self):
        self.open("profile.html")
        self.browser.evaluate("document.querySelector('#flame-graph [tabindex=\"0\"]').focus()")
        self.assertEqual(self.focused(), "all blocked time")
        for name in ("_start", "main", "handle(request const&)"):
            self.press("ArrowDown")
            self.assertEqual(self.focused(), name)
        self.press("ArrowDown")
        self.assertEqual(self.focused(), "parse")
        self.press("ArrowRight")
        self.assertEqual(self.focused(), "store")
        width = "document.activeElement.getBoundingClientRect().width"
        before = self.browser.evaluate(width)
        self.press("Enter")
        self.assertEqual(self.focused(), "store")
        self.assertGreater(self.browser.evaluate(width), 1.5 * before)
        self.assertIn("300 ms, 30.9 % of all blocked time", self.text("#flames .told"))
        self.assertEqual(self.browser.evaluate("page.flames.zoomed.name"), "store")
        self.press("Escape")
        self.assertEqual(self.browser.evaluate("page.flames.zoomed.name"),
                         "handle(request const&)")
        self.assertEqual(self.count("#flame-graph [tabindex=\"0\"]"), 1)

    def test_the_flame_graph_is_searched(self):
        self.open("profile.html")
        self.browser.evaluate("document.querySelector('#flames input').focus()")
        self.browser.call("Input.insertText", text="FSYNC")
        self.assertEqual(self.text("#flames .found"), "1 frame, 30.9 % of all blocked time")
        self.assertEqual(self.count(".frame.found"), 1)

    def test_the_timeline_goes_from_stall_to_stall(self):
        self.open("profile.html")
        self.assertEqual(self.view(), [-0.005, 10])
        self.click("[data-action=stall-after]")
        self.assertIn("waiting for a lock", self.text("#timeline output"))
        self.click("[data-action=stall-after]")
        self.assertIn("300 ms at 2.00 s: file sync", self.text("#timeline output"))
        self.click("[data-action=zoom-in]")
        begin, end = self.view()
        self.assertAlmostEqual(end - begin, 5.0025, 3)
        self.assertTrue(begin <= 2 and end >= 2.3)
        self.click("[data-action=later]")
        self.assertGreater(self.view()[0], begin)
        self.click("[data-action=whole]")
        self.assertEqual(self.view(), [-0.005, 10])
        target = self.browser.evaluate(
            "document.querySelector('#timeline output a').getAttribute('href')")
        self.assertEqual(self.count(target), 1)

    def test_a_drag_over_a_lane_zooms(self):
        self.open("profile.html")
        self.browser.evaluate("document.getElementById('timeline').scrollIntoView()")
        left, top, width = self.browser.evaluate(
            "(({left, top, width}) => [left, top, width])"
            "(document.querySelector('#timeline .plot').getBoundingClientRect())")
        for kind, share in (("mousePressed", 0.5), ("mouseReleased", 0.75)):
            self.browser.call("Input.dispatchMouseEvent", type=kind, x=left + share * width,
                              y=top + 40, button="left", clickCount=1)
        begin, end = self.view()
        self.assertAlmostEqual(begin, 5, 1)
        self.assertAlmostEqual(end, 7.5, 1)

    def test_ten_minutes_and_a_thousand_stretches_are_drawn_at_once(self):
        self.open("profile-long.html")
        self.assertEqual(self.count("#timeline .stall"), 1000)
        self.assertTrue(self.browser.evaluate(
            "[...document.querySelectorAll('.stall')].every((stall) => stall.width.baseVal.value >= 2)"))
        self.assertEqual(self.count("#stretches tbody tr"), 200)
        self.assertLess(self.browser.evaluate(
            "(() => { const began = performance.now(); page.timeline.draw(); page.flames.draw();"
            " return performance.now() - began; })()"), 2000)

    def test_names_stay_text(self):
        self.open("profile-hostile.html")
        self.assertEqual(self.count("img"), 0)
        self.assertEqual(self.count("script"), 2, "the page's own, and the data")
        self.assertIn("<script>alert(1)</script>", self.text("h1"))
        self.assertIn("<script>alert(1)</script>", self.text("#flame-graph"))
        self.click("[data-action=stall-after]")
        self.assertIn("<img src=x", self.text("#timeline output"))
        self.assertFalse([event for event in self.browser.events
                          if event["method"] == "Page.javascriptDialogOpening"])
        self.assertEqual(self.browser.complaints(), [])

    def test_dark_where_the_reader_wants_it_dark(self):
        lightness = "getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]"
        self.browser.set_media(prefers_color_scheme="dark")
        self.open("profile.html")
        self.assertLess(int(self.browser.evaluate(lightness)), 64)
        self.click("#theme")
        self.assertGreater(int(self.browser.evaluate(lightness)), 192)

    def test_without_scripts_the_tables_are_all_there(self):
        path = self.folder / "profile.html"
        self.browser.open(path, scripts=False)
        document = self.browser.call("DOM.getDocument")["root"]["nodeId"]

        def found(selector):
            return len(self.browser.call("DOM.querySelectorAll", nodeId=document,
                                         selector=selector)["nodeIds"])

        self.assertEqual(found("#timeline details.numbers[open] table"), 2)
        self.assertEqual(found("#stretches tbody tr"), 3)
        self.assertGreaterEqual(found("#ledger svg.ledger rect"), 4)
        for selector in (".toolbar", "#theme", "#flames .needs-script"):
            self.assertFalse(self.browser.evaluate(
                f"document.querySelector({json.dumps(selector)}).checkVisibility()"), selector)

    def test_saves_what_the_profile_file_has(self):
        self.open("profile.html")
        self.browser.evaluate("""
            window.saved = [];
            HTMLAnchorElement.prototype.click = function () { saved.push(this.download); };
            document.getElementById('save-json').click();
            document.getElementById('save-folded').click();""")
        self.assertEqual(self.browser.evaluate("saved"), ["profile-4711.json",
                                                          "profile-4711.folded"])

    def test_prints(self):
        self.open("profile.html")
        self.assertTrue(self.browser.pdf().startswith(b"%PDF-"))
        self.assertEqual(self.browser.complaints(), [])


if __name__ == "__main__":
    main()
