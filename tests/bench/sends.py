"""Boards sent by the REST API, one after another: what a sender waits for, split by stage."""

import json
import time
from collections.abc import Iterator
from datetime import datetime
from statistics import median
from typing import Any

import httpx

from tests.bench.service import Running
from tests.pictures import photo

SIZE = (800, 600)
WAIT_S = 180


def send_rows(service: Running, boards: int) -> list[tuple[str, str]]:
    """Medians over `boards` crops of 800x600 with the default model; the first is not counted."""
    with httpx.Client(base_url=f"{service.url}/api/v1", timeout=30) as client:
        room = client.post("/auditoriums", json={"title": "Benchmark"}).raise_for_status().json()
        joined = client.post(f"/auditoriums/{room['code']}/members", json={"name": "Bench"})
        token = joined.raise_for_status().json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        measured = [_send(client, room["code"], seed) for seed in range(boards + 1)][1:]
    names = list(measured[0])
    rows = [
        (name, f"{median(one[name] for one in measured):.0f} ms, most {_most(measured, name):.0f}")
        for name in names
    ]
    share = median(one["all but the forward pass"] / one["send to READY"] for one in measured)
    return [("boards", str(boards)), *rows, ("all but the forward pass / whole", f"{share:.2f}")]


def _most(measured: list[dict[str, float]], name: str) -> float:
    return max(one[name] for one in measured)


def _send(client: httpx.Client, code: str, seed: int) -> dict[str, float]:
    """One board; the end is the live event that it is ready, as a page hears it."""
    content = photo(1000 + seed, size=SIZE, lines=12)
    with client.stream("GET", f"/auditoriums/{code}/events", timeout=WAIT_S) as live:
        lines = live.iter_lines()
        started = time.perf_counter()
        answer = client.post(
            f"/auditoriums/{code}/uploads", files={"file": ("board.jpg", content, "image/jpeg")}
        )
        answered = time.perf_counter()
        board_id = answer.raise_for_status().json()["board_id"]
        _until_ready(lines, board_id)
        done = time.perf_counter()
    board = client.get(f"/boards/{board_id}").raise_for_status().json()
    stages = {name: float(ms) for name, ms in board["stages_ms"].items()}
    whole = (done - started) * 1000
    return {
        "send to READY": whole,
        "all but the forward pass": whole - stages["upscale"],
        "answer to the send (intake)": (answered - started) * 1000,
        "waiting for the worker": _between(board, "queued_at", "started_at"),
        **{f"stage {name}": ms for name, ms in stages.items()},
    }


def _between(board: dict[str, Any], first: str, last: str) -> float:
    moments = [datetime.fromisoformat(board[name]) for name in (first, last)]
    return (moments[1] - moments[0]).total_seconds() * 1000


def _until_ready(lines: Iterator[str], board_id: str) -> None:
    for line in lines:
        data = json.loads(line.removeprefix("data:")) if line.startswith("data:") else {}
        if data.get("board_id") == board_id and "state" in data:
            assert data["state"] != "failed", data
            if data["state"] == "ready":
                return
    raise TimeoutError(board_id)
