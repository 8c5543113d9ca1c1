"""The public types. `crd` renders the CustomResourceDefinitions under crds/ from them."""
