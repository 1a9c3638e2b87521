// What the fused operations share.
#pragma once
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/Generator.h>
#include <cstdint>
#include <mutex>

namespace fathom {

// A seed for one operation's dropout, from the generator that every other draw comes from: runs stay repeatable.
inline int64_t draw_seed() {
  at::Generator generator = at::detail::getDefaultCPUGenerator();
  std::lock_guard<std::mutex> lock(generator.mutex());
  return (int64_t)(generator.get<at::CPUGeneratorImpl>()->random64() >> 1);
}

} // namespace fathom
