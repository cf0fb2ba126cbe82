"""The site of the documentation: its generator warns of nothing, and every link of what it has made ends somewhere."""

from __future__ import annotations

import subprocess
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt

import vidmock

TOP = Path(__file__).parents[1]
BLOCKS = ("li", "table", "tr", "pre")


class BuiltPage(HTMLParser):
    """The ids, links and blocks of a page; blocks only of its article, which is what was written."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.parts: list[str] = []
        self.blocks: Counter[str] = Counter()
        self._article = "<article" not in text
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._article = self._article or tag == "article"
        self.ids.add(given.get("id") or "")
        if tag == "a" and given.get("href"):
            self.links.append(given["href"] or "")
        elif tag in {"script", "img", "link"} and given.get("rel") not in {"canonical", "alternate"}:
            self.parts += [found for name in ("src", "href") if (found := given.get(name))]
        if self._article and tag in BLOCKS:
            self.blocks[tag] += 1

    def handle_endtag(self, tag: str) -> None:
        self._article = self._article and tag != "article"


def test_the_site_is_built_without_a_warning_and_says_what_the_pages_say(tmp_path: Path) -> None:
    done = subprocess.run([TOP / "scripts" / "site", tmp_path], capture_output=True, text=True, timeout=400)
    assert done.returncode == 0, done.stdout + done.stderr
    site, sources = tmp_path / "site", tmp_path / "site-pages"
    pages = {file: BuiltPage(file.read_text("utf-8")) for file in site.rglob("*.html") if file.name != "404.html"}
    assert [broken for file, page in pages.items() for broken in broken_links(file, page, site, pages)] == []
    assert [part for page in pages.values() for part in page.parts if urlsplit(part).netloc] == []
    # Some dialects of Markdown make no list of what follows a paragraph's line; the pages are written for CommonMark.
    differing = {}
    for source in sorted(sources.rglob("*.md")):
        name = source.relative_to(sources)
        written = TOP / name if (TOP / name).exists() else source
        built = pages[site / (name.with_name("index.html") if name.name == "README.md" else name.with_suffix(".html"))]
        meant = BuiltPage(MarkdownIt().enable("table").render(written.read_text("utf-8"))).blocks
        if name != Path("reference/python.md") and built.blocks != meant:
            differing[str(name)] = (built.blocks, meant)
    assert differing == {}
    reference = pages[site / "reference" / "python.html"].ids
    assert reference >= {f"{module}.{name}" for module, names in vidmock._NAMES_BY_MODULE.items() for name in names}


def broken_links(file: Path, page: BuiltPage, site: Path, pages: dict[Path, BuiltPage]) -> list[str]:
    broken = []
    for link in [*page.links, *page.parts]:
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            continue
        target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
        target = target / "index.html" if target.is_dir() else target
        known = target in pages and (not parts.fragment or unquote(parts.fragment) in pages[target].ids)
        if not (known or (target.is_file() and target not in pages)):
            broken.append(f"{file.relative_to(site)}: {link}")
    return broken
