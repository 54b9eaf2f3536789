"""`tidegate operator`: run the operator."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from tidegate.api.config import ConfigKind
from tidegate.cli import options
from tidegate.cli.errors import CommandError, Exit


class Log(StrEnum):
    """How log lines are written."""

    TEXT = "text"
    JSON = "json"


def command(
    namespace: Annotated[
        str | None, typer.Option("-n", "--namespace", help="Look after this namespace only. Left out: after all.")
    ] = None,
    prometheus_address: Annotated[
        str | None,
        typer.Option(help="Prometheus that is asked where a metric names none: http://prometheus.monitoring:9090."),
    ] = None,
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allowed-host",
            help="A host to call though its address is loopback, link-local or metadata. Repeatable.",
        ),
    ] = None,
    require_secret_label: Annotated[
        bool, typer.Option(help='Read only Secrets with the label tidegate.dev/readable: "true".')
    ] = True,
    names_proven: Annotated[
        bool,
        typer.Option(
            "--names-proven",
            help="An admission policy (the chart's) lets nobody ask in another's name. Without it approvals hold.",
        ),
    ] = False,
    versioned_config: Annotated[
        list[ConfigKind] | None,
        typer.Option(
            "--versioned-config",
            help="ConfigMap or Secret: may be part of a release (spec.versionedConfig), and is watched. Repeatable.",
        ),
    ] = None,
    health_host: Annotated[
        str, typer.Option(help="Address to serve /livez, /readyz and /metrics on. Left out: all.")
    ] = "",
    health_port: Annotated[int, typer.Option(min=0, max=65535, help="Port of them; 0 takes a free one.")] = 8080,
    workers: Annotated[int, typer.Option(min=1, help="How many Rollouts are worked on at once.")] = 32,
    log_format: Annotated[Log, typer.Option(help="json for machines, text for people.")] = Log.TEXT,
    context: options.Context = None,
    kubeconfig: options.Kubeconfig = None,
) -> None:
    """Run the operator, until SIGTERM. Inside of a pod it logs in as the pod's service account."""
    # Here, so that no other command loads the operator.
    from tidegate.shell.main import LogFormat, NoClusterError, Options, run

    chosen = Options(
        kubeconfig=str(kubeconfig) if kubeconfig else None,
        context=context,
        namespace=namespace,
        health_host=health_host,
        health_port=health_port,
        prometheus_address=prometheus_address,
        allowed_hosts=tuple(allowed_host or ()),
        secrets_need_label=require_secret_label,
        names_proven=names_proven,
        versioned_config=tuple(versioned_config or ()),
        log_format=LogFormat(log_format.value),
        workers=workers,
    )
    try:
        run(chosen)
    except NoClusterError as error:
        raise CommandError(str(error), Exit.USAGE) from None
    except OSError as error:
        raise CommandError(
            f"can't serve on port {health_port}: {error.strerror}. Give another --health-port", Exit.FAILED
        ) from None
