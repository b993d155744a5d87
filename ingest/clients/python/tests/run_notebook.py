"""Runs the code of a notebook as a script, without a display: ``run_notebook.py FILE.ipynb``."""

import json
import pathlib
import sys

import matplotlib

matplotlib.use("Agg")
notebook = json.loads(pathlib.Path(sys.argv[1]).read_text())
code = "\n\n".join("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code")
exec(compile(code, sys.argv[1], "exec"), {"__name__": "__main__"})
