"""From the log to one state at a time of every case: whose turn, which stage, waiting or done."""
