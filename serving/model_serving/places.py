"""Ports, paths and variables that a serving pod's containers share. Nothing imported: the sentinel stays small."""

HTTP_PORT = 8000
GRPC_PORT = 8001
METRICS_PORT = 8002
SENTINEL_PORT = 9000

#: Where a pod mounts the artifact, the same in compose, Triton and the sentinel: the repository links into it.
ARTIFACT = "/modelsmith/artifact"
#: Where compose writes and Triton reads: a volume of the pod.
REPOSITORY = "/modelsmith/repository"
#: ServingSettings as JSON, for compose and for the sentinel.
SETTINGS_VARIABLE = "MODELSMITH_SETTINGS"
#: Their `threads`, apart: they are always set, and an image that does not know them yet may serve without.
THREADS_VARIABLE = "MODELSMITH_THREADS"
#: Where a pod mounts the server's certificate: tls.crt, tls.key and, where clients must show one, ca.crt.
TLS = "/modelsmith/tls"
#: Where Triton writes the tensors of sampled requests, and the sentinel reads and removes them: memory of the pod.
SAMPLES = "/modelsmith/samples"
