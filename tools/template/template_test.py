"""template.yaml holds what the checks promise, and each check sees what it is there for."""

import copy
import unittest
from importlib.metadata import version

import alarms
import functions
import permissions
import resources
import stores
from expanded import ROOT, Expanded, source
from mutations import ENOUGH, MUTATIONS

CHECKS = functions.CHECKS + resources.CHECKS + permissions.CHECKS + stores.CHECKS + alarms.CHECKS


def complaints(x):
    return [f"{check.__name__}: {fault}" for check in CHECKS for fault in check(x)]


class Template(unittest.TestCase):
    maxDiff = None

    def test_as_it_is(self):
        for architecture in ("arm64", "x86_64"):
            with self.subTest(architecture):
                self.assertEqual(complaints(Expanded(source(), Architecture=architecture)), [])

    def test_every_break_is_named(self):
        small = source()
        for i, resource in list(small["Resources"].items()):
            if resource["Type"] == "AWS::Serverless::Function" and i not in ENOUGH:
                del small["Resources"][i]
        before = set(complaints(Expanded(small, Architecture="arm64")))  # of those that were left out
        for what, (change, check, culprit) in MUTATIONS.items():
            with self.subTest(what):
                broken = copy.deepcopy(small)
                change(broken)
                found = set(complaints(Expanded(broken, Architecture="arm64"))) - before
                self.assertTrue(
                    any(c.startswith(check + ":") and culprit in c for c in found),
                    f"{check} does not name {culprit}: {found}",
                )

    def test_every_check_is_broken(self):
        self.assertEqual({c.__name__ for c in CHECKS} - {check for _, check, _ in MUTATIONS.values()}, set())


class Pins(unittest.TestCase):
    def test_as_in_sam(self):
        """What is judged here is what SAM deploys: its transform, and the linter of `sam validate --lint`."""
        pins = [set((ROOT / "tools" / tool / "requirements.txt").read_text().split()) for tool in ("cfn-lint", "sam")]
        ours = {pin for pin in pins[0] if "==" in pin}
        self.assertEqual(ours - pins[1], set())
        self.assertIn("aws-sam-translator==" + version("aws-sam-translator"), ours)


if __name__ == "__main__":
    unittest.main()
