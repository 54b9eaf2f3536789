"""`tidegate why`: what happens with a release, in sentences."""

from __future__ import annotations

from rich.padding import Padding
from rich.text import Text

from tidegate.cli import cluster, console, options
from tidegate.cli.cluster import Cluster, Raw
from tidegate.cli.errors import CommandError
from tidegate.cli.story import Chapter, story
from tidegate.cli.tree import read_tree

EVENTS = "/api/v1/namespaces/{}/events"


def command(
    rollout: options.Rollout,
    output: options.Output = None,
    namespace: options.Namespace = None,
    context: options.Context = None,
    kubeconfig: options.Kubeconfig = None,
) -> None:
    """Tell what has happened in a release, what it waits for, what would end the wait, and what to do."""
    api = cluster.connect(kubeconfig, context, namespace)
    release = read_tree(api, rollout)
    chapters = story(release, _events(api, release.raw["metadata"]["uid"]))
    if output:
        console.data({chapter.title: list(chapter.sentences) for chapter in chapters}, output)
    else:
        _print(chapters)


def _events(api: Cluster, uid: str) -> list[Raw]:
    try:
        found = api.items(EVENTS.format(api.namespace), fieldSelector=f"involvedObject.uid={uid}")
    except CommandError:
        # Who may see Rollouts may not be one who sees Events: the rest of the story stands without them.
        return []
    return sorted(found, key=lambda event: str(event.get("lastTimestamp") or event.get("eventTime") or ""))


def _print(chapters: list[Chapter]) -> None:
    for chapter in chapters:
        console.show(Text(chapter.title, style="bold"))
        for sentence in chapter.sentences:
            console.show(Padding(Text(console.clean(sentence)), (0, 0, 0, 2)))
