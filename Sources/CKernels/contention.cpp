#include <CKernels/contention.hpp>
#include <atomic>

namespace {
std::atomic<bool> contended{false};
}

bool fathom::beside_other_work() { return contended.load(std::memory_order_relaxed); }

#ifdef __linux__
#include <ATen/Parallel.h>
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <mutex>
#include <sched.h>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Enter = void (*)(void (*)(void *), void *, unsigned, unsigned);

// What the threads of this process have had of the processor and have waited for it, in nanoseconds.
struct Schedule {
  unsigned long long ran = 0, waited = 0;
};

// The kernel's counters of every thread (/proc/PID/task/TID/schedstat), kept open: they are read often.
class Counters {
public:
  ~Counters() { close_all(); }

  // Threads come and go; counters of those that are gone stay out of the next difference.
  void look_again() {
    close_all();
    DIR *folder = opendir("/proc/self/task");
    if (!folder) return;
    while (const dirent *entry = readdir(folder)) {
      if (entry->d_name[0] == '.') continue;
      const std::string path = std::string("/proc/self/task/") + entry->d_name + "/schedstat";
      const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
      if (file >= 0) files.push_back(file);
    }
    closedir(folder);
  }

  bool read(Schedule &sum) const {
    sum = {};
    size_t found = 0;
    for (const int file : files) {
      char text[96];
      const ssize_t size = pread(file, text, sizeof text - 1, 0);
      if (size <= 0) continue;
      text[size] = 0;
      Schedule one;
      if (sscanf(text, "%llu %llu", &one.ran, &one.waited) != 2) continue;
      sum.ran += one.ran;
      sum.waited += one.waited;
      found++;
    }
    return found > 0;
  }

private:
  std::vector<int> files;

  void close_all() {
    for (const int file : files) close(file);
    files.clear();
  }
};

// Makes GNU OpenMP's waits short for as long as it lives. The runtime itself does that where it manages more
// threads than there are processors, which cannot be said to it but can be made so: by the threads of a
// second team, all asleep.
class ShortWaits {
public:
  explicit ShortWaits(Enter enter) {
    cpu_set_t allowed;
    const int processors = sched_getaffinity(0, sizeof allowed, &allowed) ? 1 : CPU_COUNT(&allowed);
    const unsigned size = (unsigned)std::max(2, processors - at::get_num_threads() + 2);
    holder = std::thread([this, enter, size] {
      enter([](void *) {}, nullptr, size, 0);
      std::unique_lock<std::mutex> lock(mutex);
      changed.wait(lock, [this] { return ended; });
    });
  }

  // A team ends with the thread that made it.
  ~ShortWaits() {
    {
      std::lock_guard<std::mutex> lock(mutex);
      ended = true;
    }
    changed.notify_one();
    holder.join();
  }

private:
  std::mutex mutex;
  std::condition_variable changed;
  bool ended = false;
  std::thread holder;
};

// The share of a thread's time that this process's threads wait for the processor, all of them together.
// Alone it is about 0.01, beside one process that never sleeps 0.7.
constexpr double kMuch = 0.3, kLittle = 0.1;
constexpr auto kOften = std::chrono::milliseconds(20), kSeldom = std::chrono::milliseconds(320);

void watch(Enter enter) {
  Counters counters;
  ShortWaits *waits = nullptr;
  auto pause = kOften;
  for (int busy = 0, quiet = 0;;) {
    // New threads are found here, ten times a second at work and three times otherwise.
    counters.look_again();
    Schedule before, after;
    for (int i = 0; i < 5; i++) {
      if (!counters.read(before)) return;
      const auto start = Clock::now();
      std::this_thread::sleep_for(pause);
      if (!counters.read(after)) return;
      const double seconds = std::chrono::duration<double, std::nano>(Clock::now() - start).count();
      const auto since = [seconds](unsigned long long a, unsigned long long b) {
        return b > a ? (double)(b - a) / seconds : 0;
      };
      const double waited = since(before.waited, after.waited), ran = since(before.ran, after.ran);
      busy = waited > kMuch ? busy + 1 : 0;
      quiet = waited < kLittle ? quiet + 1 : 0;
      // One pause alone may be a thread that was just moved to another processor.
      if (!waits && busy >= 2) waits = new ShortWaits(enter);
      if (waits && quiet >= 10) {
        delete waits;
        waits = nullptr;
      }
      contended.store(waits != nullptr, std::memory_order_relaxed);
      pause = ran > 0.1 ? kOften : std::min(2 * pause, kSeldom);
      if (pause > kOften) break;
    }
  }
}

} // namespace

void fathom::yield_to_other_work() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (std::getenv("GOMP_SPINCOUNT") || std::getenv("OMP_WAIT_POLICY")) return;
    const auto enter = reinterpret_cast<Enter>(dlsym(RTLD_DEFAULT, "GOMP_parallel"));
    // LLVM's and Intel's runtimes have GNU's entry points too, and waits of their own.
    if (!enter || dlsym(RTLD_DEFAULT, "kmp_set_blocktime")) return;
    std::thread(watch, enter).detach();
  });
}
#else
void fathom::yield_to_other_work() {}
#endif
