#!/usr/bin/env bash
# Measure ONNX Runtime's CUDA provider and TensorRT-RTX on a bare, offline machine with an NVIDIA GPU, CUDA 13, torch
# and Python 3.12. What that machine lacks travels in pieces of at most 46 MiB.
#
#   reports/gpu.sh prepare PIECES        here: wheels and artifacts (needs ../shared/data, a network, the project's venv)
#   reports/gpu.sh take PIECES STORE     there, as often as pieces arrive: checks them and puts them into STORE
#   reports/gpu.sh measure STORE OUT     there: unpacks, checks each step, measures for at most LIMIT_S (440) seconds;
#                                        `without rtx` or `without parity` behind it leaves that out
#
# `measure` also runs without a GPU, and says what it could not measure. PYTHON is the Python there (python3).
set -euo pipefail
cd "$(dirname "$0")/.."

PIECE=46M
CUDA_ORT="onnxruntime-gpu==1.31.1"
RTX="onnxruntime-ep-nv-tensorrt-rtx-cu13==0.5.0"
BINDINGS="tensorrt-rtx-cu13-bindings==1.7.1.116"
PLATFORMS=(manylinux_2_28_x86_64 manylinux_2_27_x86_64 manylinux_2_17_x86_64 manylinux2014_x86_64 manylinux1_x86_64)

step() { printf '\n== %s\n' "$*" >&2; }

fetch() { # FOLDER REQUIREMENT...: wheels for Python 3.12
  local into=$1
  shift
  .venv/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
    --python-version 3.12 --implementation cp "${PLATFORMS[@]/#/--platform=}" -d "$into" "$@"
}

pack() { # NAME FOLDER PIECES: NAME.tar in pieces, and their sums
  tar -C "$2" --sort=name --mtime=@0 --owner=0 --group=0 -cf - . | split -d -a 2 -b $PIECE - "$3/$1.tar."
  (cd "$3" && sha256sum "$1".tar.* >"$1.sums")
}

prepare() {
  local pieces=$1 work
  mkdir -p "$pieces"
  work=$(mktemp -d)
  if [[ ! -e $pieces/ort.sums ]]; then
    step "ONNX Runtime for CUDA"
    mapfile -t small < <(grep -iE '^(pydantic|pydantic_core|annotated-types|typing-inspection|typing_extensions)==' constraints.txt)
    fetch "$work/ort" "$CUDA_ORT" "${small[@]}"
    pack ort "$work/ort" "$pieces"
  fi
  if [[ ! -e $pieces/rtx.sums ]]; then
    step "TensorRT-RTX"
    fetch "$work/rtx" "$RTX" "$BINDINGS"
    pack rtx "$work/rtx" "$pieces"
  fi
  step "artifacts"
  .venv/bin/python reports/gpu_artifacts.py "$work/work"
  pack work "$work/work" "$pieces"
  rm -r "$work"
  ls -l "$pieces" >&2
}

take() {
  local pieces=$1 store=$2 sums piece
  mkdir -p "$store"
  cp "$pieces"/* "$store"
  cd "$store"
  for sums in *.sums; do
    sha256sum --check --quiet --ignore-missing "$sums"
  done
  for piece in *.tar.*; do echo "taken: $piece"; done
}

unpack() { # STORE NAME: whether all its pieces are here; unpacks them
  local store=$1 name=$2 wheel
  [[ -e $store/$name.done ]] && return 0
  [[ -e $store/$name.sums ]] || return 1
  (cd "$store" && sha256sum --check --quiet "$name.sums") || return 1
  mkdir -p "$store/$name"
  cat "$store/$name".tar.* | tar -xf - -C "$store/$name"
  for wheel in "$store/$name"/*.whl; do
    if [[ -e $wheel ]]; then "${PYTHON:-python3}" -m zipfile -e "$wheel" "$store/$name"; fi
  done
  touch "$store/$name.done"
}

measure() {
  local store out site=
  store=$(realpath "$1")
  mkdir -p "$2"
  out=$(realpath "$2")
  step "unpacking"
  unpack "$store" work || { echo "the artifacts are not complete" >&2; exit 2; }
  if unpack "$store" ort; then site=$store/ort; else echo "no ONNX Runtime for CUDA: the installed one is used" >&2; fi
  if unpack "$store" rtx; then site=$site:$store/rtx; else echo "no TensorRT-RTX: its lanes are refused" >&2; fi
  export PYTHONPATH=$PWD/reports:$PWD:$site PYTHONUNBUFFERED=1
  step "machine"
  nvidia-smi --query-gpu=name,driver_version,memory.total,pcie.link.gen.max,clocks.max.sm --format=csv || true
  "${PYTHON:-python3}" -m edgeface doctor || true
  step "imports"
  "${PYTHON:-python3}" -c 'import edgeface.cli.app, edgeface.validate.check_parity, onnxruntime; print(onnxruntime.__version__, onnxruntime.get_available_providers())'
  step "measuring"
  timeout "${LIMIT_S:-440}" "${PYTHON:-python3}" reports/gpu.py "$store/work" "$out" "${@:3}"
}

case ${1:-} in
  prepare | take | measure) "$@" ;;
  *)
    sed -n '2,11p' "$0" >&2
    exit 2
    ;;
esac
