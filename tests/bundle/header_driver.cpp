// Runs what edgeface_face.hpp holds on the inputs of test_cpp_header.py, which writes cases.hpp, and prints the results.
#include <cstdio>

#include "edgeface_face.hpp"

static std::FILE *given;

static edgeface::Values read_values(std::size_t count) {
  edgeface::Values values(count);
  if (std::fread(values.data(), sizeof(float), count, given) != count) throw std::runtime_error("too few values");
  return values;
}

template <class Decoder>
static void decode(const Decoder &decoder, const edgeface::Input &input, const std::vector<std::size_t> &counts) {
  std::vector<edgeface::Values> outputs;
  for (std::size_t count : counts) outputs.push_back(read_values(count));
  const edgeface::Image image{50, 70, {}};
  const auto found = edgeface::faces(decoder, outputs, input, {0.9, 0.8}, image, 0.3f, 0.4f);
  std::printf("%zu", found.size());
  for (const auto &face : found) {
    std::printf(" %.9g", face.score);
    for (float side : face.box) std::printf(" %.9g", side);
    for (const auto &point : face.landmarks) std::printf(" %.9g %.9g", point[0], point[1]);
  }
  const edgeface::Face *main = edgeface::main_face(found, image);
  std::printf(" %td\n", main ? main - found.data() : -1);
}

static void print_bytes(const std::uint8_t *bytes, std::size_t count) {
  for (std::size_t i = 0; i < count; i++) std::printf("%02x", bytes[i]);
  std::printf("\n");
}

static void fit(const std::string &path, const edgeface::Input &input) {
  const bool real = input.storage.kind == edgeface::Kind::float32;
  std::vector<std::uint8_t> tensor(input.mean.size() * input.height * input.width * (real ? 4 : 1));
  const auto scale = edgeface::letterbox(edgeface::read_ppm(path), input, tensor.data());
  std::printf("%.17g %.17g ", scale.x, scale.y);
  print_bytes(tensor.data(), tensor.size());
}

static void align(const std::string &path, const edgeface::Template &face, const std::vector<edgeface::Point> &points,
                  const edgeface::Input &input) {
  const auto aligned = edgeface::align(edgeface::read_ppm(path), points, face, input);
  print_bytes(aligned.rgb.data(), aligned.rgb.size());
}

#include "cases.hpp"

int main(int, char **arguments) {
  given = std::fopen(arguments[1], "rb");
  run_cases(arguments[2]);
  return 0;
}
