"""Imports `realesrgan` 0.3.0 (2022) beside a torchvision that lost a module it needs.

basicsr 1.4.2, beneath it, takes `rgb_to_grayscale` from a module that torchvision removed in
0.17. Only code for training calls it, but the import fails. The function lives on in
`torchvision.transforms.functional`, so that a module of the old name is all that is missing.
"""

import importlib
import importlib.util
import sys
import warnings
from types import ModuleType
from typing import Any, Final

from worker.errors import PackageMissing

LOST_MODULE: Final = "torchvision.transforms.functional_tensor"


def import_realesrgan() -> Any:
    """The package `realesrgan`. Any: it has no types. Seconds. Raises PackageMissing."""
    supply_lost_module()
    try:
        with warnings.catch_warnings():
            # What code of 2022 uses is deprecated by now; nobody here can mend it.
            warnings.simplefilter("ignore")
            return importlib.import_module("realesrgan")
    except ImportError as error:
        raise PackageMissing(
            f"ENGINE=realesrgan needs the package realesrgan ({error}): "
            "`make reference` installs it, or set ENGINE=torch"
        ) from error


def supply_lost_module() -> None:
    """Afterwards LOST_MODULE can be imported; where torchvision has it, nothing changes."""
    if LOST_MODULE in sys.modules or importlib.util.find_spec(LOST_MODULE) is not None:
        return
    from torchvision.transforms import functional  # noqa: PLC0415 -- seconds, for this engine alone

    module = ModuleType(LOST_MODULE, "Stands in for a module that torchvision removed.")
    vars(module)["rgb_to_grayscale"] = functional.rgb_to_grayscale
    sys.modules[LOST_MODULE] = module
