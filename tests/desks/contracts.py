"""The contracts of all simulated help desks, found by looking into this folder."""

from __future__ import annotations

import importlib
import pkgutil

from tests import desks
from tests.desks.history import Contract


def _found() -> dict[str, Contract]:
    names = [module.name for module in pkgutil.iter_modules(desks.__path__)]
    modules = [
        importlib.import_module(f"{desks.__name__}.{name}") for name in names if name != "contracts"
    ]
    contracts = [module.CONTRACT for module in modules if hasattr(module, "CONTRACT")]
    return {contract.kind: contract for contract in contracts}


#: By the kind of help desk. Each module that has a `CONTRACT` is one.
CONTRACTS = _found()
