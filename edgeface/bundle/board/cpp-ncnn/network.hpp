// A network in ncnn, for edgeface_face.hpp.
#ifndef NETWORK_HPP_
#define NETWORK_HPP_

#include <net.h>  // of ncnn

#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "edgeface_face.hpp"

// How the model stores values, and the bytes of its weights: ncnn reads others as readily.
struct NcnnModel {
  std::string input_blob;
  bool bfloat16;
  std::streamoff weights_bytes;
};

class Network {
 public:
  // `path` is the .param file, with its .bin file beside it; `outputs` are named after their blobs.
  Network(const std::string &path, const edgeface::Input &input, const std::vector<edgeface::Output> &outputs,
          int threads, const NcnnModel &model)
      : input_(input), outputs_(outputs), blob_(model.input_blob) {
    const std::string weights = path.substr(0, path.rfind('.')) + ".bin";
    std::ifstream file(weights, std::ios::binary | std::ios::ate);
    if (file.tellg() != model.weights_bytes) throw std::runtime_error(weights + ": not the weights of this bundle");
    // The options that edgeface judged the network with; ncnn's own use float16 where a core can.
    net_.opt.use_fp16_packed = net_.opt.use_fp16_storage = net_.opt.use_fp16_arithmetic = false;
    net_.opt.use_bf16_storage = model.bfloat16;
    net_.opt.num_threads = threads;
    if (net_.load_param(path.c_str()) || net_.load_model(weights.c_str()))
      throw std::runtime_error(path + ": ncnn cannot load the model");
  }

  // `feed` writes the input tensor, planes one after the other, at the address that it is given.
  template <class Feed>
  std::vector<edgeface::Values> run(Feed feed) {
    const std::size_t plane = std::size_t(input_.height) * input_.width;
    std::vector<float> planes(plane * input_.mean.size());
    feed(planes.data());
    ncnn::Mat tensor(input_.width, input_.height, int(input_.mean.size()));
    for (int c = 0; c < tensor.c; c++) std::memcpy(tensor.channel(c), &planes[plane * c], plane * sizeof(float));
    ncnn::Extractor extractor = net_.create_extractor();
    if (extractor.input(blob_.c_str(), tensor)) throw std::runtime_error("ncnn does not take the input");
    std::vector<edgeface::Values> found;
    for (const edgeface::Output &output : outputs_) {
      ncnn::Mat made;
      if (extractor.extract(output.name.c_str(), made) || made.empty())
        throw std::runtime_error("ncnn cannot compute " + output.name);
      made = made.reshape(made.w * made.h * made.d * made.c);
      if (std::size_t(made.w) != output.count) throw std::runtime_error(output.name + ": not the model of this bundle");
      const float *values = made;
      found.emplace_back(values, values + output.count);
    }
    return found;
  }

 private:
  edgeface::Input input_;
  std::vector<edgeface::Output> outputs_;
  std::string blob_;
  ncnn::Net net_;
};

#endif
