"""What was found, as pages that are made when they are asked for. Nothing is ever written."""
