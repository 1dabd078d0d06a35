"""The hidden side of ToonLens: reference implementation, hidden checks, sandboxed grader. Never given to students."""
