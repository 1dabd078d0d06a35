"""Import this before zennit: zennit cannot be imported without torchvision, of which it uses two classes.

`zennit/torchvision.py` asks of a module whether it is a torchvision `Bottleneck` or `BasicBlock`. No network here is
one, and torchvision would bring another build of PyTorch with it; so two empty classes stand in for them. Nothing of
zennit's own is changed.
"""

import sys
from types import ModuleType


class Bottleneck:
    """Stands for torchvision's: nothing here is one."""


class BasicBlock:
    """Stands for torchvision's: nothing here is one."""


resnet = ModuleType("torchvision.models.resnet")
resnet.__dict__.update(Bottleneck=Bottleneck, BasicBlock=BasicBlock)
for name in ("torchvision", "torchvision.models"):
    sys.modules[name] = ModuleType(name)
sys.modules[resnet.__name__] = resnet
