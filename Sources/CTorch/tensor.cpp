#include "shim.hpp"

using namespace fathom;

extern "C" {

void ct_release(ct_tensor t) {
  c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>::reclaim(
      reinterpret_cast<c10::TensorImpl *>(t));
}

ct_tensor ct_from_data(const void *data, int dtype, const int64_t *sizes, int rank) {
  return making([&] {
    at::Tensor t = at::empty({sizes, (size_t)rank}, options(dtype));
    if (t.nbytes() > 0) memcpy(t.data_ptr(), data, t.nbytes());
    return t;
  });
}

ct_tensor ct_borrow(void *data, int dtype, const int64_t *sizes, const int64_t *strides, int rank) {
  return making([&] {
    if (!strides) return at::from_blob(data, {sizes, (size_t)rank}, options(dtype));
    return at::from_blob(data, {sizes, (size_t)rank}, {strides, (size_t)rank}, options(dtype));
  });
}

ct_tensor ct_full(const int64_t *sizes, int rank, double value, int dtype, int device, int index) {
  return making([&] {
    return at::full({sizes, (size_t)rank}, value, options(dtype).device(device_of(device, index)));
  });
}

ct_tensor ct_empty(const int64_t *sizes, int rank, int dtype, int device, int index) {
  return making(
      [&] { return at::empty({sizes, (size_t)rank}, options(dtype).device(device_of(device, index))); });
}

ct_tensor ct_clone(ct_tensor t) {
  return making([&] { return take(t).clone(); });
}
ct_tensor ct_contiguous(ct_tensor t) {
  return making([&] { return take(t).contiguous(); });
}
ct_tensor ct_to_dense(ct_tensor t) {
  return making([&] { return take(t).to_dense(); });
}
ct_tensor ct_to_dtype(ct_tensor t, int dtype) {
  return making([&] { return take(t).to(static_cast<c10::ScalarType>(dtype)); });
}
// Through pinned memory to a GPU, so that the processor need not wait for the copy.
ct_tensor ct_to_device(ct_tensor t, int device, int index) {
  return making([&] {
    const at::Tensor from = take(t);
    const at::Device to = device_of(device, index);
    return from.is_cpu() && to.is_cuda() ? from.pin_memory().to(to, /*non_blocking=*/true) : from.to(to);
  });
}

int ct_copy_(ct_tensor destination, ct_tensor source) {
  return doing([&] {
    c10::AutoGradMode guard(false);
    take(destination).copy_(take(source));
  });
}

int ct_fill_(ct_tensor t, double value) {
  return doing([&] {
    c10::AutoGradMode guard(false);
    take(t).fill_(value);
  });
}

int ct_normal_(ct_tensor t, double mean, double deviation) {
  return doing([&] {
    c10::AutoGradMode guard(false);
    take(t).normal_(mean, deviation);
  });
}

int ct_uniform_(ct_tensor t, double low, double high) {
  return doing([&] {
    c10::AutoGradMode guard(false);
    take(t).uniform_(low, high);
  });
}

int ct_rank(ct_tensor t) { return (int)reinterpret_cast<c10::TensorImpl *>(t)->dim(); }
int64_t ct_size(ct_tensor t, int dimension) {
  return reinterpret_cast<c10::TensorImpl *>(t)->sizes()[dimension];
}
int64_t ct_count(ct_tensor t) { return reinterpret_cast<c10::TensorImpl *>(t)->numel(); }
int ct_dtype(ct_tensor t) { return (int)take(t).scalar_type(); }

int ct_device(ct_tensor t, int *index) {
  const auto device = take(t).device();
  *index = device.has_index() ? device.index() : 0;
  return (int)device.type();
}

void *ct_data(ct_tensor t) { return take(t).data_ptr(); }
int64_t ct_modifications(ct_tensor t) { return (int64_t)take(t)._version(); }

int ct_item(ct_tensor t, double *value) {
  return doing([&] { *value = take(t).item().toDouble(); });
}

ct_tensor ct_reshape(ct_tensor t, const int64_t *sizes, int rank) {
  return making([&] { return take(t).reshape({sizes, (size_t)rank}); });
}
ct_tensor ct_transpose(ct_tensor t, int64_t first, int64_t second) {
  return making([&] { return take(t).transpose(first, second); });
}
ct_tensor ct_narrow(ct_tensor t, int64_t dimension, int64_t start, int64_t length) {
  return making([&] { return take(t).narrow(dimension, start, length); });
}
ct_tensor ct_index_select(ct_tensor t, int64_t dimension, ct_tensor index) {
  return making([&] { return take(t).index_select(dimension, take(index)); });
}
ct_tensor ct_index_copy(ct_tensor t, int64_t dimension, ct_tensor index, ct_tensor source) {
  return making([&] { return take(t).index_copy(dimension, take(index), take(source)); });
}
ct_tensor ct_cat(ct_list tensors, int64_t dimension) {
  return making([&] { return at::cat(take(tensors), dimension); });
}

int ct_split(ct_tensor t, const int64_t *sizes, int count, int64_t dimension, ct_tensor *out) {
  return doing([&] {
    auto parts = take(t).split_with_sizes({sizes, (size_t)count}, dimension);
    for (int i = 0; i < count; i++) out[i] = give(std::move(parts[i]));
  });
}
}
