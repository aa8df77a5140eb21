#!/usr/bin/env bash
# FAISS's exact int8 index cuts float queries to integers in some widths: a unit query then matches everything equally.
#
# Guess: `IndexScalarQuantizer` with `QT_8bit_direct_signed` keeps int8 vectors as they are, so a float query of unit length
#   against them gives the inner products of the float query with the stored integers, in any width.
# Version: faiss-cpu 1.15.1, numpy 2.4.6; Python 3.11, x86-64 with AVX2 or AVX-512.
# Behavior: in widths that are multiples of 32 (with AVX-512) or 16 (with AVX2) the query's numbers are cut to integers
#   first. All of a unit vector's are below 1, so that every score is 0 and the neighbours are the first rows. In other
#   widths the same call is right. Nothing is said. A query that is scaled and rounded to integers is right in all.
# So: a gallery of 128 or 512 numbers, stored as int8 and searched with float embeddings, names the same people for any
#   face, on some processors only: 48 is right with AVX-512 and wrong with AVX2. Give integer queries.
# Output seen on 2026-11-28: `expected.txt` below.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check faiss-cpu==1.15.1 numpy==2.4.6
cat >"$folder/try.py" <<'PY'
import faiss
import numpy as np

rng = np.random.default_rng(0)
for width in (100, 128, 512):
    people = rng.standard_normal((1000, width)).astype(np.float32)
    people /= np.linalg.norm(people, axis=1, keepdims=True)
    codes = np.rint(people * 300).clip(-128, 127).astype(np.float32)
    kind = faiss.ScalarQuantizer.QT_8bit_direct_signed
    index = faiss.IndexScalarQuantizer(width, kind, faiss.METRIC_INNER_PRODUCT)
    index.add(codes)
    for what, query in (("float", people[700:701]), ("integer", codes[700:701])):
        scores, rows = index.search(query, 1)
        wanted = float((codes.astype(np.float64) @ query[0].astype(np.float64)).max())
        answer = "right" if abs(scores[0, 0] - wanted) < 1e-3 * wanted else f"score {scores[0, 0]:.1f}, row {rows[0, 0]}"
        print(f"{width} numbers, {what} query: {answer}")
PY
for level in AVX2 AVX512; do
  if [ "$level" = AVX512 ] && ! grep -q avx512f /proc/cpuinfo; then continue; fi
  FAISS_SIMD_LEVEL=$level "$folder/venv/bin/python" "$folder/try.py"
done | sort -u >"$folder/seen.txt"
cat "$folder/seen.txt"
cat >"$folder/expected.txt" <<'TXT'
100 numbers, float query: right
100 numbers, integer query: right
128 numbers, float query: score 0.0, row 0
128 numbers, integer query: right
512 numbers, float query: score 0.0, row 0
512 numbers, integer query: right
TXT
diff "$folder/expected.txt" "$folder/seen.txt"
echo "as described"
