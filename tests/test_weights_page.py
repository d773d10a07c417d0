"""What docs/weights.md says of weights: the paper's numbers, of their home."""
import re
from pathlib import Path

from mmengine.fileio import load

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / 'docs/weights.md').read_text()


def test_the_papers_numbers_are_the_metafiles():
    models = load(ROOT / 'configs/pinet/metafile.yml')['Models']
    metrics = {
        model['Name']: model['Results'][0]['Metrics']
        for model in models if 'Results' in model
    }
    rows = re.findall(r'^\|[^|]*\| `(\w\S+)`[^|]*\|[^|]*\|(.*)\|$', PAGE, re.M)
    assert len(rows) == 3
    for name, cells in rows:
        expected = [
            metrics[name].get(f'{key} (paper)')
            for key in ('AP', 'AP@0.5', 'AP@0.75')
        ]
        found = [
            float(cell) if cell.strip() else None for cell in cells.split('|')
        ]
        assert found == [x and round(100 * x, 1) for x in expected], name


def test_the_start_is_that_of_the_configs():
    config = (ROOT / 'configs/_base_/models/hrnet-w32.py').read_text()
    address = re.search(r'https://download\.openmmlab\.com\S+\.pth', PAGE)[0]
    assert address in re.sub(r"'\s+'", '', config)
