"""Pages of the documentation, and the fenced blocks that they show."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.rglob("*.md")))
SAYS = 'title="It says"'
"""Behind the language of a block that quotes what the commands of the block before it print."""
RUN_BY = {
    "add-a-decoder.md": "test_docs.py",
    "add-a-target.md": "test_docs.py",
    "add-a-family.md": "test_docs.py",
    "add-an-algorithm.md": "test_docs.py",
    "integration/python.md": "integration/test_python_guide.py",
    "first_ten.md": "docs/test_first_ten.py",
}
"""Pages, by their path in docs/, whose blocks are run by a test of their own."""
_PARTS = re.compile(
    r"^#+ (?P<title>.*)$|^(?P<indent> *)```(?P<language>\w*)(?P<options>[^\n]*)\n(?P<text>(?s:.*?))^(?P=indent)```$",
    re.MULTILINE,
)
_ARTIFACT = re.compile(r"\b((?:out|mine|pair)/\w+-\w+-\w+)")


@dataclass(frozen=True)
class Block:
    """A fenced block: its page, the section that it stands in, its number there, language, options, text unindented."""

    page: Path
    section: str
    number: int
    language: str
    options: str
    text: str

    def __str__(self) -> str:
        return f"{name_of(self.page)}-{re.sub(r'[^a-z0-9]+', '-', self.section.lower())}-{self.number}"

    @property
    def lines(self) -> list[str]:
        """Command lines of a shell block, with what is said of them; of other blocks, those that run edgeface."""
        lines = self.text.replace("\\\n", " ").splitlines()
        if self.language == "sh":
            return [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        found = [re.search(r"edgeface (check|demo|export) .*", line) for line in lines]
        return [match[0] for match in found if match]

    @property
    def commands(self) -> list[Command]:
        """What is run of the block."""
        if self.language == "python":
            return [Command(f"python - <<'END'\n{self.text}END")]
        return [command_of(line) for line in self.lines if line.split()[0] not in {"make", "pip"}]

    @property
    def needs(self) -> set[str]:
        """Artifacts, with the folder that holds them, that the block reads and does not make itself."""
        if self.language == "python" and "edgeface.export(" in self.text:
            return set()
        made = {
            f"{folder}/{model or 'retinaface_mnet025'}-{target}"
            for command in self.commands
            for folder in re.findall(r"--out (\S+)", command.line) or ["out"]
            for model, targets in re.findall(r"edgeface export ([a-z]\w*(?= ))?.*--target (\S+)", command.line)
            for target in targets.split(",")
        }
        return set(_ARTIFACT.findall(self.text)) - made


@dataclass(frozen=True)
class Command:
    """A command line and the exit code that a remark behind it states: `edgeface … # exits 1: …`."""

    line: str
    exits: int = 0

    def __str__(self) -> str:
        return self.line

    @property
    def is_remembered(self) -> bool:
        """Whether it takes long, and depends on nothing but the prepared files and what is in mine/."""
        read = _ARTIFACT.findall(self.line)
        return self.line.startswith(("edgeface export ", "edgeface analyze ", "edgeface bench ")) and all(
            name.startswith("mine/") for name in read
        )


def command_of(line: str) -> Command:
    """A line of a shell block, without the remark behind it."""
    line, _, remark = line.partition("  # ")
    exits = re.search(r"exits (\d+)", remark)
    return Command(line.strip(), int(exits[1]) if exits else 0)


def name_of(page: Path) -> str:
    """A page's path in docs/, or its name in the root."""
    return str(page.relative_to(DOCS)) if page.is_relative_to(DOCS) else page.name


def blocks_of(page: Path) -> list[Block]:
    """The fenced blocks of a page in their order."""
    found: list[Block] = []
    section = ""
    for part in _PARTS.finditer(page.read_text(encoding="utf-8")):
        if part["title"] is not None:
            section = part["title"]
            continue
        number = 1 + sum(block.section == section for block in found)
        found.append(Block(page, section, number, part["language"], part["options"].strip(), dedent(part["text"])))
    return found


def without_blocks(page: Path) -> str:
    """The text of a page between its blocks."""
    return _PARTS.sub(lambda part: part[0] if part["title"] is not None else "", page.read_text(encoding="utf-8"))


def block_of(page: str, language: str, holding: str) -> str:
    """The one block of a page in docs/ that holds a text."""
    (found,) = [block.text for block in blocks_of(DOCS / page) if block.language == language and holding in block.text]
    return found


def anchors_of(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub names them."""
    headings = re.findall(r"^#+ (.*)$", without_blocks(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page: Path) -> list[str]:
    """Links of a page that lead to no file, or to no heading of one."""
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", without_blocks(page)):
        name, _, anchor = link.partition("#")
        goal = page.parent / name if name else page
        if link.startswith(("http://", "https://")):
            continue
        if not goal.exists() or (anchor and anchor not in anchors_of(goal)):
            broken.append(link)
    return broken


def scripts_of(page: Path) -> list[Block]:
    """What a page lets its reader run: its shell blocks and CI's lines one by one, its Python as one script."""
    blocks = blocks_of(page)
    run = [block for block in blocks if block.language in {"sh", "yaml"} and block.commands]
    python = [block for block in blocks if block.language == "python"]
    if python:
        run.append(Block(page, "python", 1, "python", "", "\n".join(block.text for block in python)))
    return run


def said_after(block: Block) -> str | None:
    """What a page quotes of the output of a block, if the next block does."""
    blocks = blocks_of(block.page)
    if block not in blocks:
        return None
    following = blocks[blocks.index(block) + 1 :][:1]
    return following[0].text if following and SAYS in following[0].options else None


def not_said(quoted: str, output: str) -> list[str]:
    """Pieces of a quotation, which has … for what is left out, that an output lacks or has in another order."""
    rest, missing = _plain(output), []
    for piece in filter(None, map(_plain, re.split(r"…|\n", quoted))):
        _, found, after = rest.partition(piece)
        if found:
            rest = after
        else:
            missing.append(piece)
    return missing


def _plain(text: str) -> str:
    """Without colors, and with one blank for all that separates words."""
    return " ".join(re.sub(r"\x1b\[[0-9;]*m", "", text).split())
