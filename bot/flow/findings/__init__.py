"""What the engine finds: the parts of its documents.

Durations are days as numbers (24 hours; working days where a name says so), times are ISO 8601 in UTC, unknown is null.
`gemba schema` prints the JSON Schema of `Analysis`.
"""
