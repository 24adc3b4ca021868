"""What is said of the package: in itself, and in the documents."""

import ast
import contextlib
import inspect
import io
import os
import re
import unittest
from pathlib import Path

import hrm
from shared import ROOT


class Documentation(unittest.TestCase):
    def test_everything_public_says_what_it_is(self):
        for name in hrm.__all__:
            item = getattr(hrm, name)
            if name.startswith("_"):
                continue
            self.assertTrue(inspect.getdoc(item), name)
            for member in vars(item) if inspect.isclass(item) else ():
                value = getattr(item, member)
                if not member.startswith("_") and (callable(value) or inspect.isdatadescriptor(value)):
                    self.assertTrue(inspect.getdoc(value), f"{name}.{member}")

    def test_editors_are_told_what_help_tells(self):
        """The stub, which editors read, has the documentation of the compiled module."""
        stub = ast.parse(Path(hrm._hrm.__file__).with_name("_hrm.pyi").read_text(encoding="utf-8"))

        def compare(node, item):
            self.assertEqual(ast.get_docstring(node), inspect.getdoc(item), node.name)

        for node in stub.body:
            if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and not node.name.startswith("_"):
                item = getattr(hrm._hrm, node.name)
                compare(node, item)
                for member in node.body if isinstance(node, ast.ClassDef) else []:
                    if isinstance(member, ast.FunctionDef) and not member.name.startswith("_"):
                        compare(member, getattr(item, member.name))

    def test_the_documents_do_what_they_say(self):
        texts = [(ROOT / name).read_text() for name in ("README.md", "crates/python/README.md", "docs/python.md")]
        blocks = re.findall("```python\n(.*?)```", "".join(texts), re.S)
        self.assertGreater(len(blocks), 7)
        names, before = {}, os.getcwd()
        os.chdir(ROOT)
        self.addCleanup(os.chdir, before)
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            for block in blocks:
                exec(block, names)
        self.assertTrue(names["answer"].valid)
        self.assertIn("1 3 ", printed.getvalue())

    def test_the_version_is_that_of_the_distribution(self):
        from importlib.metadata import version

        self.assertEqual(version("hrm-runtime"), hrm.__version__)


if __name__ == "__main__":
    unittest.main()
