"""Pages are found: links lead somewhere, the navigation has them all.

The site itself is built, and its links are checked, by `make docs`.
"""
import os
import re
from pathlib import Path

import pytest
from pages import PAGES, ROOT, anchors, navigation, prose, read

QUESTIONS = Path('docs/README.md')


def links(page):
    """Of a page, to files of the repository."""
    for link in re.findall(r'\]\(([^)\s]+)[^)]*\)', prose(page)):
        if not re.match('https?:', link):
            yield link


def lost_links(page):
    for link in links(page):
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
    listed = {link.partition('#')[0] for link in links(QUESTIONS)}
    pages = {
        str(page.relative_to('docs'))
        for page in PAGES if page.parts[0] == 'docs'
    }
    assert pages - listed == {'README.md', 'api/README.md'}


def test_two_clicks_lead_from_home_to_every_page():
    """By links of the pages alone, as on a code host."""
    reached = {Path('README.md')}
    for _ in range(2):
        reached |= {
            Path(os.path.normpath(page.parent / link.partition('#')[0]))
            for page in reached & set(PAGES)
            for link in links(page)
        }
    assert set(PAGES) - reached == set()


@pytest.mark.parametrize('question, answer', [
    ('How do I train on two sets at once?', 'docs/several_sets.md'),
    ('What does a score mean?', 'docs/pictures.md#what-a-score-means'),
    ('How is AP computed on CrowdPose?',
     'docs/evaluate.md#how-ap-is-computed-on-ochuman-crowdpose-and-coco'),
    ('How do I cite it?', 'README.md#citation'),
])
def test_a_question_is_two_clicks_from_its_answer(question, answer):
    """Home, the short answers, the page."""
    assert 'docs/faq.md' in links(Path('README.md'))
    short, = re.findall(rf'^\*\*{re.escape(question)}\*\*(.*?)\n\n',
                        read(Path('docs/faq.md')) + '\n', re.S | re.M)
    found = [
        os.path.normpath(f'docs/{link}')
        for link in re.findall(r'\]\((\S+)\)', short)
    ]
    assert answer in found


def test_every_tool_is_on_the_page_of_tools():
    page = read(Path('docs/tools.md'))
    tools = [
        tool for tool in (ROOT / 'tools').glob('**/*.[ps][yh]')
        if tool.suffix == '.sh' or '__main__' in tool.read_text()
    ]
    assert len(tools) > 20
    assert [tool.name for tool in tools if tool.name not in page] == []


def test_a_lost_link_is_found(tmp_path, monkeypatch):
    page = tmp_path / 'page.md'
    page.write_text('# A `b`: c\n[x](page.md#a-b-c) [y](#d) [z](none.md)\n')
    assert anchors(page) == ['a-b-c']
    monkeypatch.setattr('test_links.ROOT', tmp_path)
    monkeypatch.setattr('pages.ROOT', tmp_path)
    assert list(lost_links(page.relative_to(tmp_path))) == ['#d', 'none.md']
