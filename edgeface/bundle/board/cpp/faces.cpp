// Find faces in photographs and compare people, with the networks of this bundle.
//
//   faces MODELS [--threshold SCORE] [--embeddings] A.ppm [B.ppm ...]
//
// MODELS is the bundle's folder `models`; photographs are binary PPM. Prints the faces of each: score, box and landmarks
// in pixels; with --embeddings also that of the main face. Then, if the bundle has a recognizer, the cosine of every two
// photographs' main faces and the verdict. Exit code 0, or 2 for bad input.
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "edgeface_face.hpp"
#include "face_contract.hpp"
#include "network.hpp"

namespace contract = face_contract;

static std::vector<edgeface::Face> detect(Network &network, const edgeface::Image &image, float threshold) {
  edgeface::Scale scale{};
  const auto outputs =
      network.run([&](void *tensor) { scale = edgeface::letterbox(image, contract::detector_input, tensor); });
  return edgeface::faces(contract::decoder, outputs, contract::detector_input, scale, image, threshold,
                         contract::max_iou);
}

static edgeface::Values embed(Network &network, const edgeface::Image &image, const edgeface::Face &face) {
  const auto aligned = edgeface::align(image, face.landmarks, contract::alignment, contract::recognizer_input);
  std::vector<double> sum(contract::recognizer_outputs[0].count);
  for (int mirrored = 0; mirrored <= int(contract::flip); mirrored++) {
    const auto outputs = network.run(
        [&](void *tensor) { edgeface::feed(aligned, contract::recognizer_input, tensor, mirrored != 0); });
    for (std::size_t i = 0; i < sum.size(); i++) sum[i] += outputs[0][i];
  }
  return edgeface::unit_length(sum);
}

static void print_face(const edgeface::Face &face) {
  std::printf("face %.6f box", face.score);
  for (float side : face.box) std::printf(" %.6f", side);
  std::printf(" landmarks");
  for (const auto &point : face.landmarks) std::printf(" %.6f %.6f", point[0], point[1]);
  std::printf("\n");
}

static int run(int count, char **arguments) {
  std::vector<std::string> photographs;
  float threshold = contract::face_threshold;
  bool shows_embeddings = false;
  for (int i = 2; i < count; i++) {
    if (!std::strcmp(arguments[i], "--threshold") && i + 1 < count)
      threshold = std::stof(arguments[++i]);
    else if (!std::strcmp(arguments[i], "--embeddings"))
      shows_embeddings = true;
    else
      photographs.push_back(arguments[i]);
  }
  if (photographs.empty())
    throw std::runtime_error("usage: faces MODELS [--threshold SCORE] [--embeddings] A.ppm [B.ppm ...]");
  const std::string folder = std::string(arguments[1]) + "/";
  const std::unique_ptr<Network> detector = contract::open_detector<Network>(folder);
  const std::unique_ptr<Network> recognizer = contract::open_recognizer<Network>(folder);
  std::vector<std::pair<std::string, edgeface::Values>> people;
  for (const std::string &path : photographs) {
    const edgeface::Image image = edgeface::read_ppm(path);
    const auto found = detect(*detector, image, threshold);
    std::printf("image %s faces %zu\n", path.c_str(), found.size());
    for (const edgeface::Face &face : found) print_face(face);
    const edgeface::Face *main = edgeface::main_face(found, image);
    if (recognizer && main) {
      people.emplace_back(path, embed(*recognizer, image, *main));
      if (shows_embeddings) {
        std::printf("embedding");
        for (float value : people.back().second) std::printf(" %.9g", value);
        std::printf("\n");
      }
    }
  }
  for (std::size_t b = 1; b < people.size(); b++)
    for (std::size_t a = 0; a < b; a++) {
      const double similarity = edgeface::cosine(people[a].second, people[b].second);
      const char *verdict = similarity >= contract::match_threshold ? "same person" : "different people";
      std::printf("cosine %.6f %s: %s, %s\n", similarity, verdict, people[a].first.c_str(), people[b].first.c_str());
    }
  return 0;
}

int main(int count, char **arguments) {
  try {
    return run(count, arguments);
  } catch (const std::exception &error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 2;
  }
}
