"""spandrel's architectures, imported without torchvision.

Of spandrel's forty architectures two use torchvision, for masks (LaMa) and faces (RestoreFormer);
worker.engines.network refuses both. Importing torchvision brings torch's compiler along: 161 MB and
1.5 s of every worker's start, measured with torch 2.14 and torchvision 0.29.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Final, NoReturn

_PARENT: Final = "torchvision"
_NAMES: Final = (_PARENT, f"{_PARENT}.transforms", f"{_PARENT}.transforms.functional")


class _Absent(ModuleType):
    """Stands for a module while others import names from it; whatever it has cannot be called."""

    def __getattr__(self, name: str) -> "_Absent":
        if name.startswith("__"):
            raise AttributeError(name)
        return _Absent(f"{self.__name__}.{name}")

    def __call__(self, *_: object, **__: object) -> NoReturn:
        raise ImportError(f"{self.__name__} is left out: see worker.engines.architectures")


@contextmanager
def _without_torchvision() -> Iterator[None]:
    """Imports inside find stand-ins; who imports torchvision later gets the real one."""
    if _PARENT in sys.modules:
        yield
        return
    sys.modules.update({name: _Absent(name) for name in _NAMES})
    try:
        yield
    finally:
        for name in _NAMES:
            del sys.modules[name]


with _without_torchvision():
    from spandrel import ImageModelDescriptor, ModelLoader, UnsupportedModelError

__all__ = ["ImageModelDescriptor", "ModelLoader", "UnsupportedModelError"]
