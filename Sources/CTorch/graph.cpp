// CUDA graphs. at::cuda::CUDAGraph is reached by its symbols: the CUDA half of libtorch is not linked, and its header wants
// CUDA's own, which are not there where Fathom is built.
#include "shim.hpp"
#include <c10/core/Stream.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <dlfcn.h>
#include <memory>

using namespace fathom;

namespace {

using Pool = std::pair<unsigned long long, unsigned long long>; // at::cuda::MempoolId_t

struct Calls {
  void (*make)(void *, bool);
  void (*destroy)(void *);
  void (*begin)(void *, Pool, int);
  void (*end)(void *);
  void (*replay)(void *);

  static const Calls *find() {
    static const Calls calls{
        reinterpret_cast<void (*)(void *, bool)>(dlsym(RTLD_DEFAULT, "_ZN2at4cuda9CUDAGraphC1Eb")),
        reinterpret_cast<void (*)(void *)>(dlsym(RTLD_DEFAULT, "_ZN2at4cuda9CUDAGraphD1Ev")),
        reinterpret_cast<void (*)(void *, Pool, int)>(
            dlsym(RTLD_DEFAULT, "_ZN2at4cuda9CUDAGraph13capture_beginESt4pairIyyE21cudaStreamCaptureMode")),
        reinterpret_cast<void (*)(void *)>(dlsym(RTLD_DEFAULT, "_ZN2at4cuda9CUDAGraph11capture_endEv")),
        reinterpret_cast<void (*)(void *)>(dlsym(RTLD_DEFAULT, "_ZN2at4cuda9CUDAGraph6replayEv")),
    };
    return calls.make && calls.destroy && calls.begin && calls.end && calls.replay ? &calls : nullptr;
  }
};

} // namespace

struct ct_graph_state {
  const Calls &calls;
  c10::impl::VirtualGuardImpl device{c10::DeviceType::CUDA};
  c10::Stream before;
  // The class takes about 150 bytes.
  alignas(64) unsigned char object[1024];

  ct_graph_state(const Calls &calls, int index)
      : calls(calls), before(device.getStream(c10::Device(c10::DeviceType::CUDA, (c10::DeviceIndex)index))) {
    calls.make(object, false);
  }
  ~ct_graph_state() { calls.destroy(object); }
};

extern "C" {

bool ct_graphs_available(void) { return Calls::find() != nullptr; }

ct_graph ct_graph_begin(int index) {
  ct_graph result = nullptr;
  doing([&] {
    const Calls *calls = Calls::find();
    TORCH_CHECK(calls, "this libtorch has no CUDA graphs");
    auto graph = std::make_unique<ct_graph_state>(*calls, index);
    // What is on its way must be there before it is recorded that it is read; recording is refused on the default stream.
    graph->device.synchronizeDevice((c10::DeviceIndex)index);
    graph->device.exchangeStream(graph->device.getStreamFromGlobalPool(graph->before.device()));
    try {
      calls->begin(graph->object, {0, 0}, 1 /* of this thread alone: cudaStreamCaptureModeThreadLocal */);
    } catch (...) {
      graph->device.exchangeStream(graph->before);
      throw;
    }
    result = graph.release();
  });
  return result;
}

int ct_graph_end(ct_graph graph) {
  return doing([&] {
    try {
      graph->calls.end(graph->object);
    } catch (...) {
      graph->device.exchangeStream(graph->before);
      throw;
    }
    graph->device.exchangeStream(graph->before);
  });
}

int ct_graph_replay(ct_graph graph) {
  return doing([&] { graph->calls.replay(graph->object); });
}

void ct_graph_release(ct_graph graph) { delete graph; }
}
