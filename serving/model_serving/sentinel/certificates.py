"""When the certificate ends that Triton shows on its gRPC port: the one in use, whatever a Secret holds by now.

Triton reads its certificate once, when it starts. So it is asked by a handshake, as a client would, and what it shows
is read and not judged: clients do that. A server that asks for the client's certificate shows its own before (in TLS
1.3, which gRPC speaks), and so is asked in the same way.

The standard library verifies certificates and does not read those that it has not verified; a library for it would
double this process. What is needed of DER (X.690) is lengths.
"""

import asyncio
import datetime as dt
import socket
import ssl
from collections.abc import Callable

#: Seconds between two looks, and until the next when there was no answer: Triton may only be starting.
EVERY, SOON = 3600.0, 10.0
TIMEOUT = 5.0
#: Tags of the values that stand before the validity, and of the two ways in which a time is written.
_VERSION, _SEQUENCE, _UTC_TIME, _GENERALIZED = 0xA0, 0x30, 0x17, 0x18
#: The years of a two-digit time begin here (RFC 5280, 4.1.2.5.1).
_FIRST_YEAR = 50


async def watch(host: str, port: int, tell: Callable[[float], None]) -> None:
    """Tell when it ends (Unix time), for ever."""
    while True:
        try:
            tell(await asyncio.to_thread(shown, host, port))
        except (OSError, ValueError):
            await asyncio.sleep(SOON)
        else:
            await asyncio.sleep(EVERY)


def shown(host: str, port: int) -> float:
    """When the certificate ends that a server shows. Raises OSError, and ValueError for one that cannot be read."""
    with (
        socket.create_connection((host, port), TIMEOUT) as plain,
        _context().wrap_socket(plain, server_hostname=host) as secured,
    ):
        return expiry(secured.getpeercert(binary_form=True) or b"")


def _context() -> ssl.SSLContext:
    """Of one who sends nothing, and so may talk to anybody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    return context


def expiry(certificate: bytes) -> float:
    """The notAfter of a certificate in DER (RFC 5280, 4.1), as Unix time. Raises ValueError.

    Certificate {tbsCertificate {[version] serialNumber signature issuer validity {notBefore notAfter} ...} ...}
    """
    _, outer, _ = _value(certificate)
    _, rest, _ = _value(outer)
    tag, _, after = _value(rest)
    if tag == _VERSION:
        _, _, after = _value(after)
    for _ in ("signature", "issuer"):
        _, _, after = _value(after)
    tag, validity, _ = _value(after)
    if tag != _SEQUENCE:
        raise ValueError("no certificate: its validity is not where it should be")
    _, _, end = _value(validity)
    return _time(*_value(end)[:2])


def _value(content: bytes) -> tuple[int, bytes, bytes]:
    """Tag and bytes of the first value, and what follows it. Raises ValueError."""
    if len(content) < 2:  # noqa: PLR2004 - a tag and a length
        raise ValueError("no certificate: it ends within a value")
    length, begins = content[1], 2
    if length & 0x80:  # so many bytes of length follow
        begins += length & 0x7F
        length = int.from_bytes(content[2:begins])
    if len(content) < begins + length:
        raise ValueError("no certificate: a value is longer than what there is")
    return content[0], content[begins : begins + length], content[begins + length :]


def _time(tag: int, text: bytes) -> float:
    """UTCTime (YYMMDDHHMMSSZ) or GeneralizedTime (YYYYMMDDHHMMSSZ)."""
    digits = text.decode("ascii").removesuffix("Z")
    if tag == _UTC_TIME:
        digits = f"{'20' if int(digits[:2]) < _FIRST_YEAR else '19'}{digits}"
    elif tag != _GENERALIZED:
        raise ValueError("no certificate: its end is no time")
    return dt.datetime.strptime(f"{digits}+0000", "%Y%m%d%H%M%S%z").timestamp()
