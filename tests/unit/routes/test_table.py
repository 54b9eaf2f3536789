"""The table of route kinds."""

from __future__ import annotations

from typing import get_args

from tidegate.api.trafficsplit import SplitRoute
from tidegate.core.actions import Resource
from tidegate.core.traffic.kinds import Rbac
from tidegate.routes import TABLE


def test_every_kind_that_a_split_may_name_is_there() -> None:
    named = SplitRoute.model_fields["kind"].annotation
    assert set(get_args(named)) == set(TABLE)


def test_an_http_route_needs_these_rights_and_no_more() -> None:
    kind = TABLE["HTTPRoute"]
    assert kind.rbac == Rbac("gateway.networking.k8s.io", "httproutes", ("list", "watch", "patch"))
    assert kind.resource is Resource.HTTPROUTES
