"""An API server of a dozen lines, for what a real one does not do on demand."""

from collections import deque

from model_operator import applying, errors, kinds


class Api:
    """Answers from a dictionary; what is put into `refusals` is raised first, in order."""

    def __init__(self, *objects: kinds.Manifest):
        self.objects = {kinds.key_of(each, kinds.of_manifest(each)): each for each in objects}
        self.refusals: deque[Exception] = deque()
        self.calls: list[tuple] = []
        self.version = 100

    def _called(self, *call):
        self.calls.append(call)
        if self.refusals:
            raise self.refusals.popleft()

    def _stored(self, key, manifest):
        self.version += 1
        before = self.objects.get(key, {"metadata": {}})["metadata"]
        metadata = {**before, **manifest["metadata"], "resourceVersion": str(self.version)}
        self.objects[key] = {**manifest, "metadata": metadata}
        return self.objects[key]

    async def get(self, key):
        return self.objects.get(key)

    async def rehearse(self, key, manifest):
        self._called("rehearse", key.kind.kind, key.name)

    async def apply(self, key, manifest, *, force=False, subresource=""):
        seen, live = manifest["metadata"].get("resourceVersion"), self.objects.get(key)
        if seen == applying.NO_VERSION and live is not None:
            raise errors.Conflict(409, "Conflict", "the object has been modified")
        self._called("apply", key.kind.kind, key.name, force, subresource)
        return self._stored(key, {**self.objects.get(key, {}), **manifest})

    async def create(self, key, manifest):
        self._called("create", key.name)
        if key in self.objects:
            raise errors.Conflict(409, "AlreadyExists", "it exists")
        return self._stored(key, manifest)

    async def merge(self, key, patch):
        self._called("merge", key.name, patch)
        live = self.objects[key]
        return self._stored(key, {**live, "metadata": {**live["metadata"], **patch.get("metadata", {})}})

    async def delete(self, key, uid):
        self._called("delete", key.name, uid)
        del self.objects[key]
