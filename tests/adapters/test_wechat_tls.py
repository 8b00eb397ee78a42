"""HTTPS to the fixed host: only to a certificate that is trusted and names the host, over a connection that is kept."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.adapters.wire import Wire, WireFailed
from tests.adapters.scripted import ScriptedServer


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of our own for 127.0.0.1, with its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def secure(certificate: Path) -> Iterator[ScriptedServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with ScriptedServer(tls=context) as server:
        yield server


def test_a_trusted_host_is_spoken_to_over_one_kept_connection(
    secure: ScriptedServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with Wire(f"https://127.0.0.1:{secure.port}") as wire:
        assert [wire.post("/a", b"{}", query={}, headers={}).status for _ in range(5)] == [200] * 5
    assert secure.connections == 1


def test_a_certificate_that_nobody_vouches_for_is_told_nothing(secure: ScriptedServer) -> None:
    with Wire(f"https://127.0.0.1:{secure.port}") as wire, pytest.raises(WireFailed) as failure:
        wire.get("/a", {"secret": "canary"})
    assert (failure.value.maybe_sent, secure.asked) == (False, [])


def test_a_certificate_of_another_host_is_told_nothing(
    secure: ScriptedServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with Wire(f"https://localhost:{secure.port}") as wire, pytest.raises(WireFailed) as failure:
        wire.get("/a", {"secret": "canary"})
    assert (failure.value.maybe_sent, secure.asked) == (False, [])
