// C functions over libtorch: mechanical, one family a file. Every C++ exception is caught.
//
// A function that makes a tensor returns NULL on failure; the others return 0, or -1 on failure.
// ct_last_error() then gives the text, and ct_last_error_kind() says whose fault it was.
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ct_tensor_impl *ct_tensor;

// Tensors that are borrowed for the time of a call.
typedef struct {
  const ct_tensor *tensors;
  int count;
} ct_list;

enum { CT_ERROR_PROGRAMMER = 0, CT_ERROR_RESOURCE = 1 };
const char *ct_last_error(void);
int ct_last_error_kind(void);

// Data types: libtorch's own numbers (c10::ScalarType).
enum {
  CT_UINT8 = 0,
  CT_INT8 = 1,
  CT_INT16 = 2,
  CT_INT32 = 3,
  CT_INT64 = 4,
  CT_FLOAT16 = 5,
  CT_FLOAT32 = 6,
  CT_FLOAT64 = 7,
  CT_BOOL = 11,
  CT_BFLOAT16 = 15
};
// Devices: libtorch's own numbers (c10::DeviceType).
enum { CT_CPU = 0, CT_CUDA = 1, CT_MPS = 13 };

// MARK: tensor.cpp
void ct_release(ct_tensor t);
ct_tensor ct_from_data(const void *data, int dtype, const int64_t *sizes, int rank);
ct_tensor ct_borrow(void *data, int dtype, const int64_t *sizes, const int64_t *strides, int rank);
ct_tensor ct_full(const int64_t *sizes, int rank, double value, int dtype, int device, int index);
ct_tensor ct_empty(const int64_t *sizes, int rank, int dtype, int device, int index);
ct_tensor ct_clone(ct_tensor t);
ct_tensor ct_contiguous(ct_tensor t);
ct_tensor ct_to_dense(ct_tensor t);
ct_tensor ct_to_dtype(ct_tensor t, int dtype);
ct_tensor ct_to_device(ct_tensor t, int device, int index);
int ct_copy_(ct_tensor destination, ct_tensor source);
int ct_fill_(ct_tensor t, double value);
int ct_normal_(ct_tensor t, double mean, double deviation);
int ct_uniform_(ct_tensor t, double low, double high);
int ct_rank(ct_tensor t);
int64_t ct_size(ct_tensor t, int dimension);
int64_t ct_count(ct_tensor t);
int ct_dtype(ct_tensor t);
int ct_device(ct_tensor t, int *index);
void *ct_data(ct_tensor t);
int64_t ct_modifications(ct_tensor t); // counts changes in place
int ct_item(ct_tensor t, double *value);
ct_tensor ct_reshape(ct_tensor t, const int64_t *sizes, int rank);
ct_tensor ct_transpose(ct_tensor t, int64_t first, int64_t second);
ct_tensor ct_narrow(ct_tensor t, int64_t dimension, int64_t start, int64_t length);
ct_tensor ct_index_select(ct_tensor t, int64_t dimension, ct_tensor index);
ct_tensor ct_index_copy(ct_tensor t, int64_t dimension, ct_tensor index, ct_tensor source);
ct_tensor ct_cat(ct_list tensors, int64_t dimension);
int ct_split(ct_tensor t, const int64_t *sizes, int count, int64_t dimension, ct_tensor *out);

// MARK: math.cpp
ct_tensor ct_add(ct_tensor a, ct_tensor b);
ct_tensor ct_sub(ct_tensor a, ct_tensor b);
ct_tensor ct_mul(ct_tensor a, ct_tensor b);
ct_tensor ct_div(ct_tensor a, ct_tensor b);
ct_tensor ct_matmul(ct_tensor a, ct_tensor b);
ct_tensor ct_eq(ct_tensor a, ct_tensor b);
ct_tensor ct_add_scalar(ct_tensor a, double b);
ct_tensor ct_mul_scalar(ct_tensor a, double b);
ct_tensor ct_exp(ct_tensor a);
ct_tensor ct_log(ct_tensor a);
ct_tensor ct_sqrt(ct_tensor a);
ct_tensor ct_abs(ct_tensor a);
ct_tensor ct_tanh(ct_tensor a);
ct_tensor ct_relu(ct_tensor a);
ct_tensor ct_sum(ct_tensor a);
ct_tensor ct_mean(ct_tensor a);
ct_tensor ct_max(ct_tensor a);
ct_tensor ct_sum_along(ct_tensor a, int64_t dimension);
ct_tensor ct_pow_scalar(ct_tensor a, double exponent);
ct_tensor ct_sigmoid(ct_tensor a);
ct_tensor ct_max_along(ct_tensor a, int64_t dimension);
ct_tensor ct_softmax(ct_tensor a, int64_t dimension);

// MARK: nn.cpp
ct_tensor ct_linear(ct_tensor x, ct_tensor weight, ct_tensor bias_or_null);
ct_tensor ct_layer_norm(ct_tensor x, ct_tensor weight, ct_tensor bias, double epsilon);
ct_tensor ct_embedding(ct_tensor weight, ct_tensor ids, bool sparse_gradient);
ct_tensor ct_dropout(ct_tensor x, double probability);
ct_tensor ct_gelu(ct_tensor x, bool tanh_approximation);
// How much each class, a target of 0 and the mean over examples count; null and 0 for as usual.
typedef struct {
  ct_tensor class_weights;
  double label_smoothing;
  bool per_example;
} ct_loss_options;
ct_tensor ct_cross_entropy(ct_tensor logits, ct_tensor targets, int64_t ignored, ct_loss_options options);
// Of logits against targets of 0 or 1 of the same shape; class_weights multiply what a target of 1 counts.
ct_tensor ct_binary_cross_entropy(ct_tensor logits, ct_tensor targets, ct_loss_options options);
// Mean of squares; with delta > 0 Huber's function, a square up to delta and a line beyond.
ct_tensor ct_regression_loss(ct_tensor outputs, ct_tensor targets, double delta);
ct_tensor ct_attention(ct_tensor q, ct_tensor k, ct_tensor v);

// Of packed sequences: where each one's queries and its keys start, and the last ones end, int32 [B+1] on the
// device.
typedef struct {
  ct_tensor query_offsets;
  ct_tensor offsets;
  int64_t longest_query;
  int64_t longest;
} ct_sequences;

// FlashAttention, on CUDA in 16 bits: queries [M,N,D], keys and values [T,N,D] → [M,N·D].
ct_tensor ct_varlen_attention(ct_tensor q, ct_tensor k, ct_tensor v, ct_sequences sequences, double dropout);

typedef struct {
  ct_tensor data;
  ct_tensor batch_sizes;
  ct_tensor h0;
  ct_tensor c0;
} ct_lstm_inputs;

// Of two directions. out: three tensors, the output and the last two states.
int ct_lstm_packed(ct_lstm_inputs inputs, ct_list parameters, bool is_training, ct_tensor *out);

// MARK: fused.cpp
// The operations of CKernels, whose headers have the shapes. Rows are multiples of 16 elements; weights and
// biases float32.

// Whether the kernels take this type on this processor.
bool ct_has_kernels(int dtype);
// Whether the processor multiplies bfloat16 in tiles of hardware.
bool ct_has_matrix_tiles(void);

// Multiplications from which weights are packed or rounded for a product, and the most rows that meet them as
// they lie.
typedef struct {
  int64_t pack_from;
  int64_t round_from;
  int64_t few_rows;
} ct_product_limits;

// Any processor, shape and type. biases: one a weight, or none.
ct_tensor ct_fast_linear(ct_tensor x, ct_list weights, ct_list biases, ct_product_limits limits);
ct_tensor ct_pack(ct_tensor weight, int dtype);
// Outside the graph, by packed weights of outputs[i] rows each; has_gelu: of the result.
ct_tensor
ct_packed_linear(ct_tensor x, ct_list panels, const int64_t *outputs, ct_list biases, bool has_gelu);
// outer · gelu(inner · x + bias)
ct_tensor
ct_feed_forward(ct_tensor x, ct_tensor inner, ct_tensor bias, ct_tensor outer, ct_product_limits limits);
ct_tensor ct_packed_attention(ct_tensor qkv, ct_tensor lengths, int64_t heads, double dropout);
ct_tensor
ct_first_attention(ct_tensor query, ct_tensor keys_values, ct_tensor lengths, int64_t heads, double dropout);
// weights: eight, as torch.nn.LSTM orders them.
ct_tensor ct_bilstm(ct_tensor x, ct_tensor batch_sizes, ct_list weights, ct_product_limits limits);

typedef struct {
  ct_tensor words;
  ct_tensor positions;
  ct_tensor types;
  ct_tensor gain;
  ct_tensor offset;
  ct_tensor ids;
  ct_tensor position_ids;
} ct_embed_inputs;

typedef struct {
  double epsilon;
  double dropout;
  int dtype;
  bool row_gradients; // as ct_embedding's sparse_gradient
} ct_embed_settings;

ct_tensor ct_embed(ct_embed_inputs inputs, ct_embed_settings settings);
ct_tensor ct_residual_norm(
    ct_tensor x, ct_tensor bias, ct_tensor residual, ct_tensor gain, ct_tensor offset, double epsilon,
    double dropout);

// MARK: autograd.cpp
int ct_set_requires_grad(ct_tensor t, bool required);
bool ct_requires_grad(ct_tensor t);
ct_tensor ct_detach(ct_tensor t);
int ct_grad(ct_tensor t, ct_tensor *out); // *out is NULL when there is none yet
int ct_clear_grad(ct_tensor t);
int ct_backward(ct_tensor loss);
bool ct_grad_mode(void);
void ct_set_grad_mode(bool enabled);

// MARK: optim.cpp
typedef struct {
  double learning_rate;
  double beta1;
  double beta2;
  double weight_decay;
  double epsilon;
} ct_adamw;

// The same number of tensors in each list.
typedef struct {
  ct_list parameters;
  ct_list gradients;
  ct_list means;
  ct_list squares;
  ct_list steps;
} ct_adamw_state;

int ct_adamw_step(ct_adamw_state state, ct_adamw settings);
int ct_clip_gradients(ct_list gradients, double maximum_norm, double *norm);

// float32 zeros whose memory the system gives when they are first written to.
ct_tensor ct_zeros_on_demand(const int64_t *sizes, int rank);

// A table [V,H] whose rows are brought up to date one by one, on the CPU. seen, int32 [V]: the step that a
// row is at, or -1 - step while it has never had a gradient.
typedef struct {
  ct_tensor weights;
  ct_tensor means;
  ct_tensor squares;
  ct_tensor seen;
} ct_adamw_table;

// Steps first + 1 to first + count. steps: three floats each (what weights are multiplied by, learning rate
// over first bias correction, root of the second).
typedef struct {
  const float *steps;
  int64_t first;
  int64_t count;
} ct_adamw_history;

// Takes rows through the steps that they have missed, whose gradients were zero, and through the last one
// with the sparse gradient where there is one. ids: int64; without ids and gradient all rows.
int ct_adamw_rows(
    ct_adamw_table table, ct_tensor ids_or_null, ct_tensor gradient_or_null, ct_adamw_history history,
    ct_adamw settings);

// MARK: device.cpp
const char *ct_version(void);
int ct_thread_count(void);
void ct_set_thread_count(int count);
// Cores that this process may run on, each counted once however many threads it has; 0 where the system does
// not say.
int ct_physical_core_count(void);
// Threads wait for less long while other work takes the processor from them; starts a thread that watches.
void ct_yield_to_other_work(void);
bool ct_beside_other_work(void);
void ct_keep_freed_memory(void);
int ct_seed(uint64_t seed);
ct_tensor ct_generator_state(void);
int ct_set_generator_state(ct_tensor state);
int ct_cuda_count(void);
bool ct_mps_available(void);
bool ct_cpu_has_bfloat16(void);

#ifdef __cplusplus
}
#endif
