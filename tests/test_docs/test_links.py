"""Pages are found: links lead somewhere, the navigation has them all.

The site itself is built, and its links are checked, by `make docs`.
"""
import re

import pytest
from pages import PAGES, ROOT, anchors, navigation, read


def lost_links(page):
    for link in re.findall(r'\]\(([^)\s]+)[^)]*\)', read(page)):
        if re.match('https?:', link):
            continue
        path, _, anchor = link.partition('#')
        target = (ROOT / page.parent / path if path else ROOT / page).resolve()
        if not target.exists():
            yield link
        elif anchor and anchor not in anchors(target.relative_to(ROOT)):
            yield link


@pytest.mark.parametrize('page', PAGES, ids=str)
def test_links_lead_somewhere(page):
    assert list(lost_links(page)) == []


def test_the_navigation_has_every_page_once():
    assert sorted(navigation()) == sorted(map(str, PAGES))


def test_the_list_of_questions_has_every_page_of_the_folder():
    listed = set(re.findall(r'\]\((\w+\.md)', read('docs/README.md')))
    pages = {page.name for page in PAGES if str(page.parent) == 'docs'}
    assert pages - listed == {'README.md'}


def test_a_lost_link_is_found(tmp_path, monkeypatch):
    page = tmp_path / 'page.md'
    page.write_text('# A `b`: c\n[x](page.md#a-b-c) [y](#d) [z](none.md)\n')
    assert anchors(page) == ['a-b-c']
    monkeypatch.setattr('test_links.ROOT', tmp_path)
    monkeypatch.setattr('pages.ROOT', tmp_path)
    assert list(lost_links(page.relative_to(tmp_path))) == ['#d', 'none.md']
