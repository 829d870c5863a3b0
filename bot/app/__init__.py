"""The only wiring: configuration -> store, connectors, engine, notifier. One function a command."""
