"""What may go wrong with a registry, told apart by what helps.

RegistryError
├── MissingError        there is nothing of that name
├── RefusedError        credentials, rights, or a name that the registry does not take
├── FullError           a quota, or a blob larger than the registry takes
├── UnreachableError    nothing answers, or not now: another try may help
├── ProtocolError       TLS where there is none, or none where there is; an unknown certificate
└── CorruptError        content that is not what its digest says, or no artifact of ours

Each carries a message for a person, in the registry's own words where it had some.
"""


class RegistryError(Exception):
    """Any of them."""


class MissingError(RegistryError):
    """There is nothing of that name."""


class RefusedError(RegistryError):
    """The registry says no."""


class FullError(RegistryError):
    """The registry has no room for it."""


class UnreachableError(RegistryError):
    """The registry does not answer, or not sensibly."""


class ProtocolError(RegistryError):
    """Whoever answers does not speak as it was told to us."""


class CorruptError(RegistryError):
    """The registry answers, with something else than was asked for."""
