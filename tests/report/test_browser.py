"""The pages in a real browser: without scripts or network, in both color schemes, wide and on a phone."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from edgeface.compile.report_options import REPORT
from edgeface.report.collect import collect
from edgeface.report.matrix import render_matrix
from edgeface.report.render import render

WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
SCHEMES = ("light", "dark")
PAGES = ("detector", "recognizer", "exported", "matrix", "analysis")
MIN_CONTRAST = 4.5
MAX_BYTES = 3_000_000
UNFOLD = "() => document.querySelectorAll('details').forEach(e => { e.open = true; })"
OVERFLOWING = """() => {
  const wide = document.documentElement.clientWidth;
  const inRegion = e => e.closest('.region') !== null && !e.matches('.region');
  const found = [...document.querySelectorAll('body *')]
    .filter(e => !inRegion(e) && !e.closest('.skip') && e.getBoundingClientRect().right > wide + 0.5)
    .map(e => e.outerHTML.slice(0, 120));
  return [document.documentElement.scrollWidth - wide, found];
}"""
LOW_CONTRAST = """least => {
  const rgba = text => { const n = text.match(/[\\d.]+/g).map(Number); return [n[0], n[1], n[2], n[3] ?? 1]; };
  const over = (top, below) => below.map((c, i) => top[3] * top[i] + (1 - top[3]) * c);
  const light = c => { const s = c / 255; return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4; };
  const luminance = c => 0.2126 * light(c[0]) + 0.7152 * light(c[1]) + 0.0722 * light(c[2]);
  const behind = element => {
    const layers = [];
    for (let e = element; e; e = e.parentElement) {
      const c = rgba(getComputedStyle(e).backgroundColor);
      if (c[3] > 0) layers.push(c);
      if (c[3] === 1) break;
    }
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
  };
  document.querySelectorAll('details').forEach(e => { e.open = true; });
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  let seen = 0;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const e = node.parentElement;
    if (!node.data.trim() || !e.getClientRects().length || ['TITLE', 'title', 'desc'].includes(e.tagName)) continue;
    const style = getComputedStyle(e);
    const below = behind(e);
    const ink = over(rgba(e.namespaceURI.includes('svg') ? style.fill : style.color), below);
    const [a, b] = [luminance(ink), luminance(below)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    seen += 1;
    if (ratio < least) found.push([node.data.trim().slice(0, 40), ratio]);
  }
  return [seen, found];
}"""
STRUCTURE = """() => {
  const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
  const levels = [...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map(e => Number(e.tagName[1]));
  const tables = [...document.querySelectorAll('table')];
  const cells = tables.flatMap(t => [...t.querySelectorAll('th')]);
  const named = id => id.split(' ').every(one => document.getElementById(one));
  return {
    lang: document.documentElement.lang,
    twice: ids.filter((id, i) => ids.indexOf(id) !== i),
    first: levels[0],
    skips: levels.filter((level, i) => i && level > levels[i - 1] + 1).length,
    tables: tables.length,
    uncaptioned: tables.filter(t => !t.caption || !t.caption.textContent.trim()).length,
    headless: tables.filter(t => !t.tHead || ![...t.tBodies[0].rows].every(r => r.cells[0].tagName === 'TH')).length,
    unscoped: cells.filter(e => !e.scope || !e.textContent.trim()).length,
    unfocusable: [...document.querySelectorAll('.region')].filter(
      e => e.tabIndex !== 0 || e.getAttribute('role') !== 'region' || !e.getAttribute('aria-label')).length,
    unwrapped: tables.filter(t => !t.closest('.region')).length,
    wordless: [...document.images].filter(e => !e.alt.trim()).length,
    undecoded: [...document.images].filter(e => !e.complete || e.naturalWidth === 0).length,
    images: document.images.length,
    broken: [...document.querySelectorAll('a[href^="#"]')].filter(
      e => !document.getElementById(e.getAttribute('href').slice(1))).length,
    unnamed: [...document.querySelectorAll('[aria-labelledby]')].filter(
      e => !named(e.getAttribute('aria-labelledby'))).length,
    scripts: document.scripts.length,
  };
}"""


@pytest.fixture
def paths(tmp_path, page, scenes, cards, exported, analyzed, request):
    """The pages by name, made when they are asked for."""

    def written(name):
        if name == "exported":
            (folder,) = exported.iterdir()
            return folder / REPORT
        place = tmp_path / f"{name}.html"
        if name == "matrix":
            text = render_matrix(collect(exported), place)
        elif name == "analysis":
            text = analyzed
        else:
            text = render("report.html", page=page(scenes if name == "detector" else cards))
        place.write_text(text, encoding="utf-8")
        return place

    return written


@pytest.fixture(scope="module")
def contexts(browser):
    """A context of the browser for each scheme, with or without scripts; they take long to make."""
    made = {}

    def of(scheme, scripts):
        if (scheme, scripts) not in made:
            made[scheme, scripts] = browser.new_context(java_script_enabled=scripts, color_scheme=scheme)
        return made[scheme, scripts]

    yield of
    for context in made.values():
        context.close()


@pytest.fixture
def opened(contexts):
    """Open a file: opened(path, viewport, scheme, scripts) → page, what it asked for, and what the console said."""

    @contextmanager
    def show(path, viewport=WIDE, scheme="light", scripts=True):
        own, asked, said = path.as_uri(), [], []
        sheet = contexts(scheme, scripts).new_page()
        try:
            sheet.set_viewport_size(viewport)
            sheet.on("request", lambda request: asked.append(request.url))
            sheet.on("console", lambda message: said.append(message.text))
            sheet.route("**/*", lambda route: route.continue_() if route.request.url == own else route.abort())
            sheet.goto(own, wait_until="load")
            yield sheet, asked, said
        finally:
            sheet.close()

    return show


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_self_contained_and_complete_without_scripts(opened, paths, name):
    path = paths(name)
    with opened(path, scripts=False) as (sheet, asked, said):
        assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]
        assert said == []
        assert sheet.locator("h1").is_visible()
        assert sheet.locator("#content").is_visible()
        assert sheet.locator("table").first.is_visible()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", PAGES)
def test_every_text_has_enough_contrast(opened, paths, name, scheme):
    with opened(paths(name), scheme=scheme) as (sheet, *_):
        seen, low = sheet.evaluate(LOW_CONTRAST, MIN_CONTRAST)
        assert seen > 20
        assert low == []


def test_light_and_dark_are_two_schemes(opened, paths):
    grounds = set()
    for scheme in SCHEMES:
        with opened(paths("detector"), scheme=scheme) as (sheet, *_):
            grounds.add(sheet.evaluate("() => getComputedStyle(document.body).backgroundColor"))
    assert len(grounds) == 2


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("name", PAGES)
def test_nothing_overflows_the_page(opened, paths, name, viewport):
    with opened(paths(name), viewport=viewport) as (sheet, *_):
        sheet.evaluate(UNFOLD)
        over, found = sheet.evaluate(OVERFLOWING)
        assert found == []
        assert over <= 0


@pytest.mark.parametrize("name", PAGES)
def test_the_structure_suits_a_screen_reader(opened, paths, name):
    with opened(paths(name)) as (sheet, *_):
        found = sheet.evaluate(STRUCTURE)
    assert found.pop("tables") > 0
    assert found.pop("images") >= {"detector": 10, "recognizer": 8}.get(name, 0)
    assert found.pop("lang") == "en"
    assert found.pop("first") == 1
    assert found.pop("twice") == []
    assert found == dict.fromkeys(found, 0)


def test_the_skip_link_comes_first_and_leads_to_the_verdict(opened, paths):
    with opened(paths("detector")) as (sheet, *_):
        sheet.keyboard.press("Tab")
        link = sheet.locator(":focus")
        assert link.get_attribute("class") == "skip"
        assert link.bounding_box()["y"] >= 0
        sheet.keyboard.press("Enter")
        assert sheet.evaluate("() => document.activeElement.id") == "content"


def test_wide_tables_scroll_by_themselves_on_a_phone(opened, paths):
    with opened(paths("exported"), viewport=PHONE) as (sheet, *_):
        scrolled = sheet.evaluate(
            "() => [...document.querySelectorAll('.region')].filter(e => e.scrollWidth > e.clientWidth)"
            ".map(e => { e.scrollLeft = 50; return e.scrollLeft; })"
        )
        assert scrolled
        assert min(scrolled) > 0


def test_boxes_cover_the_face_that_they_mark(opened, paths, scenes):
    box = scenes.scenes[0].images[0].boxes[0]
    with opened(paths("detector")) as (sheet, *_):
        sheet.evaluate(UNFOLD)
        photo = sheet.locator(".scene .photo").first
        whole, drawn = photo.bounding_box(), photo.locator(".box").first.bounding_box()
    assert drawn["x"] - whole["x"] == pytest.approx(whole["width"] * box.left / 100, abs=1)
    assert drawn["width"] == pytest.approx(whole["width"] * box.width / 100, abs=1)


def test_differences_are_shown_by_shape_and_word_too(opened, paths):
    with opened(paths("detector")) as (sheet, *_):
        sheet.evaluate(UNFOLD)
        styles = {
            kind: sheet.evaluate(f"() => getComputedStyle(document.querySelector('.photo .box.{kind}')).borderTopStyle")
            for kind in ("missed", "extra", "moved")
        }
        words = sheet.locator(".photo .box span").all_inner_texts()
    assert styles == {"missed": "dashed", "extra": "double", "moved": "dotted"}
    assert {"✕ missed", "+ new", "→ moved"} <= set(words)


def test_print_is_dark_on_white_in_every_scheme(opened, paths):
    with opened(paths("detector"), scheme="dark") as (sheet, *_):
        sheet.emulate_media(media="print", color_scheme="dark")
        assert sheet.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert sheet.evaluate(LOW_CONTRAST, MIN_CONTRAST)[1] == []


def test_a_hostile_name_is_escaped(opened, tmp_path, page, watched):
    from edgeface.report.gallery import gallery

    name = "<script>document.title='taken'</script><img src=x onerror=document.title='taken'>.jpg"
    path = tmp_path / "hostile.html"
    shown = gallery(watched, [name] * 3, "tflite-int8")
    path.write_text(render("report.html", page=page(shown, model=name, command=f"edgeface {name}")), encoding="utf-8")
    with opened(path) as (sheet, asked, _):
        assert sheet.locator("script").count() == 0
        assert name in sheet.title()
        assert sheet.locator(".scene h3").first.inner_text() == name
        assert [url for url in asked if not url.startswith("data:")] == [path.as_uri()]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_stays_below_its_size_limit(paths, name):
    assert paths(name).stat().st_size < MAX_BYTES
