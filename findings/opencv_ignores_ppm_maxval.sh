#!/usr/bin/env bash
# OpenCV takes the samples of a PPM as they are: white of a 10-bit camera is nearly black.
#
# Guess: `cv2.imdecode` scales samples by the header's maxval to 0…255, as the Netpbm specification defines them
#   ("a proportion of the maxval"), or refuses a maxval other than 255.
# Version: opencv-python-headless 4.10.0.84 and 5.0.0.93; Pillow 13.0.0; numpy 2.4.6; Python 3.11, x86-64.
# Behavior: neither. With IMREAD_COLOR a white image of maxval 127 decodes to 127, one of 10 bits (1023) to 3 and one of
#   12 bits (4095) to 15: 16-bit samples lose their low byte, whatever the maxval is. Pillow gives 255 for each.
# So: frames that a 10- or 12-bit camera pipeline stored as PPM calibrate and judge a network on almost black images, and
#   no library says so. Read the maxval, and refuse or scale.
# Output seen on 2026-11-27: `expected.txt` below.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/try.py" <<'PY'
import io

import cv2
import numpy as np
from PIL import Image

for maxval, dtype in ((127, "u1"), (255, "u1"), (1023, ">u2"), (4095, ">u2"), (65535, ">u2")):
    data = b"P6\n16 16\n%d\n" % maxval + np.full(768, maxval, dtype).tobytes()
    ours = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    theirs = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    print(f"white of maxval {maxval}: OpenCV {ours.max()}, Pillow {theirs.max()}")
PY
for version in 4.10.0.84 5.0.0.93; do
  python3 -m venv "$folder/$version"
  "$folder/$version/bin/python" -m pip install --quiet --disable-pip-version-check \
    "opencv-python-headless==$version" Pillow==13.0.0 numpy==2.4.6
  echo "opencv-python-headless $version"
  "$folder/$version/bin/python" "$folder/try.py"
done | tee "$folder/seen.txt"
for version in 4.10.0.84 5.0.0.93; do
  cat <<TXT
opencv-python-headless $version
white of maxval 127: OpenCV 127, Pillow 255
white of maxval 255: OpenCV 255, Pillow 255
white of maxval 1023: OpenCV 3, Pillow 255
white of maxval 4095: OpenCV 15, Pillow 255
white of maxval 65535: OpenCV 255, Pillow 255
TXT
done >"$folder/expected.txt"
diff "$folder/expected.txt" "$folder/seen.txt"
echo "as described"
