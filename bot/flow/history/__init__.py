"""From records to an event log that can be trusted: what was told twice, renamed, imported, swept or lost."""
