"""The PyTorch recipes, in an environment of their own.

    in_torch.py FOLDER ACTION < settings.json

FOLDER holds {train,validation,test}_{images,labels}.npy and weights.npz (VGG16's layers
as Keras has them). Prints one line of JSON, for recipes as tally.py reads it.

https://docs.pytorch.org/tutorials/beginner/transfer_learning_tutorial.html: SGD with
momentum 0.9, a tenth of the step size every 7 epochs, 25 epochs. With the settings that
are fastest on a CPU: channels_last, bfloat16 autocast where that is faster, and images
in memory instead of loader processes.
"""

import json
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import numpy as np

# of ImageNet's pictures, as the weights were trained
MEAN_BGR = (103.939, 116.779, 123.68)
EPOCHS, BATCH = 25, 32
RATE = {"torch_fixed": 0.008, "torch_finetune": 0.001}


def as_torch(kernel: np.ndarray) -> np.ndarray:
    """A kernel (height, width, in, out), as in Keras, as (out, in, height, width)."""
    return np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))


def network(weights: dict[str, np.ndarray], outputs: int):
    """VGG16 without its top, any width, then mean over places and a linear layer.

    Args:
        weights: "LAYER/kernel" and "LAYER/bias", by Keras's names.
        outputs: of the linear layer.
    """
    import torch
    from torch import nn

    parts: list = []
    kernels = [name for name in weights if name.endswith("/kernel")]
    names = sorted(name.removesuffix("/kernel") for name in kernels)
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
    """uint8 (n, h, w, 3) RGB -> float32 (n, 3, h, w) BGR with the mean subtracted.

    Channels last in memory.
    """
    import torch

    x = torch.from_numpy(np.ascontiguousarray(images[..., ::-1]))
    x = x.permute(0, 3, 1, 2).float()
    x = x.sub_(torch.tensor(MEAN_BGR).view(1, 3, 1, 1))
    return x.contiguous(memory_format=torch.channels_last)


def predicted(model, images, autocast, rows: int = 256) -> np.ndarray:
    """Outputs for images of any number: float32 (n, outputs)."""
    import torch

    model.eval()
    parts = []
    with torch.inference_mode(), autocast():
        for start in range(0, len(images), rows):
            parts.append(model(prepared(images[start : start + rows])).float())
    return torch.cat(parts).numpy()


def train(folder: Path, recipe: str, settings: dict) -> dict:
    """One run of "torch_fixed", "torch_finetune", or "torch_adam".

    The latter trains all layers by Adam, to compare throughput.
    """
    import torch

    data = {f.stem: np.load(f, mmap_mode="r") for f in folder.glob("*.npy")}
    started = time.perf_counter()
    torch.manual_seed(settings["seed"])
    autocast = low_precision(settings)
    model = network(dict(np.load(folder / "weights.npz")), settings["outputs"])
    if recipe == "torch_fixed":
        model[:-1].requires_grad_(False)
    thawed = [p for p in model.parameters() if p.requires_grad]
    if recipe == "torch_adam":
        optimizer = torch.optim.Adam(thawed, 1e-4)
    else:
        optimizer = torch.optim.SGD(thawed, RATE[recipe], momentum=0.9)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 7, 0.1)
    criterion = torch.nn.CrossEntropyLoss()
    n, batch = len(data["train_labels"]), settings.get("batch", BATCH)
    labels = torch.from_numpy(np.array(data["train_labels"], "int64"))
    images = np.array(data["train_images"])

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
            best = accuracy
            kept = {name: value.clone() for name, value in model.state_dict().items()}
        seconds = time.perf_counter() - started
        stage["epochs"].append({"seconds": seconds, "accuracy": accuracy})
    model.load_state_dict(kept)
    logits = predicted(model, data["test_images"], autocast)
    stage["test"] = float((logits.argmax(axis=1) == data["test_labels"]).mean())
    versions = {"torch": torch.__version__, "threads": torch.get_num_threads()}
    return {"stages": [stage], "total": None, "versions": versions}


def low_precision(settings: dict):
    """What opens the context in which the network computes."""
    import torch

    low = settings["precision"] == "bfloat16"
    return lambda: torch.autocast("cpu", torch.bfloat16, enabled=low)


def features(folder: Path, settings: dict, rows: int = 16) -> list:
    """Features of the first test images in float32, to be compared with Keras's."""
    model = network(dict(np.load(folder / "weights.npz")), 1)[:-1]
    images = np.load(folder / "test_images.npy")[:rows]
    return predicted(model, images, nullcontext).tolist()


def rates(folder: Path, settings: dict) -> dict:
    """Images in a second, forward and while all layers are trained by Adam."""
    import torch

    model = network(dict(np.load(folder / "weights.npz")), settings["outputs"])
    autocast = low_precision(settings)
    images = np.load(folder / "train_images.npy")
    labels = torch.from_numpy(np.load(folder / "train_labels.npy").astype("int64"))
    optimizer = torch.optim.Adam(model.parameters(), 1e-5)
    criterion = torch.nn.CrossEntropyLoss()

    def forward(batch: int):
        predicted(model, images[:batch], autocast, rows=batch)

    def training(batch: int):
        model.train()
        optimizer.zero_grad()
        with autocast():
            outputs = model(prepared(images[:batch]))
        criterion(outputs.float(), labels[:batch]).backward()
        optimizer.step()

    found = {}
    for name, call in (("forward", forward), ("training", training)):
        for batch in settings["batches"][name]:
            found[f"{name} {batch}"] = batch / fastest(call, batch, settings["calls"])
    return found


def fastest(call, batch: int, calls: int) -> float:
    """Seconds of the fastest of some calls, after one that is not counted."""
    call(batch)
    taken = []
    for _ in range(calls):
        started = time.perf_counter()
        call(batch)
        taken.append(time.perf_counter() - started)
    return min(taken)


def main(place: str, action: str) -> None:
    """Print what the action found."""
    folder, settings = Path(place), json.load(sys.stdin)
    others = {"features": features, "rates": rates}
    if action in others:
        print(json.dumps(others[action](folder, settings)))
    else:
        print(json.dumps(train(folder, action, settings)))


if __name__ == "__main__":
    main(*sys.argv[1:])
