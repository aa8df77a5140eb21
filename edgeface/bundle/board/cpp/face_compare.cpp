// Compare two aligned faces with the recognizer of this bundle, in ncnn.
//
//   face_compare MODEL.param MODEL.bin A.ppm B.ppm
//
// The faces are binary PPM of the recognizer's size. Prints the cosine of their embeddings and the verdict; exit code
// 0 for the same person, 3 for different persons, 2 for bad input.
#include <net.h>  // of ncnn

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "face_contract.h"

static void refuse(const char *what, const char *where) {
  std::fprintf(stderr, "error: %s: %s\n", where, what);
  std::exit(2);
}

static std::vector<unsigned char> read_face(const char *path) {
  std::vector<unsigned char> rgb(3 * FACE_HEIGHT * FACE_WIDTH);
  std::ifstream file(path, std::ios::binary);
  std::string magic;
  int width = 0, height = 0, levels = 0;
  if (!(file >> magic >> width >> height >> levels) || magic != "P6") refuse("no binary PPM", path);
  if (width != FACE_WIDTH || height != FACE_HEIGHT || levels != 255) refuse("not an aligned face of the size", path);
  file.get();
  if (!file.read((char *)rgb.data(), rgb.size()) || file.get() != EOF) refuse("cut short or too long", path);
  return rgb;
}

// x' = (x - mean) * scale for each channel, in the network's order; ncnn wants one plane after another.
static ncnn::Mat tensor_of(const std::vector<unsigned char> &rgb, bool mirrored) {
  static const float mean[] = FACE_MEAN, scale[] = FACE_SCALE;
  ncnn::Mat tensor(FACE_WIDTH, FACE_HEIGHT, FACE_CHANNELS);
  for (int channel = 0; channel < FACE_CHANNELS; channel++)
    for (int y = 0; y < FACE_HEIGHT; y++)
      for (int x = 0; x < FACE_WIDTH; x++) {
        const unsigned char *pixel = &rgb[3 * (y * FACE_WIDTH + (mirrored ? FACE_WIDTH - 1 - x : x))];
#if FACE_CHANNELS == 1  // brightness, as OpenCV rounds it
        int seen = (pixel[0] * 9798 + pixel[1] * 19235 + pixel[2] * 3735 + 16384) >> 15;
#else
        int seen = pixel[FACE_IS_RGB ? channel : 2 - channel];
#endif
        tensor.channel(channel).row(y)[x] = (seen - mean[channel]) * scale[channel];
      }
  return tensor;
}

static std::vector<double> embed(const ncnn::Net &net, const char *path) {
  std::vector<double> total(FACE_EMBEDDING);
  const std::vector<unsigned char> rgb = read_face(path);
  for (int mirrored = 0; mirrored <= FACE_FLIP; mirrored++) {
    ncnn::Extractor run = net.create_extractor();
    ncnn::Mat found;
    if (run.input(FACE_INPUT_BLOB, tensor_of(rgb, mirrored)) || run.extract(FACE_OUTPUT_BLOB, found) || found.empty())
      refuse("ncnn cannot run the model", path);
    found = found.reshape(found.w * found.h * found.d * found.c);
    if (found.w != FACE_EMBEDDING) refuse("not the recognizer of this bundle", "model");
    for (int i = 0; i < FACE_EMBEDDING; i++) total[i] += found[i];
  }
  return total;
}

int main(int count, char **arguments) {
  ncnn::Net net;  // the options that edgeface judged the network with; ncnn's own use float16 where a core can
  net.opt.use_fp16_packed = net.opt.use_fp16_storage = net.opt.use_fp16_arithmetic = false;
  net.opt.use_bf16_storage = FACE_IS_BFLOAT16;
  net.opt.num_threads = FACE_THREADS;
  if (count != 5) refuse("usage: face_compare MODEL.param MODEL.bin A.ppm B.ppm", arguments[0]);
  std::ifstream weights(arguments[2], std::ios::binary | std::ios::ate);  // ncnn reads others as readily
  if (weights.tellg() != FACE_WEIGHTS_BYTES) refuse("not the weights of this bundle", arguments[2]);
  if (net.load_param(arguments[1]) || net.load_model(arguments[2])) refuse("ncnn cannot load the model", arguments[1]);
  const std::vector<double> a = embed(net, arguments[3]), b = embed(net, arguments[4]);
  double product = 0, a_square = 0, b_square = 0;
  for (int i = 0; i < FACE_EMBEDDING; i++) {
    product += a[i] * b[i];
    a_square += a[i] * a[i];
    b_square += b[i] * b[i];
  }
  const double similarity = product / std::sqrt(a_square * b_square);
  if (!std::isfinite(similarity)) refuse("the embedding is zero or not finite", arguments[1]);
  std::printf("similarity %.6f\n%s\n", similarity, similarity >= FACE_THRESHOLD ? "same person" : "different people");
  return similarity >= FACE_THRESHOLD ? 0 : 3;
}
