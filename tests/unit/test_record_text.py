"""What was chosen for a board, told in plain words."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.texts import load_texts
from web.record_text import record_lines

ENGLISH = load_texts()["en"]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


def told(**record: Any) -> str:  # JSON's values
    return " ".join(record_lines(ENGLISH, record))


def test_a_board_without_a_record_is_told_nothing_of() -> None:
    assert record_lines(ENGLISH, {}) == ()


def test_what_was_left_as_it_is_says_nothing_else() -> None:
    assert told(left_as_it_is=True, appearance={"x_height": 4}) == "Already sharp: left as it is."


@pytest.mark.parametrize(
    ("appearance", "says"),
    [
        ({"x_height": 6.2}, "Small writing (about 6 px)"),
        ({"x_height": 0.2}, "Small writing (about 1 px)"),
        ({"x_height": 12, "pale": True}, "Pale writing"),
        ({"x_height": 12, "pale": False}, "would not make it easier"),
        ({"x_height": None}, "would not make it easier"),
        ({}, "would not make it easier"),
    ],
)
def test_why_all_of_it_is_clean(appearance: dict[str, Any], says: str) -> None:
    assert says in told(appearance=appearance, composition={"lines": 5, "clean": 5})


def test_large_writing_is_drawn() -> None:
    said = told(appearance={"x_height": 14}, composition={"lines": 5, "sharp": 5, "clean": 0})
    assert said.startswith("Drawn sharp by a network")


def test_a_board_of_both_counts_its_lines_and_those_that_were_read() -> None:
    mixed = {"lines": 7, "clean": 3, "sharp": 3, "mixed": 1}
    said = "Pieces of writing: 7. Sharp, where that reads no worse: 4; the others clean."
    assert told(composition=mixed) == said
    assert told(composition=mixed | {"by_reader": 2}).endswith("kept clean: 2.")


def test_what_was_given_up_is_told_once_with_its_reason() -> None:
    in_time = {"what": "smaller_input", "why": "deadline"}
    chosen = [in_time, in_time, {"what": "clean_only", "why": "network_failed"}]
    assert record_lines(ENGLISH, {"chosen": chosen}) == (
        "Fewer pixels than asked, so that it is ready in time.",
        "Clean only: the network failed on this photo.",
    )


@pytest.mark.parametrize(
    "chosen",
    [
        None,
        "smaller_input",
        3,
        [],
        [None],
        [{}],
        [{"what": "something_new", "why": "deadline"}],
        [{"what": "smaller_input", "why": "something_new"}],
        [{"what": "no_network", "why": "memory"}, {"what": "smaller_input", "why": "memory"}],
    ],
)
def test_what_another_version_of_the_worker_chose_is_passed_over(
    chosen: Any,
) -> None:  # JSON's values
    assert record_lines(ENGLISH, {"chosen": chosen}) == ()


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "left_as_it_is": JSON,
            "appearance": JSON | st.fixed_dictionaries({"x_height": JSON, "pale": JSON}),
            "composition": JSON
            | st.fixed_dictionaries({"lines": JSON, "clean": JSON, "by_reader": JSON}),
            "chosen": JSON | st.lists(st.fixed_dictionaries({"what": JSON, "why": JSON})),
        },
    )
)
def test_no_record_breaks_a_page(record: dict[str, Any]) -> None:
    assert all(line and "%(" not in line for line in record_lines(ENGLISH, record))
