#!/bin/sh
# Build ncnn's library as CMake finds it, with the layers that this bundle's models have: libncnn.sh FOLDER [OPTIONS].
# Some minutes; needs CMake and a C++ compiler. The sources are those in FOLDER/sources, of version @NCNN@; if there are
# none, pip gets those of the Python package, which the models were judged with.
#
# To cross-compile for the board on another machine: CC=aarch64-linux-gnu-gcc CXX=aarch64-linux-gnu-g++ libncnn.sh FOLDER
# Options are CMake's: -DNCNN_ARM82=OFF leaves out kernels that an ARMv8.0 board such as the RK3399 cannot run.
set -e
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
cd "$1"
shift
get() { python3 -m pip download --no-deps --no-binary ncnn --dest . "$1" 2>&1 || :; }
if [ ! -d sources ]; then
    # The sources name the day as their version, so pip refuses them by version, but not by the address that it says.
    address=$(get "ncnn==@NCNN@" | sed -n 's/.*Requested ncnn==@NCNN@ from \([^ ,]*\),.*/\1/p' | head -n 1)
    [ -z "$address" ] || get "ncnn @ $address" >pip.log
    archive=$(find . -maxdepth 1 -name 'ncnn-*.tar.gz')
    [ -n "$archive" ] || { echo "pip does not get them: unpack ncnn's sources of @NCNN@ to $PWD/sources" >&2 && exit 1; }
    mkdir sources
    tar xzf "$archive" --strip-components=1 -C sources
fi

# Layers of the models, and those that they are made of inside ncnn.
needed="$(tail -qn +3 "$here"/../models/*.param | cut -d ' ' -f 1) Cast Clip Concat Convolution Crop Dequantize Flatten"
needed="$needed HardSwish InnerProduct Mish Packing Padding Permute Quantize ReLU Requantize Reshape Sigmoid Split"
case $needed in *MatMul*) needed="$needed Gemm" ;; esac
needed=" $(echo $needed | tr '[:upper:]' '[:lower:]') "
for layer in $(sed -n 's/^ncnn_add_layer(\([A-Za-z0-9_]*\).*/\1/p' sources/src/CMakeLists.txt | tr '[:upper:]' '[:lower:]'); do
    case $needed in *" $layer "*) ;; *) set -- "$@" "-DWITH_LAYER_$layer=OFF" ;; esac
done
case ${CXX:-} in aarch64-*) set -- "$@" -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 ;; esac
for part in TOOLS EXAMPLES BENCHMARK; do set -- "$@" "-DNCNN_BUILD_$part=OFF"; done
cmake -S sources -B build -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX="$PWD" -DNCNN_PIXEL=OFF "$@"
cmake --build build --target install
