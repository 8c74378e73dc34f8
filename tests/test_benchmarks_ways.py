import numpy as np
import pytest

from corpus.load import find_files
from index.build import Wanted, build_index
from index.search import SearchIndex


@pytest.mark.slow
def test_an_index_is_built_and_searched_with_a_way_of_running_the_model(tmp_path):
    from ways import Way  # it imports torch

    def first_pieces(ids, mask):
        """Give each text the vector of its first word piece."""
        vectors = np.zeros((len(ids), 384), dtype=np.float32)
        vectors[np.arange(len(ids)), ids[:, 1] % 384] = mask[:, 1]
        return vectors

    (tmp_path / "owls.md").write_text("# Owls\n\nOwls hunt at night.\n")
    way = Way("first pieces", first_pieces)
    build_index(tmp_path / "index", Wanted(tuple(find_files([tmp_path / "owls.md"]))), way)
    with SearchIndex(tmp_path / "index", way) as index:
        [hit] = index.search("Owls at night?", 1)
    assert "Owls hunt at night." in hit.passage.text
