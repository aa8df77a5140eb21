/* The part of LiteRT's C interface that the examples use, declared from its documentation: libLiteRt.so of the
 * ai-edge-litert wheel exports these functions as of version 2.3, and the wheel has no headers. Every handle is opaque
 * here, and a tensor's type is only passed on, so that no layout of a struct has to be known. */
#ifndef FACE_LITERT_H_
#define FACE_LITERT_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct LiteRtEnvironmentT *LiteRtEnvironment;
typedef struct LiteRtModelT *LiteRtModel;
typedef struct LiteRtOptionsT *LiteRtOptions;
typedef struct LiteRtOpaqueOptionsT *LiteRtOpaqueOptions;
typedef struct LiteRtCompiledModelT *LiteRtCompiledModel;
typedef struct LiteRtSignatureT *LiteRtSignature;
typedef struct LiteRtTensorT *LiteRtTensor;
typedef struct LiteRtTensorBufferT *LiteRtTensorBuffer;
typedef struct LiteRtTensorBufferRequirementsT *LiteRtTensorBufferRequirements;

/* Element type, rank, dimensions and strides: 72 bytes in LiteRT 2, with a margin. */
typedef union {
  unsigned char bytes[256];
  uint64_t aligned;
} LiteRtRankedTensorType;

enum { kLiteRtStatusOk = 0, kLiteRtHwAcceleratorCpu = 1, kLiteRtLockRead = 0, kLiteRtLockWrite = 1 };

int LiteRtCreateEnvironment(int option_count, const void *options, LiteRtEnvironment *environment);
int LiteRtCreateModelFromFile(LiteRtEnvironment environment, const char *path, LiteRtModel *model);
int LiteRtCreateOptions(LiteRtOptions *options);
int LiteRtSetOptionsHardwareAccelerators(LiteRtOptions options, int accelerators);
int LiteRtCreateOpaqueOptions(const char *identifier, void *payload, void (*destroy)(void *),
                              LiteRtOpaqueOptions *options);
int LiteRtAddOpaqueOptions(LiteRtOptions options, LiteRtOpaqueOptions added);
int LiteRtCreateCompiledModel(LiteRtEnvironment environment, LiteRtModel model, LiteRtOptions options,
                              LiteRtCompiledModel *compiled);
int LiteRtGetModelSignature(LiteRtModel model, size_t index, LiteRtSignature *signature);
int LiteRtGetSignatureInputTensorByIndex(LiteRtSignature signature, size_t index, LiteRtTensor *tensor);
int LiteRtGetSignatureOutputTensorByIndex(LiteRtSignature signature, size_t index, LiteRtTensor *tensor);
int LiteRtGetNumSignatureOutputs(LiteRtSignature signature, size_t *count);
int LiteRtGetSignatureOutputName(LiteRtSignature signature, size_t index, const char **name);
int LiteRtGetRankedTensorType(LiteRtTensor tensor, LiteRtRankedTensorType *type);
int LiteRtGetCompiledModelInputBufferRequirements(LiteRtCompiledModel compiled, size_t signature, size_t index,
                                                  LiteRtTensorBufferRequirements *requirements);
int LiteRtGetCompiledModelOutputBufferRequirements(LiteRtCompiledModel compiled, size_t signature, size_t index,
                                                   LiteRtTensorBufferRequirements *requirements);
int LiteRtCreateManagedTensorBufferFromRequirements(LiteRtEnvironment environment, const LiteRtRankedTensorType *type,
                                                    LiteRtTensorBufferRequirements requirements,
                                                    LiteRtTensorBuffer *buffer);
int LiteRtGetTensorBufferPackedSize(LiteRtTensorBuffer buffer, size_t *size);
int LiteRtLockTensorBuffer(LiteRtTensorBuffer buffer, void **address, int mode);
int LiteRtUnlockTensorBuffer(LiteRtTensorBuffer buffer);
int LiteRtRunCompiledModel(LiteRtCompiledModel compiled, size_t signature, size_t input_count,
                           LiteRtTensorBuffer *inputs, size_t output_count, LiteRtTensorBuffer *outputs);
void LiteRtDestroyTensorBuffer(LiteRtTensorBuffer buffer);
void LiteRtDestroyCompiledModel(LiteRtCompiledModel compiled);
void LiteRtDestroyOptions(LiteRtOptions options);
void LiteRtDestroyModel(LiteRtModel model);
void LiteRtDestroyEnvironment(LiteRtEnvironment environment);

#ifdef __cplusplus
}
#endif
#endif
