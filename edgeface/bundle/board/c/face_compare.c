/* Compare two aligned faces with the recognizer of this bundle, through LiteRT's C interface.
 *
 *   face_compare MODEL.tflite A.ppm B.ppm
 *
 * The faces are binary PPM of the recognizer's size. Prints the cosine of their embeddings and the verdict; exit code
 * 0 for the same person, 3 for different persons, 2 for bad input. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "face_contract.h"
#include "litert.h"

enum { ONE_PERSON = 0, NOT_USABLE = 2, TWO_PEOPLE = 3 };
enum { CHANNELS = 3, PIXELS = FACE_HEIGHT * FACE_WIDTH };

typedef struct {
  LiteRtEnvironment environment;
  LiteRtModel model;
  LiteRtOptions options;
  LiteRtCompiledModel compiled;
  LiteRtTensorBuffer input, output;
} Recognizer;

static void refuse(const char *what, const char *where) {
  fprintf(stderr, "error: %s: %s\n", where, what);
  exit(NOT_USABLE);
}

static void check(int status, const char *what) {
  if (status != kLiteRtStatusOk) {
    fprintf(stderr, "error: LiteRT: %s failed with status %d\n", what, status);
    exit(NOT_USABLE);
  }
}

static int header_number(FILE *file) {
  int value = -1, sign = fgetc(file);
  while (sign == '#' || sign == ' ' || sign == '\n' || sign == '\r' || sign == '\t') {
    if (sign == '#')
      while (sign != '\n' && sign != EOF) sign = fgetc(file);
    sign = fgetc(file);
  }
  for (; sign >= '0' && sign <= '9' && value < 100000; sign = fgetc(file))
    value = (value < 0 ? 0 : value) * 10 + (sign - '0');
  return value; /* the one character after the number is consumed too, as the format requires */
}

static void read_face(const char *path, unsigned char *rgb) {
  FILE *file = fopen(path, "rb");
  if (!file) refuse("cannot be read", path);
  if (fgetc(file) != 'P' || fgetc(file) != '6') refuse("no binary PPM", path);
  int width = header_number(file), height = header_number(file), levels = header_number(file);
  if (width != FACE_WIDTH || height != FACE_HEIGHT || levels != 255) refuse("not an aligned face of the size", path);
  if (fread(rgb, CHANNELS, PIXELS, file) != PIXELS || fgetc(file) != EOF) refuse("cut short or too long", path);
  fclose(file);
}

/* x' = (x - mean) * scale for each channel, in the network's order and dtype. */
static void write_tensor(const unsigned char *rgb, int mirrored, void *tensor) {
  static const float mean[FACE_CHANNELS] = FACE_MEAN, scale[FACE_CHANNELS] = FACE_SCALE;
  for (int y = 0; y < FACE_HEIGHT; y++)
    for (int x = 0; x < FACE_WIDTH; x++) {
      const unsigned char *pixel = rgb + CHANNELS * (y * FACE_WIDTH + (mirrored ? FACE_WIDTH - 1 - x : x));
      for (int channel = 0; channel < FACE_CHANNELS; channel++) {
#if FACE_CHANNELS == 1 /* brightness, as OpenCV rounds it */
        int seen = (pixel[0] * 9798 + pixel[1] * 19235 + pixel[2] * 3735 + 16384) >> 15;
#else
        int seen = pixel[FACE_IS_RGB ? channel : CHANNELS - 1 - channel];
#endif
        float value = ((float)seen - mean[channel]) * scale[channel];
        size_t at = (size_t)FACE_CHANNELS * (y * FACE_WIDTH + x) + channel;
#if FACE_INPUT_IS_FLOAT
        ((float *)tensor)[at] = value;
#else
        float stored = roundf(value / FACE_INPUT_SCALE) + FACE_INPUT_ZERO_POINT;
        stored = fminf(fmaxf(stored, FACE_INPUT_MIN), FACE_INPUT_MIN + 255);
        ((unsigned char *)tensor)[at] = (unsigned char)(int)stored;
#endif
      }
    }
}

static void add_output(const void *tensor, double *embedding) {
  for (int i = 0; i < FACE_EMBEDDING; i++)
#if FACE_OUTPUT_IS_FLOAT
    embedding[i] += ((const float *)tensor)[i];
#else
    embedding[i] += (float)(((const FACE_OUTPUT_TYPE *)tensor)[i] - FACE_OUTPUT_ZERO_POINT) * FACE_OUTPUT_SCALE;
#endif
}

static LiteRtTensorBuffer make_buffer(const Recognizer *face, LiteRtTensor tensor, int is_input) {
  LiteRtRankedTensorType type;
  LiteRtTensorBufferRequirements wanted;
  LiteRtTensorBuffer buffer;
  check(LiteRtGetRankedTensorType(tensor, &type), "reading a tensor's type");
  check((is_input ? LiteRtGetCompiledModelInputBufferRequirements
                  : LiteRtGetCompiledModelOutputBufferRequirements)(face->compiled, 0, 0, &wanted),
        "asking for a buffer's requirements");
  check(LiteRtCreateManagedTensorBufferFromRequirements(face->environment, &type, wanted, &buffer), "a buffer");
  size_t bytes = 0;
  check(LiteRtGetTensorBufferPackedSize(buffer, &bytes), "a buffer's size");
  if (bytes != (is_input ? FACE_INPUT_BYTES : FACE_OUTPUT_BYTES)) refuse("not the recognizer of this bundle", "model");
  return buffer;
}

static void open_recognizer(const char *path, Recognizer *face) {
  LiteRtSignature signature;
  LiteRtTensor tensor;
  check(LiteRtCreateEnvironment(0, NULL, &face->environment), "making an environment");
  check(LiteRtCreateModelFromFile(face->environment, path, &face->model), "loading the model");
  check(LiteRtCreateOptions(&face->options), "making options");
  check(LiteRtSetOptionsHardwareAccelerators(face->options, kLiteRtHwAcceleratorCpu), "choosing the CPU");
  check(LiteRtCreateCompiledModel(face->environment, face->model, face->options, &face->compiled), "compiling");
  check(LiteRtGetModelSignature(face->model, 0, &signature), "reading the signature");
  check(LiteRtGetSignatureInputTensorByIndex(signature, 0, &tensor), "reading the input");
  face->input = make_buffer(face, tensor, 1);
  check(LiteRtGetSignatureOutputTensorByIndex(signature, 0, &tensor), "reading the output");
  face->output = make_buffer(face, tensor, 0);
}

static void close_recognizer(Recognizer *face) {
  LiteRtDestroyTensorBuffer(face->input);
  LiteRtDestroyTensorBuffer(face->output);
  LiteRtDestroyCompiledModel(face->compiled);
  LiteRtDestroyOptions(face->options);
  LiteRtDestroyModel(face->model);
  LiteRtDestroyEnvironment(face->environment);
}

static void embed(Recognizer *face, const char *path, double *embedding) {
  static unsigned char rgb[CHANNELS * PIXELS];
  void *memory;
  read_face(path, rgb);
  memset(embedding, 0, FACE_EMBEDDING * sizeof *embedding);
  for (int mirrored = 0; mirrored <= FACE_FLIP; mirrored++) {
    check(LiteRtLockTensorBuffer(face->input, &memory, kLiteRtLockWrite), "writing the input");
    write_tensor(rgb, mirrored, memory);
    check(LiteRtUnlockTensorBuffer(face->input), "writing the input");
    check(LiteRtRunCompiledModel(face->compiled, 0, 1, &face->input, 1, &face->output), "running");
    check(LiteRtLockTensorBuffer(face->output, &memory, kLiteRtLockRead), "reading the output");
    add_output(memory, embedding);
    check(LiteRtUnlockTensorBuffer(face->output), "reading the output");
  }
}

int main(int count, char **arguments) {
  static double a[FACE_EMBEDDING], b[FACE_EMBEDDING];
  Recognizer face;
  if (count != 4) refuse("usage: face_compare MODEL.tflite A.ppm B.ppm", arguments[0]);
  open_recognizer(arguments[1], &face);
  embed(&face, arguments[2], a);
  embed(&face, arguments[3], b);
  close_recognizer(&face);
  double product = 0, a_square = 0, b_square = 0;
  for (int i = 0; i < FACE_EMBEDDING; i++) {
    product += a[i] * b[i];
    a_square += a[i] * a[i];
    b_square += b[i] * b[i];
  }
  double similarity = product / sqrt(a_square * b_square);
  if (!isfinite(similarity)) refuse("the embedding is zero or not finite", arguments[1]);
  printf("similarity %.6f\n%s\n", similarity, similarity >= FACE_THRESHOLD ? "same person" : "different people");
  return similarity >= FACE_THRESHOLD ? ONE_PERSON : TWO_PEOPLE;
}
