"""The hidden side of ToonLens: reference implementation, hidden checks, and the sandboxed grader. Never given to students."""
