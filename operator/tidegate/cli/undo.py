"""`tidegate undo`: go back to the template of an earlier revision, in the user's own name."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer
import yaml

from tidegate.api.meta import GROUP
from tidegate.cli import cluster, console, options
from tidegate.cli.cluster import Cluster, Raw, objects
from tidegate.cli.errors import CommandError, Exit
from tidegate.cli.tree import REPLICASETS, read_status
from tidegate.cli.undo_config import Copied, copied, manifest, put_back
from tidegate.core.world import HASH_LABEL, REVISION, TEMPLATE

_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_OWN_METADATA = ("name", "namespace", "labels", "annotations")


@dataclass(frozen=True, slots=True)
class _Kept:
    """A revision that can be gone back to."""

    number: int
    pod_hash: str
    template: Any
    configs: tuple[Copied, ...]


def command(
    rollout: options.Rollout,
    to_revision: Annotated[
        int | None,
        typer.Option("--to-revision", help="Left out: the stable one; the one before it when that is running."),
    ] = None,
    print_: Annotated[
        bool, typer.Option("--print", help="Change nothing; print the manifest for git to hold instead.")
    ] = False,
    namespace: options.Namespace = None,
    context: options.Context = None,
    kubeconfig: options.Kubeconfig = None,
) -> None:
    """Put template and config of an earlier revision back. Where git holds the manifest, git must follow."""
    api = cluster.connect(kubeconfig, context, namespace)
    raw = api.get(objects("rollouts", api.namespace, rollout))
    _refuse_referenced(raw)
    target = _choose(raw, _revisions(api, raw), to_revision)
    if print_:
        _print(api, raw, target)
        return
    # The config first: the operator then takes both into one release.
    for config in put_back(api, target.configs):
        console.say(f"{config} is that of revision {target.number} again")
    _write(api, raw, target)
    console.say(
        f"the template is that of revision {target.number} again; `tidegate get {rollout} -w` shows the release"
    )
    console.say(
        f"if git holds the manifest it must follow, or it brings the other version back: "
        f"`tidegate undo {rollout} --to-revision {target.number} --print` prints what to commit"
    )


def _refuse_referenced(raw: Raw) -> None:
    """The template is the Deployment's: whoever manages that would be overwritten, or would overwrite."""
    ref = raw["spec"].get("workloadRef")
    if ref:
        name = ref["name"]
        raise CommandError(
            f"the template stands in Deployment {name}: change it there (`kubectl rollout undo deployment/{name}`), "
            f"or `tidegate abort` a release under way",
            Exit.USAGE,
        )


def _revisions(api: Cluster, raw: Raw) -> list[_Kept]:
    owner = raw["metadata"]["uid"]
    found = api.items(REPLICASETS.format(api.namespace), labelSelector=HASH_LABEL)
    ours = (each for each in found if owner in {ref["uid"] for ref in each["metadata"].get("ownerReferences", ())})
    kept = (_kept(each["metadata"]) for each in ours)
    return sorted((each for each in kept if each), key=lambda each: -each.number)


def _kept(metadata: Raw) -> _Kept | None:
    notes = metadata.get("annotations") or {}
    try:
        template = json.loads(notes[TEMPLATE])
        return _Kept(int(notes[REVISION]), metadata["labels"][HASH_LABEL], template, copied(metadata))
    except (KeyError, ValueError):
        # Made by hand, or changed by hand: nothing that can be gone back to.
        return None


def _choose(raw: Raw, kept: Sequence[_Kept], wanted: int | None) -> _Kept:
    status = read_status(raw)
    known = ", ".join(str(each.number) for each in kept) or "none"
    if wanted is not None:
        found = next((each for each in kept if each.number == wanted), None)
        if found is None:
            raise CommandError(f"revision {wanted} is not kept: there are {known}", Exit.USAGE)
        return found
    others = [each for each in kept if each.pod_hash != status.current_pod_hash]
    stable = next((each for each in others if each.pod_hash == status.stable_rs), None)
    found = stable or next(iter(others), None)
    if found is None:
        raise CommandError(f"there is no other revision to go back to: kept are {known}")
    return found


def _print(api: Cluster, raw: Raw, target: _Kept) -> None:
    manifests = [_manifest(raw, target.template)]
    for config in target.configs:
        if config.kind == "Secret":
            said = f"what revision {target.number} read stands in Secret {config.copy}"
            sys.stdout.write(f"# Secret {config.name}: {said}; it is not printed.\n")
        else:
            manifests.append(manifest(config, api.get(config.path(api.namespace, config.copy))))
    sys.stdout.write(yaml.safe_dump_all(manifests, sort_keys=False))


def _write(api: Cluster, raw: Raw, target: _Kept) -> None:
    version = raw["metadata"]["resourceVersion"]
    # A merge patch would leave those fields of the newer template that the older one lacks.
    operations = [
        {"op": "replace", "path": "/metadata/resourceVersion", "value": version},
        {"op": "replace", "path": "/spec/template", "value": target.template},
    ]
    api.patch(objects("rollouts", api.namespace, raw["metadata"]["name"]), operations)


def _manifest(raw: Raw, template: Any) -> Raw:
    """The Rollout as its author wrote it, as far as that is known, with the other template."""
    notes = raw["metadata"].get("annotations") or {}
    written = _loaded(notes.get(_APPLIED)) or raw
    metadata = {key: written["metadata"][key] for key in _OWN_METADATA if key in written["metadata"]}
    if "annotations" in metadata:
        metadata["annotations"] = {k: v for k, v in metadata["annotations"].items() if not _machine_made(k)}
    spec = {**written["spec"], "template": template}
    manifest = {"apiVersion": raw["apiVersion"], "kind": raw["kind"], "metadata": metadata, "spec": spec}
    if not metadata.get("annotations"):
        metadata.pop("annotations", None)
    return manifest


def _loaded(text: str | None) -> Raw | None:
    try:
        loaded = json.loads(text or "")
    except ValueError:
        return None
    return loaded if isinstance(loaded, dict) and {"metadata", "spec"} <= loaded.keys() else None


def _machine_made(annotation: str) -> bool:
    return annotation == _APPLIED or annotation.startswith(f"{GROUP}/")
