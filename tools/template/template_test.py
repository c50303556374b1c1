"""template.yaml holds what the checks promise, and each check sees what it is there for."""

import copy
import unittest

import functions
import permissions
import resources
import stores
from expanded import Expanded, source
from mutations import ENOUGH, MUTATIONS

CHECKS = functions.CHECKS + resources.CHECKS + permissions.CHECKS + stores.CHECKS


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


if __name__ == "__main__":
    unittest.main()
