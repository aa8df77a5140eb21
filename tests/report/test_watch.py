import numpy as np

from edgeface.report.galleries.recognition import GALLERY
from edgeface.report.sight import SIDE_PX
from edgeface.report.watch import Watcher
from edgeface.validate.judge import Candidate, Judge
from edgeface.validate.reference import Reference


def watch(watcher, detectors, images, kind="images"):
    """Let a watcher look on while the second detector is compared with the first."""
    contract, first, second = detectors
    with Judge(Reference("the first", first), contract, lambda: images, kind) as judge:
        judge.score([Candidate(second, watcher.see)])


def test_the_worst_images_come_first_and_a_typical_one_is_another(watched):
    worst, typical = watched.chosen()
    assert watched.count == 3
    assert [sight.index for sight in worst] == [0, 2, 1]
    assert worst[0].severity[0] == 2  # one face missed, one extra
    assert worst[2].severity == (0.0, 0.0)
    assert typical is None  # all three are among the worst


def test_the_least_similar_faces_are_kept_in_order(embedders):
    worst, typical = embedders.chosen()
    cosines = [-sight.severity[0] for sight in worst]
    assert len(cosines) == GALLERY.max_images
    assert cosines == sorted(cosines)
    assert typical is None or -typical.severity[0] >= cosines[-1]


def test_synthetic_images_keep_only_the_first_tensor(detectors, portrait):
    watcher = Watcher(detectors[0])
    watch(watcher, detectors, [portrait(1)], "synthetic")
    assert watcher.chosen() == ([], None)
    assert watcher.first is not None
    assert watcher.first.shape == (1, 3, 64, 64)


def test_without_images_none_is_kept(detectors, portrait):
    watcher = Watcher(detectors[0], images=False)
    watch(watcher, detectors, [portrait(1)])
    assert watcher.chosen() == ([], None)
    assert watcher.count == 1


def test_large_images_are_shrunk_and_faces_stay_in_original_pixels(detectors):
    watcher = Watcher(detectors[0])
    large = np.full((1024, 1536, 3), 200, np.uint8)
    watch(watcher, detectors, [large])
    (sight,), _ = watcher.chosen()
    assert sight.image.shape == (480, SIDE_PX, 3)
    assert sight.shape == (1024, 1536)
    assert max(face.box[2] for face in sight.reference) > SIDE_PX
