"""Runs the cells of a notebook without Jupyter: `run.py NOTEBOOK [--write]`; with `--write` their outputs are kept in it."""

import ast
import contextlib
import io
import json
import sys
from pathlib import Path

# Larger outputs, as pictures are, stay out of the file.
MOST = 30_000


def run(source, names):
    """Executes a cell; returns what it prints, and what its last expression shows."""
    tree, printed = ast.parse(source), io.StringIO()
    last = ast.Expression(tree.body.pop().value) if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, "<cell>", "exec"), names)
        value = eval(compile(last, "<cell>", "eval"), names) if last else None
    outputs = []
    if printed.getvalue():
        outputs.append({"output_type": "stream", "name": "stdout", "text": printed.getvalue().splitlines(True)})
    if value is not None:
        shown = {"text/plain": [repr(value)[:200]]}
        html = value._repr_html_() if hasattr(value, "_repr_html_") else ""
        if 0 < len(html) <= MOST:
            shown["text/html"] = [html]
        outputs.append({"output_type": "execute_result", "metadata": {}, "data": shown})
    return outputs


def main(path, *options):
    notebook, names = json.loads(Path(path).read_text()), {"__name__": "__main__"}
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for number, cell in enumerate(cells, 1):
        source = "".join(cell["source"])
        print(f"[{number}] {source.splitlines()[0]}", flush=True)
        outputs = run(source, names)
        for output in outputs:
            print("".join(output.get("text") or output["data"]["text/plain"]).rstrip(), flush=True)
            if output["output_type"] == "execute_result":
                output["execution_count"] = number
        cell["outputs"], cell["execution_count"] = outputs, number
    if "--write" in options:
        Path(path).write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
