"""How tests write a report, and read its page."""
import json
from html.parser import HTMLParser

from mmpose_pinet.visualization.report import write_report

HOSTILE = '</script><img src=x onerror="alert(1)">.png'
# elements that have no end
VOID = {'meta', 'input', 'br', 'img', 'link', 'hr'}


class Page(HTMLParser):
    """A page, read strictly: each element must be closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.texts = [], [], {}
        self.rows, self.plotted = [], []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append((tag, dict(attributes)))
        if tag == 'tr':
            self.rows.append([])
        if tag in ('td', 'th'):
            self.rows[-1].append('')

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop()[0] == tag

    def handle_data(self, text):
        if self.open:
            tag, attributes = self.open[-1]
            key = attributes.get('id', tag)
            self.texts[key] = self.texts.get(key, '') + text
            if tag == 'text':  # of a plot
                self.plotted.append((attributes, text))
        if any(tag in ('td', 'th') for tag, _ in self.open):
            self.rows[-1][-1] += text

    @property
    def data(self):
        return json.loads(self.texts['data'])

    def row(self, name):
        return next(row[1:] for row in self.rows if row[:1] == [name])


def report(config, root, out, *names, **kwargs):
    files = [str(root / name) for name in names]
    return write_report(config, files, str(out), **kwargs)
