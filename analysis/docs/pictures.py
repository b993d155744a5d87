"""Cuts the pictures of these pages out of what kappa itself draws. Run it beside the launcher, on a built kappa:

./kappa reproduce figure-2.1 figure-4.1 figure-4.5 --quick --out target/pictures
python3 analysis/docs/pictures.py target/pictures/index.html
"""

import pathlib
import re
import sys


def drawings(page, item):
    """The single figures of an item, in their order. Each may hold drawings of its own."""
    begin = page.index("<h2>" + item + ":")
    end = page.find("<h2>", begin + 4)
    part = page[begin:end if end > 0 else len(page)]
    figures, depth, first = [], 0, 0
    for tag in re.finditer(r"<svg [^>]*>|</svg>", part):
        if depth == 0 and 'role="img"' in tag.group():
            first = tag.start()
        if depth or 'role="img"' in tag.group():
            depth += -1 if tag.group() == "</svg>" else 1
            if depth == 0:
                figures.append(part[first:tag.end()])
    return figures


page = pathlib.Path(sys.argv[1]).read_text()
folder = pathlib.Path(__file__).parent
for name, item, number in (("rank-one.svg", "figure-2.1", 0), ("plane.svg", "figure-4.1", 0),
                           ("without-input.svg", "figure-4.5", 0), ("with-input.svg", "figure-4.5", 1)):
    (folder / name).write_text(drawings(page, item)[number] + "\n")
