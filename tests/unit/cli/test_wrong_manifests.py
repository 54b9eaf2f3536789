"""Every mistake of the table is found by `tidegate lint`, which names field, value and remedy, and the line."""

from __future__ import annotations

import pytest

from tests.manifests.good import as_text, good
from tests.manifests.wrong import Seen, Wrong
from tests.manifests.wrong_others import WRONG_OTHERS
from tests.manifests.wrong_rollouts import WRONG_ROLLOUTS
from tidegate.cli.linting.run import lint

WRONG = [pytest.param(wrong, id=wrong.name) for wrong in (*WRONG_ROLLOUTS, *WRONG_OTHERS)]


def test_the_table_is_long_enough_and_its_names_are_unique() -> None:
    names = [wrong.name for wrong in (*WRONG_ROLLOUTS, *WRONG_OTHERS)]
    assert len(names) >= 100
    assert len(set(names)) == len(names)


def test_the_good_manifests_are_good() -> None:
    result = lint({"all.yaml": as_text(good())})
    assert [finding.text for finding in result.findings] == []
    assert result.checked == 4


@pytest.mark.parametrize("wrong", WRONG)
def test_lint_names_field_value_and_remedy(wrong: Wrong) -> None:
    findings = lint({"all.yaml": wrong.file()}).findings
    texts = [finding.text for finding in findings]
    fitting = [text for text in texts if wrong.field in text and wrong.value in text and wrong.remedy in text]
    assert fitting, "\n".join(texts) or "nothing was found"


@pytest.mark.parametrize("wrong", [p for p in WRONG if p.values[0].seen is Seen.API_SERVER])
def test_the_object_alone_is_enough_where_the_api_server_sees_it(wrong: Wrong) -> None:
    assert lint({"one.yaml": wrong.manifest()}).findings
