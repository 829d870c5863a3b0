"""What carries the analysis of many streams: processes of this machine, or Apache Spark."""
