// What every file shares: errors and the exception barrier.
#pragma once
#include <string>

#include "carrow.h"

// A namespace of its own: the linker takes one of two inline functions of the same name, and CTorch has some.
namespace fathom::tables {
void remember(const std::string &message, int kind);
int refuse_absent();
} // namespace fathom::tables

#ifdef FATHOM_ARROW
#include <arrow/api.h>
#include <arrow/util/io_util.h>
#include <cerrno>
#include <new>

namespace fathom::tables {

// Leaves a body with Arrow's own status.
struct Failure {
  arrow::Status status;
};

inline void check(const arrow::Status &status) {
  if (!status.ok()) throw Failure{status};
}

template <typename T> T check(arrow::Result<T> result) {
  if (!result.ok()) throw Failure{result.status()};
  return std::move(result).ValueUnsafe();
}

inline int remember_current_exception() {
  try {
    throw;
  } catch (const Failure &failure) {
    const auto &status = failure.status;
    const int number = arrow::internal::ErrnoFromStatus(status);
    const bool disk = number == ENOSPC || number == EDQUOT || number == EFBIG;
    remember(
        status.message(), disk                     ? CA_ERROR_DISK
                          : status.IsOutOfMemory() ? CA_ERROR_MEMORY
                                                   : CA_ERROR_FILE);
  } catch (const std::bad_alloc &) {
    remember("out of memory", CA_ERROR_MEMORY);
  } catch (const std::exception &error) {
    remember(error.what(), CA_ERROR_FILE);
  } catch (...) {
    remember("unknown C++ exception", CA_ERROR_FILE);
  }
  return -1;
}

template <typename F> auto making(F body) -> decltype(body()) {
  try {
    return body();
  } catch (...) {
    remember_current_exception();
    return nullptr;
  }
}

template <typename F> int64_t doing(F body) {
  try {
    return body();
  } catch (...) {
    return remember_current_exception();
  }
}

} // namespace fathom::tables
#endif
