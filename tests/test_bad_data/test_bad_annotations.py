"""Each bad annotation in training and test: handled, or named in one error."""
import numpy as np
import pytest
from bad_annotations import BAD_ANNOTATIONS
from small_set import CONFIG, Data
from ways import OneSet, Try, table

from mmpose_pinet.apis.check_data import check_data
from mmpose_pinet.apis.check_data.findings import KINDS

ID = 77  # of the picture and person at fault


def plant(of, fault, id_=ID):
    """Add a picture and a person with a fault to a set."""
    image, person = of.add_image(id_), of.add_person(id_, id_)
    fault.change(of, image, person)
    return image, person


@pytest.mark.parametrize(
    'loop', ['train', pytest.param('val', marks=pytest.mark.slow)])
def test_handled_or_named(loop, tmp_path):
    tries = []
    for number, (name, fault) in enumerate(BAD_ANNOTATIONS.items()):
        if loop not in fault.loops:
            continue
        data = OneSet(tmp_path / str(number), loop)
        image, person = plant(data.of, fault)
        try:
            samples = data.load()
        except Exception as error:
            wrong = ''
            if not (fault.is_error
                    and is_named(str(error), image, person, loop)):
                wrong = f'{type(error).__name__}: {error}'
        else:
            wrong = 'nothing is said' if fault.is_error else broken(
                samples, loop)
        tries.append(Try(name, loop, wrong))
    print(table(tries))
    assert not any(t.fault for t in tries), table(tries)


def is_named(told, image, person, loop):
    """Whether an error names the picture's file and id, or the annotation
    file and the entry that has no name."""
    if f'{image.get("file_name")}, image {image.get("id")}' in told:
        return True
    numbers = [f'stand twice, {e.get("id")}' for e in (image, person)]
    return f'{loop}.json' in told and any(
        words in told for words in ('[', 'nobody', *numbers))


def broken(samples, loop):
    """A fault if targets are not finite or persons have no part points."""
    for sample in samples:
        packed = sample['data_samples']
        if not np.isfinite(sample['inputs'].float().numpy()).all():
            return 'the input is not finite'
        if loop == 'val':
            continue
        for key, values in {
                **packed.gt_fields.to_dict(),
                **packed.gt_instance_labels.to_dict()
        }.items():
            if not values.float().isfinite().all():
                return f'{key} is not finite'
    return ''


def test_found_in_one_run_of_check_data(tmp_path):
    """And those that do no harm are not."""
    data = Data(tmp_path)
    planted = {}
    for number, (name, fault) in enumerate(BAD_ANNOTATIONS.items()):
        if name != 'nobody':  # else nobody is left
            planted[name] = plant(data.train, fault, 5000 + number)
    data.write()
    findings = check_data(CONFIG, data.options)
    told = [name for kind in KINDS for name in findings.of(kind)]
    tries = []
    for number, (name, (image, person)) in enumerate(planted.items()):
        words = {str(5000 + number), *TOLD_BY.get(name, ())}
        found = [t for t in told if any(word in t for word in words)]
        wrong = '' if bool(found) == BAD_ANNOTATIONS[name].is_noted else (
            f'found {found}')
        tries.append(Try(name, 'check-data', wrong))
    print(table(tries))
    assert not any(t.fault for t in tries), table(tries)


# what says so of entries that have no number
TOLD_BY = {
    'two categories': ['of category 2'],
    'an entry null': ['is None'],
    'an entry a list': ['is []'],
    'no annotation id': ['lacks id'],
    'annotation id null': ['has id None'],
    'annotation id a string': ["has id 'a'"],
    'annotation id twice': ['1'],
    'picture id twice': ['1'],
}
