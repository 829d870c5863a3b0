"""What the machine gives at most: memory copied a second."""

from collections.abc import Iterator

from bench.processes import python
from bench.results import Figure, Wanted

COPY = """
import numpy, time, json
here = numpy.ones(64 << 20, dtype=numpy.int64); there = numpy.empty_like(here)
best = 9e9
for _ in range(5):
    begun = time.perf_counter(); numpy.copyto(there, here); best = min(best, time.perf_counter() - begun)
print(json.dumps({"bytes_a_second": here.nbytes / best}))
"""


def figures(wanted: Wanted) -> Iterator[Figure]:
    best = max(float(python("-c", COPY).told["bytes_a_second"]) for _ in range(wanted.rounds))
    yield Figure("memory bandwidth: copy", best / 1e9, "GB/s")
