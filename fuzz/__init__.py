"""Every parser against whatever may come (`make fuzz`).

`targets` hold what must never happen, `seeds` what is usual, `mutations` how far from that it may be. The tests throw a
few hundred inputs at each target; `make fuzz` lets libFuzzer look for new ways through the code, for as long as asked.
"""
