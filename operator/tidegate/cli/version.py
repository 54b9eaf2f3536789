"""`tidegate version`: the versions of this client and of the operators in the cluster."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import typer

from tidegate.cli import cluster, console, options
from tidegate.cli.cluster import Cluster, Raw
from tidegate.cli.errors import CommandError

DEPLOYMENTS = "/apis/apps/v1/deployments"
OPERATORS = "app.kubernetes.io/name=tidegate,app.kubernetes.io/component=operator"


def command(
    client: Annotated[bool, typer.Option("--client", help="This client only; no cluster is asked.")] = False,
    output: options.Output = None,
    context: options.Context = None,
    kubeconfig: options.Kubeconfig = None,
) -> None:
    """Print the versions of this client and of the operators in the cluster."""
    found = {"client": version("tidegate")}
    operators, problem = ([], "") if client else _operators(kubeconfig, context)
    if output:
        console.data({**found, **({} if client else {"operators": operators})}, output)
    else:
        console.say(f"client    {found['client']}")
        for each in operators:
            console.say(f"operator  {each['version']} in namespace {each['namespace']}, {each['ready']} ready")
    if problem:
        raise CommandError(problem)


def _operators(kubeconfig: options.Kubeconfig, context: options.Context) -> tuple[list[Raw], str]:
    try:
        found = _found(cluster.connect(kubeconfig, context, None))
    except CommandError as error:
        return [], str(error)
    return found, "" if found else "there is no operator in this cluster: install the chart"


def _found(api: Cluster) -> list[Raw]:
    return [
        {
            "namespace": each["metadata"]["namespace"],
            "name": each["metadata"]["name"],
            "version": each["metadata"]["labels"].get("app.kubernetes.io/version", "unknown"),
            "ready": each.get("status", {}).get("readyReplicas", 0),
        }
        for each in api.items(DEPLOYMENTS, labelSelector=OPERATORS)
    ]
