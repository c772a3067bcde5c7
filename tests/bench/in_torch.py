"""The PyTorch recipes, run by the benchmark in an environment of their own: in_torch.py FOLDER RECIPE < settings.json

FOLDER holds {train,validation,test}_{images,labels}.npy and weights.npz (VGG16's layers as Keras has them). Prints one
line of JSON, as tally.py reads it.

https://docs.pytorch.org/tutorials/beginner/transfer_learning_tutorial.html: SGD with momentum 0.9, a tenth of the step
size every 7 epochs, 25 epochs. With the settings that are fastest on a CPU: channels_last, bfloat16 autocast where it
is the faster one, and images in memory instead of loader processes.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

MEAN_BGR = (
    103.939,
    116.779,
    123.68,
)  # of ImageNet's pictures, as the weights were trained
EPOCHS, BATCH, RATE = 25, 32, {"torch_fixed": 0.008, "torch_finetune": 0.001}


def as_torch(kernel: np.ndarray) -> np.ndarray:
    """A convolution's kernel from Keras's order (height, width, in, out) to PyTorch's (out, in, height, width)."""
    return np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))


def network(weights: dict[str, np.ndarray], outputs: int):
    """VGG16 without its top, any width, then mean over places and a linear layer `fc`; weights by Keras's names."""
    import torch
    from torch import nn

    parts: list = []
    names = sorted(
        name.removesuffix("/kernel") for name in weights if name.endswith("/kernel")
    )
    for i, name in enumerate(names):
        if i and name[:6] != names[i - 1][:6]:
            parts.append(nn.MaxPool2d(2))
        kernel, bias = as_torch(weights[f"{name}/kernel"]), weights[f"{name}/bias"]
        layer = nn.Conv2d(kernel.shape[1], kernel.shape[0], 3, padding=1)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(kernel))
            layer.bias.copy_(torch.from_numpy(bias))
        parts += [layer, nn.ReLU(inplace=True)]
    parts += [nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(1), nn.Flatten()]
    model = nn.Sequential(*parts)
    model.append(nn.Linear(len(bias), outputs))
    return model.to(memory_format=torch.channels_last)


def prepared(images: np.ndarray):
    """uint8 (n, h, w, 3) RGB -> float32 (n, 3, h, w) BGR with the mean subtracted, channels last in memory."""
    import torch

    x = (
        torch.from_numpy(np.ascontiguousarray(images[..., ::-1]))
        .permute(0, 3, 1, 2)
        .float()
    )
    return x.sub_(torch.tensor(MEAN_BGR).view(1, 3, 1, 1)).contiguous(
        memory_format=torch.channels_last
    )


def predicted(model, images, autocast, rows: int = 256) -> np.ndarray:
    """Outputs for images of any number: float32 (n, outputs)."""
    import torch

    model.eval()
    with torch.inference_mode(), autocast():
        parts = [
            model(prepared(images[i : i + rows])).float()
            for i in range(0, len(images), rows)
        ]
    return torch.cat(parts).numpy()


def train(folder: Path, recipe: str, settings: dict) -> dict:
    """One run of "torch_fixed", "torch_finetune", or "torch_adam" (all layers by Adam: for comparing throughput)."""
    import torch

    data = {f.stem: np.load(f, mmap_mode="r") for f in folder.glob("*.npy")}
    started = time.perf_counter()
    torch.manual_seed(settings["seed"])
    low = settings["precision"] == "bfloat16"
    model = network(dict(np.load(folder / "weights.npz")), settings["outputs"])
    if recipe == "torch_fixed":
        model[:-1].requires_grad_(False)
    thawed = [p for p in model.parameters() if p.requires_grad]
    if recipe == "torch_adam":
        optimizer = torch.optim.Adam(thawed, 1e-4)
    else:
        optimizer = torch.optim.SGD(
            thawed, settings.get("rate", RATE[recipe]), momentum=0.9
        )
    schedule, criterion = (
        torch.optim.lr_scheduler.StepLR(optimizer, 7, 0.1),
        torch.nn.CrossEntropyLoss(),
    )
    n, batch = len(data["train_labels"]), settings.get("batch", BATCH)
    labels = torch.from_numpy(np.array(data["train_labels"], "int64"))
    images = np.array(data["train_images"])

    def autocast():
        return torch.autocast("cpu", torch.bfloat16, enabled=low)

    stage = {"start": time.perf_counter() - started, "published": EPOCHS, "epochs": []}
    best, kept = -1.0, None
    for _ in range(min(EPOCHS, settings["epochs"] or EPOCHS)):
        model.train()
        for rows in torch.randperm(n).split(batch):
            x = prepared(images[rows.numpy()])
            if settings["mirror"]:
                chosen = torch.rand(len(x)) < 0.5
                x[chosen] = x[chosen].flip(3)
            optimizer.zero_grad()
            with autocast():
                outputs = model(x)
            criterion(outputs.float(), labels[rows]).backward()
            optimizer.step()
        schedule.step()
        guess = predicted(model, data["validation_images"], autocast).argmax(axis=1)
        accuracy = float((guess == data["validation_labels"]).mean())
        if accuracy > best:
            best, kept = (
                accuracy,
                {name: value.clone() for name, value in model.state_dict().items()},
            )
        stage["epochs"].append(
            {"seconds": time.perf_counter() - started, "accuracy": accuracy}
        )
    model.load_state_dict(kept)
    logits = predicted(model, data["test_images"], autocast)
    stage["test"] = float((logits.argmax(axis=1) == data["test_labels"]).mean())
    versions = {"torch": torch.__version__, "threads": torch.get_num_threads()}
    return {"stages": [stage], "total": None, "versions": versions}


def features(folder: Path, rows: int = 16) -> list:
    """Features of the first test images in float32, to be compared with Keras's."""
    from contextlib import nullcontext

    model = network(dict(np.load(folder / "weights.npz")), 1)[:-1]
    return predicted(
        model, np.load(folder / "test_images.npy")[:rows], nullcontext
    ).tolist()


if __name__ == "__main__":
    place, name, given = Path(sys.argv[1]), sys.argv[2], json.load(sys.stdin)
    print(
        json.dumps(features(place) if name == "features" else train(place, name, given))
    )
