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

enum { CT_ERROR_PROGRAMMER = 0, CT_ERROR_RESOURCE = 1 };
const char *ct_last_error(void);
int ct_last_error_kind(void);

// Data types: libtorch's own numbers (c10::ScalarType).
enum { CT_UINT8 = 0, CT_INT8 = 1, CT_INT16 = 2, CT_INT32 = 3, CT_INT64 = 4, CT_FLOAT16 = 5, CT_FLOAT32 = 6, CT_FLOAT64 = 7, CT_BOOL = 11, CT_BFLOAT16 = 15 };
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
ct_tensor ct_permute(ct_tensor t, const int64_t *order, int rank);
ct_tensor ct_transpose(ct_tensor t, int64_t first, int64_t second);
ct_tensor ct_narrow(ct_tensor t, int64_t dimension, int64_t start, int64_t length);
ct_tensor ct_index_select(ct_tensor t, int64_t dimension, ct_tensor index);
ct_tensor ct_index_copy(ct_tensor t, int64_t dimension, ct_tensor index, ct_tensor source);
ct_tensor ct_cat(const ct_tensor *tensors, int count, int64_t dimension);
ct_tensor ct_stack(const ct_tensor *tensors, int count, int64_t dimension);
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
ct_tensor ct_sigmoid(ct_tensor a);
ct_tensor ct_relu(ct_tensor a);
ct_tensor ct_sum(ct_tensor a);
ct_tensor ct_mean(ct_tensor a);
ct_tensor ct_max(ct_tensor a);
ct_tensor ct_sum_along(ct_tensor a, int64_t dimension);
ct_tensor ct_max_along(ct_tensor a, int64_t dimension);
ct_tensor ct_argmax(ct_tensor a, int64_t dimension);
ct_tensor ct_softmax(ct_tensor a, int64_t dimension);
ct_tensor ct_log_softmax(ct_tensor a, int64_t dimension);

// MARK: nn.cpp
ct_tensor ct_linear(ct_tensor x, ct_tensor weight, ct_tensor bias_or_null);
ct_tensor ct_layer_norm(ct_tensor x, ct_tensor weight, ct_tensor bias, double epsilon);
ct_tensor ct_embedding(ct_tensor weight, ct_tensor ids, bool sparse_gradient);
ct_tensor ct_dropout(ct_tensor x, double probability);
ct_tensor ct_gelu(ct_tensor x, bool tanh_approximation);
ct_tensor ct_cross_entropy(ct_tensor logits, ct_tensor targets, int64_t ignored);
ct_tensor ct_attention(ct_tensor q, ct_tensor k, ct_tensor v);
// FlashAttention of packed sequences, on CUDA in 16 bits: queries [M,N,D], keys and values [T,N,D], each with the places
// where sequences start and the last one ends, int32 [B+1] on the device → [M,N·D].
ct_tensor ct_varlen_attention(ct_tensor q, ct_tensor k, ct_tensor v, ct_tensor query_offsets, ct_tensor offsets, int64_t longest_query, int64_t longest, double dropout);
int ct_lstm_packed(ct_tensor data, ct_tensor batch_sizes, ct_tensor h0, ct_tensor c0, const ct_tensor *parameters, int count, bool bidirectional, bool training, ct_tensor *out);

// MARK: fused/ (processors with AVX-512 only; rows of a multiple of 16 elements; weights and biases are float32)
bool ct_fused_available(int dtype);
// x [M,I] times several weights [O,I], laid end to end, plus as many biases or none; any processor, shape and weight type.
ct_tensor ct_fast_linear(ct_tensor x, const ct_tensor *weights, int count, const ct_tensor *biases, int bias_count);
// Whether ct_pack and ct_panel_linear are here, and faster than ct_linear.
bool ct_panels_available(int dtype);
// A weight [O,I] laid out for ct_panel_linear; sides are multiples of 16.
ct_tensor ct_pack(ct_tensor weight, int dtype);
// As ct_fast_linear, outside the graph, from packed weights of `outputs` rows each; gelu: of the result.
ct_tensor ct_panel_linear(ct_tensor x, const ct_tensor *panels, const int64_t *outputs, int count, const ct_tensor *biases, int bias_count, bool gelu);
// outer · gelu(inner · x + bias)
ct_tensor ct_feed_forward(ct_tensor x, ct_tensor inner, ct_tensor bias, ct_tensor outer);
ct_tensor ct_packed_attention(ct_tensor qkv, ct_tensor lengths, int64_t heads, double dropout);
ct_tensor ct_first_attention(ct_tensor query, ct_tensor keys_values, ct_tensor lengths, int64_t heads, double dropout);
// Final states [B,2H], longest sequence first, of rows packed by time step; eight parameters as torch.nn.LSTM orders them.
ct_tensor ct_bilstm(ct_tensor x, ct_tensor batch_sizes, const ct_tensor *parameters);
// dropout(LayerNorm(words[ids] + positions[places] + types[0])) [T,H] in the given type; row_gradients: as ct_embedding's.
ct_tensor ct_embed(ct_tensor words, ct_tensor positions, ct_tensor types, ct_tensor gain, ct_tensor offset, ct_tensor ids, ct_tensor places, double epsilon, double dropout, int dtype, bool row_gradients);
ct_tensor ct_dropout_residual_norm(ct_tensor x, ct_tensor bias, ct_tensor residual, ct_tensor gain, ct_tensor offset, double epsilon, double dropout);

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
int ct_adamw_step(const ct_tensor *parameters, const ct_tensor *gradients, const ct_tensor *means, const ct_tensor *squares, const ct_tensor *steps, int count, double lr, double beta1, double beta2, double weight_decay, double epsilon);
int ct_clip_gradients(const ct_tensor *gradients, int count, double maximum_norm, double *norm);

// MARK: rows.cpp
// float32 zeros whose memory the system gives when they are first written to.
ct_tensor ct_zeros_on_demand(const int64_t *sizes, int rank);
// AdamW on some rows of a table [V,H], contiguous, on the CPU: first the steps that each has missed, whose gradients were
// zero, then, where there is a (sparse) gradient, the last one with it. seen: int32 [V], the step that a row is at, or
// -1 - step while it has never had a gradient. ids: int64, or null for all rows. steps: three floats each (what weights are
// multiplied by, learning rate over first bias correction, root of the second) for step first + 1 and `count` - 1 more.
int ct_adamw_rows(ct_tensor table, ct_tensor mean, ct_tensor square, ct_tensor seen, ct_tensor ids_or_null, ct_tensor gradient_or_null, const float *steps, int64_t first, int64_t count, double beta1, double beta2, double epsilon);

// MARK: graph.cpp
typedef struct ct_graph_state *ct_graph;
// Whether a libtorch with CUDA is loaded.
bool ct_graphs_available(void);
// Records what this thread starts on a CUDA device until ct_graph_end, without doing it; NULL with an error text.
ct_graph ct_graph_begin(int index);
int ct_graph_end(ct_graph graph);
int ct_graph_replay(ct_graph graph);
void ct_graph_release(ct_graph graph);

// MARK: device.cpp
const char *ct_version(void);
int ct_thread_count(void);
void ct_set_thread_count(int count);
// Cores that this process may run on, each counted once however many threads it has; 0 where the system does not say.
int ct_physical_core_count(void);
void ct_keep_freed_memory(void);
int ct_seed(uint64_t seed);
ct_tensor ct_generator_state(void);
int ct_set_generator_state(ct_tensor state);
int ct_cuda_count(void);
bool ct_mps_available(void);
const char *ct_cpu_capability(void);
bool ct_cpu_has_bfloat16(void);

#ifdef __cplusplus
}
#endif
