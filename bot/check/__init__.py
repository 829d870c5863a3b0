"""What `gemba check` tells, made of what is known: a file for each subject."""
