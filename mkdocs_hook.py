"""What the site has besides docs/: pages of the repository that docs/ links to, and notebooks as pages.

A page of the repository stands in the site's folder `repository/`, under the path that it has here. Links are written
for the repository; on the site those to what it has lead there, and of the others only the text is left.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.plugins import get_plugin_logger
from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parent
BROUGHT = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "recipes/samples/README.md")
BROUGHT_BY_PATTERN = ("reports/*.md", "reports/*.svg", "reports/*.jpg")
_LOG = get_plugin_logger("edgeface")
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")
_FENCE = re.compile(r"(^ *```.*?^ *```$)", re.MULTILINE | re.DOTALL)


def brought() -> Iterator[str]:
    """Paths, in the repository, of what the site shows from outside docs/."""
    yield from BROUGHT
    for pattern in BROUGHT_BY_PATTERN:
        yield from sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob(pattern))


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the repository's pages, and a page for each notebook in its place."""
    for path in brought():
        files.append(File.generated(config, f"repository/{path}", abs_src_path=str(ROOT / path)))
    for file in [file for file in files if file.src_uri.endswith(".ipynb")]:
        files.remove(file)
        page = file.src_uri.removesuffix(".ipynb") + ".md"
        files.append(File.generated(config, page, content=as_markdown(Path(str(file.abs_src_path)))))
    return files


def as_markdown(notebook: Path) -> str:
    """A notebook's text and code; its outputs are left out."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    texts = [(cell["cell_type"], "".join(cell["source"])) for cell in cells]
    return "\n\n".join(text if kind == "markdown" else f"```python\n{text}\n```" for kind, text in texts) + "\n"


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Rewrite links, which lead from file to file in the repository, for the site."""
    del config, files
    here = page.file.src_uri
    at = here.removeprefix("repository/") if here.startswith("repository/") else f"docs/{here}"
    parts = _FENCE.split(markdown)
    parts[::2] = [_LINK.sub(lambda link: _rewritten(link, at, here), part) for part in parts[::2]]
    return "".join(parts)


def _rewritten(link: re.Match[str], at: str, here: str) -> str:
    image, text, target = link.groups()
    path, _, anchor = target.partition("#")
    if not path or re.match(r"\w+:", target):
        return link[0]
    goal = posixpath.normpath(posixpath.join(posixpath.dirname(at), path))
    if not (ROOT / goal).exists():
        _LOG.warning("%s: a link leads to no file: %s", at, target)  # fails a strict build
        return link[0]
    site = _on_site(goal)
    if site is None:
        return text
    relative = posixpath.relpath(site, posixpath.dirname(here) or ".")
    return f"{image}[{text}]({relative}{'#' if anchor else ''}{anchor})"


def _on_site(goal: str) -> str | None:
    """Where the site has what stands at a path of the repository."""
    if (ROOT / goal).is_dir():
        goal = f"{goal}/README.md"
    if goal.startswith("docs/"):
        return re.sub(r"\.ipynb$", ".md", goal.removeprefix("docs/"))
    return f"repository/{goal}" if goal in set(brought()) else None
