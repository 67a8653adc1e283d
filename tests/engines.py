"""An engine that stands for a network where only what is done with its work matters."""

from collections.abc import Iterator

from worker.engines.base import EngineDescription, Pixels, Progress


class Doubling:
    """An engine that is no interpolation: it repeats pixels and marks one corner in red.

    It says that it needs a second per 10,000 pixels, and takes whatever it is given.
    """

    name = "doubling"
    scale = 2

    def __init__(self) -> None:
        self.asked: list[tuple[int, ...]] = []

    def describe(self) -> EngineDescription:
        return EngineDescription(
            model=self.name, architecture="none", scale=2, dtype="uint8", device="cpu"
        )

    def seconds_for(self, height: int, width: int) -> float:
        return height * width / 10_000

    def bands(self, rgb: Pixels, progress: Progress, *, from_row: int = 0) -> Iterator[Pixels]:
        self.asked.append(rgb.shape)
        result = rgb.repeat(2, axis=0).repeat(2, axis=1)
        result[:8, :8] = (255, 0, 0)
        for top in range(2 * from_row, len(result), 100):
            yield result[top : top + 100]
            progress(min(1.0, (top + 100) / len(result)))
