"""The maps of zennit and Captum, in float64. Runs in the environment of `requirements.lock`; `record.py` calls it.

    python torch_maps.py FOLDER

FOLDER/CASE.npz, from `record.py`: the weights, and under `images`, `scores`, `low` and `high` the images (B, H, W, 3),
the scores of Keras (B, K) and the bounds of a pixel (3,). Written: FOLDER/maps/CASE.npz, every map (B, H, W, 3) under
`zennit/NAME` or `captum/NAME`, and FOLDER/maps/CASE.json with the targets and what was measured on the way.
"""

import json
import sys
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch_networks
import zennit_import  # noqa: F401  makes the imports of zennit possible
from captum import attr
from captum.attr._utils.lrp_rules import Alpha1_Beta0_Rule, EpsilonRule
from torch import Tensor, nn
from zennit import composites, rules
from zennit.attribution import Gradient
from zennit.canonizers import SequentialMergeBatchNorm
from zennit.core import Composite
from zennit.layer import Sum
from zennit.types import AvgPool, Convolution, Linear

STEPS = 32  # of integrated gradients
LAST = {"vgg16": "block5_conv3_relu", "resnet50": "blocks"}  # whose feature maps Grad-CAM weighs


def exact(z: Tensor) -> Tensor:
    """In place of zennit's stabiliser, which adds 1e-6 to every denominator: only 0 / 0 is made 0."""
    return z + (z == 0)


def everywhere(rule: rules.BasicHook, equally: bool = False) -> Composite:
    """`rule` for every convolution and Dense layer, with zennit's usual rules for the rest.

    Args:
        equally: sums and averages share equally, and not in proportion.
    """
    others = [((Sum, AvgPool), rules.Flat(exact))] if equally else []
    base = composites.layer_map_base(exact)
    return composites.LayerMapComposite([*others, *base, (Linear, rule)], canonizers=[SequentialMergeBatchNorm()])


def first_and_others(first: rules.BasicHook, others: rules.BasicHook) -> Composite:
    """One rule for the first convolution and one for every other convolution and Dense layer."""
    return composites.SpecialFirstLayerMapComposite(
        [*composites.layer_map_base(exact), (Linear, others)],
        [(Convolution, first)],
        canonizers=[SequentialMergeBatchNorm()],
    )


def zennit_composites(low: Tensor, high: Tensor) -> dict[str, Composite]:
    """Everything of zennit that is compared, by name. `low` and `high`: (1, 3, 1, 1)."""
    usual = {"stabilizer": exact, "canonizers": [SequentialMergeBatchNorm()]}
    return {
        "epsilon_plus": composites.EpsilonPlus(**usual),
        "epsilon_plus_flat": composites.EpsilonPlusFlat(**usual),
        "epsilon_alpha2_beta1": composites.EpsilonAlpha2Beta1(**usual),
        "epsilon_alpha2_beta1_flat": composites.EpsilonAlpha2Beta1Flat(**usual),
        "epsilon_gamma_box": composites.EpsilonGammaBox(low, high, **usual),
        "z": everywhere(rules.Epsilon(exact)),
        "epsilon": everywhere(rules.Epsilon(0.01)),
        "gamma": everywhere(rules.Gamma(0.25, exact)),
        "alpha_1_beta_0": everywhere(rules.AlphaBeta(1, 0, exact)),
        "alpha_2_beta_1": everywhere(rules.AlphaBeta(2, 1, exact)),
        "z_plus": everywhere(rules.ZPlus(exact, zero_params="bias")),
        "w_square": everywhere(rules.WSquare(exact, zero_params="bias"), equally=True),
        "flat": everywhere(rules.Flat(exact), equally=True),
        "zbox": first_and_others(rules.ZBox(low, high, exact), rules.Epsilon(1e-7)),
        "w_square_then_plus": first_and_others(rules.WSquare(exact, zero_params="bias"), rules.ZPlus(exact)),
        "deconvnet": composites.DeconvNet(),
        "guided_backprop": composites.GuidedBackprop(),
        # where zennit goes its own way
        "epsilon_plus_as_shipped": composites.EpsilonPlus(canonizers=[SequentialMergeBatchNorm()]),
        "w_square_with_bias": everywhere(rules.WSquare(exact), equally=True),
    }


def zennit_map(model: nn.Module, composite: Composite, x: Tensor, target: Tensor) -> Tensor:
    """From the score of the target, like the reference: zennit starts from whatever it is given."""
    with Gradient(model, composite) as attributor:
        return attributor(x, lambda scores: scores * nn.functional.one_hot(target, scores.shape[1]))[1]


def captum_maps(model: nn.Module, x: Tensor, target: Tensor, last: nn.Module) -> dict[str, Tensor]:
    """The maps of Captum that both networks have, all started from 1; `last`: the layer for Grad-CAM."""
    maps = {
        "gradient": attr.Saliency(model).attribute(x, target, abs=False),
        "input_t_gradient": attr.InputXGradient(model).attribute(x, target),
        "deconvnet": attr.Deconvolution(model).attribute(x, target),
        "guided_backprop": attr.GuidedBackprop(model).attribute(x, target),
        "integrated_gradients": attr.IntegratedGradients(model).attribute(
            x, target=target, n_steps=STEPS, method="riemann_left"
        ),
    }
    cam = attr.LayerGradCam(model, last).attribute(x, target, relu_attributions=True)
    cam = attr.LayerAttribution.interpolate(cam, x.shape[2:], "bilinear")
    return maps | {"grad_cam": cam.expand_as(x) / x.shape[1]}  # the reference divides it among the channels


def captum_lrp(model: nn.Module, x: Tensor, target: Tensor, rule: Callable[[], Any]) -> Tensor:
    """Captum's LRP, from the score, with `rule` in the convolutions but the first, and epsilon 1e-9 elsewhere."""
    convolutions = [module for module in model.modules() if isinstance(module, nn.Conv2d)]
    flattens = [module for module in model.modules() if isinstance(module, nn.Flatten)]
    for convolution in convolutions[1:]:
        convolution.rule = rule()
    for flatten in flattens:  # Captum has no rule for it; this one hands on what arrives
        flatten.rule = EpsilonRule()
    return attr.LRP(model).attribute(x, target)


def difference(a: Tensor, b: Tensor) -> float:
    """Largest difference over the largest value of `b`."""
    return float((a - b).abs().max() / b.abs().max())


def record(case: str, folder: Path) -> None:
    """Write the maps of one network, and what was measured on the way."""
    arch, _ = case.split("-")
    given = dict(np.load(folder / f"{case}.npz"))
    images, scores, low, high = (given.pop(name) for name in ("images", "scores", "low", "high"))
    x = torch.tensor(images, dtype=torch.float64).permute(0, 3, 1, 2).contiguous()
    low, high = (torch.tensor(bound, dtype=torch.float64).reshape(1, 3, 1, 1) for bound in (low, high))

    model = torch_networks.build(arch, given).double()
    found = model(x)
    target = found.argmax(1)
    explained = found.gather(1, target[:, None])
    measured = {"scores against those of Keras": difference(found, torch.tensor(scores, dtype=torch.float64))}
    if measured["scores against those of Keras"] > 1e-5 or bool((explained <= 0).any()):
        raise SystemExit(f"{case}: the scores are not those of Keras, or not positive: {measured} {explained.tolist()}")

    maps = {
        f"zennit/{name}": zennit_map(model, composite, x, target)
        for name, composite in zennit_composites(low, high).items()
    }
    maps |= {
        f"captum/{name}": map_ for name, map_ in captum_maps(model, x, target, model.get_submodule(LAST[arch])).items()
    }
    plus, plus_as_shipped = maps["zennit/epsilon_plus"], maps["zennit/epsilon_plus_as_shipped"]
    measured["epsilon_plus as shipped against without the stabiliser"] = difference(plus_as_shipped, plus)
    if arch == "resnet50":
        shipped = torch_networks.build(arch, given, exact_merge=False).double()
        composite = composites.EpsilonPlus(stabilizer=exact, canonizers=[SequentialMergeBatchNorm()])
        maps["zennit/epsilon_plus_merge_as_shipped"] = zennit_map(shipped, composite, x, target)
        measured["epsilon_plus after zennit's merge against an exact one"] = difference(
            maps["zennit/epsilon_plus_merge_as_shipped"], plus
        )
        with composite.context(shipped):
            merged = shipped(x)
        measured["scores after zennit's merge against those before"] = difference(merged, found)
    else:
        maps["captum/lrp_epsilon"] = captum_lrp(model, x, target, lambda: EpsilonRule(1e-9))
        maps["captum/lrp_alpha_1_beta_0"] = captum_lrp(model, x, target, Alpha1_Beta0_Rule)
    for name in ("deconvnet", "guided_backprop"):  # Captum starts from 1, the reference and zennit from the score
        maps[f"captum/{name}"] = maps[f"captum/{name}"] * explained[:, :, None, None]
        measured[f"{name}: Captum against zennit"] = difference(maps[f"captum/{name}"], maps[f"zennit/{name}"])

    about = {"targets": target.tolist(), "scores": explained[:, 0].tolist(), "measured": measured}
    (folder / "maps" / f"{case}.json").write_text(json.dumps(about))
    shaped: dict[str, Any] = {name: map_.detach().permute(0, 2, 3, 1).numpy() for name, map_ in maps.items()}
    np.savez(folder / "maps" / f"{case}.npz", **shaped)


def main() -> None:
    warnings.simplefilter("ignore")  # Captum says that it sets requires_grad and hooks, and that it will undo both
    torch.set_num_threads(1)  # sums in one order
    folder = Path(sys.argv[1])
    (folder / "maps").mkdir()
    for given in sorted(folder.glob("*.npz")):
        record(given.stem, folder)
    versions = {"torch": torch.__version__, "zennit": version("zennit"), "captum": version("captum")}
    (folder / "maps" / "versions.json").write_text(json.dumps(versions))


if __name__ == "__main__":
    main()
