"""`make bench`: how fast Gemba is beside its peers and beside what no program can be faster than.

A part is a module with `figures(wanted: Wanted) -> Iterator[Figure]`, named in `__main__.PARTS`. It imports little
itself and does its work in fresh processes (`bench.processes`), so that nothing is warm that would be cold for people.
"""
