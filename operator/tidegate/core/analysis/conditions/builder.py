"""From what the parser sees to nodes. Called at each reduction, so that limits hold while the text is still read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from lark import Token, Transformer

from tidegate.core.analysis.conditions import access, logic, relations
from tidegate.core.analysis.conditions.calls import call
from tidegate.core.analysis.conditions.literals import read_number, read_text
from tidegate.core.analysis.conditions.nodes import Node, join
from tidegate.core.analysis.conditions.syntax import unknown_name
from tidegate.core.analysis.conditions.values import Span

Children = list[Any]


@dataclass(frozen=True, slots=True)
class Braced:
    """A closure's body in braces, as older manifests write it: `all(result, {# < 1})`."""

    node: Node
    at: Span


def _span(children: Children) -> Span:
    """From the first child to the last one; a child is a token, a node or a body in braces."""
    first, last = children[0], children[-1]
    start = first.start_pos if isinstance(first, Token) else first.at.start
    end = last.end_pos if isinstance(last, Token) else last.at.end
    return Span(start or 0, end or 0)


def _constant(value: Any, gives: str | None, children: Children) -> Node:
    return Node(lambda _: value, _span(children), gives=gives)


def _only(children: Children) -> Node | None:
    return next((child for child in children if isinstance(child, Node)), None)


class Builder(Transformer[Token, Node]):
    """A method a rule of the grammar; it gets all children of the rule, tokens included."""

    def number(self, children: Children) -> Node:
        return _constant(read_number(children[0]), "number", children)

    def text(self, children: Children) -> Node:
        return _constant(read_text(children[0], children[0].start_pos), "text", children)

    def constant(self, children: Children) -> Node:
        word = str(children[0])
        if word == "nil":
            return _constant(None, None, children)
        return _constant(word == "true", "boolean", children)

    def name(self, children: Children) -> Node:
        if children[0] != "result":
            raise unknown_name(str(children[0]), children[0].start_pos)
        return Node(lambda scope: scope.result, _span(children))

    def argument(self, children: Children) -> Node:
        token = children[2]
        name = read_text(token, token.start_pos) if token.type == "STRING" else str(token)
        return Node(lambda scope: scope.args[name], _span(children), gives="text", args=frozenset({name}))

    def item(self, children: Children) -> Node:
        at = _span(children)
        return Node(lambda scope: scope.item, at, nested=True, item=at.start)

    def item_field(self, children: Children) -> Node:
        dot, name = children
        return access.field(self.item([dot]), str(name), str(dot), _span(children))

    def group(self, children: Children) -> Node:
        inner: Node = children[1]
        return replace(inner, at=_span(children), tail=None)

    def list(self, children: Children) -> Node:
        parts = [child for child in children if isinstance(child, Node)]
        runs = [part.run for part in parts]
        return join(lambda scope: [run(scope) for run in runs], _span(children), parts, gives="list")

    def predicate(self, children: Children) -> Braced:
        return Braced(children[1], _span(children))

    def call(self, children: Children) -> Node:
        given = [child for child in children[2:-1] if not isinstance(child, Token)]
        braced = next((child.at.start for child in given if isinstance(child, Braced)), None)
        nodes = [child.node if isinstance(child, Braced) else child for child in given]
        return call(str(children[0]), nodes, braced, _span(children))

    def ternary(self, children: Children) -> Node:
        return logic.ternary(children[0], children[2], children[4], _span(children))

    def logical(self, children: Children) -> Node:
        left, operator, right = children
        return logic.logical(left, str(operator), right, _span(children))

    def negate(self, children: Children) -> Node:
        return logic.negate(children[1], _span(children))

    def signed(self, children: Children) -> Node:
        return logic.signed(str(children[0]), children[1], _span(children))

    def arithmetic(self, children: Children) -> Node:
        left, operator, right = children
        return logic.arithmetic(left, str(operator), right, _span(children))

    def compare(self, children: Children) -> Node:
        left, operator, right = children
        build = relations.equality if operator.type == "EQUALITY" else relations.relation
        return build(str(operator), left, right, _span(children))

    def word_operator(self, children: Children) -> Node:
        return relations.word(str(children[-2]), children[0], children[-1], _span(children))

    def not_word_operator(self, children: Children) -> Node:
        return logic.negate(self.word_operator(children), _span(children))

    def coalesce(self, children: Children) -> Node:
        return access.coalesce(children[0], children[2], _span(children))

    def field(self, children: Children) -> Node:
        value, dot, name = children
        return access.field(value, str(name), str(dot), _span(children))

    def index(self, children: Children) -> Node:
        return access.index(children[0], children[-2], str(children[1]), _span(children))

    def slice(self, children: Children) -> Node:
        colon = next(place for place, child in enumerate(children) if child == ":")
        start, end = _only(children[1:colon]), _only(children[colon:])
        return access.part(children[0], start, end, _span(children))
