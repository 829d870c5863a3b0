"""The way to a first configuration: what a source shows, the streams that it would make, and config.toml."""
