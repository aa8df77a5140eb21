#!/usr/bin/env bash
# ncnn's int8 convolutions 3x3 wrap around in Winograd's form, which is its default, where plain int32 sums have room.
#
# Guess: an int8 convolution sums products of int8 in int32, and is exact up to 2^31: 130,000 products of 127 x 127.
# Version: ncnn 1.0.20261020; Python 3.11, x86-64 (the Arm build does the same).
# Behavior: a 3x3 convolution of stride 1 is computed in Winograd's form, whose integer transforms scale sums by up to
#   576. Sums from 2^31 / 576, 3.7 million, wrap around: a large positive result comes out large and negative. 256
#   channels of middling values reach that. Without Winograd's form (layer parameter 31=64, or the net's option
#   `use_winograd_convolution`) the result is exact.
# So: a network that ncnn2int8 quantized may lose single outputs of wide layers in whole, at those pixels only where
#   activations are strong; a mean over images hardly shows it.
# Output seen on 2026-11-28: `expected.txt` below.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
  ncnn==1.0.20261020 numpy==2.4.6 tqdm==4.67.1 requests==2.32.5 portalocker==3.2.0
cat >"$folder/try.py" <<'PY'
import ncnn
import numpy as np

OUTPUTS, WEIGHT, PIXEL, INT8 = 8, 100, 20, 0x000D4B38


def middle(channels, mask):
    """The output in the middle of a 3x3 convolution whose weights and pixels are all alike, scales 1."""
    layer = f"Convolution c 1 1 x y 0={OUTPUTS} 1=3 4=1 5=0 6={OUTPUTS * channels * 9} 8=1 31={mask}"
    with open("one.param", "w") as param, open("one.bin", "wb") as stored:
        param.write(f"7767517\n2 2\nInput x 0 1 x\n{layer}\n")
        stored.write(np.uint32(INT8).tobytes())
        stored.write(np.full((OUTPUTS, channels, 3, 3), WEIGHT, np.int8).tobytes())
        stored.write(np.ones(OUTPUTS + 1, np.float32).tobytes())
    net = ncnn.Net()
    net.opt.num_threads = 1
    net.load_param("one.param")
    net.load_model("one.bin")
    extractor, given = net.create_extractor(), ncnn.Mat(np.full((channels, 8, 8), PIXEL, np.float32)).clone()
    extractor.input("x", given)
    found = float(np.array(extractor.extract("y")[1])[0, 3, 3])
    del extractor
    return found


for channels in (64, 256):
    right = channels * 9 * WEIGHT * PIXEL
    words = ["right" if middle(channels, mask) == right else "wrong" for mask in (0, 64)]
    print(f"{channels} channels, sum {right}: by default {words[0]}, without Winograd {words[1]}")
PY
cd "$folder"
venv/bin/python try.py 2>/dev/null | tee seen.txt
cat >expected.txt <<'TXT'
64 channels, sum 1152000: by default right, without Winograd right
256 channels, sum 4608000: by default wrong, without Winograd right
TXT
diff expected.txt seen.txt
echo "as described"
