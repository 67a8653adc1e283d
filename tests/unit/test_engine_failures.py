"""What torch raises becomes an error that says whether memory was the reason."""

import pytest
import torch

from worker.engines.torch_engine import failure_of
from worker.errors import OutOfMemory, RenderFailed

# As torch 2.14 says it on a CPU.
SCARCE = "[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate memory: you tried"


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (MemoryError(), OutOfMemory),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 3 GiB"), OutOfMemory),
        (RuntimeError(f"{SCARCE} to allocate 99 bytes"), OutOfMemory),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied\nmore"), RenderFailed),
    ],
)
def test_memory_is_told_apart_from_other_failures(
    error: RuntimeError | MemoryError, kind: type[RenderFailed]
) -> None:
    failure = failure_of("net", error)
    assert type(failure) is kind
    assert failure.detail.startswith("net: ")
    assert "\n" not in failure.detail


def test_torch_says_so_when_it_cannot_allocate() -> None:
    with pytest.raises(RuntimeError) as raised:
        torch.empty(1 << 60, dtype=torch.uint8)
    assert type(failure_of("net", raised.value)) is OutOfMemory
