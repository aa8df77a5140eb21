// A network in LiteRT, through its C interface, for edgeface_face.hpp.
#ifndef NETWORK_HPP_
#define NETWORK_HPP_

#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "edgeface_face.hpp"
#include "litert.h"

class Network {
 public:
  // `path` is the model's file; `outputs` are returned in this order.
  Network(const std::string &path, const edgeface::Input &input, const std::vector<edgeface::Output> &outputs,
          int threads)
      : outputs_(outputs) {
    LiteRtSignature signature;
    LiteRtTensor tensor;
    std::size_t count = 0;
    check(LiteRtCreateEnvironment(0, nullptr, &environment_), "making an environment");
    check(LiteRtCreateModelFromFile(environment_, path.c_str(), &model_), "loading " + path);
    check(LiteRtCreateOptions(&options_), "making options");
    check(LiteRtSetOptionsHardwareAccelerators(options_, kLiteRtHwAcceleratorCpu), "choosing the CPU");
    add_threads(threads);
    check(LiteRtCreateCompiledModel(environment_, model_, options_, &compiled_), "compiling " + path);
    check(LiteRtGetModelSignature(model_, 0, &signature), "reading the signature");
    check(LiteRtGetSignatureInputTensorByIndex(signature, 0, &tensor), "reading the input");
    const std::size_t numbers = std::size_t(input.height) * input.width * input.mean.size();
    input_ = buffer(tensor, true, 0, numbers * bytes_of(input.storage));
    check(LiteRtGetNumSignatureOutputs(signature, &count), "reading the outputs");
    buffers_.resize(count);
    places_.assign(outputs.size(), count);
    for (std::size_t i = 0; i < count; i++) {  // the signature has an order of its own
      const char *name = nullptr;
      check(LiteRtGetSignatureOutputName(signature, i, &name), "reading an output's name");
      check(LiteRtGetSignatureOutputTensorByIndex(signature, i, &tensor), "reading an output");
      std::size_t wanted = 0;
      for (std::size_t j = 0; j < outputs.size(); j++)
        if (outputs[j].name == name) places_[j] = i, wanted = outputs[j].count * bytes_of(outputs[j].storage);
      buffers_[i] = buffer(tensor, false, i, wanted);
    }
    for (std::size_t place : places_)
      if (place == count) throw std::runtime_error(path + ": an output is missing: not the model of this bundle");
  }

  Network(const Network &) = delete;
  Network &operator=(const Network &) = delete;

  ~Network() {
    LiteRtDestroyTensorBuffer(input_);
    for (LiteRtTensorBuffer each : buffers_) LiteRtDestroyTensorBuffer(each);
    LiteRtDestroyCompiledModel(compiled_);
    LiteRtDestroyOptions(options_);
    LiteRtDestroyModel(model_);
    LiteRtDestroyEnvironment(environment_);
  }

  // `feed` writes the input tensor at the address that it is given.
  template <class Feed>
  std::vector<edgeface::Values> run(Feed feed) {
    void *memory = nullptr;
    check(LiteRtLockTensorBuffer(input_, &memory, kLiteRtLockWrite), "writing the input");
    feed(memory);
    check(LiteRtUnlockTensorBuffer(input_), "writing the input");
    check(LiteRtRunCompiledModel(compiled_, 0, 1, &input_, buffers_.size(), buffers_.data()), "running");
    std::vector<edgeface::Values> found;
    for (std::size_t i = 0; i < outputs_.size(); i++) {
      check(LiteRtLockTensorBuffer(buffers_[places_[i]], &memory, kLiteRtLockRead), "reading an output");
      found.push_back(edgeface::real_values(memory, outputs_[i]));
      check(LiteRtUnlockTensorBuffer(buffers_[places_[i]]), "reading an output");
    }
    return found;
  }

 private:
  static void check(int status, const std::string &what) {
    if (status != kLiteRtStatusOk)
      throw std::runtime_error("LiteRT: " + what + " failed with status " + std::to_string(status));
  }

  static std::size_t bytes_of(const edgeface::Storage &storage) {
    return storage.kind == edgeface::Kind::float32 ? sizeof(float) : 1;
  }

  // The wheel exports no LrtCpuOptions: their text, which it reads, is what they would pass on.
  void add_threads(int threads) {
    LiteRtOpaqueOptions added = nullptr;
    char *text = strdup(("num_threads = " + std::to_string(threads) + "\n").c_str());
    check(LiteRtCreateOpaqueOptions("xnnpack", text, std::free, &added), "making options of the CPU");
    check(LiteRtAddOpaqueOptions(options_, added), "adding options of the CPU");
  }

  // A buffer of the compiled model; bytes of 0 fit any size.
  LiteRtTensorBuffer buffer(LiteRtTensor tensor, bool is_input, std::size_t index, std::size_t bytes) {
    LiteRtRankedTensorType type;
    LiteRtTensorBufferRequirements wanted;
    LiteRtTensorBuffer made = nullptr;
    std::size_t found = 0;
    check(LiteRtGetRankedTensorType(tensor, &type), "reading a tensor's type");
    const auto ask =
        is_input ? LiteRtGetCompiledModelInputBufferRequirements : LiteRtGetCompiledModelOutputBufferRequirements;
    check(ask(compiled_, 0, index, &wanted), "asking for a buffer's requirements");
    check(LiteRtCreateManagedTensorBufferFromRequirements(environment_, &type, wanted, &made), "making a buffer");
    check(LiteRtGetTensorBufferPackedSize(made, &found), "reading a buffer's size");
    if (bytes && found != bytes) throw std::runtime_error("a tensor has another size: not the model of this bundle");
    return made;
  }

  std::vector<edgeface::Output> outputs_;
  std::vector<std::size_t> places_;
  LiteRtEnvironment environment_ = nullptr;
  LiteRtModel model_ = nullptr;
  LiteRtOptions options_ = nullptr;
  LiteRtCompiledModel compiled_ = nullptr;
  LiteRtTensorBuffer input_ = nullptr;
  std::vector<LiteRtTensorBuffer> buffers_;
};

#endif
