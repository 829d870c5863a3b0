"""The report: one page that answers what a status meeting asks, with everything behind it."""
