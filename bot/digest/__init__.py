"""The weekly message: composed from an analysis, then said in Block Kit or on a terminal."""
