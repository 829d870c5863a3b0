"""What traces of work tell beyond the states: when somebody worked, and how far a trace reaches."""
