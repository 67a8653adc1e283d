"""Draft the next migration from the difference between core/tables/ and the migrations.

    python deploy/draft_migration.py "add a column"

It starts the embedded servers on a throw-away folder, migrates, and lets alembic compare. Read the
draft: alembic does not see changed CHECK constraints, and it cannot know what happens to rows.
"""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from core.operate.embedded import embedded_servers

ROOT = Path(__file__).parents[1]
VERSIONS = ROOT / "migrations" / "versions"


async def draft(title: str, folder: Path) -> int:
    """Write the draft, with servers in `folder`; alembic's exit code."""
    number = len(list(VERSIONS.glob("[0-9]*.py"))) + 1
    async with embedded_servers(folder, print) as servers:
        environment = os.environ | servers.environment()
        for arguments in (
            ["upgrade", "head"],
            ["revision", "--autogenerate", "-m", title, "--rev-id", f"{number:04}"],
        ):
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "alembic", *arguments, cwd=ROOT, env=environment
            )
            code = await process.wait()
            if code != 0:
                return code
    return 0


def main(title: str) -> int:
    """Draft on a throw-away folder."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)  # as root, PostgreSQL's account has to reach it
        return asyncio.run(draft(title, Path(folder)))


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].strip():  # noqa: PLR2004 -- the script and one title
        sys.exit('usage: make migration NAME="what it does"')
    sys.exit(main(sys.argv[1]))
