// From an image to a network's input, and from its outputs to faces: what edgeface computes around the networks, in one
// file of C++17 and the standard library. Copy it; docs/integration of edgeface says where each number comes from.
//
// Pixels are the same bytes as those of edgeface's programs in Python, which are OpenCV's: each product and each sum is
// rounded by itself. So nothing here may be contracted into multiply-adds, nor compiled with -ffast-math.
#ifndef EDGEFACE_FACE_HPP_
#define EDGEFACE_FACE_HPP_

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#ifdef __FAST_MATH__
#error "edgeface_face.hpp needs a file that is compiled without -ffast-math: pixels and boxes would differ"
#endif
#if defined(__clang__)
#pragma clang fp contract(off)
#elif defined(__GNUC__)
#pragma GCC push_options
#pragma GCC optimize("fp-contract=off")
#endif

namespace edgeface {

using Point = std::array<float, 2>;                    // x, y in pixels
using Template = std::array<std::array<double, 2>, 5>;  // both eyes, nose, both mouth corners in an aligned face
using Matrix = std::array<double, 6>;                  // (x, y) -> (m0 x + m1 y + m2, m3 x + m4 y + m5)
using Values = std::vector<float>;                     // an output of a network, in real numbers

enum class Color { rgb, bgr, grey };
enum class Kind { float32, int8, uint8 };

struct Image {  // rows of red, green, blue
  int height = 0, width = 0;
  std::vector<std::uint8_t> rgb;
  std::uint8_t *at(int y, int x) { return &rgb[3 * (std::size_t(y) * width + x)]; }
  const std::uint8_t *at(int y, int x) const { return &rgb[3 * (std::size_t(y) * width + x)]; }
};

struct Storage {  // how a tensor holds real numbers: real = (stored - zero_point) * scale
  Kind kind = Kind::float32;
  float scale = 1;
  int zero_point = 0;
};

struct Input {  // x' = (x - mean) * scale for each channel, in the order of `color`
  int height, width;
  Color color;
  std::vector<float> mean, scale;
  bool stretch = false;  // to the whole input; else letterbox: aspect ratio kept, top left, padded with 0 after x'
  bool planar = false;   // NCHW, as of ONNX and ncnn; else NHWC, as of TFLite
  Storage storage;
};

struct Output {
  std::string name;
  std::size_t count;  // of numbers
  Storage storage;
};

struct Face {  // box x1, y1, x2, y2
  std::array<float, 4> box;
  float score;
  std::vector<Point> landmarks;
};

struct Scale {  // input pixels per pixel of the image
  double x, y;
};

// --- Images: resized and warped to the same bytes as by OpenCV 5 -----------------------------------------------------

inline Image read_ppm(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::string magic(2, ' ');
  file.read(&magic[0], 2);
  int numbers[3] = {0, 0, 0};  // width, height, levels
  for (int &number : numbers) {
    while (file >> std::ws && file.peek() == '#') file.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
    file >> number;
  }
  const auto [width, height, levels] = numbers;
  if (!file || magic != "P6" || levels != 255 || width < 1 || height < 1 || width > 100000000 / height)
    throw std::runtime_error(path + ": not a binary PPM of 8 bits");
  Image image{height, width, std::vector<std::uint8_t>(3 * std::size_t(width) * height)};
  file.get();
  if (!file.read(reinterpret_cast<char *>(image.rgb.data()), std::streamsize(image.rgb.size())))
    throw std::runtime_error(path + ": the image is cut short");
  return image;
}

inline std::uint8_t to_byte(float value) { return std::uint8_t(std::clamp(std::nearbyint(value), 0.f, 255.f)); }

struct Tap {
  int pixel;
  float share;
};

// The pixels that each pixel of a shorter side covers, and their shares.
inline std::vector<std::vector<Tap>> area_taps(int source, int target) {
  const double step = 1.0 / (double(target) / source);
  std::vector<std::vector<Tap>> taps(target);
  for (int i = 0; i < target; i++) {
    const double begin = i * step, end = begin + step, cell = std::min(step, source - begin);
    const int last = std::min(int(std::floor(end)), source - 1), first = std::min(int(std::ceil(begin)), last);
    if (first - begin > 1e-3) taps[i].push_back({first - 1, float((first - begin) / cell)});
    for (int pixel = first; pixel < last; pixel++) taps[i].push_back({pixel, float(1.0 / cell)});
    if (end - last > 1e-3) taps[i].push_back({last, float(std::min({end - last, 1.0, cell}) / cell)});
  }
  return taps;
}

inline Image average_blocks(const Image &image, int down, int across) {
  Image small{image.height / down, image.width / across, {}};
  small.rgb.resize(3 * std::size_t(small.height) * small.width);
  const float share = float(1.0 / (down * across));
  for (int y = 0; y < small.height; y++)
    for (int x = 0; x < small.width; x++)
      for (int c = 0; c < 3; c++) {
        std::int64_t sum = 0;
        for (int i = 0; i < down * across; i++) sum += image.at(y * down + i / across, x * across + i % across)[c];
        small.at(y, x)[c] = down == 2 && across == 2 ? std::uint8_t((sum + 2) >> 2) : to_byte(float(sum) * share);
      }
  return small;
}

inline Image shrink(const Image &image, int rows, int columns) {  // by averages of areas, OpenCV's INTER_AREA
  const double down = 1.0 / (double(rows) / image.height), across = 1.0 / (double(columns) / image.width);
  const double whole = std::numeric_limits<double>::epsilon();
  if (std::abs(down - std::nearbyint(down)) < whole && std::abs(across - std::nearbyint(across)) < whole)
    return average_blocks(image, int(std::nearbyint(down)), int(std::nearbyint(across)));
  const auto along = area_taps(image.width, columns), upright = area_taps(image.height, rows);
  std::vector<float> lines(std::size_t(image.height) * columns * 3);
  for (int y = 0; y < image.height; y++)
    for (int x = 0; x < columns; x++)
      for (const Tap &tap : along[x])
        for (int c = 0; c < 3; c++)
          lines[(std::size_t(y) * columns + x) * 3 + c] += float(image.at(y, tap.pixel)[c]) * tap.share;
  Image small{rows, columns, std::vector<std::uint8_t>(3 * std::size_t(rows) * columns)};
  std::vector<float> sums(std::size_t(columns) * 3);
  for (int y = 0; y < rows; y++) {
    std::fill(sums.begin(), sums.end(), 0.f);
    for (const Tap &tap : upright[y])
      for (std::size_t i = 0; i < sums.size(); i++) sums[i] += lines[tap.pixel * sums.size() + i] * tap.share;
    std::transform(sums.begin(), sums.end(), small.at(y, 0), to_byte);
  }
  return small;
}

struct Weight {  // of two neighbors, in 2048ths
  int before, near, far;
};

inline std::vector<Weight> linear_weights(int source, int target, bool held) {
  const double step = 1.0 / (double(target) / source);
  std::vector<Weight> weights(target);
  for (int i = 0; i < target; i++) {
    const float exact = float((i + 0.5) * step - 0.5), floor = std::floor(exact);
    const bool outside = floor < 0 || floor >= float(source - 1);
    const float fraction = held && outside ? 0.f : exact - floor;
    weights[i] = {int(floor), int(std::nearbyint((1 - fraction) * 2048)), int(std::nearbyint(fraction * 2048))};
  }
  return weights;
}

inline Image enlarge(const Image &image, int rows, int columns) {  // OpenCV's INTER_LINEAR
  const auto along = linear_weights(image.width, columns, true), upright = linear_weights(image.height, rows, false);
  std::vector<int> lines(std::size_t(image.height) * columns * 3);
  for (int y = 0; y < image.height; y++)
    for (int x = 0; x < columns; x++) {
      const int left = std::clamp(along[x].before, 0, image.width - 1), right = std::min(left + 1, image.width - 1);
      for (int c = 0; c < 3; c++)
        lines[(std::size_t(y) * columns + x) * 3 + c] =
            (image.at(y, left)[c] * along[x].near + image.at(y, right)[c] * along[x].far) >> 4;
    }
  Image large{rows, columns, std::vector<std::uint8_t>(3 * std::size_t(rows) * columns)};
  const std::size_t length = std::size_t(columns) * 3;
  for (int y = 0; y < rows; y++) {
    const int *first = &lines[std::clamp(upright[y].before, 0, image.height - 1) * length];
    const int *second = &lines[std::clamp(upright[y].before + 1, 0, image.height - 1) * length];
    for (std::size_t i = 0; i < length; i++) {
      const int total = ((first[i] * upright[y].near) >> 16) + ((second[i] * upright[y].far) >> 16);
      large.at(y, 0)[i] = std::uint8_t(std::clamp((total + 2) >> 2, 0, 255));
    }
  }
  return large;
}

inline Image resize(const Image &image, int rows, int columns) {
  if (rows == image.height && columns == image.width) return image;
  return rows <= image.height && columns <= image.width ? shrink(image, rows, columns) : enlarge(image, rows, columns);
}

inline float fused(float a, float b, float c) { return float(double(a) * double(b) + double(c)); }

// The warped image, bilinear, black outside the source; `forward` maps its pixels to the result's.
inline Image warp(const Image &image, const Matrix &forward, int height, int width) {
  const auto [a, b, c, d, e, f] = forward;
  const double determinant = a * e - b * d, scale = determinant != 0 ? 1 / determinant : 0;
  const double p = e * scale, q = b * -scale, r = d * -scale, s = a * scale;
  const float back[6] = {float(p), float(q), float(-p * c - q * f), float(r), float(s), float(-r * c - s * f)};
  Image warped{height, width, std::vector<std::uint8_t>(3 * std::size_t(height) * width)};
  const auto pixel = [&image](int y, int x, int channel) {
    return y < 0 || x < 0 || y >= image.height || x >= image.width ? 0.f : float(image.at(y, x)[channel]);
  };
  const auto between = [](float one, float other, float share) { return fused(share, other - one, one); };
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      const float row_x = float(y) * back[1] + back[2], row_y = float(y) * back[4] + back[5];
      const float at_x = std::clamp(fused(back[0], float(x), row_x), -1e8f, 1e8f);
      const float at_y = std::clamp(fused(back[3], float(x), row_y), -1e8f, 1e8f);
      const int left = int(std::floor(at_x)), top = int(std::floor(at_y));
      const float across = at_x - float(left), down = at_y - float(top);
      for (int n = 0; n < 3; n++) {
        const float upper = between(pixel(top, left, n), pixel(top, left + 1, n), across);
        const float lower = between(pixel(top + 1, left, n), pixel(top + 1, left + 1, n), across);
        warped.at(y, x)[n] = to_byte(between(upper, lower, down));
      }
    }
  return warped;
}

// --- Tensors ---------------------------------------------------------------------------------------------------------

// Write an image of at most the input's size into an input tensor, mirrored or not; the rest of it is 0.
inline void feed(const Image &image, const Input &input, void *tensor, bool mirrored = false) {
  const std::size_t channels = input.mean.size(), pixels = std::size_t(input.height) * input.width;
  const Storage &to = input.storage;
  const bool real = to.kind == Kind::float32;
  const int least = to.kind == Kind::int8 ? -128 : 0;
  const auto stored = [&](float value) {  // rounded half away from zero, and saturated
    const float whole = std::round(value / to.scale) + float(to.zero_point);
    return std::uint8_t(int(std::clamp(whole, float(least), float(least + 255))));
  };
  if (real) std::fill_n(static_cast<float *>(tensor), channels * pixels, 0.f);
  if (!real) std::fill_n(static_cast<std::uint8_t *>(tensor), channels * pixels, stored(0));
  for (std::size_t c = 0; c < channels; c++) {
    float value[256];
    std::uint8_t byte[256];
    for (int level = 0; level < 256; level++) {
      value[level] = (float(level) - input.mean[c]) * input.scale[c];
      byte[level] = real ? 0 : stored(value[level]);
    }
    for (int y = 0; y < image.height; y++)
      for (int x = 0; x < image.width; x++) {
        const std::uint8_t *rgb = image.at(y, mirrored ? image.width - 1 - x : x);
        const int level = input.color == Color::grey ? (rgb[0] * 9798 + rgb[1] * 19235 + rgb[2] * 3735 + 16384) >> 15
                                                     : rgb[input.color == Color::rgb ? c : 2 - c];
        const std::size_t place = std::size_t(y) * input.width + x;
        const std::size_t at = input.planar ? c * pixels + place : place * channels + c;
        if (real) static_cast<float *>(tensor)[at] = value[level];
        if (!real) static_cast<std::uint8_t *>(tensor)[at] = byte[level];
      }
  }
}

// A detector's input: the image resized into the input tensor. Returns the scale that `faces` takes back.
inline Scale letterbox(const Image &image, const Input &input, void *tensor) {
  const double down = double(input.height) / image.height, across = double(input.width) / image.width;
  if (input.stretch) {
    feed(resize(image, input.height, input.width), input, tensor);
    return {across, down};
  }
  const double scale = std::min(down, across);
  const int rows = std::clamp(int(std::nearbyint(image.height * scale)), 1, input.height);
  const int columns = std::clamp(int(std::nearbyint(image.width * scale)), 1, input.width);
  feed(resize(image, rows, columns), input, tensor);
  return {scale, scale};
}

inline Values real_values(const void *tensor, const Output &output) {
  Values values(output.count);
  for (std::size_t i = 0; i < output.count; i++) {
    const Storage &from = output.storage;
    if (from.kind == Kind::float32) values[i] = static_cast<const float *>(tensor)[i];
    if (from.kind == Kind::int8)
      values[i] = (float(static_cast<const std::int8_t *>(tensor)[i]) - float(from.zero_point)) * from.scale;
    if (from.kind == Kind::uint8)
      values[i] = (float(static_cast<const std::uint8_t *>(tensor)[i]) - float(from.zero_point)) * from.scale;
  }
  return values;
}

// --- Decoders: candidates in pixels of the input tensor, from outputs in the order that each names ---------------------

inline float bounded(float value) { return std::clamp(value, -1e9f, 1e9f); }
inline float bounded_exp(float value) { return std::exp(std::min(value, 20.f)); }
inline float sigmoid(float value) { return 1 / (1 + std::exp(-std::clamp(value, -80.f, 80.f))); }

struct Map {  // of a stride: sides divided by it, rounded up, or down
  int rows, columns;
  Map(const Input &input, int stride, bool down)
      : rows((input.height + (down ? 0 : stride - 1)) / stride),
        columns((input.width + (down ? 0 : stride - 1)) / stride) {}
};

struct Ssd {  // boxes [N,4], scores [N,columns], landmarks [N,2K] of priors: RetinaFace, slim, RFB
  enum class Score { as_is, softmax, sigmoid };
  enum class Box { ssd, corners, pixels };
  std::vector<int> strides;
  std::vector<std::vector<std::array<double, 2>>> sizes;  // for each stride its anchors' widths and heights, in pixels
  std::array<float, 2> variances;
  int landmarks, columns, background;
  Score score;
  Box box;

  std::vector<Face> decode(const std::vector<Values> &outputs, const Input &input, float min_score) const {
    const float width = float(input.width), height = float(input.height);
    std::vector<Face> found;
    std::size_t n = 0;
    for (std::size_t level = 0; level < strides.size(); level++) {
      const Map map(input, strides[level], false);
      for (int y = 0; y < map.rows; y++)
        for (int x = 0; x < map.columns; x++)
          for (const auto &side : sizes[level]) {
            const std::array<float, 4> prior{float((x + 0.5) * strides[level] / input.width),
                                             float((y + 0.5) * strides[level] / input.height),
                                             float(side[0] / input.width), float(side[1] / input.height)};
            const float sure = score_of(&outputs[1][n * columns]);
            if (sure >= min_score) {
              const float *points = landmarks ? &outputs[2][n * 2 * landmarks] : nullptr;
              found.push_back(face_of(prior, &outputs[0][n * 4], points, sure, width, height));
            }
            n++;
          }
    }
    return found;
  }

 private:
  float score_of(const float *given) const {
    const int own = columns > 2 ? background : columns == 2 ? 1 - background : 0;
    float found = given[own];
    if (score == Score::sigmoid) found = sigmoid(found);
    if (score == Score::softmax) {
      float most = bounded(given[0]), total = 0;
      for (int i = 1; i < columns; i++) most = std::max(most, bounded(given[i]));
      for (int i = 0; i < columns; i++) total += std::exp(bounded(given[i]) - most);
      found = std::exp(bounded(given[own]) - most) / total;
    }
    return columns > 2 ? 1 - found : found;
  }

  Face face_of(const std::array<float, 4> &prior, const float *given, const float *points, float sure, float width,
               float height) const {
    const float sides[4] = {width, height, width, height};
    Face face{{}, sure, std::vector<Point>(landmarks)};
    for (int i = 0; i < 2; i++) {
      if (box == Box::ssd) {
        const float center = prior[i] + bounded(given[i]) * variances[0] * prior[2 + i];
        const float size = prior[2 + i] * bounded_exp(bounded(given[2 + i]) * variances[1]);
        face.box[i] = (center - size / 2) * sides[i];
        face.box[2 + i] = (center + size / 2) * sides[i];
      } else {
        for (int j = i; j < 4; j += 2) face.box[j] = bounded(given[j]) * (box == Box::corners ? sides[j] : 1);
      }
      for (int k = 0; k < landmarks; k++) {
        const float offset = bounded(points[2 * k + i]);
        const float share = box == Box::ssd ? prior[i] + offset * variances[0] * prior[2 + i] : offset;
        face.landmarks[k][i] = share * (box == Box::pixels ? 1 : sides[i]);
      }
    }
    return face;
  }
};

struct Scrfd {  // of each stride scores [N,1]; then of each boxes [N,4], then landmarks [N,2K]
  std::vector<int> strides;
  int per_cell;
  float offset;
  bool maps_down, in_strides, before_sigmoid;
  int landmarks;

  std::vector<Face> decode(const std::vector<Values> &outputs, const Input &input, float min_score) const {
    std::vector<Face> found;
    for (std::size_t level = 0; level < strides.size(); level++) {
      const Values &scores = outputs[level], &boxes = outputs[strides.size() + level];
      const Map map(input, strides[level], maps_down);
      const float stride = float(strides[level]), unit = in_strides ? stride : 1;
      for (std::size_t n = 0; n < std::size_t(map.rows) * map.columns * per_cell; n++) {
        const float score = before_sigmoid ? sigmoid(scores[n]) : scores[n];
        if (!(score >= min_score)) continue;
        const int cell = int(n / per_cell);
        const float at[2] = {(float(cell % map.columns) + offset) * stride,
                             (float(cell / map.columns) + offset) * stride};
        Face face{{}, score, std::vector<Point>(landmarks)};
        for (int i = 0; i < 4; i++) {
          const float side = bounded(boxes[4 * n + i]) * unit;
          face.box[i] = i < 2 ? at[i] - side : at[i - 2] + side;
        }
        for (int i = 0; i < 2 * landmarks; i++)
          face.landmarks[i / 2][i % 2] =
              at[i % 2] + bounded(outputs[2 * strides.size() + level][2 * landmarks * n + i]) * unit;
        found.push_back(face);
      }
    }
    return found;
  }
};

struct YuNet {  // of each stride classes [N,1]; then objects [N,1], boxes [N,4], landmarks [N,2K]
  std::vector<int> strides;
  float offset;
  bool maps_down, before_sigmoid;
  int landmarks;

  std::vector<Face> decode(const std::vector<Values> &outputs, const Input &input, float min_score) const {
    const auto part = [this](float score) { return std::clamp(before_sigmoid ? sigmoid(score) : score, 0.f, 1.f); };
    std::vector<Face> found;
    for (std::size_t level = 0; level < strides.size(); level++) {
      const Values &classes = outputs[level], &objects = outputs[strides.size() + level];
      const Map map(input, strides[level], maps_down);
      const float stride = float(strides[level]);
      for (std::size_t n = 0; n < std::size_t(map.rows) * map.columns; n++) {
        const float score = std::sqrt(part(classes[n]) * part(objects[n]));
        if (!(score >= min_score)) continue;
        const float at[2] = {float(int(n) % map.columns) + offset, float(int(n) / map.columns) + offset};
        const float *given = &outputs[2 * strides.size() + level][4 * n];
        Face face{{}, score, std::vector<Point>(landmarks)};
        for (int i = 0; i < 2; i++) {
          const float center = (at[i] + bounded(given[i])) * stride;
          const float size = bounded_exp(bounded(given[2 + i])) * stride;
          face.box[i] = center - size / 2;
          face.box[2 + i] = center + size / 2;
        }
        for (int i = 0; i < 2 * landmarks; i++)
          face.landmarks[i / 2][i % 2] =
              (at[i % 2] + bounded(outputs[3 * strides.size() + level][2 * landmarks * n + i])) * stride;
        found.push_back(face);
      }
    }
    return found;
  }
};

// --- Faces -------------------------------------------------------------------------------------------------------------

// Intersection over union; each width and height counts one pixel more, as in the public evaluation of RetinaFace.
inline float overlap(const Face &a, const Face &b) {
  const auto area = [](float x1, float y1, float x2, float y2) {
    return std::max(x2 - x1 + 1, 0.f) * std::max(y2 - y1 + 1, 0.f);
  };
  const float inner = area(std::max(a.box[0], b.box[0]), std::max(a.box[1], b.box[1]), std::min(a.box[2], b.box[2]),
                           std::min(a.box[3], b.box[3]));
  const float both = area(a.box[0], a.box[1], a.box[2], a.box[3]) + area(b.box[0], b.box[1], b.box[2], b.box[3]);
  return both - inner > 0 ? inner / (both - inner) : 0;
}

// The candidates that do not overlap a better one by more than `max_iou`, best first; equal scores keep their order.
inline std::vector<Face> suppress_overlaps(std::vector<Face> candidates, float max_iou) {
  std::stable_sort(candidates.begin(), candidates.end(), [](const Face &a, const Face &b) { return a.score > b.score; });
  std::vector<Face> kept;
  for (const Face &face : candidates)
    if (std::none_of(kept.begin(), kept.end(), [&](const Face &best) { return overlap(best, face) > max_iou; }))
      kept.push_back(face);
  return kept;
}

// The faces of an image by falling score, in its pixels; those whose center lies in the padding are dropped.
template <class Decoder>
std::vector<Face> faces(const Decoder &decoder, const std::vector<Values> &outputs, const Input &input, Scale scale,
                        const Image &image, float min_score, float max_iou) {
  const float by[2] = {float(scale.x), float(scale.y)}, limit[2] = {float(image.width), float(image.height)};
  std::vector<Face> inside;
  for (Face &face : suppress_overlaps(decoder.decode(outputs, input, min_score), max_iou)) {
    for (int i = 0; i < 4; i++) face.box[i] /= by[i % 2];
    for (Point &point : face.landmarks) point = {point[0] / by[0], point[1] / by[1]};
    const float x = (face.box[0] + face.box[2]) / 2, y = (face.box[1] + face.box[3]) / 2;
    if (!(x >= 0 && x < limit[0] && y >= 0 && y < limit[1])) continue;
    for (int i = 0; i < 4; i++) face.box[i] = std::clamp(face.box[i], 0.f, limit[i % 2]);
    inside.push_back(face);
  }
  return inside;
}

// The large face near the center, nullptr without any.
inline const Face *main_face(const std::vector<Face> &found, const Image &image) {
  const auto prominence = [&image](const Face &face) {
    const double x1 = face.box[0], y1 = face.box[1], x2 = face.box[2], y2 = face.box[3];
    const double x = (x1 + x2 - image.width) / 2, y = (y1 + y2 - image.height) / 2;
    return (x2 - x1) * (y2 - y1) - 2 * (x * x + y * y);
  };
  const auto best = std::max_element(found.begin(), found.end(), [&](const Face &a, const Face &b) {
    return prominence(a) < prominence(b);
  });
  return best == found.end() ? nullptr : &*best;
}

// The rotation, uniform scale and translation that map landmarks closest to a template, by least squares. Landmarks are
// both eyes, nose and mouth corners, or BlazeFace's six.
inline Matrix similarity(const std::vector<Point> &landmarks, const Template &face) {
  std::vector<std::array<double, 2>> goal(face.begin(), face.end());
  if (landmarks.size() == 6) goal = {face[0], face[1], face[2], {(face[3][0] + face[4][0]) / 2, (face[3][1] + face[4][1]) / 2}};
  if (landmarks.size() != 5 && landmarks.size() != 6) throw std::runtime_error("a face is aligned by 5 or 6 landmarks");
  double x = 0, y = 0, u = 0, v = 0, spread = 0, along = 0, across = 0;
  const double count = double(goal.size());
  for (std::size_t i = 0; i < goal.size(); i++) {
    x += landmarks[i][0], y += landmarks[i][1], u += goal[i][0], v += goal[i][1];
  }
  x /= count, y /= count, u /= count, v /= count;
  for (std::size_t i = 0; i < goal.size(); i++) {
    const double px = landmarks[i][0] - x, py = landmarks[i][1] - y, tx = goal[i][0] - u, ty = goal[i][1] - v;
    spread += px * px + py * py, along += tx * px + ty * py, across += ty * px - tx * py;
  }
  if (!(spread >= 1e-6 && spread < 1e15)) throw std::runtime_error("the landmarks are not those of a face");
  const double cosine = along / spread, sine = across / spread;
  return {cosine, -sine, u - (cosine * x - sine * y), sine, cosine, v - (sine * x + cosine * y)};
}

// The face as its recognizer wants it.
inline Image align(const Image &image, const std::vector<Point> &landmarks, const Template &face, const Input &input) {
  return warp(image, similarity(landmarks, face), input.height, input.width);
}

// --- Embeddings ----------------------------------------------------------------------------------------------------------

// A recognizer's output, or the sum of a face's and its mirror image's, scaled to length 1.
inline Values unit_length(const std::vector<double> &embedding) {
  const double length = std::sqrt(std::inner_product(embedding.begin(), embedding.end(), embedding.begin(), 0.0));
  if (!(length > 0) || !std::isfinite(length)) throw std::runtime_error("the embedding is zero or not finite");
  Values unit(embedding.size());
  std::transform(embedding.begin(), embedding.end(), unit.begin(), [&](double value) { return float(value / length); });
  return unit;
}

inline double cosine(const Values &a, const Values &b) {
  if (a.size() != b.size()) throw std::runtime_error("embeddings of different recognizers cannot be compared");
  const double product = std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
  const double squares = std::inner_product(a.begin(), a.end(), a.begin(), 0.0) *
                         std::inner_product(b.begin(), b.end(), b.begin(), 0.0);
  return std::clamp(product / std::sqrt(squares), -1.0, 1.0);
}

}  // namespace edgeface

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#endif
#endif
