#!/bin/sh
# Build ncnn's library as CMake finds it, with the layers that this bundle's models have, from the sources in the Python
# package of the version that made them: libncnn.sh FOLDER. A few minutes; needs pip, CMake and a C++ compiler.
#
# To cross-compile for the board on another machine: CC=aarch64-linux-gnu-gcc CXX=aarch64-linux-gnu-g++ libncnn.sh FOLDER
set -e
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
cd "$1"
[ -d sources ] || {
    python3 -m pip download --quiet --no-deps --no-binary ncnn --dest . "ncnn==@NCNN@"
    mkdir sources
    tar xzf ncnn-*.tar.gz --strip-components=1 -C sources
}

# Layers of the models, and those that ncnn puts around them.
needed="$(tail -qn +3 "$here"/../models/*.param | cut -d ' ' -f 1) Cast Dequantize Flatten Packing Padding Quantize Requantize"
needed=" $(echo $needed | tr '[:upper:]' '[:lower:]') "
set --
for layer in $(sed -n 's/^ncnn_add_layer(\([A-Za-z0-9_]*\).*/\1/p' sources/src/CMakeLists.txt | tr '[:upper:]' '[:lower:]'); do
    case $needed in *" $layer "*) ;; *) set -- "$@" "-DWITH_LAYER_$layer=OFF" ;; esac
done
case ${CXX:-} in aarch64-*) set -- "$@" -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 ;; esac
for part in TOOLS EXAMPLES BENCHMARK; do set -- "$@" "-DNCNN_BUILD_$part=OFF"; done
cmake -S sources -B build -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX="$PWD" -DNCNN_PIXEL=OFF "$@"
cmake --build build --target install
