"""Do the links of what is packed lead somewhere? Whoever has a package alone has no other place to look.

    links.py DIRECTORY
"""

import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1]).resolve()
followed, dead = 0, []
for page in sorted(root.rglob("*.md")):
    fenced = False
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.lstrip().startswith("```"):
            fenced = not fenced
        if fenced:
            continue
        for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`(?!\]\()", "", line)):
            if re.match(r"(https?|mailto):|#", target):
                continue
            followed += 1
            place = (page.parent / target.split("#")[0]).resolve()
            if not place.exists() or not place.is_relative_to(root):
                dead.append(f"{page.relative_to(root)}: {target}")
if dead:
    sys.exit("links that lead nowhere in the package:\n" + "\n".join(dead))
if followed < 200:
    sys.exit(f"only {followed} links were found in {root}")
print(f"{followed} links")
