"""A certificate for 127.0.0.1 and a CA bundle that includes its authority, made for one run."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import botocore
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from infra.local.engine import HOST

KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Certificate:
    """The files. `bundle` has botocore's authorities and ours, so loading it costs the same."""

    chain: Path
    key: Path
    bundle: Path


def made(folder: Path) -> Certificate:
    """Make an authority and a certificate for this machine in that folder."""
    authority, key = _key(), _key()
    issuer = _named("Motorpool's benchmark")
    root = (
        _builder(issuer, issuer, authority)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(authority, hashes.SHA256())
    )
    leaf = (
        _builder(_named(HOST), issuer, key)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]), False)
        .sign(authority, hashes.SHA256())
    )
    files = Certificate(folder / "chain.pem", folder / "key.pem", folder / "bundle.pem")
    files.chain.write_bytes(leaf.public_bytes(serialization.Encoding.PEM))
    files.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    theirs = Path(botocore.__file__).with_name("cacert.pem").read_bytes()
    files.bundle.write_bytes(theirs + root.public_bytes(serialization.Encoding.PEM))
    return files


def _key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: rsa.RSAPrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - KEPT)
        .not_valid_after(now + KEPT)
    )
