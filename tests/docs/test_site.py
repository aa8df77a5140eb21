"""The site of docs/ is built without a warning, works without network, and shows every page."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from pages import DOCS, ROOT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


class _Page(HTMLParser):
    """What a page loads, where its links lead, and the text of its paragraphs."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.paragraphs: list[str] = []
        self._inside = 0
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag in {"script", "img", "iframe", "source"} and given.get("src"):
            self.loads.append(given["src"])
        if tag == "link" and given.get("rel") in {"stylesheet", "icon", "preload", "preconnect"}:
            self.loads.append(given["href"] or "")
        if tag == "a" and given.get("href"):
            self.links.append(given["href"])
        if tag == "p":
            self._inside += 1
            self.paragraphs.append("")

    def handle_endtag(self, tag):
        self._inside -= tag == "p"

    def handle_data(self, data):
        if self._inside > 0:
            self.paragraphs[-1] += data


@pytest.fixture(scope="module")
def pages(site) -> dict[str, _Page]:
    return {str(path.relative_to(site)): _Page(path) for path in sorted(site.rglob("*.html"))}


def test_every_page_and_notebook_is_there_and_the_home_leads_to_it(pages):
    sources = [*DOCS.rglob("*.md"), *DOCS.rglob("*.ipynb")]
    expected = {re.sub(r"README\.html$", "index.html", str(p.relative_to(DOCS).with_suffix(".html"))) for p in sources}
    assert expected <= set(pages)
    assert expected - {"index.html"} <= {link.partition("#")[0] for link in pages["index.html"].links}


def test_pages_of_the_repository_are_there(pages):
    assert {f"repository/{name}.html" for name in ("index", "CONTRIBUTING", "CHANGELOG", "reports/arm")} <= set(pages)


def test_nothing_is_loaded_from_elsewhere(site, pages):
    for name, page in pages.items():
        assert [target for target in page.loads if re.match(r"\w+:|//", target)] == [], name
    for sheet in site.rglob("*.css"):
        assert not re.search(r"(@import|url\()\s*[\"']?(https?:)?//", sheet.read_text(encoding="utf-8")), sheet.name


def test_what_pages_load_and_link_to_is_there(site, pages):
    for name, page in pages.items():
        if name == "404.html":
            continue  # its paths are those of a server's root
        for target in (*page.loads, *page.links):
            path = target.partition("#")[0]
            if path and not re.match(r"\w+:", path):
                assert (site / name).parent.joinpath(path).exists(), (name, target)


def test_lists_tables_and_blocks_are_what_they_look_like_in_the_repository(pages):
    for name, page in pages.items():
        text = [line.strip() for paragraph in page.paragraphs for line in paragraph.splitlines()]
        assert [line for line in text if re.match(r"(- |\d+\. |\|.*\|$|```)", line)] == [], name


def test_search_knows_the_troubles(site):
    assert "int8 finds no faces" in (site / "search" / "search_index.json").read_text(encoding="utf-8")
