// What every family file shares: handles and the exception barrier.
#pragma once
#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <string>

#include "ctorch.h"

namespace fathom {

void remember(const char *message, int kind);

// A handle owns one reference to the TensorImpl.
inline ct_tensor give(at::Tensor t) { return reinterpret_cast<ct_tensor>(t.unsafeReleaseTensorImpl()); }

// A borrowed view of a handle: takes a reference of its own for the time of the call.
inline at::Tensor take(ct_tensor t) {
  auto impl = reinterpret_cast<c10::TensorImpl *>(t);
  c10::raw::intrusive_ptr::incref(impl);
  return at::Tensor(c10::intrusive_ptr<c10::TensorImpl, c10::UndefinedTensorImpl>::reclaim(impl));
}

inline std::vector<at::Tensor> take(ct_list handles) {
  std::vector<at::Tensor> list;
  list.reserve(handles.count);
  for (int i = 0; i < handles.count; i++) list.push_back(take(handles.tensors[i]));
  return list;
}

inline int remember_current_exception() {
  try {
    throw;
  } catch (const c10::OutOfMemoryError &e) {
    remember(e.what_without_backtrace(), CT_ERROR_RESOURCE);
  } catch (const c10::Error &e) {
    const std::string text = e.what_without_backtrace();
    const bool resource =
        text.find("memory") != std::string::npos || text.find("CUDA error") != std::string::npos;
    remember(text.c_str(), resource ? CT_ERROR_RESOURCE : CT_ERROR_PROGRAMMER);
  } catch (const std::bad_alloc &) {
    remember("out of memory", CT_ERROR_RESOURCE);
  } catch (const std::exception &e) {
    remember(e.what(), CT_ERROR_PROGRAMMER);
  } catch (...) {
    remember("unknown C++ exception", CT_ERROR_PROGRAMMER);
  }
  return -1;
}

template <typename F> ct_tensor making(F body) {
  try {
    return give(body());
  } catch (...) {
    remember_current_exception();
    return nullptr;
  }
}

template <typename F> int doing(F body) {
  try {
    body();
    return 0;
  } catch (...) {
    return remember_current_exception();
  }
}

inline c10::Device device_of(int device, int index) {
  return c10::Device(static_cast<c10::DeviceType>(device), device == CT_CPU ? -1 : index);
}

inline at::TensorOptions options(int dtype) {
  return at::TensorOptions().dtype(static_cast<c10::ScalarType>(dtype));
}

} // namespace fathom
