"""Bytes of a picture to a network's numbers, and its numbers to bytes, on either device."""

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from worker.errors import RenderFailed

Pixels = NDArray[np.uint8]


def to_batch(rgb: Pixels, device: torch.device, dtype: torch.dtype) -> torch.Tensor:
    """uint8 (h, w, 3) -> (1, 3, h, w) in [0, 1], channels last, where and as the network is."""
    # A copy: the picture may be read-only, which torch warns of.
    picture = torch.tensor(rgb)
    if device.type == "cuda":
        picture = picture.pin_memory()
    batch = picture.to(device, non_blocking=True).permute(2, 0, 1).unsqueeze(0)
    batch = batch.to(torch.float32).div_(255.0).to(dtype)
    return batch.contiguous(memory_format=torch.channels_last)


def to_bytes(result: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(3, h, w) in [0, 1] -> uint8 (h, w, 3), and whether all values are numbers, as one bool.

    Both are where the result is.
    """
    levels = result.to(torch.float32).mul_(255.0)
    are_numbers = torch.isfinite(levels.sum())
    return levels.round_().to(torch.uint8).permute(1, 2, 0), are_numbers


class Download(Protocol):
    """Takes results (3, h, w) one after another and gives bands of bytes in the same order."""

    def put(self, result: torch.Tensor) -> Iterator[Pixels]:
        """Bands that are there now; each lives until the next one is asked for."""
        ...

    def rest(self) -> Iterator[Pixels]:
        """What has not been given yet."""
        ...


class OnCpu:
    """Each result becomes bytes at once. See Download."""

    def put(self, result: torch.Tensor) -> Iterator[Pixels]:
        """See Download. Raises RenderFailed."""
        content, are_numbers = to_bytes(result)
        if not bool(are_numbers):
            raise RenderFailed("values that are no numbers")
        yield content.contiguous().numpy()

    def rest(self) -> Iterator[Pixels]:
        """Nothing."""
        yield from ()


class FromCuda:
    """Copies a result to pinned memory while the device computes the next one. See Download."""

    def __init__(self, device: torch.device) -> None:
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]  # untyped in torch
        self._under_way: tuple[torch.Tensor, torch.Tensor, torch.cuda.Event] | None = None

    def put(self, result: torch.Tensor) -> Iterator[Pixels]:
        """See Download. Gives the result before this one. Raises RenderFailed."""
        content, are_numbers = to_bytes(result)
        content = content.contiguous()
        self._stream.wait_stream(torch.cuda.current_stream(result.device))
        with torch.cuda.stream(self._stream):
            pinned = torch.empty(content.shape, dtype=torch.uint8, pin_memory=True)
            pinned.copy_(content, non_blocking=True)
            fine = torch.empty((), dtype=torch.bool, pin_memory=True)
            fine.copy_(are_numbers, non_blocking=True)
            done = torch.cuda.Event()  # type: ignore[no-untyped-call]  # the same
            done.record(self._stream)
        # The allocator must not give their memory to the next strip before they are copied.
        content.record_stream(self._stream)
        are_numbers.record_stream(self._stream)
        yield from self.rest()
        self._under_way = (pinned, fine, done)

    def rest(self) -> Iterator[Pixels]:
        """See Download. Raises RenderFailed."""
        if self._under_way is None:
            return
        pinned, fine, done = self._under_way
        self._under_way = None
        done.synchronize()
        if not bool(fine):
            raise RenderFailed("values that are no numbers")
        yield pinned.numpy()


def download_from(device: torch.device) -> Download:
    """What suits the device."""
    return FromCuda(device) if device.type == "cuda" else OnCpu()
