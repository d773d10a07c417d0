"""Shared by the tests of `pinet check-data`."""
import pytest
from small_set import Data


@pytest.fixture
def data(tmp_path):
    """Two sets without a mistake, to be changed and written."""
    return Data(tmp_path)
