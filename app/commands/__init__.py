"""What an operator types: one module per subject, each with a tuple COMMANDS."""
