"""Sealed questions: every letter answered, nothing readable, and the published file in step with its source."""

import json
import tomllib
from pathlib import Path

import pytest
from bank import bank_of

from autograder import artefacts
from autograder.course import SOLUTIONS
from autograder.labs import lab_names, percent_source
from toonlens import quiz
from toonlens.errors import UserError

COMMENTS = {"A": "No, since ...", "B": "Yes: därum.", "C": "No."}


def test_seal_and_unseal():
    sealed = quiz.seal("one", "B", COMMENTS)
    assert [quiz.unseal("one", sealed, letter).right for letter in "ABC"] == [False, True, False]
    assert quiz.unseal("one", sealed, " b ").comment == "Yes: därum."


def test_nothing_is_readable():
    text = json.dumps(quiz.seal("one", "B", COMMENTS))
    assert not any(comment in text for comment in COMMENTS.values())
    assert quiz.seal("one", "B", COMMENTS)["A"] != quiz.seal("two", "B", COMMENTS)["A"]


def test_mistakes():
    with pytest.raises(UserError, match="right answer"):
        quiz.seal("one", "D", COMMENTS)
    with pytest.raises(UserError, match="options A, B, C"):
        quiz.unseal("one", quiz.seal("one", "B", COMMENTS), "E")
    with pytest.raises(UserError, match="no question"):
        quiz.Quiz({}).ask("one")


def test_missing_and_broken_files(tmp_path):
    with pytest.raises(UserError, match="download"):
        quiz.load(tmp_path / "quiz.json")
    (tmp_path / "quiz.json").write_text("{")
    with pytest.raises(UserError, match="cannot be read"):
        quiz.load(tmp_path / "quiz.json")


@pytest.fixture
def asked():
    return quiz.Quiz({"one": quiz.seal("one", "B", COMMENTS)})


def test_answers_without_widgets(asked, capsys):
    asked.ask("one")
    asked.answer("one", "b")
    assert capsys.readouterr().out.splitlines()[-1] == "B: right. Yes: därum."


def test_a_slip_is_answered_in_one_line(asked, capsys):
    asked.answer("one", "x")
    asked.answer("two", "A")
    assert capsys.readouterr().out.splitlines() == [
        "question one has the options A, B, C, not 'X'",
        "no question 'two' in this lab: there are one",
    ]


def test_predictions(asked, capsys):
    def blank():
        raise NotImplementedError

    for prediction, said in [
        (lambda: "B", "So it is."),
        (lambda: "C", "Not so."),
        (lambda: None, "return one of the letters A, B, C"),
        (blank, "You made no prediction"),
        (lambda: 1 / 0, "ZeroDivisionError"),
        (lambda: predict_one(), "run the cell above that defines it"),  # noqa: F821
    ]:
        asked.compare("one", prediction)
        assert said in capsys.readouterr().out


def test_count(capsys):
    """Only offered letters count, as in `compare`."""
    keys = ["one", "two", "three", "four", "five"]
    questions = quiz.Quiz({key: quiz.seal(key, "B", COMMENTS) for key in keys})
    made = {"one": lambda: "A", "two": lambda: None, "three": lambda: "Z", "four": lambda: " c"}
    questions.count({f"predict_{key}": prediction for key, prediction in made.items()}, keys)
    assert capsys.readouterr().out.splitlines() == [
        "2 of 5 predictions made.",
        "Still missing: two, three, five. Each has to return one of its letters in quotes.",
    ]


@pytest.fixture(params=lab_names())
def lab(request):
    return request.param


@pytest.fixture
def source(lab):
    return tomllib.loads((Path(artefacts.__file__).with_name(f"{lab}.toml")).read_text(encoding="utf-8"))


@pytest.fixture
def published(lab):
    return (SOLUTIONS / lab / "quiz.json").read_text(encoding="utf-8")


def test_published_answers_are_those_of_the_source(source, published):
    sealed = json.loads(published)
    assert sealed.keys() == source.keys()
    for key, entry in source.items():
        for letter in sealed[key]:
            verdict = quiz.unseal(key, sealed[key], letter)
            assert verdict.comment == entry[letter]
            assert verdict.right == (letter == entry["right"])


def test_published_answers_cannot_be_read(lab, source, published):
    comments = [comment for entry in source.values() for comment in entry.values() if len(comment) > 1]
    assert len(comments) > (5 if bank_of(lab).capstone else 20)  # a capstone has no predictions of letters
    assert not any(comment[:20] in published for comment in comments)


def test_every_prediction_of_the_solution_is_right(lab, source):
    text = percent_source(lab).read_text(encoding="utf-8")
    for key, entry in source.items():
        if not key.startswith("recall"):
            body = text.split(f"def predict_{key}()")[1].split("### END SOLUTION")[0]
            assert f'return "{entry["right"]}"' in body
